// SPDX-License-Identifier: Apache-2.0
#include "server/store/part10.h"

#include <optional>

#include "server/core/sop_class.h"
#include "server/core/uid.h"

namespace inferad::store {
namespace {

constexpr std::size_t kPreambleBytes = 128;
constexpr std::size_t kGroupLengthBytes = 12;  // tag, "UL", 2, value

void add_number(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

// Explicit VR little endian (PS3.10 §7.1); UIDs are padded with NUL, text with a space (PS3.5 §6.2).
void add_element(std::string& out, std::uint16_t element, std::string_view vr, std::string value) {
  if (value.size() % 2 != 0) value += vr == "UI" ? '\0' : ' ';
  add_number(out, 0x0002, 2);
  add_number(out, element, 2);
  out += vr;
  if (vr == "OB") add_number(out, 0, 2);
  add_number(out, static_cast<std::uint32_t>(value.size()), vr == "OB" ? 4 : 2);
  out += value;
}

std::string trim_ae(std::string_view raw) {
  while (!raw.empty() && (raw.back() == ' ' || raw.back() == '\0')) raw.remove_suffix(1);
  while (!raw.empty() && raw.front() == ' ') raw.remove_prefix(1);
  return std::string(raw);
}

std::uint32_t number_at(std::string_view text, std::size_t at, int bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)])) << (8 * i);
  return value;
}

struct Element {
  std::uint16_t number = 0;
  std::string_view value;
};

// Takes one element of group 0002 off the front of `rest`; nullopt when it is cut or of another group.
std::optional<Element> take_element(std::string_view& rest) {
  if (rest.size() < 8 || number_at(rest, 0, 2) != 0x0002) return std::nullopt;
  const bool wide = rest.substr(4, 2) == "OB";
  const std::size_t header = wide ? 12 : 8;
  if (rest.size() < header) return std::nullopt;
  const std::size_t length = number_at(rest, wide ? 8 : 6, wide ? 4 : 2);
  if (rest.size() - header < length) return std::nullopt;
  const Element element{static_cast<std::uint16_t>(number_at(rest, 2, 2)), rest.substr(header, length)};
  rest.remove_prefix(header + length);
  return element;
}

Error not_ours() { return Error{Errc::invalid_input, "the file does not start with a DICOM file header of ours"}; }

}  // namespace

std::string encode_file_meta(const FileMeta& meta) {
  std::string group;
  add_element(group, 0x0001, "OB", std::string("\0\1", 2));
  add_element(group, 0x0002, "UI", meta.sop_class_uid);
  add_element(group, 0x0003, "UI", meta.sop_instance_uid);
  add_element(group, 0x0010, "UI", meta.transfer_syntax_uid);
  add_element(group, 0x0012, "UI", std::string(kImplementationClassUid));
  add_element(group, 0x0013, "SH", std::string(kImplementationVersionName));
  if (!meta.source_ae.empty()) add_element(group, 0x0016, "AE", meta.source_ae);

  std::string bytes(kPreambleBytes, '\0');  // ours and empty: a peer's preamble could make the file a program
  bytes += "DICM";
  std::string length;
  add_number(length, static_cast<std::uint32_t>(group.size()), 4);
  add_element(bytes, 0x0000, "UL", length);
  return bytes + group;
}

Result<DecodedFileMeta> decode_file_meta(std::string_view head) {
  constexpr std::size_t kGroupStart = kPreambleBytes + 4 + kGroupLengthBytes;
  if (head.size() < kGroupStart || head.substr(kPreambleBytes, 4) != "DICM") return not_ours();
  std::string_view length = head.substr(kPreambleBytes + 4);
  const auto group_length = take_element(length);
  if (!group_length || group_length->number != 0x0000 || group_length->value.size() != 4) return not_ours();
  const std::size_t bytes = number_at(group_length->value, 0, 4);
  if (bytes > head.size() - kGroupStart) return not_ours();

  DecodedFileMeta decoded;
  decoded.data_offset = static_cast<std::int64_t>(kGroupStart + bytes);
  std::string_view rest = head.substr(kGroupStart, bytes);
  while (!rest.empty()) {
    const auto element = take_element(rest);
    if (!element) return not_ours();
    if (element->number == 0x0002) decoded.meta.sop_class_uid = trim_uid(element->value);
    if (element->number == 0x0003) decoded.meta.sop_instance_uid = trim_uid(element->value);
    if (element->number == 0x0010) decoded.meta.transfer_syntax_uid = trim_uid(element->value);
    if (element->number == 0x0016) decoded.meta.source_ae = trim_ae(element->value);
  }
  if (!is_valid_uid(decoded.meta.sop_instance_uid) || !is_valid_uid(decoded.meta.transfer_syntax_uid))
    return not_ours();
  return decoded;
}

}  // namespace inferad::store
