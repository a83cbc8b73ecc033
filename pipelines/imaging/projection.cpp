// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/projection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "pipelines/imaging/describe.h"
#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/pixels.h"
#include "pipelines/imaging/stored.h"

namespace inferad::imaging {

namespace {

using findings::FrameChoice;
using findings::Image;

constexpr const char* kName = "the image";

bool usable(const std::optional<std::array<double, 2>>& spacing) {
  return spacing && (*spacing)[0] > 0 && (*spacing)[1] > 0;
}

void place(const SliceHeader& header, Image& image) {
  image.projection = true;
  image.geometry.columns = header.columns;
  image.geometry.rows = header.rows;
  const auto& spacing = usable(header.pixel_spacing) ? header.pixel_spacing : header.imager_spacing;
  image.spacing_known = usable(spacing);
  if (image.spacing_known) image.geometry.spacing = {(*spacing)[1], (*spacing)[0], 1};
}

// Modality values at both ends of what the bits can hold (PS3.3 C.7.6.3.1).
findings::GreyScale grey_scale(const SliceHeader& header) {
  auto grey = header.grey;
  const int bits = header.format.bits_stored;
  const double low = header.format.is_signed ? -std::ldexp(1.0, bits - 1) : 0;
  const double high = low + std::ldexp(1.0, bits) - 1;
  const double a = header.slope * low + header.intercept, b = header.slope * high + header.intercept;
  grey.lowest = std::min(a, b);
  grey.highest = std::max(a, b);
  return grey;
}

// PS3.3 C.7.6.3.1.2: samples of colour become luminance, which nothing inverts, rescales or windows.
void make_plain_grey(findings::GreyScale& grey) {
  grey = {};
  grey.highest = 255;
}

// Which frames (from 0) of how many the Image has.
std::pair<int, int> frames_of(FrameChoice choice, int count) {
  if (choice == FrameChoice::all) return {0, count};
  return {choice == FrameChoice::middle ? count / 2 : 0, 1};
}

std::optional<Refusal> check_size(const SliceHeader& header, const LoadOptions& options) {
  const auto plane = static_cast<std::uint64_t>(header.rows) * static_cast<std::uint64_t>(header.columns);
  const auto frames = static_cast<std::uint64_t>(header.frames);
  if (header.frames > 1 && frames > options.slices_max)
    return refuse(refusal::kTooLarge, fmt::format("{} frames, at most {}", header.frames, options.slices_max));
  if (plane <= options.decoded_bytes_max / sizeof(float) / frames) return std::nullopt;
  return refuse(refusal::kTooLarge, fmt::format("{} x {} pixels in {} frames need more than {} MiB", header.columns,
                                                header.rows, header.frames, options.decoded_bytes_max >> 20));
}

// All frames are decoded; those that are not wanted go.
std::optional<Refusal> decode_frames(const DicomFile& file, FrameChoice choice, Image& image) {
  const auto& header = file.header();
  const auto plane = static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns);
  image.voxels.resize(plane * static_cast<std::size_t>(header.frames));
  std::vector<std::span<float>> outs;
  for (int frame = 0; frame < header.frames; ++frame)
    outs.push_back(std::span(image.voxels).subspan(static_cast<std::size_t>(frame) * plane, plane));
  if (auto refusal = decode_pixels(file, kName, outs)) return refusal;
  const auto [first, count] = frames_of(choice, header.frames);
  const auto begin = image.voxels.begin() + static_cast<std::ptrdiff_t>(plane) * first;
  if (count < header.frames) image.voxels = {begin, begin + static_cast<std::ptrdiff_t>(plane) * count};
  for (int frame = first; frame < first + count; ++frame)
    image.sources.push_back({header.file, header.sop_class_uid, header.sop_instance_uid, frame + 1, {}});
  image.geometry.slices = count;
  return std::nullopt;
}

}  // namespace

Result<OrRefusal<Image>> load_projection(const std::filesystem::path& file, const LoadOptions& options) try {
  prepare_toolkit();
  INFERAD_TRY(auto opened, DicomFile::open(file));
  if (auto* refusal = std::get_if<Refusal>(&opened)) return OrRefusal<Image>(std::move(*refusal));
  const auto& dicom = std::get<DicomFile>(opened);
  const auto& header = dicom.slices().size() == 1 ? dicom.slices().front() : dicom.header();
  const auto accept = options.frames == FrameChoice::none ? Accept::slices : Accept::frames;
  if (auto refusal = check_pixels(header, kName, accept)) return OrRefusal<Image>(std::move(*refusal));
  if (auto refusal = check_size(header, options)) return OrRefusal<Image>(std::move(*refusal));
  Image image;
  place(header, image);
  image.grey = grey_scale(header);
  if (is_colour(header.format)) make_plain_grey(image.grey);
  if (auto refusal = decode_frames(dicom, options.frames, image)) return OrRefusal<Image>(std::move(*refusal));
  describe(header, image);
  image.header = common_header(dicom.slices());
  image.has_rescale = header.has_rescale;
  if (header.padding && !is_colour(header.format))
    image.padding.assign(static_cast<std::size_t>(image.geometry.slices), padding_of(header));
  return OrRefusal<Image>(std::move(image));
} catch (const std::bad_alloc&) {
  return Error{Errc::overload, "not enough memory to load the image"};
}

}  // namespace inferad::imaging
