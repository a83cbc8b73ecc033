// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/experiment.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "server/base/result.h"
#include "server/simulation/workload.h"

namespace inferad::simulation {
namespace {

// Two-sided 95 %, by degrees of freedom from 1.
double student_t(std::size_t freedom) {
  constexpr std::array kTable{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                              2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                              2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  return freedom <= kTable.size() ? kTable.at(freedom - 1) : 1.96 + 2.4 / static_cast<double>(freedom);
}

using Mask = std::uint64_t;
constexpr std::size_t kFirstFindingGroup = 5;  // after all, and the four levels

// The groups of a study as bits: all, its level, and for each finding that it can have TP, FP, FN, TN, diseased.
Mask mask_of(const Study& study, std::span<const Finding> findings) {
  Mask mask = 1 | Mask{2} << static_cast<unsigned>(study.raised());
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (!findings[i].among[static_cast<std::size_t>(study.order)]) continue;
    const bool diseased = study.diseased >> i & 1, positive = study.positive >> i & 1;
    const std::size_t truth = diseased ? (positive ? 0U : 2U) : (positive ? 1U : 3U);  // TP, FP, FN, TN
    mask |= Mask{1} << (kFirstFindingGroup + 5 * i + truth);
    if (diseased) mask |= Mask{1} << (kFirstFindingGroup + 5 * i + 4);
  }
  return mask;
}

struct Slot {
  Group group;
  std::size_t bit;
};

std::vector<Slot> slots_of(const Scenario& scenario) {
  std::vector<Slot> slots{{{"all", Group::Kind::all}, 0}};
  for (std::size_t level = 0; level < 4; ++level) {
    const bool raised = std::any_of(scenario.findings.begin(), scenario.findings.end(), [&](const auto& finding) {
      return finding.sensitivity && static_cast<std::size_t>(finding.level) == level;
    });
    if (scenario.orders.at(level).share <= 0 && !raised) continue;
    slots.push_back({{std::string(to_string(static_cast<Level>(level))), Group::Kind::level}, 1 + level});
  }
  for (std::size_t i = 0; i < scenario.findings.size(); ++i) {
    const auto& finding = scenario.findings[i];
    const std::size_t first = kFirstFindingGroup + 5 * i;
    const bool targeted = finding.sensitivity.has_value();
    constexpr std::array kTruths{"TP", "FP", "FN", "TN"};
    for (std::size_t truth = 0; truth < kTruths.size() && targeted; ++truth)
      slots.push_back({{finding.name + ": " + kTruths.at(truth), Group::Kind::truth}, first + truth});
    slots.push_back({{finding.name + ": diseased", Group::Kind::diseased, targeted}, first + 4});
  }
  return slots;
}

// The waits of one replication under one rule, by bit.
struct Tally {
  std::array<Histogram, kFirstFindingGroup + 5 * kFindingsMax> waits;
  std::array<std::int64_t, kFirstFindingGroup + 5 * kFindingsMax> unread{};
};

Tally tally(const std::vector<Study>& studies, const std::vector<Mask>& masks, const std::vector<Time>& starts,
            const Scenario& scenario) {
  Tally out;
  const Time end = studies.back().arrival;
  const Time counted = static_cast<Time>(scenario.warm_up * static_cast<double>(end));
  for (std::size_t i = 0; i < studies.size(); ++i) {
    if (studies[i].arrival < counted) continue;
    const bool unread = starts[i] == kNever;
    const Time wait = (unread ? end : starts[i]) - studies[i].arrival;
    for (Mask rest = masks[i]; rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(rest));
      out.waits[bit].add(wait);
      out.unread[bit] += unread;
    }
  }
  return out;
}

void add(Waits& waits, const Histogram& replication, std::int64_t unread) {
  waits.all.add(replication);
  waits.unread += unread;
  if (replication.count() == 0) return;
  waits.counts.push_back(static_cast<double>(replication.count()));
  waits.means.push_back(replication.mean() / kMinute);
  waits.maxima.push_back(static_cast<double>(replication.max()) / kMinute);
  waits.waited.push_back(replication.share_over(0));
  for (std::size_t i = 0; i < kQuantiles.size(); ++i)
    waits.quantiles[i].push_back(replication.quantile(kQuantiles[i]) / kMinute);
}

Time ms(double minutes) { return std::llround(minutes * static_cast<double>(kMinute)); }

}  // namespace

double Waits::mean_of_maxima() const { return interval(maxima).mean; }

double standard_error(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 2) return 0;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1) / n);
}

Difference interval(std::span<const double> values) {
  if (values.empty()) return {};
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  const double half = values.size() < 2 ? 0 : student_t(values.size() - 1) * standard_error(values);
  return {mean, mean - half, mean + half};
}

Difference Outcome::difference(std::size_t rule, std::size_t group) const {
  const auto& with = waits[rule][group].means;
  const auto& without = waits[0][group].means;
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(with.size(), without.size()); ++i) differences.push_back(with[i] - without[i]);
  return interval(differences);
}

std::size_t Outcome::group(std::string_view name) const {
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& each) { return each.name == name; });
  INFERAD_CHECK(found != groups.end());
  return static_cast<std::size_t>(found - groups.begin());
}

std::vector<Group> groups_of(const Scenario& scenario) {
  std::vector<Group> groups;
  for (auto& slot : slots_of(scenario)) groups.push_back(std::move(slot.group));
  return groups;
}

Rule shipped_rule(const Scenario& scenario, double delta_minutes) {
  Rule rule;
  rule.name = "shipped";
  rule.policy = {worklist::PolicySettings::targets_of(Millis(ms(delta_minutes))), scenario.reserve};
  return rule;
}

Rule rule_named(const std::string& name, const Scenario& scenario, double delta_minutes, const Histogram& fifo) {
  Rule rule = shipped_rule(scenario, delta_minutes);
  rule.name = name;
  if (name == "fifo") rule.kind = Rule::Kind::fifo;
  if (name == "strict") rule.kind = Rule::Kind::strict;
  if (name == "cap_p90" || name == "cap_p99") {
    rule.kind = Rule::Kind::cap;
    rule.cap = std::llround(fifo.quantile(name == "cap_p90" ? 0.9 : 0.99));
  }
  if (name == "accumulating") {
    rule.kind = Rule::Kind::accumulating;
    rule.rates = {32, 4, 2, 1};
  }
  if (name == "no_starts") {
    rule.starts_recorded = false;
    rule.policy.targets = worklist::PolicySettings::targets_of(Millis(std::llround(fifo.quantile(0.99))));
  }
  return rule;
}

Histogram fifo_waits(const Scenario& scenario, const std::function<void(double)>& progress) {
  Rule fifo;
  fifo.kind = Rule::Kind::fifo;
  return run(scenario, {fifo}, progress).waits[0][0].all;
}

double delta_of(const Scenario& scenario, const Histogram& fifo) {
  return scenario.delta_minutes.value_or(std::max(fifo.quantile(0.95) / kMinute, scenario.delta_minutes_least));
}

Outcome run(const Scenario& scenario, std::vector<Rule> rules, const std::function<void(double)>& progress) {
  INFERAD_CHECK(scenario.findings.size() <= kFindingsMax && scenario.studies > 0 && !rules.empty());
  Outcome out;
  out.rules = std::move(rules);
  out.groups = groups_of(scenario);
  out.waits.assign(out.rules.size(), std::vector<Waits>(out.groups.size()));
  const auto slots = slots_of(scenario);
  const double steps = static_cast<double>(out.rules.size()) * scenario.replications;
  double done = 0;
  for (int replication = 0; replication < scenario.replications; ++replication) {
    const auto studies = draw_studies(scenario, replication);
    std::vector<Mask> masks;
    masks.reserve(studies.size());
    for (const auto& study : studies) masks.push_back(mask_of(study, scenario.findings));
    for (std::size_t rule = 0; rule < out.rules.size(); ++rule) {
      const auto starts = read_all(studies, scenario.readers_by_hour, out.rules[rule], studies.back().arrival);
      const Tally counted = tally(studies, masks, starts, scenario);
      for (std::size_t group = 0; group < slots.size(); ++group)
        add(out.waits[rule][group], counted.waits[slots[group].bit], counted.unread[slots[group].bit]);
      if (progress) progress(++done / steps);
    }
  }
  return out;
}

Outcome run(const Scenario& scenario, const std::function<void(double)>& progress) {
  const bool needs_fifo = !scenario.delta_minutes || scenario.compare.size() > 0;
  const Histogram fifo = needs_fifo ? fifo_waits(scenario) : Histogram();
  const double delta = delta_of(scenario, fifo);
  Rule without = shipped_rule(scenario, delta);
  without.name = "no AI";
  without.ai = false;
  std::vector<Rule> rules{without, shipped_rule(scenario, delta)};
  for (const auto& name : scenario.compare) rules.push_back(rule_named(name, scenario, delta, fifo));
  Outcome out = run(scenario, std::move(rules), progress);
  out.delta_minutes = delta;
  return out;
}

}  // namespace inferad::simulation
