// SPDX-License-Identifier: Apache-2.0
// Pixel data of one image file → modality values. Internal to imaging/.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/refusal.h"

namespace inferad::imaging {

// Frames that lie nowhere in the patient, and colour (8 bits or a palette), which becomes grey, only where somebody
// asks for them.
enum class Accept { slices, frames };

// What can be told without decoding: pixel data, one frame or functional groups, known transfer syntax, grey, bits that
// fit, finite and non-zero rescale. `name` starts the sentence ("image 3 of 120").
std::optional<Refusal> check_pixels(const SliceHeader& slice, const std::string& name, Accept accept = Accept::slices);

// Colour that becomes luminance of 0 to 255, which nothing inverts, rescales or windows.
bool is_colour(const PixelFormat& format);

// Writes rows x columns modality values (slope * stored + intercept; of colour the luminance) of file.slices()[i] to
// outs[i], or of frame i + 1 where the file tells nothing of its frames; outs must have that size, and lets go of the
// pixel data in memory. The slices must have passed check_pixels(). On refusal `outs` is unspecified.
std::optional<Refusal> decode_pixels(const DicomFile& file, const std::string& name,
                                     std::span<const std::span<float>> outs);

}  // namespace inferad::imaging
