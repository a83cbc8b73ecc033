// SPDX-License-Identifier: Apache-2.0
// Where in an image the evidence for a finding lies: what each patch of it adds to the score. Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace inferad::recipe {

struct Localisation {
  enum class Method {
    occlusion,             // the patch hides one part after the other: how far the score falls
    integrated_gradients,  // the score's gradients, on the way from `fill` to the image; of each patch the sum
  };
  Method method = Method::occlusion;
  std::string finding;           // FindingSpec::id, of classes; looked at when it is not absent
  std::array<int, 2> patch{};    // pixels of the preprocessed image along x and y (its first and second axis)
  std::array<int, 2> stride{};   // from one place of the patch to the next; never larger than the patch
  std::optional<double> fill;    // what hides, or where the way begins; nullopt: the mean of the preprocessed image
  int batch = 8;                 // images in one call of the network
  std::size_t places_max = 400;  // of a patch that hides: with more there is no heat map, and the report says so
  int steps = 32;                // of the way
};

}  // namespace inferad::recipe
