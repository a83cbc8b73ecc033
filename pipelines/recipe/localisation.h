// SPDX-License-Identifier: Apache-2.0
// Where in an image the evidence for a finding lies: a patch hides one part after the other, and where that lowers the
// score the heat map is hot. Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace inferad::recipe {

struct Localisation {
  std::string finding;           // FindingSpec::id, of classes; looked at when it is not absent
  std::array<int, 2> patch{};    // pixels of the preprocessed image along x and y (its first and second axis)
  std::array<int, 2> stride{};   // from one place of the patch to the next; never larger than the patch
  std::optional<double> fill;    // what hides; nullopt: the mean of the preprocessed image
  int batch = 8;                 // hidden images in one call of the network
  std::size_t places_max = 400;  // of the patch: with more the heat map is left out, and the report says so
};

}  // namespace inferad::recipe
