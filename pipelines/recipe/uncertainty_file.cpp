// SPDX-License-Identifier: Apache-2.0
// The member "uncertainty" of pipeline.json.
#include <fmt/format.h>

#include <algorithm>

#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/pipeline_output.h"

namespace inferad::recipe {

namespace {

constexpr std::size_t kMembersMax = 32, kModelsMax = 7;
constexpr std::array<std::pair<std::string_view, Mirror>, 7> kMirrors{{{"flip_x", {true, false, false}},
                                                                       {"flip_y", {false, true, false}},
                                                                       {"flip_z", {false, false, true}},
                                                                       {"flip_xy", {true, true, false}},
                                                                       {"flip_xz", {true, false, true}},
                                                                       {"flip_yz", {false, true, true}},
                                                                       {"flip_xyz", {true, true, true}}}};

void read_augmentation(const JsonNode& list, const PipelineFile& pipeline, Uncertainty& out) {
  for (const auto& node : list.elements(1, kMirrors.size())) {
    const auto mirror = choose<Mirror>(node, kMirrors);
    if (!mirror) continue;
    if ((*mirror)[2] && pipeline.input.dimensions == 2) node.fail("an image has no third axis to turn around");
    if (std::find(out.augmentation.begin(), out.augmentation.end(), *mirror) != out.augmentation.end())
      node.fail(fmt::format("\"{}\" is given twice", name_of(*mirror)));
    out.augmentation.push_back(*mirror);
  }
}

void read_ensemble(const JsonNode& list, const PipelineFile& pipeline, Uncertainty& out) {
  for (const auto& name : texts(list, kModelsMax, 64)) {
    const bool twice = std::find(out.ensemble.begin(), out.ensemble.end(), name) != out.ensemble.end();
    if (twice || name == pipeline.model)
      list.fail(fmt::format("\"{}\" is {}: each model counts once", name, twice ? "given twice" : "\"model\" already"));
    out.ensemble.push_back(name);
  }
}

// In a mirror left is right.
bool has_side(const PipelineFile& pipeline) {
  const auto* segmentation = std::get_if<Segmentation>(&pipeline.output);
  const auto sided = [](const auto& each) { return each.laterality.has_value(); };
  return (segmentation && std::any_of(segmentation->labels.begin(), segmentation->labels.end(), sided)) ||
         std::any_of(pipeline.findings.begin(), pipeline.findings.end(), sided);
}

}  // namespace

std::string name_of(const Mirror& mirror) {
  for (const auto& [word, value] : kMirrors)
    if (value == mirror) return std::string(word);
  return "";
}

void read_uncertainty(const JsonNode& node, PipelineFile& pipeline) {
  JsonObject object(node);
  Uncertainty result;
  const auto augmentation = object.find("augmentation");
  if (augmentation) read_augmentation(*augmentation, pipeline, result);
  if (const auto ensemble = object.find("ensemble")) read_ensemble(*ensemble, pipeline, result);
  if (const auto limit = object.find("indeterminate_deviations"))
    result.indeterminate_deviations = limit->number(0, 100);
  if (!object.has("augmentation") && !object.has("ensemble"))
    node.fail_expected("\"augmentation\", \"ensemble\" or both");
  if (result.members() > kMembersMax)
    node.fail(fmt::format("asks for {} answers, at most {} are possible", result.members(), kMembersMax));
  const bool averaged = std::holds_alternative<Segmentation>(pipeline.output) ||
                        std::holds_alternative<Classification>(pipeline.output) ||
                        std::holds_alternative<Regression>(pipeline.output);
  if (!averaged) node.fail("only a segmentation, a classification or a regression has a mean of several answers");
  if (augmentation && !pipeline.input.images.empty())
    augmentation->fail("mirrors are for one image, the input asks for several together");
  if (augmentation && has_side(pipeline))
    augmentation->fail("a label or finding has a laterality, and in a mirror left is right: leave one of them out");
  pipeline.uncertainty = std::move(result);
}

}  // namespace inferad::recipe
