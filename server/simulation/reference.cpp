// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "server/simulation/experiment.h"
#include "server/simulation/workload.h"

namespace inferad::simulation {
namespace {

constexpr int kReplications = 10;
constexpr std::size_t kWithoutAi = 0, kStrict = 1, kFifo = 2, kAccumulating = 3;  // of rules()

// What was simulated: one value for each replication, and that of all of them.
struct Measured {
  std::vector<double> values;
  double all = 0;
  bool quantile = false;
};
using Measures = std::map<std::string, Measured>;

std::vector<Rule> rules() {
  std::vector<Rule> out(4);
  out[kWithoutAi].ai = false;
  out[kWithoutAi].kind = out[kStrict].kind = Rule::Kind::strict;
  out[kFifo].kind = Rule::Kind::fifo;
  out[kAccumulating].kind = Rule::Kind::accumulating;
  out[kAccumulating].rates = {16, 4, 1, 1};
  return out;
}

void add(Measures& out, const std::string& path, double value) { out[path].values.push_back(value); }

// Inputs as they were drawn: they tell a mistake in the set-up from one in the list.
void measure_inputs(const std::vector<Study>& studies, Measures& out) {
  double emergent = 0, true_positive = 0, false_negative = 0, reading_positive = 0, reading_negative = 0, positive = 0;
  for (const auto& study : studies) {
    if (study.order == Level::stat) {
      ++emergent;
      continue;
    }
    const auto minutes = static_cast<double>(study.reading) / kMinute;
    (study.positive ? reading_positive : reading_negative) += minutes;
    positive += study.positive ? 1 : 0;
    true_positive += study.positive && study.diseased ? 1 : 0;
    false_negative += !study.positive && study.diseased ? 1 : 0;
  }
  const auto n = static_cast<double>(studies.size());
  const double negative = n - emergent - positive;
  add(out, "arrivals_per_min", n / static_cast<double>(studies.back().arrival) * kMinute);
  add(out, "fractions/emergent", emergent / n);
  add(out, "fractions/ai_positive", positive / n);
  add(out, "fractions/ai_negative", negative / n);
  if (positive > 0) add(out, "ppv", true_positive / positive);
  if (negative > 0) add(out, "npv", 1 - false_negative / negative);
  if (positive > 0) add(out, "mean_reading_min/ai_positive", reading_positive / positive);
  if (negative > 0) add(out, "mean_reading_min/ai_negative", reading_negative / negative);
}

// The mean wait of several groups together, in each replication.
std::vector<double> joint_means(const std::vector<Waits>& waits, const std::vector<std::size_t>& groups) {
  std::vector<double> means;
  for (std::size_t replication = 0; replication < static_cast<std::size_t>(kReplications); ++replication) {
    double sum = 0, count = 0;
    for (const auto group : groups) {
      if (replication >= waits[group].means.size()) continue;
      sum += waits[group].counts[replication] * waits[group].means[replication];
      count += waits[group].counts[replication];
    }
    if (count > 0) means.push_back(sum / count);
  }
  return means;
}

void measure_groups(const Outcome& outcome, std::size_t rule, const std::string& path, Measures& out) {
  const auto group = [&](const char* name) { return outcome.group(name); };
  const auto& waits = outcome.waits[rule];
  const auto tp = group("finding: TP"), fp = group("finding: FP"), fn = group("finding: FN"), tn = group("finding: TN");
  const bool emergents =
      std::any_of(outcome.groups.begin(), outcome.groups.end(), [](const auto& g) { return g.name == "STAT"; });
  if (emergents) out[path + "/emergent"].values = joint_means(waits, {group("STAT")});
  out[path + "/ai_positive"].values = joint_means(waits, {tp, fp});
  out[path + "/ai_negative"].values = joint_means(waits, {fn, tn});
  out[path + "/diseased"].values = joint_means(waits, {tp, fn});
  out[path + "/non_diseased"].values = joint_means(waits, {fp, tn});
  out[path + "/others"].values = joint_means(waits, {tp, fp, fn, tn});
}

void measure_fifo(const Waits& waits, Measures& out) {
  out["fifo_all_mean"].values = waits.means;
  out["fifo_prob_wait"].values = waits.waited;
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
    auto& quantile = out[fmt::format("fifo_wait_quantiles/{}", kQuantiles[i])];
    quantile.values = waits.quantiles[i];
    quantile.quantile = true;
    quantile.all = waits.quantile(kQuantiles[i]);
  }
}

Measures measure(const Scenario& scenario, const std::function<void(double)>& progress) {
  Measures out;
  for (int replication = 0; replication < scenario.replications; ++replication)
    measure_inputs(draw_studies(scenario, replication), out);
  const Outcome outcome = run(scenario, rules(), progress);
  measure_groups(outcome, kWithoutAi, "non_preemptive/without_ai", out);
  measure_groups(outcome, kStrict, "non_preemptive/with_ai", out);
  measure_groups(outcome, kAccumulating, "accumulating_priority_b_16_4_1", out);
  measure_fifo(outcome.waits[kFifo][0], out);
  return out;
}

Check check(const ReferenceSet& set, const std::string& path, const Expected& expected, const Measured& measured) {
  const double simulated = measured.quantile ? measured.all : interval(measured.values).mean;
  const double errors = 3 * std::hypot(standard_error(measured.values), expected.half_width / 1.96);
  return {set.id, path, expected.value, simulated,
          std::max((measured.quantile ? 0.03 : 0.02) * expected.value, errors)};
}

}  // namespace

bool Check::holds() const { return std::abs(simulated - expected) <= bound; }

bool ReferenceResult::holds() const {
  return unknown.empty() && !checks.empty() &&
         std::all_of(checks.begin(), checks.end(), [](const Check& each) { return each.holds(); });
}

ReferenceResult check_reference(const std::vector<ReferenceSet>& sets, int studies,
                                const std::function<void(double)>& progress) {
  ReferenceResult out;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    Scenario scenario = sets[i].scenario;
    scenario.replications = kReplications;
    scenario.studies = std::max(studies / kReplications, 100);
    const auto measures = measure(scenario, [&](double part) {
      if (progress) progress((static_cast<double>(i) + part) / static_cast<double>(sets.size()));
    });
    for (const auto& [path, expected] : sets[i].expected) {
      constexpr std::string_view kSimulated = "simulated_mean_and_ci95/", kInterrupted = "preemptive_resume/";
      const auto name = path.starts_with(kSimulated) ? path.substr(kSimulated.size()) : path;
      const auto found = measures.find(name);
      if (found != measures.end() && !found->second.values.empty())
        out.checks.push_back(check(sets[i], path, expected, found->second));
      else
        (name.starts_with(kInterrupted) ? out.not_compared : out.unknown).push_back(sets[i].id + "  " + path);
    }
  }
  return out;
}

std::string to_text(const ReferenceResult& result) {
  std::string text = fmt::format("{:<6}  {:<44}  {:>10}  {:>10}  {:>8}  {:>8}\n", "set", "value", "expected",
                                 "simulated", "off, %", "bound, %");
  std::size_t good = 0;
  for (const auto& each : result.checks) {
    const double scale = each.expected == 0 ? 1 : each.expected;
    text += fmt::format("{:<6}  {:<44}  {:>10.4f}  {:>10.4f}  {:>8.2f}  {:>8.2f}  {}\n", each.set, each.path,
                        each.expected, each.simulated, 100 * (each.simulated - each.expected) / scale,
                        100 * each.bound / scale, each.holds() ? "holds" : "OUT OF BOUNDS");
    good += each.holds() ? 1 : 0;
  }
  for (const auto& each : result.unknown) text += each + "  NOT KNOWN: nothing simulated has this name\n";
  return text + fmt::format(
                    "reference: {} of {} values within bounds, {} not compared (readings are never interrupted here)\n",
                    good, result.checks.size() + result.unknown.size(), result.not_compared.size());
}

}  // namespace inferad::simulation
