// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/derived_scale.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

constexpr double kStoredMax = 65'535;

// The double that the text reads back as.
void set(std::string& text, double& number, double value) {
  text = decimal_string(value).text;
  number = std::strtod(text.c_str(), nullptr);
}

}  // namespace

std::uint16_t Scale::stored(float value) const {
  const double lowest = is_signed ? -32'768 : 0, highest = is_signed ? 32'767 : kStoredMax;
  const double whole = std::clamp(std::round((static_cast<double>(value) - intercept) / slope), lowest, highest);
  return static_cast<std::uint16_t>(static_cast<std::int32_t>(whole));
}

double Scale::value(std::uint16_t stored) const {
  const double whole = is_signed ? static_cast<std::int16_t>(stored) : stored;
  return whole * slope + intercept;
}

Result<Scale> scale_for(std::span<const float> values, bool whole) {
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    return Error{Errc::invalid_input, "the derived image has values that are no numbers"};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double low = static_cast<double>(*least), high = static_cast<double>(*most);
  if (whole && low >= -32'768 && high <= 32'767) return Scale{"1", "0", 1, 0, true};
  Scale scale;
  set(scale.intercept_text, scale.intercept, low);
  // A little more than needed: the texts of both numbers are rounded to 16 characters.
  set(scale.slope_text, scale.slope, high > low ? (high - low) / kStoredMax * (1 + 1e-9) : 1);
  return scale;
}

}  // namespace inferad::results
