// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/header_scan.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <vector>

#include "server/core/sop_class.h"
#include "server/core/uid.h"
#include "server/dicom/part10.h"
#include "server/dicom/value_text.h"
#include "server/dicom/walk.h"

namespace inferad::dicom {
namespace {

constexpr std::uint32_t kManufacturer = 0x00080070, kManufacturerModelName = 0x00081090;
constexpr std::uint32_t kContributingEquipmentSequence = 0x0018A001;
constexpr std::uint32_t kSpecificCharacterSet = 0x00080005, kPixelRepresentation = 0x00280103;
constexpr std::uint32_t kSharedGroups = 0x52009229, kFrameGroups = 0x52009230;
constexpr std::string_view kProduct = "Inferad";  // pipelines/results writes it

// Our objects carry Manufacturer "Inferad" and Manufacturer's Model Name "Inferad <version>", each of which would do:
// an archive may have coerced one. Both also count in Contributing Equipment, where an object derived from ours keeps
// it.
bool is_our_mark(std::uint32_t tag, std::string_view value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\0')) value.remove_suffix(1);
  if (tag == kManufacturer) return value == kProduct;
  return value.starts_with(kProduct) && (value.size() == kProduct.size() || value[kProduct.size()] == ' ');
}

// An enhanced multi-frame object tells in functional groups (PS3.3 C.7.6.16.2) what others tell of their one image. The
// first group that tells it speaks for all frames here: routing needs no more, and the worker looks at each frame.
bool is_of_frames(std::uint32_t tag, std::span<const std::uint32_t> path) {
  constexpr std::array<std::uint32_t, 4> kTags{0x00180050, 0x00181210, 0x00200037, 0x00280030};  // thickness, kernel,
  return path.size() == 2 && (path[0] == kSharedGroups || path[0] == kFrameGroups) &&            // orientation, spacing
         std::find(kTags.begin(), kTags.end(), tag) != kTags.end();
}

// Keeps raw values of the attributes in the table until the character set and the sign of pixels are known.
class Collector : public ElementVisitor {
 public:
  std::size_t wants(const Element& element, std::span<const std::uint32_t> path) override {
    if (path.empty()) return find_attribute(element.tag) != nullptr ? kValueBytesMax : 0;
    if (is_of_frames(element.tag, path)) return values_.contains(element.tag) ? 0 : kValueBytesMax;
    const bool equipment = path.size() == 1 && path[0] == kContributingEquipmentSequence;
    return equipment && is_mark(element.tag) ? 64 : 0;
  }

  void take(const Element& element, std::span<const std::uint32_t> path, Encoding encoding,
            std::string value) override {
    if (is_mark(element.tag)) made_by_us_ = made_by_us_ || is_our_mark(element.tag, value);
    if (path.empty() || is_of_frames(element.tag, path))
      values_.try_emplace(element.tag, Value{element, encoding, std::move(value)});
  }

  DataSetSummary summary() const {
    Charset plain("");
    Charset charset(text(kSpecificCharacterSet, plain));
    DataSetSummary result;
    result.made_by_us = made_by_us_;
    for (const auto& [tag, value] : values_)
      result.attributes.emplace(find_attribute(tag)->keyword, text(tag, charset));
    return result;
  }

 private:
  struct Value {
    Element element;
    Encoding encoding;
    std::string raw;
  };

  static bool is_mark(std::uint32_t tag) { return tag == kManufacturer || tag == kManufacturerModelName; }

  std::string text(std::uint32_t tag, Charset& charset) const {
    const auto found = values_.find(tag);
    if (found == values_.end()) return {};
    const auto& [element, encoding, raw] = found->second;
    auto vr = element.vr();
    if (!is_known_vr(vr) || vr == "UN") {
      vr = find_attribute(tag)->vr;
      const auto is_signed = values_.find(kPixelRepresentation);
      // Smallest and largest pixel value and padding are US or SS; only explicit VR says which.
      if (vr == "US" && tag >= 0x00280106 && tag <= 0x00280120 && is_signed != values_.end() &&
          is_signed->second.raw.starts_with('\1'))
        vr = "SS";
    }
    return value_text(raw, vr, encoding.big_endian, charset);
  }

  std::map<std::uint32_t, Value> values_;
  bool made_by_us_ = false;
};

Result<std::string> required_uid(const Attributes& attributes, std::string_view keyword) {
  const auto uid = attribute(attributes, keyword);
  if (is_valid_uid(uid)) return std::string(uid);
  return Error{Errc::invalid_input, tag_text(find_attribute(keyword)->tag) + " " + std::string(keyword) +
                                        (uid.empty() ? " is missing" : " is not a valid UID")};
}

int frames_of(const Attributes& attributes) {
  const auto text = attribute(attributes, "NumberOfFrames");
  int frames = 0;
  std::from_chars(text.data(), text.data() + text.size(), frames);
  return std::max(frames, 1);
}

Result<InstanceHeader> identify(DataSetSummary summary, std::string_view transfer_syntax_uid) {
  InstanceHeader header;
  const auto& attributes = summary.attributes;
  INFERAD_TRY(header.sop_class_uid, required_uid(attributes, "SOPClassUID"));
  INFERAD_TRY(header.instance_uid, required_uid(attributes, "SOPInstanceUID"));
  INFERAD_TRY(header.study_uid, required_uid(attributes, "StudyInstanceUID"));
  INFERAD_TRY(header.series_uid, required_uid(attributes, "SeriesInstanceUID"));
  header.transfer_syntax_uid = transfer_syntax_uid;
  header.modality = attribute(attributes, "Modality");
  header.frames = frames_of(attributes);
  header.made_by_us = summary.made_by_us;
  header.attributes = std::move(summary.attributes);
  return header;
}

struct OpenFile {
  UniqueFd fd;
  std::uint64_t bytes = 0;
  FileMeta meta;
};

Result<OpenFile> open_file(const std::filesystem::path& file) {
  OpenFile opened;
  opened.fd.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!opened.fd || ::fstat(opened.fd.get(), &status) != 0)
    return Error{errno == ENOENT ? Errc::not_found : Errc::io, std::string("cannot open: ") + std::strerror(errno)};
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid_input, "not a file"};
  opened.bytes = static_cast<std::uint64_t>(status.st_size);
  FileSource source(opened.fd.get(), 0, opened.bytes);
  INFERAD_TRY(opened.meta, read_file_meta(source));
  return opened;
}

Result<DataSetSummary> scan_open(const OpenFile& file) {
  FileSource source(file.fd.get(), file.meta.data_set_offset, file.bytes);
  return scan_attributes(source, file.meta.transfer_syntax_uid);
}

}  // namespace

Result<DataSetSummary> scan_attributes(ByteSource& source, std::string_view transfer_syntax_uid) {
  Collector collector;
  const auto encoding = encoding_of(transfer_syntax_uid);
  if (is_deflated(transfer_syntax_uid)) {
    InflateSource inflated(source);
    INFERAD_TRY_STATUS(walk(inflated, encoding, collector));
  } else {
    INFERAD_TRY_STATUS(walk(source, encoding, collector));
  }
  return collector.summary();
}

Result<InstanceHeader> read_header(std::span<const std::byte> data_set, std::string_view transfer_syntax_uid) {
  MemorySource source(data_set);
  INFERAD_TRY(auto summary, scan_attributes(source, transfer_syntax_uid));
  return identify(std::move(summary), transfer_syntax_uid);
}

Result<FileHeader> scan_file(const std::filesystem::path& file) {
  INFERAD_TRY(auto opened, open_file(file));
  INFERAD_TRY(auto summary, scan_open(opened));
  FileHeader header;
  INFERAD_TRY(header.instance, identify(std::move(summary), opened.meta.transfer_syntax_uid));
  header.source_ae_title = std::move(opened.meta.source_ae_title);
  header.data_set_offset = opened.meta.data_set_offset;
  header.bytes = opened.bytes;
  return header;
}

Result<DataSetSummary> scan_file_attributes(const std::filesystem::path& file) {
  INFERAD_TRY(const auto opened, open_file(file));
  return scan_open(opened);
}

}  // namespace inferad::dicom
