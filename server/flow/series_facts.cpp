// SPDX-License-Identifier: Apache-2.0
#include "server/flow/series_facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "server/flow/attribute_values.h"

namespace inferad::flow {
namespace {

using store::ContentInstance;
using store::ContentSeries;
using Vec3 = std::array<double, 3>;

constexpr double kNormalTolerance = 0.01;      // between the normals of two slices, per component
constexpr double kNamedPlaneCosine = 0.8;      // up to 37 degrees from a body plane it keeps the plane's name
constexpr double kDistanceTolerance = 0.01;    // relative to the usual distance …
constexpr double kDistanceToleranceMm = 0.05;  // … or absolute, whichever is larger
constexpr int kContiguousImagesMin = 10;       // fewer images say nothing about the whole

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

std::optional<Vec3> normal_of(const Attributes& attributes) {
  const auto o = numbers_of(attribute(attributes, "ImageOrientationPatient"));
  if (o.size() != 6) return std::nullopt;
  const Vec3 n{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
  if (std::abs(dot(n, n) - 1) > 0.02) return std::nullopt;
  return n;
}

std::optional<Vec3> position_of(const Attributes& attributes) {
  const auto p = numbers_of(attribute(attributes, "ImagePositionPatient"));
  if (p.size() != 3) return std::nullopt;
  return Vec3{p[0], p[1], p[2]};
}

bool is_localizer(const ContentInstance& instance) {
  for (const auto value : values_of(attribute(instance.attributes, "ImageType")))
    if (same_text(value, "LOCALIZER")) return true;
  return false;
}

Orientation plane_of(const Vec3& normal) {
  constexpr std::array kPlanes{Orientation::sagittal, Orientation::coronal, Orientation::axial};
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(normal[i]) >= kNamedPlaneCosine) return kPlanes[i];
  return Orientation::oblique;
}

bool parallel(const Vec3& a, const Vec3& b) {
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(a[i] - b[i]) > kNormalTolerance) return false;
  return true;
}

// The normal that all images share; nullopt when one has none, or `mixed` when they differ.
std::optional<Vec3> common_normal(const ContentSeries& series, bool& mixed) {
  std::optional<Vec3> common;
  for (const auto& instance : series.instances) {
    const auto normal = normal_of(instance.attributes);
    if (!normal) return std::nullopt;
    if (!common) common = normal;
    mixed = mixed || !parallel(*common, *normal);
  }
  return mixed ? std::nullopt : common;
}

// Positions along the normal, ascending; empty when an image has none.
std::vector<double> heights_of(const ContentSeries& series, const Vec3& normal) {
  std::vector<double> heights;
  for (const auto& instance : series.instances) {
    const auto position = position_of(instance.attributes);
    if (!position) return {};
    heights.push_back(dot(*position, normal));
  }
  std::sort(heights.begin(), heights.end());
  return heights;
}

void add_distances(const std::vector<double>& heights, SeriesFacts& facts) {
  if (heights.size() < 2) return;
  std::vector<double> steps;
  for (std::size_t i = 1; i < heights.size(); ++i) steps.push_back(heights[i] - heights[i - 1]);
  std::sort(steps.begin(), steps.end());
  const double usual = steps[steps.size() / 2];
  const double slack = std::max(kDistanceTolerance * usual, kDistanceToleranceMm);
  facts.slice_distance = usual;
  facts.coverage = heights.back() - heights.front();
  facts.uniform =
      steps.front() > kDistanceToleranceMm && usual - steps.front() <= slack && steps.back() - usual <= slack;
}

// ImagesInAcquisition counts the images of one acquisition; scanners that leave it at 1 or count less than they send
// tell nothing.
std::optional<int> expected_images(const ContentSeries& series) {
  struct Acquisition {
    int images = 0, expected = 0;
  };
  std::map<std::string_view, Acquisition> acquisitions;
  for (const auto& instance : series.instances) {
    const auto expected = integer_of(attribute(instance.attributes, "ImagesInAcquisition"));
    if (!expected || *expected < 2) return std::nullopt;
    auto& acquisition = acquisitions[attribute(instance.attributes, "AcquisitionNumber")];
    if (++acquisition.images > 1 && acquisition.expected != *expected) return std::nullopt;
    acquisition.expected = *expected;
    if (acquisition.images > *expected) return std::nullopt;
  }
  int sum = 0;
  for (const auto& [number, acquisition] : acquisitions) sum += acquisition.expected;
  return sum > 0 ? std::optional(sum) : std::nullopt;
}

// Slices sent one in two lie evenly as well: their numbers show it. True when numbers are missing or do not start at
// the beginning.
bool numbers_have_gaps(const ContentSeries& series) {
  std::vector<std::int64_t> numbers;
  for (const auto& instance : series.instances) {
    const auto number = integer_of(attribute(instance.attributes, "InstanceNumber"));
    if (!number) return false;
    numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  if (numbers.size() != series.instances.size()) return false;  // not a numbering of slices
  return numbers.front() > 1 || numbers.back() - numbers.front() + 1 != std::ssize(numbers);
}

}  // namespace

std::string_view to_string(Orientation orientation) {
  switch (orientation) {
    case Orientation::axial:
      return "axial";
    case Orientation::coronal:
      return "coronal";
    case Orientation::sagittal:
      return "sagittal";
    case Orientation::oblique:
      return "oblique";
    case Orientation::unknown:
      break;
  }
  return "unknown";
}

SeriesFacts facts_of(const ContentSeries& series) {
  SeriesFacts facts;
  for (const auto& instance : series.instances) {
    ++facts.images;
    facts.frames += std::max(instance.frames, 1);
    facts.localizer = facts.localizer || is_localizer(instance);
  }
  facts.expected_images = expected_images(series);
  if (const auto normal = common_normal(series, facts.mixed_orientation)) {
    facts.orientation = plane_of(*normal);
    add_distances(heights_of(series, *normal), facts);
  }
  return facts;
}

Wholeness wholeness_of(const ContentSeries& series, const SeriesFacts& facts) {
  if (facts.expected_images) return facts.images == *facts.expected_images ? Wholeness::counted : Wholeness::gaps;
  const bool all_multiframe = std::all_of(series.instances.begin(), series.instances.end(),
                                          [](const ContentInstance& instance) { return instance.frames > 1; });
  if (facts.images > 0 && all_multiframe) return Wholeness::counted;
  if (!facts.slice_distance || facts.images < kContiguousImagesMin) return Wholeness::unknown;
  return facts.uniform && !numbers_have_gaps(series) ? Wholeness::contiguous : Wholeness::gaps;
}

}  // namespace inferad::flow
