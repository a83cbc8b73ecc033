// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/catalog.h"

#include <fmt/format.h>

#include <array>

#include "pipelines/recipe/file_reader.h"
#include "server/base/json_document.h"

namespace inferad::engine {

namespace {

template <std::size_t N>
std::string one_of(JsonObject& object, const char* name, const std::array<std::string_view, N>& words) {
  std::array<std::pair<std::string_view, std::string_view>, N> pairs;
  for (std::size_t i = 0; i < N; ++i) pairs[i] = {words[i], words[i]};
  const auto node = object.require(name);
  return node ? std::string(choose<std::string_view>(*node, pairs).value_or("")) : "";
}

void required_number(JsonObject& object, const char* name, double least, double most, double& value) {
  if (const auto node = object.require(name)) value = node->number(least, most).value_or(value);
}

Eligibility read_eligibility(const JsonNode& node) {
  JsonObject object(node);
  Eligibility result;
  result.modality = recipe::required_text(object, "modality", 16);
  required_number(object, "slice_distance_mm_max", 0.1, 20, result.slice_distance_max_mm);
  required_number(object, "coverage_mm_min", 0, 1000, result.coverage_min_mm);
  required_number(object, "pixel_spacing_mm_max", 0.1, 20, result.pixel_spacing_max_mm);
  if (const auto flag = object.require("rescale_required")) result.rescale_required = flag->boolean().value_or(true);
  return result;
}

AirwayParameters read_airways(const JsonNode& node) {
  JsonObject object(node);
  AirwayParameters result;
  object.read("wall_mm", result.wall_mm, 0.0, 10.0);
  object.read("trachea_length_mm", result.trachea_length_mm, 5.0, 200.0);
  object.read("growth_ml", result.growth_ml, 1.0, 1000.0);
  return result;
}

LungParameters read_lungs(const JsonNode& node) {
  JsonObject object(node);
  LungParameters result;
  object.read("body_opening_mm", result.body_opening_mm, 0.0, 20.0);
  object.read("outside_contact", result.outside_contact, 0.0, 1.0);
  object.read("component_share_min", result.component_share_min, 0.0, 1.0);
  object.read("gas_share_max", result.gas_share_max, 0.0, 1.0);
  object.read("closing_mm", result.closing_mm, 0.0, 30.0);
  object.read("hole_mm2", result.hole_mm2, 0.0, 10'000.0);
  if (const auto airways = object.find("airways")) result.airways = read_airways(*airways);
  return result;
}

FindingRule read_rule(const JsonNode& node) {
  static constexpr std::array<std::string_view, 3> measures = {"LAA-950", "LAA-910", "HAA"};
  static constexpr std::array<std::string_view, 3> levels = {"STAT", "HIGH", "ROUTINE"};
  JsonObject object(node);
  FindingRule rule;
  rule.id = recipe::required_text(object, "id", 64);
  rule.name = recipe::required_text(object, "name", 64);
  if (const auto code = object.require("concept")) rule.concept_code = recipe::coded_concept(*code);
  rule.measure = one_of(object, "measure", measures);
  required_number(object, "at_least_percent", 0, 100, rule.threshold);
  if (object.has("priority")) rule.level = one_of(object, "priority", levels);
  return rule;
}

PipelineSpec pipeline_of(const JsonNode& node, const std::filesystem::path& folder) {
  JsonObject object(node);
  for (const char* name : {"$schema", "description"}) object.allow(name);
  PipelineSpec spec;
  spec.name = recipe::required_text(object, "name", 64);
  if (!spec.name.empty() && spec.name != folder.filename())
    object.find("name")->fail_expected(fmt::format("the name of the folder, \"{}\"", folder.filename().string()));
  spec.version = recipe::required_text(object, "version", 32);
  one_of(object, "kind", std::array<std::string_view, 1>{"lung-density"});
  spec.title = recipe::required_text(object, "title", 64);
  spec.manufacturer = recipe::required_text(object, "manufacturer", 64);
  spec.model = recipe::required_text(object, "model", 64);
  if (const auto member = object.require("eligibility")) spec.eligibility = read_eligibility(*member);
  if (const auto member = object.find("lungs")) spec.lungs = read_lungs(*member);
  if (const auto rules = object.require("findings"))
    for (const auto& rule : rules->elements(0, 16)) spec.rules.push_back(read_rule(rule));
  return spec;
}

}  // namespace

Result<PipelineSpec> read_pipeline(const std::filesystem::path& folder) {
  Problems problems;
  const auto document = JsonDocument::load(folder / "pipeline.json", problems);
  if (!document) return recipe::error_of(problems);
  auto spec = pipeline_of(document->root(), folder);
  if (!problems.empty()) return recipe::error_of(problems);
  return spec;
}

}  // namespace inferad::engine
