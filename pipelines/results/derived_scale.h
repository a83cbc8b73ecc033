// SPDX-License-Identifier: Apache-2.0
// How the floats of a derived image become 16 bit integers. Pure. No DCMTK. Internal to results/.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "server/base/result.h"

namespace inferad::results {

// value = stored * slope + intercept, with the numbers that the decimal strings say.
struct Scale {
  std::string slope_text, intercept_text;
  double slope = 1, intercept = 0;
  bool is_signed = false;

  std::uint16_t stored(float value) const;  // two's complement when signed; beyond the range: its end
  double value(std::uint16_t stored) const;
};

// `whole`: values are rounded to whole numbers (Hounsfield units) when they fit into 16 bits with a sign. One scale for
// the whole series. Errc::invalid_input: a value is no number.
Result<Scale> scale_for(std::span<const float> values, bool whole);

}  // namespace inferad::results
