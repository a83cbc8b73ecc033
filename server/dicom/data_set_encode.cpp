// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "server/core/sop_class.h"
#include "server/core/ups.h"
#include "server/dicom/data_set_codec.h"
#include "server/ul/bytes.h"

namespace inferad::dicom {
namespace {

// Long form in explicit VR: two reserved bytes and 32 bits of length (PS3.5 §7.1.2).
bool is_long(std::string_view vr) {
  constexpr std::array<std::string_view, 13> kLong{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                   "SV", "UC", "UN", "UR", "UT", "UV"};
  return std::find(kLong.begin(), kLong.end(), vr) != kLong.end();
}

bool needs_utf8(const DataSet& data_set) {
  return std::any_of(data_set.elements.begin(), data_set.elements.end(), [](const auto& pair) {
    const auto& element = pair.second;
    const bool other = std::any_of(element.value.begin(), element.value.end(), [](char c) { return c < 0; });
    return (is_text_vr(element.vr) && other) || std::any_of(element.items.begin(), element.items.end(), needs_utf8);
  });
}

class Encoder {
 public:
  explicit Encoder(bool explicit_vr) : explicit_vr_(explicit_vr) {}

  void data_set(const DataSet& set) {
    for (const auto& [tag, element] : set.elements) this->element(tag, element);
  }
  std::vector<std::byte> finish() { return out_.finish(); }

 private:
  void element(std::uint32_t tag, const DataElement& element) {
    write_tag(tag);
    std::size_t width = 4;
    if (explicit_vr_) {
      out_.text(element.vr);
      if (is_long(element.vr))
        out_.u16(0);
      else
        width = 2;
    }
    const auto at = out_.size();
    out_.zeros(width);
    if (element.vr == "SQ")
      for (const auto& each : element.items) item(each);
    else
      value(element, width == 2 ? 0xFFFE : 0xFFFFFFFE);
    out_.set_length(at, width);
  }
  void item(const DataSet& set) {
    write_tag(0xFFFEE000);
    const auto at = out_.size();
    out_.zeros(4);
    data_set(set);
    out_.set_length(at, 4);
  }
  void value(const DataElement& element, std::size_t bytes_max) {
    const auto text = std::string_view(element.value).substr(0, bytes_max);
    out_.text(text);
    if (text.size() % 2 != 0) out_.u8(is_text_vr(element.vr) && element.vr != "UI" ? ' ' : '\0');
  }
  void write_tag(std::uint32_t tag) {
    out_.u16(static_cast<std::uint16_t>(tag >> 16));
    out_.u16(static_cast<std::uint16_t>(tag & 0xFFFF));
  }

  const bool explicit_vr_;
  ul::Writer out_{ul::Endian::little};
};

}  // namespace

std::vector<std::byte> Codec::encode(const DataSet& data_set, std::string_view transfer_syntax_uid) const {
  Encoder encoder(transfer_syntax_uid != kImplicitVrLittleEndian);
  if (!needs_utf8(data_set)) {
    encoder.data_set(data_set);
    return encoder.finish();
  }
  DataSet declared = data_set;
  declared.set(tag::specific_character_set, "ISO_IR 192");
  encoder.data_set(declared);
  return encoder.finish();
}

}  // namespace inferad::dicom
