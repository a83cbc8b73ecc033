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

std::vector<ImageReference> images_of(const ResultRequest& request, const Finding& finding) {
  if (finding.location) return {finding.location->images.front()};
  if (finding.segment) {
    const auto slice = largest_slice(request, *finding.segment);
    return slice ? std::vector{*slice} : std::vector<ImageReference>();
  }
  std::vector<ImageReference> images;
  for (const auto* item : located_for(request.findings, finding)) images.push_back(item->location->images.front());
  if (!images.empty()) return images;
  for (const auto& [name, image] : request.findings.input_images)
    if (finding.input_image.empty() || name == finding.input_image) images.push_back(image);
  if (!images.empty()) return images;
  const auto all = analysed_images(request);
  if (all.size() == 1) images.push_back({all.front()->sop_class_uid, all.front()->sop_instance_uid, 1});
  return images;
}

}  // namespace

std::vector<const Finding*> located_for(const findings::Findings& findings, const Finding& finding) {
  std::vector<const Finding*> located;
  if (finding.location || finding.segment || finding.presence == Presence::measured) return located;
  for (const auto& item : findings.items)
    if (item.presence == Presence::measured && item.location &&
        (finding.input_image.empty() || item.input_image == finding.input_image))
      located.push_back(&item);
  return located;
}

bool has_key_image(const ResultRequest& request, const Finding& finding) {
  return !images_of(request, finding).empty();
}

std::optional<ImageReference> key_image_of(const ResultRequest& request, const Finding& finding) {
  const auto images = images_of(request, finding);
  return images.size() == 1 ? std::optional(images.front()) : std::nullopt;
}

std::vector<ImageReference> key_images(const ResultRequest& request) {
  std::vector<ImageReference> images;
  for (const auto& item : request.findings.items) {
    if (item.presence != Presence::present) continue;
    for (const auto& image : images_of(request, item)) {
      const auto same = [&](const auto& each) {
        return each.sop_instance_uid == image.sop_instance_uid && each.frame == image.frame;
      };
      if (std::none_of(images.begin(), images.end(), same)) images.push_back(image);
    }
  }
  return images;
}

}  // namespace inferad::results
