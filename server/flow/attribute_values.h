// SPDX-License-Identifier: Apache-2.0
// Header values as text → what can be compared: single values, numbers, ages. Pure; never fails, only finds nothing.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace inferad::flow {

std::string_view trimmed(std::string_view text);                 // without spaces at either end
bool same_text(std::string_view a, std::string_view b);          // case (ASCII) and outer spaces do not count
std::vector<std::string_view> values_of(std::string_view text);  // split at '\', trimmed, without empty ones

// "3.5", "-2e1", "007"; an age (VR AS) in years: "061Y", "018M", "002W", "003D". nullopt: not a finite number.
std::optional<double> number_of(std::string_view value);
std::optional<int> integer_of(std::string_view value);
// All values of `text` as numbers; empty when one of them is none.
std::vector<double> numbers_of(std::string_view text);

}  // namespace inferad::flow
