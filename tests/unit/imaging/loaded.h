// SPDX-License-Identifier: Apache-2.0
// A MadeSeries through load_series: its image, or the code of the refusal.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "pipelines/imaging/series.h"
#include "tests/unit/imaging/made_series.h"

namespace inferad::test {

inline findings::Image image_of(const MadeSeries& series, const imaging::LoadOptions& options = {}) {
  auto loaded = imaging::load_series(series.files(), options);
  if (!loaded) FAIL(loaded.error().what);
  if (const auto* refusal = std::get_if<imaging::Refusal>(&*loaded))
    FAIL(refusal->reason.value << ": " << refusal->text);
  return std::get<findings::Image>(std::move(*loaded));
}

inline std::string code_of(const MadeSeries& series, const imaging::LoadOptions& options = {}) {
  const auto loaded = imaging::load_series(series.files(), options);
  if (!loaded) return "error: " + loaded.error().what;
  const auto* refusal = std::get_if<imaging::Refusal>(&*loaded);
  return refusal ? refusal->reason.value : "accepted";
}

inline bool has_made_values(const findings::Image& image) {
  std::size_t at = 0;
  for (int k = 0; k < image.geometry.slices; ++k) {
    for (int row = 0; row < MadeSeries::kRows; ++row) {
      for (int column = 0; column < MadeSeries::kColumns; ++column) {
        if (image.voxels[at++] != static_cast<float>(MadeSeries::stored(column, row, k) - 1024)) return false;
      }
    }
  }
  return at == image.voxels.size();
}

}  // namespace inferad::test
