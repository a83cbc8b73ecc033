// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/pipeline_file.h"

#include <fmt/format.h>

#include <array>

#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/input_file.h"
#include "pipelines/recipe/pipeline_output.h"
#include "server/base/durable.h"

namespace inferad::recipe {

namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;

// Words of `kind`.
constexpr std::array<std::pair<std::string_view, bool>, 1> kModelKind{{{"model", true}}};

// The recipe stands in the file itself, in a bundle's form: `text` is the whole file.
void read_recipe_members(JsonObject& object, std::string_view text, PipelineFile& pipeline) {
  object.read("bundle", pipeline.from_bundle);
  bool any = false;
  for (const char* name : {"image_key", "preprocessing", "inferer", "postprocessing"}) {
    const auto node = object.find(name);
    any = any || node;
    if (node && pipeline.from_bundle)
      node->fail(fmt::format("\"bundle\" is true: {} is the bundle's own, remove one of the two", name));
  }
  if (pipeline.from_bundle) return;
  if (!any)
    object.node().fail(
        "the steps are missing: add \"preprocessing\", \"inferer\" and \"postprocessing\", or \"bundle\": true");
  auto recipe = read_recipe(text);
  if (recipe) {
    pipeline.recipe = std::move(*recipe);
    return;
  }
  // "preprocessing#transforms#3#keys: …": the place in MONAI's notation is a JSON pointer too.
  const auto& what = recipe.error().what;
  const auto end = what.find(": ");
  const bool known = end != std::string::npos && what.find(' ') > end;
  object.node().document().add(known ? pointer_of(what.substr(0, end)) : "", known ? what.substr(end + 2) : what);
}

PipelineFile pipeline_of(const JsonNode& node, const std::filesystem::path& folder, std::string_view text) {
  JsonObject object(node);
  for (const char* name : {"$schema", "description"}) object.allow(name);
  PipelineFile pipeline;
  pipeline.name = required_text(object, "name", 64);
  if (!pipeline.name.empty() && pipeline.name != folder.filename())
    object.find("name")->fail_expected(fmt::format("the name of the folder, \"{}\"", folder.filename().string()));
  if (const auto kind = object.require("kind")) choose<bool>(*kind, kModelKind);
  pipeline.version = required_text(object, "version", 32);
  pipeline.title = required_text(object, "title", 64);
  pipeline.manufacturer = required_text(object, "manufacturer", 64);
  pipeline.model = required_text(object, "model", 64);
  if (const auto member = object.require("eligibility")) {
    pipeline.eligibility = eligibility(*member);
    if (member->is_object() && !member->member("modality"))
      member->fail("\"modality\" is missing: a pipeline must say which images it takes");
  }
  if (const auto member = object.find("input")) pipeline.input = input_of(*member);
  read_recipe_members(object, text, pipeline);
  read_output(object, pipeline);
  check_input(object, pipeline);
  object.read("priority_outside_domain", pipeline.priority_outside_domain);
  if (const auto member = object.find("uncertainty")) read_uncertainty(*member, pipeline);
  if (const auto member = object.find("localisation")) read_localisation(*member, pipeline);
  return pipeline;
}

}  // namespace

Result<std::string> read_pipeline_kind(const std::filesystem::path& folder) {
  Problems problems;
  const auto document = JsonDocument::load(folder / "pipeline.json", problems);
  if (!document) return error_of(problems);
  const auto kind = document->root().member("kind");
  const auto text = kind && kind->is_text() ? *kind->text() : std::string();
  if (text == "model" || text == "lung-density" || text == "join") return text;
  constexpr std::string_view expected = "\"model\", \"lung-density\" or \"join\"";
  if (kind)
    kind->fail_expected(expected);
  else
    document->root().fail(fmt::format("\"kind\" is missing: {}", expected));
  return error_of(problems);
}

Result<PipelineFile> read_pipeline_file(const std::filesystem::path& folder) {
  Problems problems;
  const auto file = folder / "pipeline.json";
  INFERAD_TRY(const auto text, read_file(file, kFileBytesMax));
  const auto document = JsonDocument::parse(file.string(), text, problems);
  if (!document) return error_of(problems);
  auto pipeline = pipeline_of(document->root(), folder, text);
  if (!problems.empty()) return error_of(problems);
  return pipeline;
}

}  // namespace inferad::recipe
