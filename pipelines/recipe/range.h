// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace inferad::recipe {

// From `least` to `most`, both included. NaN is in no range that asks for something.
struct Range {
  std::optional<double> least, most;
  bool is_open() const { return !least && !most; }
  bool holds(double value) const { return (!least || value >= *least) && (!most || value <= *most); }
};

}  // namespace inferad::recipe
