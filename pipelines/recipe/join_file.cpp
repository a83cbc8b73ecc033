// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/join_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/finding_file.h"
#include "server/base/json_document.h"

namespace inferad::recipe {

namespace {

constexpr std::size_t kInputsMax = 32, kPartsMax = 32, kFindingsMax = 100;
constexpr int kDepthMax = 4;

JoinCondition condition(const JsonNode& node, const JoinFile& file, int depth);

void read_parts(const JsonNode& list, const JoinFile& file, int depth, JoinCondition& out) {
  if (depth == kDepthMax) return list.fail(fmt::format("conditions are nested more than {} deep", kDepthMax));
  for (const auto& part : list.elements(1, kPartsMax)) out.parts.push_back(condition(part, file, depth + 1));
}

void read_range(JsonObject& object, JoinCondition& out) {
  if (const auto limit = object.find("at_least")) out.range.least = limit->number(-1e12, 1e12);
  if (const auto limit = object.find("at_most")) out.range.most = limit->number(-1e12, 1e12);
  if (!object.has("at_least") && !object.has("at_most"))
    object.node().fail_expected("\"at_least\", \"at_most\" or both");
}

// What a pipeline said: an item that is present or absent, or one of its measurements.
void read_source(JsonObject& object, const JoinFile& file, JoinCondition& out) {
  static constexpr std::array<std::pair<std::string_view, bool>, 2> states{{{"present", false}, {"absent", true}}};
  out.pipeline = required_text(object, "pipeline", 64);
  const bool known = std::find(file.inputs.begin(), file.inputs.end(), out.pipeline) != file.inputs.end();
  if (!out.pipeline.empty() && !known)
    object.find("pipeline")->fail(fmt::format("\"{}\" is none of \"inputs\"", out.pipeline));
  if (object.has("measurement")) {
    out.kind = JoinCondition::Kind::measurement;
    out.item = required_text(object, "item", 64);
    out.measurement = required_text(object, "measurement", 64);
    read_range(object, out);
    return;
  }
  out.kind = JoinCondition::Kind::finding;
  out.item = required_text(object, "finding", 64);
  if (const auto word = object.find("is")) out.absent = choose<bool>(*word, states).value_or(false);
}

JoinCondition condition(const JsonNode& node, const JoinFile& file, int depth) {
  JsonObject object(node);
  JoinCondition result;
  if (const auto parts = object.find("all")) {
    result.kind = JoinCondition::Kind::all;
    read_parts(*parts, file, depth, result);
  } else if (const auto choices = object.find("any")) {
    result.kind = JoinCondition::Kind::any;
    read_parts(*choices, file, depth, result);
  } else {
    read_source(object, file, result);
  }
  return result;
}

JoinFinding finding(const JsonNode& node, const JoinFile& file) {
  JsonObject object(node);
  JoinFinding result;
  read_head(object, result);
  if (const auto when = object.require("when")) result.when = condition(*when, file, 0);
  return result;
}

JoinFile join_of(const JsonNode& node, const std::filesystem::path& folder) {
  JsonObject object(node);
  for (const char* name : {"$schema", "description", "kind"}) object.allow(name);
  JoinFile file;
  file.name = required_text(object, "name", 64);
  if (!file.name.empty() && file.name != folder.filename())
    object.find("name")->fail_expected(fmt::format("the name of the folder, \"{}\"", folder.filename().string()));
  file.version = required_text(object, "version", 32);
  file.title = required_text(object, "title", 64);
  file.manufacturer = required_text(object, "manufacturer", 64);
  if (const auto inputs = object.require("inputs")) {
    for (const auto& input : inputs->elements(1, kInputsMax)) {
      const auto name = input.text().value_or("");
      const bool twice = std::find(file.inputs.begin(), file.inputs.end(), name) != file.inputs.end();
      if (name.empty() || name == file.name || twice) input.fail_expected("the name of another pipeline, once");
      file.inputs.push_back(name);
    }
  }
  if (const auto list = object.require("findings")) {
    Names ids;
    for (const auto& each : list->elements(1, kFindingsMax)) {
      file.findings.push_back(finding(each, file));
      ids.add(each, file.findings.back().id);
    }
  }
  return file;
}

}  // namespace

Result<JoinFile> read_join_file(const std::filesystem::path& folder) {
  Problems problems;
  const auto document = JsonDocument::load(folder / "pipeline.json", problems);
  if (!document) return error_of(problems);
  auto file = join_of(document->root(), folder);
  if (!problems.empty()) return error_of(problems);
  return file;
}

}  // namespace inferad::recipe
