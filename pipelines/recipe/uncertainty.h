// SPDX-License-Identifier: Apache-2.0
// Several answers instead of one: the same image turned around, several models, or both. Their mean is the result,
// their standard deviation its uncertainty. Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace inferad::recipe {

// Axes of the preprocessed image that are turned around (in MONAI's order: x is the first).
using Mirror = std::array<bool, 3>;

struct Uncertainty {
  std::vector<Mirror> augmentation;   // beside the image as it is; undone on the answer
  std::vector<std::string> ensemble;  // folders in models/, beside PipelineFile::model
  // A finding that would be absent, but whose threshold is not further away than so many standard deviations, is
  // indeterminate.
  std::optional<double> indeterminate_deviations;

  std::size_t members() const { return (1 + augmentation.size()) * (1 + ensemble.size()); }
  bool is_asked() const { return members() > 1; }
};

std::string name_of(const Mirror& mirror);  // "flip_xz"

}  // namespace inferad::recipe
