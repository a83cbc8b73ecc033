// SPDX-License-Identifier: Apache-2.0
#include "server/flow/attribute_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace inferad::flow {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Part of a year that one unit of an age string stands for; 0: no unit of VR AS.
double years_of(char unit) {
  switch (unit) {
    case 'Y':
      return 1;
    case 'M':
      return 1.0 / 12;
    case 'W':
      return 7 / 365.25;
    case 'D':
      return 1 / 365.25;
    default:
      return 0;
  }
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool same_text(std::string_view a, std::string_view b) {
  a = trimmed(a);
  b = trimmed(b);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return upper(x) == upper(y); });
}

std::vector<std::string_view> values_of(std::string_view text) {
  std::vector<std::string_view> values;
  while (!text.empty()) {
    const auto end = std::min(text.find('\\'), text.size());
    if (const auto value = trimmed(text.substr(0, end)); !value.empty()) values.push_back(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return values;
}

std::optional<double> number_of(std::string_view value) {
  value = trimmed(value);
  double unit = 1;
  if (value.size() == 4 && years_of(value.back()) > 0) {
    unit = years_of(value.back());
    value.remove_suffix(1);
  }
  if (!value.empty() && value.front() == '+') value.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(number)) return std::nullopt;
  return number * unit;
}

std::optional<int> integer_of(std::string_view value) {
  const auto number = number_of(value);
  if (!number || *number != std::floor(*number) || std::abs(*number) > 2e9) return std::nullopt;
  return static_cast<int>(*number);
}

std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> numbers;
  for (const auto value : values_of(text)) {
    const auto number = number_of(value);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace inferad::flow
