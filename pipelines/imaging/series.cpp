// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "pipelines/imaging/describe.h"
#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/pixels.h"
#include "pipelines/imaging/prefault.h"
#include "server/base/parallel.h"

namespace inferad::imaging {

namespace {

using findings::Image;

std::string image_name(std::size_t index, std::size_t count) { return fmt::format("image {} of {}", index + 1, count); }

Result<OrRefusal<std::vector<DicomFile>>> open_all(std::span<const std::filesystem::path> paths, int threads) {
  std::vector<std::optional<Result<OrRefusal<DicomFile>>>> opened(paths.size());
  parallel_for(paths.size(), threads, [&](std::size_t i) { opened[i] = DicomFile::open(paths[i]); });
  std::vector<DicomFile> files;
  files.reserve(paths.size());
  for (auto& each : opened) {
    INFERAD_TRY(auto file, std::move(*each));
    if (auto* refusal = std::get_if<Refusal>(&file)) return OrRefusal<std::vector<DicomFile>>(std::move(*refusal));
    files.push_back(std::get<DicomFile>(std::move(file)));
  }
  return OrRefusal<std::vector<DicomFile>>(std::move(files));
}

// One instance in two files is the same slice: the first stays. With another position it is a contradiction, which
// the geometry gate then sees.
void drop_copies(std::vector<DicomFile>& files) {
  std::map<std::string, const SliceHeader*> first;
  std::vector<DicomFile> kept;
  kept.reserve(files.size());
  for (auto& file : files) {
    const auto& uid = file.header().sop_instance_uid;
    const auto known = first.find(uid);
    if (!uid.empty() && known != first.end() && known->second->position == file.header().position) continue;
    kept.push_back(std::move(file));
    first.emplace(kept.back().header().sop_instance_uid, &kept.back().header());
  }
  files = std::move(kept);
}

std::optional<Refusal> check_volume(const findings::Geometry& grid, std::uint64_t bytes_max) {
  const std::uint64_t slice =
      std::uint64_t{sizeof(float)} * static_cast<std::uint64_t>(grid.rows) * static_cast<std::uint64_t>(grid.columns);
  if (slice <= bytes_max / static_cast<std::uint64_t>(grid.slices)) return std::nullopt;
  return refuse(refusal::kTooLarge, fmt::format("{} x {} x {} voxels need more than {} MiB", grid.columns, grid.rows,
                                                grid.slices, bytes_max >> 20));
}

std::optional<Refusal> decode_all(const std::vector<DicomFile>& files, const Stack& stack, int threads, Image& image) {
  const auto plane = static_cast<std::size_t>(stack.geometry.rows) * static_cast<std::size_t>(stack.geometry.columns);
  image.voxels.reserve(plane * stack.order.size());
  prefault(image.voxels.data(), plane * stack.order.size() * sizeof(float), threads);
  image.voxels.resize(plane * stack.order.size());
  std::mutex mutex;
  std::optional<Refusal> first;
  std::size_t first_slice = stack.order.size();
  parallel_for(stack.order.size(), threads, [&](std::size_t k) {
    const auto index = stack.order[k];
    auto refusal =
        decode_pixels(files[index], image_name(index, files.size()), std::span(image.voxels).subspan(k * plane, plane));
    const std::lock_guard lock(mutex);
    if (refusal && k < first_slice) first = std::move(refusal), first_slice = k;
  });
  return first;
}

void describe_stack(const std::vector<DicomFile>& files, const Stack& stack, Image& image) {
  describe(files[stack.order.front()].header(), image);
  image.geometry = stack.geometry;
  image.has_rescale =
      std::all_of(files.begin(), files.end(), [](const auto& file) { return file.header().has_rescale; });
  for (const auto index : stack.order) {
    const auto& slice = files[index].header();
    image.sources.push_back({slice.file, slice.sop_class_uid, slice.sop_instance_uid, 1, *slice.position});
  }
}

OrRefusal<Image> build(std::vector<DicomFile> files, const LoadOptions& options) {
  drop_copies(files);
  std::vector<SliceHeader> headers;
  headers.reserve(files.size());
  for (const auto& file : files) {
    if (auto refusal = check_pixels(file.header(), image_name(headers.size(), files.size())))
      return std::move(*refusal);
    headers.push_back(file.header());
  }
  auto stacked = stack_slices(headers, options.tolerance);
  if (auto* refusal = std::get_if<Refusal>(&stacked)) return std::move(*refusal);
  const auto& stack = std::get<Stack>(stacked);
  if (auto refusal = check_volume(stack.geometry, options.decoded_bytes_max)) return std::move(*refusal);
  Image image;
  if (auto refusal = decode_all(files, stack, options.threads, image)) return std::move(*refusal);
  describe_stack(files, stack, image);
  return image;
}

}  // namespace

Result<OrRefusal<Image>> load_series(std::span<const std::filesystem::path> files, const LoadOptions& options) try {
  prepare_toolkit();
  if (files.empty()) return OrRefusal<Image>(refuse(refusal::kNoImages, "the series has no images"));
  if (files.size() > options.files_max) {
    return OrRefusal<Image>(
        refuse(refusal::kTooLarge, fmt::format("{} images, at most {}", files.size(), options.files_max)));
  }
  INFERAD_TRY(auto opened, open_all(files, options.threads));
  if (auto* refusal = std::get_if<Refusal>(&opened)) return OrRefusal<Image>(std::move(*refusal));
  return build(std::get<std::vector<DicomFile>>(std::move(opened)), options);
} catch (const std::bad_alloc&) {
  return Error{Errc::overload, "not enough memory to load the series"};
}

}  // namespace inferad::imaging
