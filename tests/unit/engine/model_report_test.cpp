// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/model_report.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "pipelines/findings/codes.h"
#include "pipelines/findings/job.h"

using namespace inferad;
using namespace inferad::engine;
using findings::Presence;
using recipe::MeasurementSpec;

namespace {

// 4 x 3 x 2 voxels of 1 mL each; the value of a voxel is its number.
findings::Image image() {
  findings::Image result;
  result.geometry.columns = 4;
  result.geometry.rows = 3;
  result.geometry.slices = 2;
  result.geometry.spacing = {10, 10, 10};
  for (int i = 0; i < 24; ++i) result.voxels.push_back(static_cast<float>(i));
  result.modality = "CT";
  result.series_uid = "1.2.5";
  result.frame_of_reference_uid = "1.2.9";
  for (int k = 0; k < 2; ++k)
    result.sources.push_back({"", "1.2.840.10008.5.1.4.1.1.2", "1.2.6." + std::to_string(k), 1, {}});
  return result;
}

findings::CodedConcept some_code(const std::string& meaning) { return {"1234", "SCT", meaning}; }

recipe::PipelineFile segmentation() {
  recipe::PipelineFile file;
  file.name = "organs", file.version = "1.2.0", file.title = "Organs", file.manufacturer = "Nobody";
  recipe::Segmentation output;
  for (const auto& [value, id] : {std::pair(2, "spleen"), std::pair(5, "liver"), std::pair(9, "kidney")}) {
    output.labels.push_back({value, id, id, findings::codes::kAnatomicalStructure, some_code(id), {}, {1, 2, 3}});
  }
  file.output = std::move(output);
  return file;
}

findings::LabelMap map_of(std::vector<std::uint8_t> labels) { return {4, 3, 2, std::move(labels)}; }

// Voxels 0 to 3: spleen; 20 to 23: liver, 22 of them apart from no other. No kidney.
findings::LabelMap organs() {
  std::vector<std::uint8_t> labels(24, 0);
  for (std::size_t i : {0, 1, 3}) labels[i] = 2;
  for (std::size_t i : {20, 21, 22, 23}) labels[i] = 5;
  return map_of(labels);
}

Result<ModelReport> report(const recipe::PipelineFile& file, ModelOutput output, bool calibrated = false) {
  findings::Job job;
  job.id = "7";
  job.pipeline = file.name;
  job.study_uid = "1.2.3";
  job.created_at = "2026-11-24T08:30:00.000Z";
  recipe::ModelCard card;
  card.calibrated = calibrated;
  return report_model(findings::begin_report(job, file.version, "1.2.5", {"Organs", "1.2.0", "Nobody", "", ""}),
                      std::move(output), std::vector{image()}, file, card, 1);
}

const findings::Finding& item(const ModelReport& report, const std::string& id) {
  for (const auto& each : report.findings.items)
    if (each.id == id) return each;
  FAIL("no item " << id);
  return report.findings.items.front();
}

recipe::PipelineFile classification() {
  auto file = segmentation();
  file.output = recipe::Classification{{"normal", "viral", "bacterial"}, recipe::Classification::Scores::probability};
  recipe::FindingSpec finding;
  finding.id = "pneumonia", finding.name = "Pneumonia", finding.concept_code = some_code("Pneumonia");
  finding.classes = {"viral", "bacterial"};
  finding.at_least = 0.5, finding.indeterminate = 0.4, finding.level = "HIGH";
  file.findings = {finding};
  return file;
}

// Points in the voxels of image() themselves.
recipe::PipelineFile detection() {
  auto file = segmentation();
  recipe::Detection output;
  output.form = recipe::Detection::Form::point;
  output.score_min = 0.3, output.count_max = 3;
  output.labels = {{1, "nodule", "Nodule", some_code("Nodule"), some_code("Lung"), {}}};
  file.output = output;
  recipe::FindingSpec finding;
  finding.id = "nodules", finding.name = "Lung nodule", finding.concept_code = some_code("Nodule");
  finding.detections = {"nodule"}, finding.score_at_least = 0.5;
  finding.at_least = 2, finding.level = "HIGH";
  file.findings = {finding};
  return file;
}

ModelOutput points(const std::vector<std::pair<findings::Vec3, double>>& all) {
  ModelOutput output;
  auto& candidates = output.candidates.emplace_back();
  candidates.to_patient = {{{10, 0, 0, 0}, {0, 10, 0, 0}, {0, 0, 10, 0}}};
  for (const auto& [place, score] : all) candidates.all.push_back({place, place, score, 1});
  return output;
}

}  // namespace

TEST_CASE("detections are items with their place, and those beyond the operating point count for the finding") {
  const auto result =
      report(detection(), points({{{1, 1, 0}, 0.4}, {{3, 2, 1}, 0.8}, {{0, 0, 1}, 0.6}, {{2, 2, 0}, 0.1}}));
  REQUIRE(result);
  CHECK(validate(result->findings));
  CHECK(result->labels.labels.empty());
  CHECK(result->findings.remarks.empty());
  REQUIRE(result->findings.items.size() == 4);
  const auto& best = item(*result, "nodule-1");
  CHECK(best.presence == Presence::measured);
  CHECK(best.location->centre == findings::Vec3{30, 20, 10});
  CHECK(best.location->images.at(0).sop_instance_uid == "1.2.6.1");
  CHECK(best.measurements.at(0).value == 0.8);
  CHECK(best.site->meaning == "Lung");
  const auto& finding = item(*result, "nodules");
  CHECK(finding.presence == Presence::present);
  CHECK(finding.measurements.at(0).value == 2);
  CHECK(result->findings.priority->reason == "Lung nodule: number of detections 2 (threshold 2)");
  CHECK(best.tracking_uid != item(*result, "nodule-2").tracking_uid);

  // The same place keeps its name when a better one appears.
  const auto later = report(detection(), points({{{3, 2, 1}, 0.8}, {{1, 2, 1}, 0.95}}));
  CHECK(item(*later, "nodule-2").tracking_uid == best.tracking_uid);
  CHECK(item(*report(detection(), points({{{3, 2, 1}, 0.49}})), "nodules").presence == Presence::absent);
  CHECK(item(*report(detection(), points({})), "nodules").presence == Presence::absent);
}

TEST_CASE("detections outside the image or beyond the limit are told, not reported") {
  const auto outside = report(detection(), points({{{9, 1, 0}, 0.9}, {{1, 1, 0}, 0.8}}));
  REQUIRE(outside);
  CHECK(outside->findings.remarks == std::vector<std::string>{"Detections outside the image were dropped: 1."});
  CHECK(item(*outside, "nodules").measurements.at(0).value == 1);
  const auto many =
      report(detection(), points({{{0, 0, 0}, 0.9}, {{1, 0, 0}, 0.9}, {{2, 0, 0}, 0.9}, {{3, 0, 0}, 0.9}}));
  REQUIRE(many);
  CHECK(many->findings.items.size() == 4);
  CHECK(many->findings.remarks.size() == 1);
}

TEST_CASE("labels become segments, numbered without gaps, and only those with voxels") {
  const auto result = report(segmentation(), {organs(), {}});
  REQUIRE(result);
  CHECK(validate(result->findings));
  REQUIRE(result->findings.segments.size() == 2);
  CHECK(result->findings.segments[1].number == 2);
  CHECK(result->findings.segments[1].tracking_id == "liver");
  CHECK(result->findings.remarks == std::vector<std::string>{"kidney was not found."});
  CHECK(result->labels.labels[3] == 1);
  CHECK(result->labels.labels[23] == 2);
  CHECK(item(*result, "spleen").segment == 1);
}

TEST_CASE("a value without a label is background; without any label there is no map") {
  const auto result = report(segmentation(), {map_of(std::vector<std::uint8_t>(24, 200)), {}});
  REQUIRE(result);
  CHECK(result->findings.segments.empty());
  CHECK(result->labels.labels.empty());
  CHECK(result->findings.remarks.size() == 3);
}

TEST_CASE("measures are those of the voxels of their labels") {
  using Measure = MeasurementSpec::Measure;
  auto file = segmentation();
  const auto add = [&](const std::string& id, Measure measure, std::vector<std::string> labels, double parameter = 0) {
    file.measurements.push_back({id, measure, std::move(labels), parameter, id, 0});
  };
  add("volume", Measure::volume, {"liver"});
  add("mean", Measure::mean, {"liver"});
  add("sd", Measure::standard_deviation, {"liver"});
  add("least", Measure::minimum, {"liver"});
  add("most", Measure::maximum, {"liver"});
  add("median", Measure::median, {"liver"});
  add("p90", Measure::percentile, {"liver"}, 90);
  add("below", Measure::share_below, {"liver"}, 21);
  add("above", Measure::share_above, {"liver"}, 20);
  add("parts", Measure::count, {"spleen"});
  add("all", Measure::volume, {"spleen", "liver", "kidney"});
  const auto result = report(file, {organs(), {}});
  REQUIRE(result);
  CHECK(validate(result->findings));
  const std::map<std::string, double> truth = {{"volume", 4}, {"mean", 21.5}, {"sd", 1.118},
                                               {"least", 20}, {"most", 23},   {"median", 21.5},
                                               {"p90", 22.7}, {"below", 25},  {"above", 75}};
  CHECK(item(*result, "liver").measurements.size() == truth.size());
  for (const auto& measurement : item(*result, "liver").measurements) {
    INFO(measurement.label);
    CHECK(measurement.value == Approx(truth.at(measurement.label)).margin(1e-3));
  }
  CHECK(item(*result, "spleen").measurements.at(0).value == 2);
  CHECK(item(*result, "all").measurements.at(0).value == 7);
  CHECK_FALSE(item(*result, "all").segment);
}

TEST_CASE("a finding over a volume is present at its threshold and asks for its priority") {
  auto file = segmentation();
  file.measurements = {{"liver-volume", MeasurementSpec::Measure::volume, {"liver"}, 0, "Liver volume", 0},
                       {"kidney-mean", MeasurementSpec::Measure::mean, {"kidney"}, 0, "Kidney mean", 0}};
  recipe::FindingSpec big, dark;
  big.id = "big", big.name = "Big liver", big.concept_code = some_code("Hepatomegaly");
  big.measurement = "liver-volume", big.at_least = 4, big.level = "HIGH";
  dark.id = "dark", dark.name = "Dark kidney", dark.concept_code = some_code("Dark");
  dark.measurement = "kidney-mean", dark.at_most = 10, dark.level = "STAT";
  file.findings = {big, dark};
  const auto result = report(file, {organs(), {}});
  REQUIRE(result);
  CHECK(validate(result->findings));
  CHECK(item(*result, "big").presence == Presence::present);
  CHECK(item(*result, "dark").presence == Presence::indeterminate);  // no kidney, no mean: nothing is claimed
  REQUIRE(result->findings.priority);
  CHECK(result->findings.priority->level == "HIGH");
  CHECK(result->findings.priority->reason == "Big liver: Liver volume 4 mL (threshold 4)");
}

TEST_CASE("probabilities of several classes are added, and say whether they are calibrated") {
  const auto present = report(classification(), {{}, {0.4, 0.35, 0.25}});
  REQUIRE(present);
  CHECK(validate(present->findings));
  const auto& finding = item(*present, "pneumonia");
  CHECK(finding.presence == Presence::present);
  CHECK(finding.measurements.at(0).name.value == "SCORE");
  CHECK(finding.measurements.at(0).value == Approx(0.6));
  CHECK(item(*present, "classes").measurements.size() == 3);
  CHECK(present->findings.priority->level == "HIGH");
  const auto calibrated = report(classification(), {{}, {0.4, 0.35, 0.25}}, true);
  CHECK(item(*calibrated, "pneumonia").measurements.at(0).name.value == "122157");
  CHECK(item(*report(classification(), {{}, {0.55, 0.2, 0.25}}), "pneumonia").presence == Presence::indeterminate);
  const auto absent = report(classification(), {{}, {0.9, 0.05, 0.05}});
  CHECK(item(*absent, "pneumonia").presence == Presence::absent);
  CHECK_FALSE(absent->findings.priority);
}

TEST_CASE("what does not fit the description is the model's mistake") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& numbers : {std::vector<double>{0.5, 0.5}, {0.2, 0.3, nan}, {0.2, 0.3, 1.5}, {-0.1, 0.3, 0.2}}) {
    const auto result = report(classification(), {{}, numbers});
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::model);
  }
  CHECK(report(segmentation(), {{4, 3, 1, std::vector<std::uint8_t>(12)}, {}}).error().code == Errc::model);
}

TEST_CASE("of several images a number says which one it is of: by its place in a batch, else by what the file says") {
  auto file = segmentation();
  file.input.images = {{"left", "L", {}}, {"right", "R", {}}};
  recipe::RegressionValue density;
  density.unit = {"%", "UCUM", "percent"}, density.name = some_code("Density");
  recipe::Regression values;
  for (const auto& [id, index] : {std::pair("d-left", 0), std::pair("d-right", 2)}) {
    density.id = id, density.index = index;
    values.values.push_back(density);
  }
  recipe::FindingSpec dense;
  dense.id = "dense", dense.value = "d-right", dense.at_least = 5;
  file.findings = {dense};
  const auto images = [&](recipe::Input::Join join, const std::string& said) {
    file.input.join = join;
    values.values[0].image = said;
    file.output = values;
    const auto result = report(file, {{}, {10, 11, 20, 21}});
    REQUIRE(result);
    return item(*result, "d-left").input_image + "," + item(*result, "d-right").input_image + "," +
           item(*result, "dense").input_image;
  };
  CHECK(images(recipe::Input::Join::batch, "") == "left,right,right");
  CHECK(images(recipe::Input::Join::arguments, "") == ",,");
  CHECK(images(recipe::Input::Join::arguments, "left") == "left,,");

  auto classes = classification();
  classes.input = file.input, classes.input.join = recipe::Input::Join::batch;
  classes.output = recipe::Classification{{"l-ok", "l-ill", "r-ok", "r-ill"}, recipe::Scores::probability};
  classes.findings[0].classes = {"r-ill"};
  auto both = classes.findings[0];
  both.id = "both", both.classes = {"l-ill", "r-ill"};
  classes.findings.push_back(both);
  const auto result = report(classes, {{}, {0.4, 0.2, 0.3, 0.1}});
  REQUIRE(result);
  CHECK(item(*result, "pneumonia").input_image == "right");
  CHECK(item(*result, "both").input_image.empty());
}

TEST_CASE("a regression reports value and interval and keeps to its range") {
  auto file = segmentation();
  recipe::RegressionValue age;
  age.id = "age", age.index = 1, age.name = some_code("Age"), age.unit = {"a", "UCUM", "year"};
  age.range = {0, 120};
  age.bounds = {0, 2};
  file.output = recipe::Regression{{age}};
  const auto result = report(file, {{}, {60, 64.5, 70}});
  REQUIRE(result);
  CHECK(validate(result->findings));
  const auto& measurements = item(*result, "age").measurements;
  REQUIRE(measurements.size() == 3);
  CHECK(measurements[0].value == 64.5);
  CHECK(measurements[2].derivation->value == "UPPER");
  CHECK(report(file, {{}, {60, 130, 140}}).error().code == Errc::model);
  CHECK(report(file, {{}, {70, 64.5, 60}}).error().code == Errc::model);
  CHECK(report(file, {{}, {60}}).error().code == Errc::model);
  age.bounds.reset();
  age.half_width = 5;
  file.output = recipe::Regression{{age}};
  CHECK(item(*report(file, {{}, {0, 64.5}}), "age").measurements.at(1).value == 59.5);
}
