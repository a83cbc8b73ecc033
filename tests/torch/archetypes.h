// SPDX-License-Identifier: Apache-2.0
// The pipelines of tests/torch/archetypes on images whose truth is geometry.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "pipelines/engine/engine.h"

namespace inferad::testing {

using findings::Vec3;

inline const std::filesystem::path kArchetypes = std::filesystem::path(INFERAD_SOURCE_DIR) / "tests/torch/archetypes";

inline Vec3 at(const findings::Geometry& geometry, double i, double j, double k) {
  Vec3 place = geometry.origin;
  for (std::size_t axis = 0; axis < 3; ++axis)
    place[axis] += i * geometry.spacing[0] * geometry.column_direction[axis] +
                   j * geometry.spacing[1] * geometry.row_direction[axis] +
                   k * geometry.spacing[2] * geometry.slice_direction[axis];
  return place;
}

inline double distance(const Vec3& a, const Vec3& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

// What covers the point (mm), each voxel averaged over 3 x 3 x 3 points, and noise.
template <class Value>
void paint(findings::Image& image, Value value, double noise) {
  std::mt19937 random(11);
  std::normal_distribution<double> deviation(0, noise);
  const auto& geometry = image.geometry;
  for (int k = 0; k < geometry.slices; ++k)
    for (int j = 0; j < geometry.rows; ++j)
      for (int i = 0; i < geometry.columns; ++i) {
        double sum = 0;
        for (int n = 0; n < 27; ++n)
          sum += value(at(geometry, i + (n % 3 - 1) / 3.0, j + (n / 3 % 3 - 1) / 3.0, k + (n / 9 - 1) / 3.0));
        image.voxels.push_back(static_cast<float>(sum / 27 + deviation(random)));
      }
}

// 96 x 88 x 40 voxels of 0.8 x 0.8 x 2 mm, turned by 20 degrees about the body's axis; to be painted.
inline findings::Image turned_ct() {
  findings::Image image;
  image.modality = "CT", image.series_uid = "1.2.5", image.study_uid = "1.2.3", image.frame_of_reference_uid = "1.2.9";
  image.has_rescale = true;
  auto& geometry = image.geometry;
  geometry.columns = 96, geometry.rows = 88, geometry.slices = 40;
  geometry.spacing = {0.8, 0.8, 2};
  geometry.origin = {-20, 15, 100};
  const double angle = 20 * M_PI / 180;
  geometry.column_direction = {std::cos(angle), std::sin(angle), 0};
  geometry.row_direction = {-std::sin(angle), std::cos(angle), 0};
  for (int k = 0; k < geometry.slices; ++k)
    image.sources.push_back({"", "1.2.840.10008.5.1.4.1.1.2", "1.2.6." + std::to_string(k), 1, {}});
  return image;
}

inline findings::Job job(const std::string& pipeline) {
  findings::Job result;
  result.id = "17", result.study_uid = "1.2.3", result.created_at = "2026-11-24T23:30:00.123Z";
  result.pipeline = pipeline;
  return result;
}

inline engine::Engine& archetypes() {
  static auto engine = engine::Engine::load(kArchetypes / "catalog", kArchetypes / "models");
  REQUIRE(engine);
  for (const auto& refused : engine->refused()) FAIL(refused.name << ": " << refused.reason);
  return *engine;
}

inline engine::PipelineOutput output_of(const std::string& pipeline, const findings::Image& image) {
  auto output = archetypes().run(pipeline, image, job(pipeline), [](std::string_view, double) {});
  if (!output) FAIL(output.error().what);
  CHECK(validate(output->findings));
  return std::move(*output);
}

inline findings::Findings run(const std::string& pipeline, const findings::Image& image) {
  return output_of(pipeline, image).findings;
}

// The value with this label, of the item with this id.
inline double measured(const findings::Findings& report, const std::string& item, const std::string& label) {
  for (const auto& each : report.items)
    for (const auto& measurement : each.measurements)
      if (each.id == item && measurement.label == label) return measurement.value;
  FAIL("there is no " << label << " of " << item);
  return 0;
}

}  // namespace inferad::testing
