// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/members.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "pipelines/engine/model_report.h"
#include "pipelines/findings/job.h"

using namespace inferad;
using namespace inferad::engine;
using findings::Presence;

namespace {

const double kNone = std::numeric_limits<double>::quiet_NaN();

recipe::PipelineFile classifier(double at_least, std::optional<double> deviations = {}) {
  recipe::PipelineFile file;
  file.name = "net", file.version = "1", file.title = "Net", file.manufacturer = "Nobody";
  file.output = recipe::Classification{{"a", "b", "c"}, recipe::Scores::probability};
  recipe::FindingSpec finding;
  finding.id = "f", finding.name = "F", finding.concept_code = {"1", "SCT", "F"}, finding.level = "HIGH";
  finding.classes = {"b", "c"}, finding.at_least = at_least;
  file.findings = {finding};
  file.uncertainty.ensemble = {"other"};
  file.uncertainty.indeterminate_deviations = deviations;
  return file;
}

Result<ModelReport> report(const recipe::PipelineFile& file, const Members& members) {
  findings::Job job;
  job.id = "7", job.pipeline = file.name, job.study_uid = "1.2.3", job.created_at = "2026-11-24T08:30:00.000Z";
  recipe::ModelCard card;
  card.calibrated = true;
  ModelOutput output;
  output.numbers = *mean_of(members);
  output.members = members;
  return report_model(findings::begin_report(job, file.version, "1.2.5", {"Net", "1", "Nobody", "", ""}),
                      std::move(output), std::vector<findings::Image>(1), file, card, 1);
}

// b and c go apart: each has a deviation of 0.2, their sum one of 0.1.
const Members kMembers = {{0.3, 0.5, 0.2}, {0.5, 0.1, 0.4}};

}  // namespace

TEST_CASE("mean and deviation are those of the answers") {
  CHECK(deviation_of(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}) == Approx(2));
  CHECK(deviation_of(std::vector<double>{3, 3}) == Approx(0).margin(1e-12));
  CHECK_FALSE(deviation_of(std::vector<double>{3}));
  CHECK_FALSE(deviation_of(std::vector<double>{3, kNone}));
  const auto mean = mean_of({{1, 5}, {2, 7}, {6, 0}});
  REQUIRE(mean);
  CHECK((*mean)[0] == Approx(3));
  CHECK((*mean)[1] == Approx(4));
  CHECK(mean_of({{1, 2}, {1}}).error().code == Errc::model);
}

TEST_CASE("a finding has the deviation of what it looks at, not of its parts") {
  const auto result = report(classifier(0.5), kMembers);
  REQUIRE(result);
  CHECK(validate(result->findings));
  const auto& classes = result->findings.items.at(0);
  CHECK(classes.measurements.at(1).value == Approx(0.3));
  CHECK(*classes.measurements.at(1).deviation == Approx(0.2));
  CHECK(classes.explanation.find("not calibrated") != std::string::npos);  // the card holds for one answer
  CHECK(classes.explanation.find("Means of 2 answers.") != std::string::npos);
  const auto& finding = result->findings.items.at(1);
  CHECK(finding.presence == Presence::present);
  CHECK(finding.measurements.at(0).value == Approx(0.6));
  CHECK(*finding.measurements.at(0).deviation == Approx(0.1));
  CHECK(finding.explanation == "score is 0.6 ± 0.1, at or beyond the threshold of 0.5.");
}

TEST_CASE("absent is not said of what lies within the spread, present stays present") {
  const auto presence = [](double threshold, std::optional<double> deviations) {
    const auto result = report(classifier(threshold, deviations), kMembers);  // 0.6 ± 0.1
    REQUIRE(result);
    CHECK(result->findings.priority.has_value() == (result->findings.items.at(1).presence == Presence::present));
    return result->findings.items.at(1).presence;
  };
  CHECK(presence(0.75, {}) == Presence::absent);
  CHECK(presence(0.75, 2) == Presence::indeterminate);
  CHECK(presence(0.85, 2) == Presence::absent);
  CHECK(presence(0.59, 2) == Presence::present);
}

TEST_CASE("one answer out of range is the model's mistake, even where the mean is not") {
  CHECK(report(classifier(0.5), {{0.2, 0.4, 0.4}, {0.2, 1.4, 0}}).error().code == Errc::model);
  CHECK(report(classifier(0.5), {{0.2, 0.4, 0.4}, {0.2, -0.4, 0.4}}).error().code == Errc::model);
}

TEST_CASE("a measurement has the deviation of the answers' own; one that measured nothing leaves it open") {
  recipe::PipelineFile file;
  file.name = "net", file.version = "1", file.title = "Net", file.manufacturer = "Nobody";
  recipe::Segmentation output;
  output.labels = {{3, "organ", "Organ", {"1", "SCT", "A"}, {"2", "SCT", "Organ"}, {}, {}}};
  file.output = output;
  using Measure = recipe::MeasurementSpec::Measure;
  file.measurements = {{"volume", Measure::volume, {"organ"}, 0, "Volume", 0},
                       {"mean", Measure::mean, {"organ"}, 0, "Mean", 0}};
  recipe::FindingSpec dark;
  dark.id = "dark", dark.name = "Dark", dark.concept_code = {"3", "SCT", "Dark"};
  dark.measurement = "mean", dark.at_most = 1;
  file.findings = {dark};
  file.uncertainty.ensemble = {"other"};
  file.uncertainty.indeterminate_deviations = 3;

  findings::Image image;
  image.geometry.columns = 4, image.geometry.rows = image.geometry.slices = 1;
  image.geometry.spacing = {10, 10, 10};  // 1 mL
  image.voxels = {10, 20, 40, 80};
  const findings::LabelMap result{4, 1, 1, {3, 3, 0, 0}}, wide{4, 1, 1, {3, 3, 3, 0}}, none{4, 1, 1, {0, 0, 0, 0}};
  CHECK(measurements_of(file, image, wide, 1)[0] == Approx(3));
  CHECK(measurements_of(file, image, wide, 1)[1] == Approx(70.0 / 3));
  CHECK(std::isnan(measurements_of(file, image, none, 1)[1]));

  findings::Job job;
  job.id = "7", job.pipeline = "net", job.study_uid = "1.2.3", job.created_at = "2026-11-24T08:30:00.000Z";
  ModelOutput answer;
  answer.labels = result;
  answer.members = {measurements_of(file, image, wide, 1), measurements_of(file, image, none, 1)};
  const auto report = report_model(findings::begin_report(job, "1", "1.2.5", {"Net", "1", "Nobody", "", ""}),
                                   std::move(answer), std::span(&image, 1), file, {}, 1);
  REQUIRE(report);
  const auto& measures = report->findings.items.at(0).measurements;
  CHECK(measures.at(0).value == 2);
  CHECK(*measures.at(0).deviation == Approx(1.5));  // of 3 mL and none
  CHECK(measures.at(1).value == 15);
  CHECK_FALSE(measures.at(1).deviation);
  CHECK(report->findings.remarks == std::vector<std::string>{"mean: not every answer had something to measure."});
  CHECK(report->findings.items.at(1).presence == Presence::indeterminate);  // far from 1, but how far is not known
}
