// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include "pipelines/imaging/describe.h"
#include "pipelines/imaging/dicom_file.h"
#include "pipelines/imaging/pixels.h"
#include "pipelines/imaging/prefault.h"
#include "pipelines/imaging/stored.h"
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

// Each file is decoded by one thread; its slices may lie anywhere in the volume.
std::optional<Refusal> decode_all(const std::vector<DicomFile>& files, const Stack& stack, int threads, Image& image) {
  const auto plane = static_cast<std::size_t>(stack.geometry.rows) * static_cast<std::size_t>(stack.geometry.columns);
  image.voxels.reserve(plane * stack.order.size());
  prefault(image.voxels.data(), plane * stack.order.size() * sizeof(float), threads);
  image.voxels.resize(plane * stack.order.size());
  std::vector<std::span<float>> outs(stack.order.size());  // in the order of files and frames
  for (std::size_t k = 0; k < stack.order.size(); ++k)
    outs[stack.order[k]] = std::span(image.voxels).subspan(k * plane, plane);
  std::vector<std::size_t> first(files.size(), 0);
  for (std::size_t i = 1; i < files.size(); ++i) first[i] = first[i - 1] + files[i - 1].slices().size();
  std::vector<std::optional<Refusal>> refusals(files.size());
  parallel_for(files.size(), threads, [&](std::size_t i) {
    refusals[i] = decode_pixels(files[i], image_name(i, files.size()),
                                std::span(outs).subspan(first[i], files[i].slices().size()));
  });
  for (auto& refusal : refusals)
    if (refusal) return std::move(refusal);
  return std::nullopt;
}

void describe_stack(const std::vector<SliceHeader>& slices, const Stack& stack, Image& image) {
  describe(slices[stack.order.front()], image);
  image.header = common_header(slices);
  image.padding = paddings_of(slices, stack.order);
  image.geometry = stack.geometry;
  image.has_rescale = std::all_of(slices.begin(), slices.end(), [](const auto& slice) { return slice.has_rescale; });
  for (const auto index : stack.order) {
    const auto& slice = slices[index];
    image.sources.push_back(
        {slice.file, slice.sop_class_uid, slice.sop_instance_uid, std::max(1, slice.frame), *slice.position});
  }
}

OrRefusal<Image> build(std::vector<DicomFile> files, const LoadOptions& options) {
  drop_copies(files);
  std::vector<SliceHeader> slices;
  for (const auto& file : files) slices.insert(slices.end(), file.slices().begin(), file.slices().end());
  if (slices.size() > options.slices_max)
    return refuse(refusal::kTooLarge, fmt::format("{} slices, at most {}", slices.size(), options.slices_max));
  for (std::size_t i = 0; i < slices.size(); ++i)
    if (auto refusal = check_pixels(slices[i], image_name(i, slices.size()))) return std::move(*refusal);
  auto stacked = stack_slices(slices, options.tolerance);
  if (auto* refusal = std::get_if<Refusal>(&stacked)) return std::move(*refusal);
  const auto& stack = std::get<Stack>(stacked);
  if (auto refusal = check_volume(stack.geometry, options.decoded_bytes_max)) return std::move(*refusal);
  Image image;
  if (auto refusal = decode_all(files, stack, options.threads, image)) return std::move(*refusal);
  describe_stack(slices, stack, image);
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
