// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/pixels.h"

#include <fmt/format.h>

#include <cmath>

#include "pipelines/imaging/palette.h"
#include "pipelines/imaging/stored.h"

namespace inferad::imaging {

namespace {

constexpr std::string_view kPalette = "PALETTE COLOR";

// What is said of a frame: of its own where the file has functional groups, else of all frames.
const SliceHeader& slice_of(const DicomFile& file, std::size_t frame) {
  return file.slices()[frame < file.slices().size() ? frame : 0];
}

// A loop for each sign: the compiler makes vectors of it.
template <bool Signed>
void to_modality(const StoredFrame& frame, float slope, float intercept, std::span<float> out) {
  std::visit(
      [&, cell = frame.cell](auto samples) {
        for (std::size_t i = 0; i < out.size(); ++i)
          out[i] = slope * static_cast<float>(cell.value_as<Signed>(samples[i])) + intercept;
      },
      frame.samples);
}

void to_modality(const StoredFrame& frame, const SliceHeader& slice, std::span<float> out) {
  const auto slope = static_cast<float>(slice.slope), intercept = static_cast<float>(slice.intercept);
  frame.cell.is_signed ? to_modality<true>(frame, slope, intercept, out)
                       : to_modality<false>(frame, slope, intercept, out);
}

void to_luminance(const StoredFrame& frame, std::span<float> out) {
  std::visit([&](auto samples) { to_grey(samples, frame.layout, frame.photometric == "RGB", out); }, frame.samples);
}

void to_luminance(const StoredFrame& frame, const Palette& palette, std::span<float> out) {
  std::visit(
      [&](auto samples) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = palette.grey(frame.cell.value(samples[i]));
      },
      frame.samples);
}

std::optional<Refusal> check_colour(const SliceHeader& header, const std::string& name) {
  const auto& format = header.format;
  const bool bytes = format.bits_allocated == 8 && format.bits_stored == 8 && format.high_bit == 7 && !format.is_signed;
  const bool palette = format.photometric == kPalette && format.samples == 1 && format.bits_allocated <= 16;
  if (palette || (format.samples == 3 && bytes && is_known_colour(decoded_photometric(header)))) return std::nullopt;
  return refuse(refusal::kPixelFormat, fmt::format("{} is neither grey nor colour of 8 bits or a palette: {}, {} bits",
                                                   name, format.photometric, format.bits_stored));
}

std::optional<Refusal> check_grey(const PixelFormat& format, const std::string& name) {
  if (format.samples != 1 || !format.photometric.starts_with("MONOCHROME"))
    return refuse(refusal::kPixelFormat, fmt::format("{} is {}, not grey", name, format.photometric));
  if (format.bits_allocated == 8 || format.bits_allocated == 16) return std::nullopt;
  return refuse(refusal::kPixelFormat,
                fmt::format("{} has {} bits allocated, not 8 or 16", name, format.bits_allocated));
}

}  // namespace

bool is_colour(const PixelFormat& format) { return format.samples > 1 || format.photometric == kPalette; }

std::optional<Refusal> check_pixels(const SliceHeader& header, const std::string& name, Accept accept) {
  if (auto refusal = check_stored(header, name)) return refusal;
  if (header.frames != 1 && header.frame == 0 && accept != Accept::frames) {
    return refuse(refusal::kMultiFrame,
                  fmt::format("{} has {} frames and does not tell where they lie", name, header.frames));
  }
  const bool colour = accept == Accept::frames && is_colour(header.format);
  if (auto refusal = colour ? check_colour(header, name) : check_grey(header.format, name)) return refusal;
  if (!std::isfinite(header.slope) || header.slope == 0 || !std::isfinite(header.intercept)) {
    return refuse(refusal::kRescale,
                  fmt::format("{}: rescale slope {}, intercept {}", name, header.slope, header.intercept));
  }
  return std::nullopt;
}

std::optional<Refusal> decode_pixels(const DicomFile& file, const std::string& name,
                                     std::span<const std::span<float>> outs) {
  const auto& format = file.header().format;
  std::optional<Palette> palette;
  if (format.photometric == kPalette && !(palette = Palette::read(file.dataset())))
    return refuse(refusal::kPixelFormat, name + " has no usable palette");
  return decode_stored(file, name, [&](std::size_t i, const StoredFrame& frame) {
    if (palette)
      to_luminance(frame, *palette, outs[i]);
    else if (format.samples == 3)
      to_luminance(frame, outs[i]);
    else
      to_modality(frame, slice_of(file, i), outs[i]);
  });
}

}  // namespace inferad::imaging
