// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "server/base/json_document.h"
#include "server/simulation/scenario.h"

namespace inferad::simulation {
namespace {

constexpr std::array<std::pair<std::string_view, Level>, 4> kLevels{
    {{"STAT", Level::stat}, {"HIGH", Level::high}, {"ROUTINE", Level::routine}, {"LOW", Level::low}}};
constexpr std::array<std::pair<std::string_view, Law::Kind>, 3> kLaws{
    {{"constant", Law::Kind::constant}, {"exponential", Law::Kind::exponential}, {"gamma", Law::Kind::gamma}}};
constexpr double kMinutesMax = 1440;

void read_law(const JsonNode& node, Law& out, double least) {
  JsonObject object(node);
  if (const auto law = object.find("law")) out.kind = choose<Law::Kind>(*law, kLaws).value_or(out.kind);
  object.read("mean_minutes", out.mean, least, kMinutesMax);
  object.read("shape", out.shape, 1, 20);
}

void read_minutes(JsonObject& object, const char* name, std::optional<double>& out) {
  if (const auto node = object.find(name)) out = node->number(0.01, kMinutesMax);
}

// 24 numbers, one for each hour from midnight.
template <class Number, class Read>
void read_hours(const JsonNode& node, std::array<Number, 24>& out, Read read) {
  const auto hours = node.elements(24, 24);
  for (std::size_t hour = 0; hour < hours.size(); ++hour) out[hour] = read(hours[hour]).value_or(out[hour]);
  const bool any = std::any_of(out.begin(), out.end(), [](Number each) { return each > 0; });
  if (!any) node.fail("every hour is 0: expected at least one above");
}

void read_readers(const JsonNode& node, ReadersByHour& out) {
  const auto count = [](const JsonNode& each) -> std::optional<int> {
    const auto number = each.integer(0, 1000);
    return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
  };
  if (node.is_array()) return read_hours(node, out, count);
  if (const auto always = node.integer(1, 1000)) out.fill(static_cast<int>(*always));
}

void read_arrivals(const JsonNode& node, Scenario& out) {
  JsonObject object(node);
  object.read("load", out.load, 0.01, 2);
  object.read("daily_sigma", out.daily_sigma, 0, 1);
  if (const auto hours = object.find("relative_by_hour"))
    read_hours(*hours, out.arrivals_by_hour, [](const JsonNode& each) { return each.number(0, 1e6); });
}

void read_orders(const JsonNode& node, std::array<OrderClass, 4>& out) {
  out = {};
  JsonObject object(node);
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    const auto level = object.find(kLevels[i].first.data());
    if (!level) continue;
    if (!level->is_object()) {
      out.at(i).share = level->number(0, 1).value_or(0);
      continue;
    }
    JsonObject one(*level);
    one.read("share", out.at(i).share, 0, 1);
    read_minutes(one, "reading_minutes_mean", out.at(i).reading_minutes_mean);
  }
  const double sum = std::accumulate(out.begin(), out.end(), 0.0, [](double s, const auto& o) { return s + o.share; });
  if (sum < 0.999 || sum > 1.001) node.fail(std::to_string(sum) + " is the sum of the shares, expected 1");
}

void read_finding(const JsonNode& node, Finding& out) {
  out = {};
  JsonObject object(node);
  if (const auto name = object.require("name")) out.name = name->text().value_or(out.name);
  if (const auto prevalence = object.require("prevalence")) out.prevalence = prevalence->number(0, 1).value_or(0);
  if (object.has("sensitivity") != object.has("specificity"))
    node.fail(
        "sensitivity and specificity stand together: give both, or none for a finding that the AI does not look for");
  if (const auto sensitivity = object.find("sensitivity")) out.sensitivity = sensitivity->number(0, 1);
  if (const auto specificity = object.find("specificity")) out.specificity = specificity->number(0, 1);
  if (const auto level = object.find("level")) out.level = choose<Level>(*level, kLevels).value_or(out.level);
  read_minutes(object, "reading_minutes_mean", out.reading_minutes_mean);
  const auto among = object.find("among");
  if (!among) return;
  out.among = {};
  for (const auto& each : among->elements(1, 4)) {
    if (const auto level = choose<Level>(each, kLevels)) out.among[static_cast<std::size_t>(*level)] = true;
  }
}

void read_ai(const JsonNode& node, Scenario& out) {
  JsonObject object(node);
  if (const auto latency = object.find("latency")) read_law(*latency, out.ai_latency, 0);
  object.read("failure_rate", out.ai_failure_rate, 0, 1);
}

void read_policy(const JsonNode& node, Scenario& out) {
  JsonObject object(node);
  if (const auto delta = object.find("delta_minutes")) out.delta_minutes = delta->number(1, 100'000);
  object.read("delta_minutes_least", out.delta_minutes_least, 0, 100'000);
  object.read("reserve", out.reserve, 1, 100);
}

void read_compare(const JsonNode& node, std::vector<std::string>& out) {
  std::vector<std::pair<std::string_view, std::string_view>> names;
  for (const char* name : kComparators) names.emplace_back(name, name);
  out.clear();
  for (const auto& each : node.elements(0, kComparators.size())) {
    if (const auto name = choose<std::string_view>(each, names)) out.emplace_back(*name);
  }
}

}  // namespace

Scenario read_scenario(const std::filesystem::path& file, Problems& problems) {
  Scenario out;
  const auto document = JsonDocument::load(file, problems);
  if (!document) return out;
  JsonObject object(document->root());
  object.allow("$schema");
  object.read("name", out.name, 100);
  object.read("studies", out.studies, 100, 20'000'000);
  object.read("replications", out.replications, 1, 1000);
  object.read("seed", out.seed, 0, INT64_MAX);
  object.read("warm_up", out.warm_up, 0, 0.9);
  if (const auto node = object.find("arrivals")) read_arrivals(*node, out);
  if (const auto node = object.find("readers_by_hour")) read_readers(*node, out.readers_by_hour);
  if (const auto node = object.find("reading")) read_law(*node, out.reading, 0.01);
  if (const auto node = object.find("orders")) read_orders(*node, out.orders);
  if (const auto node = object.find("findings")) {
    const auto findings = node->elements(0, kFindingsMax);
    out.findings.assign(findings.size(), {});
    for (std::size_t i = 0; i < findings.size(); ++i) read_finding(findings[i], out.findings[i]);
  }
  if (const auto node = object.find("ai")) read_ai(*node, out);
  if (const auto node = object.find("policy")) read_policy(*node, out);
  if (const auto node = object.find("compare")) read_compare(*node, out.compare);
  return out;
}

}  // namespace inferad::simulation
