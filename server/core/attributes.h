// SPDX-License-Identifier: Apache-2.0
// The header attributes that the node keeps of every instance: what rules may ask for, what the worklist shows, and
// what the assembler counts. A table, so that a rule that names an unknown keyword can be refused with the list of
// known ones.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace inferad {

struct AttributeInfo {
  std::uint32_t tag;         // group << 16 | element
  std::string_view keyword;  // as in PS3.6
  std::string_view vr;       // the VR of an implicit VR data set
};

std::span<const AttributeInfo> header_attributes();  // sorted by tag
const AttributeInfo* find_attribute(std::uint32_t tag);
const AttributeInfo* find_attribute(std::string_view keyword);

// Keyword → value as UTF-8 text; several values stay joined by '\' as in DICOM, without padding. Only attributes of the
// table, only top level, only when present. Text of character sets other than UTF-8 is converted (see dicom/).
using Attributes = std::map<std::string, std::string, std::less<>>;

std::string_view attribute(const Attributes& attributes, std::string_view keyword);  // "" when absent

}  // namespace inferad
