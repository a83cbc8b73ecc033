// SPDX-License-Identifier: Apache-2.0
// The output of the kind "detection" in pipeline.json, and what it asks of the steps.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/finding_file.h"
#include "pipelines/recipe/pipeline_output.h"

namespace inferad::recipe {

namespace {

std::vector<DetectionLabel> detection_labels(const JsonNode& list) {
  std::vector<DetectionLabel> result;
  Names ids;
  std::set<int> values;
  for (const auto& node : list.elements(1, 255)) {
    JsonObject member(node);
    DetectionLabel label;
    if (const auto value = member.require("value"))
      label.value = static_cast<int>(value->integer(0, 65'535).value_or(0));
    if (!values.insert(label.value).second) node.fail(fmt::format("the value {} is given twice", label.value));
    label.id = identifier(member, "id");
    if (label.id.size() > 56) node.fail("\"id\" is longer than 56 characters: detections are numbered behind it");
    ids.add(node, label.id);
    label.label = required_text(member, "label", 64);
    if (const auto code = member.require("concept")) label.concept_code = coded_concept(*code);
    label.site = optional_concept(member, "site");
    label.laterality = optional_concept(member, "laterality");
    result.push_back(std::move(label));
  }
  return result;
}

}  // namespace

Detection detection_of(JsonObject& object) {
  using Form = Detection::Form;
  static constexpr std::array<std::pair<std::string_view, Form>, 3> forms{
      {{"point", Form::point}, {"box_corners", Form::box_corners}, {"box_centre_size", Form::box_centre_size}}};
  static constexpr std::array<std::pair<std::string_view, bool>, 2> axes{{{"xyz", false}, {"zyx", true}}};
  static constexpr std::array<std::pair<std::string_view, bool>, 2> origins{{{"centre", false}, {"corner", true}}};
  Detection result;
  if (const auto word = object.require("form")) result.form = choose<Form>(*word, forms).value_or(result.form);
  if (const auto word = object.find("axes")) result.zyx = choose<bool>(*word, axes).value_or(false);
  if (const auto word = object.find("origin")) result.from_corner = choose<bool>(*word, origins).value_or(false);
  if (const auto word = object.require("scores")) result.scores = scores_of(*word);
  const double least = result.scores == Scores::probability ? 0 : -1e12;
  const double most = result.scores == Scores::probability ? 1 : 1e12;
  if (const auto limit = object.require("score_min")) result.score_min = limit->number(least, most).value_or(0);
  if (result.form == Form::point)
    object.read("distance_min_mm", result.distance_min_mm, 0, 1000);
  else
    object.read("overlap_max", result.overlap_max, 0, 1);
  object.read("count_max", result.count_max, 1, 100);
  if (const auto labels = object.require("labels")) result.labels = detection_labels(*labels);
  return result;
}

// Positions are led back to the image by the affine that the steps keep.
void check_steps_keep_place(const JsonDocument& document, const PipelineFile& file, std::string_view harm) {
  static constexpr std::array<std::string_view, 4> kSilent{"Transpose", "SqueezeDim", "ResizeAntialiasing", "Lambda"};
  const bool detects = std::holds_alternative<Detection>(file.output);
  for (const auto& step : file.recipe.preprocessing) {
    if (std::find(kSilent.begin(), kSilent.end(), step.target) != kSilent.end())
      document.add(pointer_of(step.where),
                   fmt::format("{} would make {}: leave it out{}", step.target, harm,
                               detects && step.target == "Transpose" ? " and set \"axes\": \"zyx\"" : ""));
  }
}

void check_steps_of_detection(JsonObject& pipeline, const PipelineFile& file) {
  auto& document = pipeline.node().document();
  if (file.from_bundle) {
    document.add("/bundle", "a detection needs its steps here: \"preprocessing\"");
    return;
  }
  check_steps_keep_place(document, file, "the positions of detections wrong");
  if (!file.recipe.inferer.target.empty() && file.recipe.inferer.target != "SimpleInferer")
    document.add("/inferer", "a detector is shown the whole image: only SimpleInferer is possible");
  if (!file.recipe.postprocessing.empty())
    document.add("/postprocessing", "must be empty: positions are led back to the image without it");
}

std::string pointer_of(std::string_view place) {
  std::string pointer = "/";
  for (const char c : place) pointer += c == '#' ? '/' : c;
  return pointer;
}

Scores scores_of(const JsonNode& word) {
  static constexpr std::array<std::pair<std::string_view, Scores>, 2> words{
      {{"probability", Scores::probability}, {"score", Scores::score}}};
  return choose<Scores>(word, words).value_or(Scores::probability);
}

}  // namespace inferad::recipe
