// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/key_images.h"

#include <algorithm>
#include <optional>

#include "pipelines/results/modules.h"

namespace inferad::results {

namespace {

using findings::Finding;
using findings::ImageReference;
using findings::Presence;

std::optional<ImageReference> largest_slice(const ResultRequest& request, int segment) {
  if (!request.labels || !request.image) return std::nullopt;
  const auto size = static_cast<std::size_t>(request.labels->columns) * static_cast<std::size_t>(request.labels->rows);
  std::size_t best = 0, most = 0;
  for (std::size_t slice = 0; slice < request.image->sources.size(); ++slice) {
    const auto begin = request.labels->labels.begin() + static_cast<std::ptrdiff_t>(slice * size);
    const auto count = static_cast<std::size_t>(std::count(begin, begin + static_cast<std::ptrdiff_t>(size), segment));
    if (count > most) most = count, best = slice;
  }
  if (most == 0) return std::nullopt;
  const auto& source = request.image->sources[best];
  return ImageReference{source.sop_class_uid, source.sop_instance_uid, source.frame};
}

}  // namespace

std::optional<ImageReference> key_image_of(const ResultRequest& request, const Finding& finding) {
  if (finding.location) return finding.location->images.front();
  if (finding.segment) return largest_slice(request, *finding.segment);
  for (const auto& [name, image] : request.findings.input_images)
    if (!finding.input_image.empty() && name == finding.input_image) return image;
  const auto images = analysed_images(request);
  if (images.size() != 1) return std::nullopt;
  return ImageReference{images.front()->sop_class_uid, images.front()->sop_instance_uid, 1};
}

std::vector<ImageReference> key_images(const ResultRequest& request) {
  const auto& items = request.findings.items;
  const bool any =
      std::any_of(items.begin(), items.end(), [](const auto& each) { return each.presence == Presence::present; });
  std::vector<ImageReference> images;
  for (const auto& item : items) {
    const bool evidence = any && item.presence == Presence::measured && item.location;
    if (item.presence != Presence::present && !evidence) continue;
    const auto image = key_image_of(request, item);
    const auto same = [&](const auto& each) {
      return each.sop_instance_uid == image->sop_instance_uid && each.frame == image->frame;
    };
    if (image && std::none_of(images.begin(), images.end(), same)) images.push_back(*image);
  }
  return images;
}

}  // namespace inferad::results
