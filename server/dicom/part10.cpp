// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/part10.h"

#include <algorithm>
#include <cstring>

#include "server/core/sop_class.h"
#include "server/core/uid.h"
#include "server/dicom/element.h"

namespace inferad::dicom {
namespace {

constexpr std::size_t kPreambleBytes = 128 + 4;
constexpr std::uint64_t kMetaBytesMax = 1 << 20;
constexpr std::size_t kMetaValueBytesMax = 256;

Error bad(std::string what) { return {Errc::invalid_input, "file meta information: " + std::move(what)}; }

std::string guessed_syntax(const Element& first) {
  return std::string(is_known_vr(first.vr()) ? kExplicitVrLittleEndian : kImplicitVrLittleEndian);
}

std::string* field_of(FileMeta& meta, std::uint32_t tag) {
  switch (tag) {
    case 0x00020002:
      return &meta.sop_class_uid;
    case 0x00020003:
      return &meta.sop_instance_uid;
    case 0x00020010:
      return &meta.transfer_syntax_uid;
    case 0x00020016:
      return &meta.source_ae_title;
    default:
      return nullptr;
  }
}

Result<std::size_t> read_value(ByteSource& file, const Element& element, std::string* field) {
  const auto length = static_cast<std::size_t>(element.length);
  std::string value(field != nullptr ? std::min(length, kMetaValueBytesMax) : 0, '\0');
  INFERAD_TRY(const auto got, file.read(std::as_writable_bytes(std::span(value.data(), value.size()))));
  INFERAD_TRY(const auto skipped, file.skip(length - value.size()));
  if (got + skipped != length) return bad("the file ends within " + tag_text(element.tag));
  if (field != nullptr) *field = trim_uid(value);
  return length;
}

}  // namespace

Result<FileMeta> read_file_meta(ByteSource& file) {
  std::byte preamble[kPreambleBytes];
  INFERAD_TRY(const auto got, file.read(preamble));
  if (got < kPreambleBytes || std::memcmp(preamble + 128, "DICM", 4) != 0)
    return Error{Errc::invalid_input, "not a DICOM file: no \"DICM\" after the preamble"};
  FileMeta meta;
  meta.data_set_offset = kPreambleBytes;
  while (true) {
    std::byte bytes[8];
    INFERAD_TRY(const auto count, file.read(bytes));
    if (count < sizeof bytes) return bad("no data set follows");
    auto [element, needs_more] = parse_element(bytes, Encoding{});
    if (element.tag >> 16 != 0x0002) {
      if (meta.transfer_syntax_uid.empty()) meta.transfer_syntax_uid = guessed_syntax(element);
      return meta;
    }
    meta.data_set_offset += sizeof bytes;
    if (needs_more) {
      std::byte length[4];
      INFERAD_TRY(const auto more, file.read(length));
      if (more < sizeof length) return bad("no data set follows");
      element.length = parse_length32(length, Encoding{});
      meta.data_set_offset += sizeof length;
    }
    if (element.length > kMetaBytesMax || meta.data_set_offset > kMetaBytesMax) return bad("longer than a megabyte");
    INFERAD_TRY(const auto value_bytes, read_value(file, element, field_of(meta, element.tag)));
    meta.data_set_offset += value_bytes;
  }
}

}  // namespace inferad::dicom
