// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/pipeline_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/finding_file.h"

namespace inferad::recipe {

namespace {

Classification classification_of(JsonObject& object) {
  Classification result;
  if (const auto classes = object.require("classes")) {
    Names names;
    for (const auto& node : classes->elements(1, 1000)) {
      result.classes.push_back(node.text().value_or(""));
      if (result.classes.back().empty() || result.classes.back().size() > 64)
        node.fail_expected("a text of 1 to 64 characters");
      names.add(node, result.classes.back());
    }
  }
  if (const auto word = object.require("scores")) result.scores = scores_of(*word);
  return result;
}

void read_interval(const JsonNode& node, RegressionValue& value) {
  JsonObject object(node);
  if (const auto width = object.find("half_width")) value.half_width = width->number(0, 1e9);
  if (const auto bounds = object.find("bounds")) {
    const auto parts = bounds->elements(2, 2);
    if (parts.size() == 2)
      value.bounds = {static_cast<int>(parts[0].integer(0, 1000).value_or(0)),
                      static_cast<int>(parts[1].integer(0, 1000).value_or(0))};
  }
  if (object.has("half_width") == object.has("bounds")) node.fail_expected("either \"half_width\" or \"bounds\"");
  object.read("percent", value.confidence_percent, 1, 100);
}

Regression regression_of(JsonObject& object, const Input& input) {
  Regression result;
  const auto values = object.require("values");
  if (!values) return result;
  Names ids;
  for (const auto& node : values->elements(1, 100)) {
    JsonObject member(node);
    RegressionValue value;
    value.index = static_cast<int>(result.values.size());
    value.id = identifier(member, "id");
    ids.add(node, value.id);
    member.read("index", value.index, 0, 1000);
    if (const auto code = member.require("name")) value.name = coded_concept(*code);
    if (const auto code = member.require("unit")) value.unit = coded_concept(*code);
    if (const auto limits = member.find("range")) value.range = range(*limits, -1e12, 1e12);
    if (const auto interval = member.find("interval")) read_interval(*interval, value);
    value.image = image_of(member, input);
    result.values.push_back(std::move(value));
  }
  return result;
}

MeasurementSpec measurement_of(const JsonNode& node, const Names& labels) {
  using Measure = MeasurementSpec::Measure;
  static constexpr std::array<std::pair<std::string_view, Measure>, 10> measures{
      {{"volume", Measure::volume},
       {"count", Measure::count},
       {"mean", Measure::mean},
       {"standard_deviation", Measure::standard_deviation},
       {"minimum", Measure::minimum},
       {"maximum", Measure::maximum},
       {"median", Measure::median},
       {"percentile", Measure::percentile},
       {"share_below", Measure::share_below},
       {"share_above", Measure::share_above}}};
  JsonObject object(node);
  MeasurementSpec spec;
  spec.id = identifier(object, "id");
  if (const auto word = object.require("measure"))
    spec.measure = choose<Measure>(*word, measures).value_or(spec.measure);
  if (const auto names = object.require("labels")) spec.labels = texts(*names, 255, 64);
  for (const auto& label : spec.labels) labels.require(node, label, "label");
  spec.text = optional_text(object, "text", 64);
  const bool percentile = spec.measure == Measure::percentile;
  const bool share = spec.measure == Measure::share_below || spec.measure == Measure::share_above;
  if (percentile) {
    if (const auto percent = object.require("percent")) spec.parameter = percent->number(0, 100).value_or(0);
  } else if (share) {
    if (const auto intensity = object.require("intensity")) spec.parameter = intensity->number(-1e9, 1e9).value_or(0);
  } else if (spec.measure == Measure::count) {
    object.read("component_ml_min", spec.component_ml_min, 0, 1e6);
  }
  return spec;
}

void read_kind_of_output(const JsonNode& node, PipelineFile& out, Known& known) {
  static constexpr std::array<std::pair<std::string_view, int>, 5> kinds{
      {{"segmentation", 0}, {"classification", 1}, {"regression", 2}, {"detection", 3}, {"image", 4}}};
  JsonObject object(node);
  const auto word = object.require("kind");
  const auto kind = word ? choose<int>(*word, kinds) : std::nullopt;
  if (!kind) {
    for (const char* name :
         {"labels", "probabilities", "classes", "scores", "values", "form", "axes", "origin", "score_min",
          "overlap_max", "distance_min_mm", "count_max", "id", "label", "content", "unit", "range"})
      object.allow(name);
  } else if (*kind == 0) {
    auto segmentation = segmentation_of(object);
    for (const auto& label : segmentation.labels) known.labels.add(node, label.id);
    out.output = std::move(segmentation);
  } else if (*kind == 1) {
    auto classification = classification_of(object);
    known.scores = classification.scores == Scores::score;
    for (const auto& name : classification.classes) known.classes.add(node, name);
    out.output = std::move(classification);
  } else if (*kind == 3) {
    auto detection = detection_of(object);
    known.scores = detection.scores == Scores::score;
    known.score_min = detection.score_min;
    for (const auto& label : detection.labels) known.detections.add(node, label.id);
    out.output = std::move(detection);
  } else if (*kind == 4) {
    out.output = image_output_of(object);
  } else {
    auto regression = regression_of(object, out.input);
    for (const auto& value : regression.values) known.values.add(node, value.id);
    out.output = std::move(regression);
  }
}

}  // namespace

void read_output(JsonObject& pipeline, PipelineFile& out) {
  Known known;
  if (const auto output = pipeline.require("output")) read_kind_of_output(*output, out, known);
  if (std::holds_alternative<Detection>(out.output)) check_steps_of_detection(pipeline, out);
  if (const auto list = pipeline.find("measurements")) {
    if (!std::holds_alternative<Segmentation>(out.output)) list->fail("only a segmentation can be measured");
    for (const auto& node : list->elements(0, 1000)) {
      out.measurements.push_back(measurement_of(node, known.labels));
      known.measurements.add(node, out.measurements.back().id);
    }
  }
  if (const auto list = pipeline.find("findings")) {
    Names ids;
    for (const auto& node : list->elements(0, 100)) {
      out.findings.push_back(finding_of(node, known, out.input));
      ids.add(node, out.findings.back().id);
    }
  }
}

}  // namespace inferad::recipe
