// SPDX-License-Identifier: Apache-2.0
// The synthetic series as other sources are: one object with many frames, or projection images.
#pragma once

#include "tests/dicom/synthetic_series.h"

namespace inferad::testing {

// One Enhanced CT object instead of a file for each slice.
void make_multi_frame(SyntheticSeries& series);
// One radiograph, which lies nowhere in the patient; `series` has one slice.
void make_projection(SyntheticSeries& series);

// Grey values that rise along rows and columns, another range in each slice.
void fill_voxels(findings::Image& image);
std::span<const std::byte> bytes_of(const std::vector<float>& values);
std::span<const std::byte> bytes_of(const std::vector<std::uint8_t>& values);

}  // namespace inferad::testing
