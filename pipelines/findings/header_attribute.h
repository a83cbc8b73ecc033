// SPDX-License-Identifier: Apache-2.0
// The attributes of an image's header that a model may be given beside the pixels: a closed table, so that nothing that
// names a patient can be asked for. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace inferad::findings {

// A unit that a number can be asked for in: value in `ucum` = value in the first unit of the attribute * factor.
struct HeaderUnit {
  std::string_view ucum;
  double factor;
};

struct HeaderAttribute {
  enum class Kind {
    age,     // AS: "064Y", "010M"
    number,  // DS or IS: one decimal number
    word,    // CS: one word
  };
  std::string_view keyword;  // of PS3.6: "PatientAge"
  std::uint16_t group, element;
  Kind kind;
  bool above_zero;                    // 0 means that nobody filled it in
  std::span<const HeaderUnit> units;  // the first is the attribute's own (age: years); a word has none
};

std::span<const HeaderAttribute> header_attributes();
const HeaderAttribute* find_header_attribute(std::string_view keyword);  // nullptr: not in the table

// What an image says for the attributes of the table, by keyword, without trailing spaces. Absent: it says nothing.
struct HeaderText {
  std::string text;
  bool differs = false;  // the images of the series say different things; `text` is one of them
};
using HeaderTexts = std::map<std::string, HeaderText, std::less<>>;

// A DS or IS (PS3.5 6.2): a finite decimal number with nothing but spaces around it.
std::optional<double> decimal_number(std::string_view text);

// As a number in the first unit. nullopt: a word, no number, or 0 where 0 means nothing.
std::optional<double> header_number(const HeaderAttribute& attribute, std::string_view text);

// PS3.5: "064Y", "010M", "003W", "020D". nullopt: not an age.
std::optional<double> age_in_years(std::string_view text);

}  // namespace inferad::findings
