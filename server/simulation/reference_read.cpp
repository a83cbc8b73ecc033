// SPDX-License-Identifier: Apache-2.0
#include "server/base/json_document.h"
#include "server/simulation/reference.h"

namespace inferad::simulation {
namespace {

constexpr double kMost = 1e9;

double number(const JsonNode& parent, const char* name, double least, double most) {
  const auto node = parent.member(name);
  if (node) return node->number(least, most).value_or(least);
  parent.fail(std::string("\"") + name + "\" is missing: add it here");
  return least;
}

// Poisson arrivals, exponential reading times, everything at the same rate all day, the AI's result at once.
Scenario scenario_of(const JsonNode& parameters) {
  Scenario out;
  out.arrivals_by_hour.fill(1);
  out.daily_sigma = 0;
  out.load = number(parameters, "utilisation", 0.01, 0.99);
  out.readers_by_hour.fill(static_cast<int>(number(parameters, "radiologists", 1, 1000)));
  out.reading = {Law::Kind::exponential, number(parameters, "read_min_non_diseased", 0.01, 1440), 2};
  const double emergent = number(parameters, "emergent_fraction", 0, 1);
  out.orders = {OrderClass{emergent, {}}, OrderClass{}, OrderClass{1 - emergent, {}}, OrderClass{}};
  if (emergent > 0) out.orders[0].reading_minutes_mean = number(parameters, "read_min_emergent", 0.01, 1440);
  Finding finding;
  finding.name = "finding";
  finding.among = {false, false, true, false};
  finding.level = Level::high;
  finding.prevalence = number(parameters, "prevalence", 0, 1);
  finding.sensitivity = number(parameters, "sensitivity", 0, 1);
  finding.specificity = number(parameters, "specificity", 0, 1);
  finding.reading_minutes_mean = number(parameters, "read_min_diseased", 0.01, 1440);
  out.findings = {finding};
  out.ai_latency.mean = 0;
  out.ai_failure_rate = 0;
  return out;
}

void flatten(const JsonNode& node, const std::string& path, std::map<std::string, Expected>& out) {
  if (node.is_object()) {
    for (const auto& name : node.member_names())
      flatten(*node.member(name), path.empty() ? name : path + "/" + name, out);
  } else if (node.is_array()) {
    const auto pair = node.elements(2, 2);
    if (pair.size() == 2) out[path] = {pair[0].number(0, kMost).value_or(0), pair[1].number(0, kMost).value_or(0)};
  } else if (const auto value = node.number(0, kMost)) {
    out[path] = {*value, 0};
  }
}

}  // namespace

std::vector<ReferenceSet> read_reference(const std::filesystem::path& file, Problems& problems) {
  std::vector<ReferenceSet> out;
  const auto document = JsonDocument::load(file, problems);
  if (!document) return out;
  const JsonNode root = document->root();
  const auto sets = root.member("sets");
  if (!sets) {
    root.fail("\"sets\" is missing: expected a list of parameter sets, each with id, parameters and expected");
    return out;
  }
  for (const auto& set : sets->elements(1, 1000)) {
    const auto id = set.member("id"), parameters = set.member("parameters"), expected = set.member("expected");
    if (!id || !parameters || !expected) {
      set.fail("expected an object with id, parameters and expected");
      continue;
    }
    auto& added = out.emplace_back();
    added.id = id->text().value_or("");
    added.scenario = scenario_of(*parameters);
    flatten(*expected, "", added.expected);
  }
  return out;
}

}  // namespace inferad::simulation
