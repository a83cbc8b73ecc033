// SPDX-License-Identifier: Apache-2.0
#include "server/config/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "server/config/condition_read.h"
#include "server/config/settings_read.h"

namespace inferad::config {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, bool>, 2> kMatches{{{"first", false}, {"all", true}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> kNoAnalysis{
    {{"not_applicable", false}, {"not_analysed", true}}};
constexpr std::array<std::pair<std::string_view, Preference::Kind>, 3> kPreferences{
    {{"longest", Preference::Kind::longest},
     {"thinnest", Preference::Kind::thinnest},
     {"most_images", Preference::Kind::most_images}}};

std::vector<Preference> read_preferences(const JsonNode& node) {
  std::vector<Preference> out;
  for (const auto& element : node.elements(0, 16)) {
    Preference& preference = out.emplace_back();
    if (element.is_text()) {
      preference.kind = choose<Preference::Kind>(element, kPreferences).value_or(preference.kind);
    } else {
      preference.condition = read_condition(element, Scope::series);
    }
  }
  return out;
}

void read_series(const JsonNode& node, Rule& rule) {
  JsonObject object(node);
  if (const auto where = object.find("where")) rule.series = read_condition(*where, Scope::series);
  if (const auto prefer = object.find("prefer")) rule.prefer = read_preferences(*prefer);
}

void read_then(const JsonNode& node, Rule& rule) {
  JsonObject object(node);
  const auto pipeline = object.find("pipeline");
  const auto nothing = object.find("no_analysis");
  if (pipeline) read_name(*pipeline, rule.pipeline);
  if (node.is_object() && pipeline.has_value() == nothing.has_value()) {
    node.fail(R"(expected either "pipeline", or "no_analysis" with "because")");
  }
  if (!nothing) return;
  rule.not_analysed = choose<bool>(*nothing, kNoAnalysis).value_or(false);
  object.require("because");
  object.read("because", rule.because);
  if (object.has("because") && rule.because.empty())
    node.fail("\"because\" is empty: say it for the reader of the worklist");
}

Rule read_rule(const JsonNode& node) {
  Rule rule;
  JsonObject object(node);
  object.require("name");
  object.read("name", rule.name, 64);
  if (object.has("name") && rule.name.empty()) node.fail("\"name\" is empty: name the rule");
  object.read("description", rule.description, 1024);
  if (const auto when = object.find("when")) rule.when = read_condition(*when, Scope::study);
  if (const auto series = object.find("series")) read_series(*series, rule);
  if (const auto then = object.require("then")) read_then(*then, rule);
  if (rule.pipeline.empty() && object.has("series")) {
    object.node().member("series")->fail("no pipeline runs in this rule: remove \"series\"");
  }
  return rule;
}

// What all has to hold for a rule to match, each as text; the same text is the same condition.
std::vector<std::string> requirements(const Condition& when) {
  std::vector<std::string> texts;
  if (when.kind == Condition::Kind::all) {
    for (const auto& part : when.parts) {
      for (auto& text : requirements(part)) texts.push_back(std::move(text));
    }
  } else {
    texts.push_back(to_string(when));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

void check_names(const std::vector<JsonNode>& nodes, const Routing& routing) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto [found, fresh] = first.emplace(routing.rules[i].name, i);
    if (fresh || routing.rules[i].name.empty()) continue;
    const auto name = nodes[i].member("name");
    if (name) name->fail(fmt::format("the name is already used at {}: choose another", nodes[found->second].pointer()));
  }
}

// First match: a rule is out of reach when an earlier one asks for nothing more than it does.
void check_reach(const std::vector<JsonNode>& nodes, const Routing& routing) {
  if (routing.all_matches) return;
  std::vector<std::vector<std::string>> asked;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    asked.push_back(requirements(routing.rules[i].when));
    for (std::size_t j = 0; j < i; ++j) {
      if (!std::includes(asked[i].begin(), asked[i].end(), asked[j].begin(), asked[j].end())) continue;
      nodes[i].fail(
          fmt::format("this rule is never reached: rule \"{}\" before it takes every study that matches; "
                      "move this rule up or remove it",
                      routing.rules[j].name));
      break;
    }
  }
}

// What is wrong with the pipeline itself its worker tells.
bool is_join(const fs::path& folder) {
  Problems ignored;
  const auto document = JsonDocument::load(folder / "pipeline.json", ignored);
  const auto kind = document ? document->root().member("kind") : std::nullopt;
  return kind && kind->is_text() && kind->text() == "join";
}

void check_pipelines(const std::vector<JsonNode>& nodes, Routing& routing, const fs::path& folder) {
  std::vector<std::string> known;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (fs::exists(entry->path() / "pipeline.json", error)) known.push_back(entry->path().filename().string());
  }
  std::sort(known.begin(), known.end());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& name = routing.rules[i].pipeline;
    if (name.empty()) continue;
    const auto then = nodes[i].member("then");
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      routing.rules[i].joins = is_join(folder / name);
      if (routing.rules[i].joins && !routing.all_matches)
        then->member("pipeline")
            ->fail(fmt::format("{} joins what other pipelines say, but only the first rule that matches counts: set "
                               "\"match\": \"all\"",
                               name));
      continue;
    }
    const std::string expected = known.empty() ? "" : "; there are " + list_of(known);
    then->member("pipeline")
        ->fail(fmt::format("no pipeline \"{}\": {} has no folder of that name with a pipeline.json{}", name,
                           folder.string(), expected));
  }
}

}  // namespace

Routing read_routing(const fs::path& file, const fs::path& pipelines_folder, Problems& problems) {
  Routing routing;
  const std::size_t problems_before = problems.size();
  const auto document = JsonDocument::load(file, problems);
  if (!document) return routing;
  JsonObject object(document->root());
  object.allow("$schema");
  if (const auto match = object.find("match")) routing.all_matches = choose<bool>(*match, kMatches).value_or(false);
  const auto rules = object.require("rules");
  const auto nodes = rules ? rules->elements(1, 256) : std::vector<JsonNode>();
  for (const auto& node : nodes) routing.rules.push_back(read_rule(node));
  check_names(nodes, routing);
  check_pipelines(nodes, routing, pipelines_folder);
  if (problems.size() == problems_before) check_reach(nodes, routing);
  return routing;
}

std::string to_string(const Preference& preference) {
  for (const auto& [word, kind] : kPreferences) {
    if (kind == preference.kind) return std::string(word);
  }
  return to_string(preference.condition);
}

}  // namespace inferad::config
