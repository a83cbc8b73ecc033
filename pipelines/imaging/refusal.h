// SPDX-License-Identifier: Apache-2.0
// Why a series was not analysed, in words and as a code of ours (scheme 99INFERAD) that stays the same between
// versions: reports, metrics and tests use it. Not an Error: bad images are an expected answer, which a reader gets to
// see.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "pipelines/findings/findings.h"

namespace inferad::imaging {

// Code value (DICOM SH: at most 16 characters) and its fixed meaning.
struct RefusalCode {
  std::string_view value, meaning;
};

namespace refusal {
inline constexpr RefusalCode kNoImages{"NO_IMAGES", "No images to analyse"};
inline constexpr RefusalCode kNotDicom{"NOT_DICOM", "File is not readable DICOM"};
inline constexpr RefusalCode kNoPixels{"NO_PIXELS", "Object has no pixel data"};
inline constexpr RefusalCode kMultiFrame{"MULTI_FRAME", "Multi-frame image without positions"};
inline constexpr RefusalCode kTransferSyntax{"TRANSFER_SYNTAX", "Transfer syntax is not supported"};
inline constexpr RefusalCode kPixelFormat{"PIXEL_FORMAT", "Pixel format is not supported"};
inline constexpr RefusalCode kPixelsDamaged{"PIXELS_DAMAGED", "Pixel data is damaged"};
inline constexpr RefusalCode kRescale{"RESCALE_INVALID", "Rescale slope or intercept is invalid"};
inline constexpr RefusalCode kTooLarge{"TOO_LARGE", "Series exceeds a limit"};
inline constexpr RefusalCode kMixedSeries{"MIXED_SERIES", "Images belong to different series"};
inline constexpr RefusalCode kMixedFrame{"MIXED_FRAME", "Images have different frames of reference"};
inline constexpr RefusalCode kMixedSize{"MIXED_SIZE", "Images differ in rows or columns"};
inline constexpr RefusalCode kMixedSpacing{"MIXED_SPACING", "Images differ in pixel spacing"};
inline constexpr RefusalCode kMixedOrientation{"MIXED_ORIENT", "Images differ in orientation"};
inline constexpr RefusalCode kNoGeometry{"NO_GEOMETRY", "Position, orientation or pixel spacing is missing"};
inline constexpr RefusalCode kBadGeometry{"BAD_GEOMETRY", "Position, orientation or pixel spacing is invalid"};
inline constexpr RefusalCode kTooFewSlices{"TOO_FEW_SLICES", "Too few slices for a volume"};
inline constexpr RefusalCode kDuplicatePosition{"DUPLICATE_POS", "Two slices at one position"};
inline constexpr RefusalCode kMultiPhase{"MULTI_PHASE", "Several phases, echoes or b-values in one series"};
inline constexpr RefusalCode kSliceGap{"SLICE_GAP", "Slices are missing"};
inline constexpr RefusalCode kIrregular{"IRREGULAR_SLICES", "Slice distance is irregular"};
inline constexpr RefusalCode kViewMissing{"VIEW_MISSING", "A view that the model needs is missing"};
inline constexpr RefusalCode kViewAmbiguous{"VIEW_AMBIGUOUS", "Several images show one view"};
inline constexpr RefusalCode kGantryTilt{"GANTRY_TILT", "Gantry is tilted"};
}  // namespace refusal

struct Refusal {
  findings::CodedConcept reason;  // (SLICE_GAP, 99INFERAD, "Slices are missing")
  std::string text;               // one sentence with the numbers; no patient data
};

Refusal refuse(const RefusalCode& code, std::string text);

// What was asked for, or why not.
template <class T>
using OrRefusal = std::variant<T, Refusal>;

}  // namespace inferad::imaging
