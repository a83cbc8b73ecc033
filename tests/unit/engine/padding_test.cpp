// SPDX-License-Identifier: Apache-2.0
// Statistics of intensities with padding around a circular field of view: the truth is that of the circle.
#include "pipelines/engine/padding.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "pipelines/engine/label_measures.h"
#include "pipelines/engine/model_report.h"
#include "pipelines/findings/codes.h"
#include "pipelines/findings/job.h"

using namespace inferad;
using namespace inferad::engine;
using Measure = recipe::MeasurementSpec::Measure;

namespace {

constexpr int kSize = 40, kSlices = 3;

bool in_circle(int column, int row) { return std::hypot(column - 19.5, row - 19.5) < 19; }

// 40 HU, in every tenth voxel 50; outside the circle -3024 (slices 0 and 1) or -2000 (slice 2), as each slice says.
findings::Image circle() {
  findings::Image image;
  image.geometry.columns = image.geometry.rows = kSize, image.geometry.slices = kSlices;
  image.geometry.spacing = {10, 10, 10};
  image.modality = "CT", image.series_uid = "1.2.5";
  image.padding = {{-3024.5F, -3023.5F}, {-3024.5F, -3023.5F}, {-2000.5F, -1999.5F}};
  for (int k = 0; k < kSlices; ++k)
    for (int row = 0; row < kSize; ++row)
      for (int column = 0; column < kSize; ++column)
        image.voxels.push_back(!in_circle(column, row) ? (k < 2 ? -3024.0F : -2000.0F) : column % 10 == 0 ? 50 : 40);
  image.sources.resize(kSlices);
  return image;
}

std::optional<double> value(Measure measure, const findings::Image& image, const findings::LabelMap& map,
                            double parameter = 0) {
  return measured({"x", measure, {"body"}, parameter, "", 0}, image, map, std::vector<std::uint8_t>{1}, 1);
}

findings::LabelMap everywhere() {
  return {kSize, kSize, kSlices, std::vector<std::uint8_t>(kSize * kSize * kSlices, 1)};
}

}  // namespace

TEST_CASE("no statistic of a segment counts padding, its volume does") {
  auto image = circle();
  const auto map = everywhere();
  double sum = 0, count = 0, bright = 0;
  for (const float voxel : image.voxels)
    if (voxel > 0) sum += static_cast<double>(voxel), bright += voxel > 45 ? 1 : 0, ++count;
  REQUIRE(count < 0.9 * static_cast<double>(image.voxels.size()));
  CHECK(value(Measure::mean, image, map) == Approx(sum / count));
  CHECK(value(Measure::minimum, image, map) == 40);
  CHECK(value(Measure::median, image, map) == 40);
  CHECK(value(Measure::percentile, image, map, 1) == 40);
  CHECK(value(Measure::share_below, image, map, -900) == 0);
  CHECK(value(Measure::share_above, image, map, 45) == Approx(100 * bright / count));
  CHECK(value(Measure::volume, image, map) == Approx(static_cast<double>(image.voxels.size())));
  image.padding.clear();
  CHECK(*value(Measure::minimum, image, map) == -3024);
  CHECK(*value(Measure::mean, image, map) < -400);
}

TEST_CASE("a value is padding only in the slice that says so") {
  auto image = circle();
  image.voxels[kSize * kSize / 2 + kSize / 2] = -2000;  // of slice 0, where it is none
  CHECK(value(Measure::minimum, image, everywhere()) == -2000);
}

TEST_CASE("a segment of nothing but padding has no intensities") {
  const auto image = circle();
  auto map = everywhere();
  for (std::size_t i = 0; i < map.labels.size(); ++i) map.labels[i] = image.voxels[i] < 0 ? 1 : 0;
  CHECK_FALSE(value(Measure::mean, image, map));
  CHECK(padding_in(image, map)[1] == static_cast<std::uint64_t>(*value(Measure::volume, image, map)));
}

TEST_CASE("a report says how far a segment reaches into padding") {
  recipe::PipelineFile file;
  file.name = "body", file.version = "1", file.title = "Body", file.manufacturer = "Nobody";
  recipe::Segmentation output;
  const findings::CodedConcept body{"123037004", "SCT", "Anatomical Structure"};
  output.labels.push_back({1, "body", "Body", findings::codes::kAnatomicalStructure, body, {}, {1, 2, 3}});
  file.output = std::move(output);
  auto image = circle();
  ModelOutput answer;
  answer.labels = everywhere();
  const auto remarks = [&] {
    findings::Job job;
    job.id = "7", job.pipeline = "body", job.study_uid = "1.2.3", job.created_at = "2026-11-24T08:30:00.000Z";
    auto report = report_model(findings::begin_report(job, "1", "1.2.5", {"Body", "1", "Nobody", "", ""}), answer,
                               std::span(&image, 1), file, {}, 1);
    REQUIRE(report);
    return report->findings.remarks;
  };
  REQUIRE(remarks().size() == 1);
  CHECK_THAT(remarks()[0], Catch::Contains("Body: ") && Catch::Contains("voxels lie where there is no image"));
  image.padding.clear();
  CHECK(remarks().empty());
}
