// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/projection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "pipelines/imaging/describe.h"
#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/pixels.h"

namespace inferad::imaging {

namespace {

using findings::Image;

constexpr const char* kName = "the image";

bool usable(const std::optional<std::array<double, 2>>& spacing) {
  return spacing && (*spacing)[0] > 0 && (*spacing)[1] > 0;
}

void place(const SliceHeader& header, Image& image) {
  image.projection = true;
  image.geometry.columns = header.columns;
  image.geometry.rows = header.rows;
  image.geometry.slices = 1;
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

}  // namespace

Result<OrRefusal<Image>> load_projection(const std::filesystem::path& file, const LoadOptions& options) try {
  prepare_toolkit();
  INFERAD_TRY(auto opened, DicomFile::open(file));
  if (auto* refusal = std::get_if<Refusal>(&opened)) return OrRefusal<Image>(std::move(*refusal));
  const auto& dicom = std::get<DicomFile>(opened);
  const auto& header = dicom.slices().size() == 1 ? dicom.slices().front() : dicom.header();
  if (auto refusal = check_pixels(header, kName)) return OrRefusal<Image>(std::move(*refusal));
  const auto pixels = static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns);
  if (pixels > options.decoded_bytes_max / sizeof(float)) {
    return OrRefusal<Image>(
        refuse(refusal::kTooLarge, fmt::format("{} x {} pixels need more than {} MiB", header.columns, header.rows,
                                               options.decoded_bytes_max >> 20)));
  }
  Image image;
  image.voxels.resize(pixels);
  const std::span<float> out(image.voxels);
  if (auto refusal = decode_pixels(dicom, kName, std::span(&out, 1))) return OrRefusal<Image>(std::move(*refusal));
  place(header, image);
  image.grey = grey_scale(header);
  describe(header, image);
  image.has_rescale = header.has_rescale;
  image.sources.push_back({header.file, header.sop_class_uid, header.sop_instance_uid, 1, {}});
  return OrRefusal<Image>(std::move(image));
} catch (const std::bad_alloc&) {
  return Error{Errc::overload, "not enough memory to load the image"};
}

}  // namespace inferad::imaging
