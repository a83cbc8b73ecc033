// SPDX-License-Identifier: Apache-2.0
// The member "localisation" of pipeline.json.
#include <fmt/format.h>

#include <algorithm>

#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/pipeline_output.h"

namespace inferad::recipe {

namespace {

// One number for both axes, or one for each.
std::array<int, 2> sizes(const JsonNode& node) {
  constexpr int kMost = 4096;
  if (!node.is_array()) {
    const int size = static_cast<int>(node.integer(1, kMost).value_or(1));
    return {size, size};
  }
  std::array<int, 2> result{1, 1};
  const auto parts = node.elements(2, 2);
  for (std::size_t i = 0; i < parts.size(); ++i) result[i] = static_cast<int>(parts[i].integer(1, kMost).value_or(1));
  return result;
}

void check_finding(const JsonNode& node, const PipelineFile& pipeline, const std::string& id) {
  const auto found = std::find_if(pipeline.findings.begin(), pipeline.findings.end(),
                                  [&](const FindingSpec& spec) { return spec.id == id; });
  if (found == pipeline.findings.end())
    node.fail(fmt::format("there is no finding \"{}\"", id));
  else if (found->classes.empty())
    node.fail(fmt::format("the finding \"{}\" does not look at a class: it has no score to lower", id));
}

void read_method(JsonObject& object, const PipelineFile& pipeline, Localisation& out) {
  using Method = Localisation::Method;
  static constexpr std::array<std::pair<std::string_view, Method>, 2> methods{
      {{"occlusion", Method::occlusion}, {"integrated_gradients", Method::integrated_gradients}}};
  const auto word = object.find("method");
  if (word) out.method = choose<Method>(*word, methods).value_or(out.method);
  if (out.method == Method::occlusion) {
    if (const auto most = object.find("places_max"))
      out.places_max = static_cast<std::size_t>(most->integer(1, 10'000).value_or(1));
    return;
  }
  object.read("steps", out.steps, 1, 1024);
  if (pipeline.from_bundle || !pipeline.recipe.postprocessing.empty())
    word->fail("needs the scores as the network gives them: there must be no \"postprocessing\"");
}

}  // namespace

void read_localisation(const JsonNode& node, PipelineFile& pipeline) {
  JsonObject object(node);
  Localisation result;
  if (const auto finding = object.require("finding")) {
    result.finding = finding->text().value_or("");
    check_finding(*finding, pipeline, result.finding);
  }
  if (const auto patch = object.require("patch")) result.patch = sizes(*patch);
  if (const auto stride = object.require("stride")) {
    result.stride = sizes(*stride);
    if (result.stride[0] > result.patch[0] || result.stride[1] > result.patch[1])
      stride->fail("is larger than the patch: parts of the image would never be hidden");
  }
  if (const auto fill = object.find("fill")) result.fill = fill->number(-1e12, 1e12);
  object.read("batch", result.batch, 1, 256);
  read_method(object, pipeline, result);
  const bool one_image = pipeline.input.dimensions == 2 && pipeline.input.images.empty() &&
                         pipeline.input.frames != findings::FrameChoice::all;
  if (!std::holds_alternative<Classification>(pipeline.output) || !one_image)
    node.fail("only the classification of one image (\"dimensions\": 2) is localised");
  if (pipeline.uncertainty.is_asked()) node.fail("stands beside \"uncertainty\": leave one of them out");
  const auto& document = node.document();
  check_steps_keep_place(document, pipeline, "the place of the heat map wrong");
  if (!pipeline.recipe.inferer.target.empty() && pipeline.recipe.inferer.target != "SimpleInferer")
    document.add("/inferer", "to localise a finding the network is shown the whole image: only SimpleInferer");
  pipeline.localisation = std::move(result);
}

}  // namespace inferad::recipe
