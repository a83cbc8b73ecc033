// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/label_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pipelines/engine/components.h"
#include "pipelines/engine/mask.h"
#include "pipelines/engine/padding.h"
#include "pipelines/findings/codes.h"

namespace inferad::engine {

namespace {

namespace codes = findings::codes;
using recipe::MeasurementSpec;
using Measure = MeasurementSpec::Measure;
using Members = std::array<bool, 256>;

Members members_of(std::span<const std::uint8_t> numbers) {
  Members members{};
  for (const auto number : numbers) members[number] = true;
  return members;
}

std::uint64_t voxels_in(const findings::LabelMap& map, const Members& members) {
  std::uint64_t count = 0;
  for (const auto label : map.labels) count += members[label];
  return count;
}

// Without padding.
std::vector<float> intensities(const findings::Image& image, const findings::LabelMap& map, const Members& members) {
  std::vector<float> values;
  for_each_slice(image, image.voxels, [&](std::size_t first, std::span<const float> voxels, const auto& padding) {
    const auto* labels = map.labels.data() + first;
    for (std::size_t i = 0; i < voxels.size(); ++i)
      if (members[labels[i]] && !padding.holds(voxels[i])) values.push_back(voxels[i]);
  });
  return values;
}

double mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const auto value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

double deviation_of(const std::vector<float>& values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const auto value : values) sum += std::pow(static_cast<double>(value) - mean, 2);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

template <class Inside>
double percent_where(const std::vector<float>& values, Inside inside) {
  const auto count = std::count_if(values.begin(), values.end(), inside);
  return 100 * static_cast<double>(count) / static_cast<double>(values.size());
}

double components_of(const MeasurementSpec& spec, const findings::Image& image, const findings::LabelMap& map,
                     const Members& members, int threads) {
  const Grid grid{map.columns, map.rows, map.slices};
  const auto mask = Mask::make(grid, threads, [&](int row, int slice, Runs& out) {
    const auto* labels = map.labels.data() + row_offset(grid, row, slice);
    append_where(
        static_cast<std::size_t>(grid.columns), [&](std::size_t i) { return members[labels[i]]; }, out);
  });
  const Components components(mask, Connectivity::corners);
  double count = 0;
  for (std::size_t i = 0; i < components.count(); ++i) {
    count +=
        static_cast<double>(components.size(i)) * image.geometry.voxel_volume_ml() >= spec.component_ml_min ? 1 : 0;
  }
  return count;
}

double of_intensities(const MeasurementSpec& spec, std::vector<float> values) {
  const auto limit = static_cast<float>(spec.parameter);
  switch (spec.measure) {
    case Measure::mean:
      return mean_of(values);
    case Measure::standard_deviation:
      return deviation_of(values);
    case Measure::minimum:
      return static_cast<double>(*std::min_element(values.begin(), values.end()));
    case Measure::maximum:
      return static_cast<double>(*std::max_element(values.begin(), values.end()));
    case Measure::median:
      return percentile_of(std::move(values), 50);
    case Measure::percentile:
      return percentile_of(std::move(values), spec.parameter);
    case Measure::share_below:
      return percent_where(values, [&](float value) { return value < limit; });
    case Measure::share_above:
      return percent_where(values, [&](float value) { return value > limit; });
    case Measure::volume:
    case Measure::count:
      break;  // not of intensities
  }
  return 0;
}

struct Name {
  findings::CodedConcept name, unit;
  std::optional<findings::CodedConcept> derivation;
};

Name name_of(const MeasurementSpec& spec, bool hounsfield) {
  const auto intensity = hounsfield ? codes::kAttenuation : codes::ours("INTENSITY", "Intensity of the image");
  const auto unit = hounsfield ? codes::kHounsfieldUnit : codes::kNoUnits;
  const auto own = [&](std::string_view code, std::string_view meaning) {
    return codes::ours(fmt::format("{}{:g}", code, spec.parameter).substr(0, 16),
                       fmt::format("{} {:g}", meaning, spec.parameter));
  };
  switch (spec.measure) {
    case Measure::volume:
      return {codes::kVolume, codes::kMilliliter, {}};
    case Measure::count:
      return {codes::ours("COMPONENTS", "Number of separate regions"), codes::kNoUnits, {}};
    case Measure::mean:
      return {intensity, unit, codes::kMean};
    case Measure::standard_deviation:
      return {intensity, unit, codes::kStandardDeviation};
    case Measure::minimum:
      return {intensity, unit, codes::kMinimum};
    case Measure::maximum:
      return {intensity, unit, codes::kMaximum};
    case Measure::median:
      return {intensity, unit, codes::kMedian};
    case Measure::percentile:
      return {own("PERCENTILE", "Percentile of intensity:"), unit, {}};
    case Measure::share_below:
      return {own("BELOW", "Share of volume below"), codes::kPercent, {}};
    case Measure::share_above:
      return {own("ABOVE", "Share of volume above"), codes::kPercent, {}};
  }
  return {};
}

}  // namespace

double percentile_of(std::vector<float> values, double percent) {
  const double rank = percent / 100 * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(low);
  std::nth_element(values.begin(), at, values.end());
  const double below = static_cast<double>(*at);
  if (low + 1 == values.size()) return below;
  const double above = static_cast<double>(*std::min_element(at + 1, values.end()));
  return below + (above - below) * (rank - static_cast<double>(low));
}

std::optional<double> measured(const MeasurementSpec& spec, const findings::Image& image, const findings::LabelMap& map,
                               std::span<const std::uint8_t> numbers, int threads) {
  const auto members = members_of(numbers);
  if (spec.measure == Measure::volume)
    return static_cast<double>(voxels_in(map, members)) * image.geometry.voxel_volume_ml();
  if (spec.measure == Measure::count) return components_of(spec, image, map, members, threads);
  auto values = intensities(image, map, members);
  if (values.empty()) return std::nullopt;
  return of_intensities(spec, std::move(values));
}

findings::Measurement as_measurement(const MeasurementSpec& spec, double value, std::string_view modality) {
  auto [name, unit, derivation] = name_of(spec, modality == "CT");
  const double rounded = std::round(value * 1000) / 1000;  // more digits would only look exact
  return {std::move(name), rounded, std::move(unit), std::move(derivation), spec.text, false};
}

}  // namespace inferad::engine
