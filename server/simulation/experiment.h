// SPDX-License-Identifier: Apache-2.0
// One scenario, every rule, all replications: the waits of each group of studies, and how they differ from the list
// without AI, replication by replication on the same studies.
#pragma once

#include <functional>

#include "server/simulation/histogram.h"
#include "server/simulation/scenario.h"

namespace inferad::simulation {

inline constexpr std::array kQuantiles{0.5, 0.9, 0.99, 0.999};

// The waits of one group under one rule. Studies unread at the end are in, with the wait they had until then.
struct Waits {
  Histogram all;  // of all replications
  std::int64_t unread = 0;
  // Of each replication; minutes.
  std::vector<double> counts, means, maxima;
  std::vector<double> waited;                    // share that waited at all
  std::array<std::vector<double>, 4> quantiles;  // those of kQuantiles

  double mean() const { return all.mean() / kMinute; }
  double quantile(double p) const { return all.quantile(p) / kMinute; }
  double mean_of_maxima() const;
};

struct Difference {
  double mean = 0, low = 0, high = 0;  // minutes; the 95 % interval by Student's t over the replications
  bool none_shown() const { return low <= 0 && high >= 0; }
};

struct Group {
  enum class Kind { all, level, truth, diseased };
  std::string name;
  Kind kind = Kind::all;
  bool targeted = true;  // diseased: the AI looks for it
};

struct Outcome {
  std::vector<Rule> rules;  // the first is the list without AI
  std::vector<Group> groups;
  std::vector<std::vector<Waits>> waits;  // [rule][group]
  double delta_minutes = 0;

  Difference difference(std::size_t rule, std::size_t group) const;  // to the first rule
  std::size_t group(std::string_view name) const;                    // a name of `groups`
};

// The mean and its 95 % interval of independent values; an interval of no width for one value.
Difference interval(std::span<const double> values);
double standard_error(std::span<const double> values);

// Groups: all; each level that can occur; for each finding TP, FP, FN, TN (those of the AI) and diseased.
std::vector<Group> groups_of(const Scenario& scenario);

// A comparator by its name; the caps from what FIFO waits.
Rule rule_named(const std::string& name, const Scenario& scenario, double delta_minutes, const Histogram& fifo);
Rule shipped_rule(const Scenario& scenario, double delta_minutes);

// FIFO on the scenario: where Delta and the caps come from.
Histogram fifo_waits(const Scenario& scenario, const std::function<void(double)>& progress = {});

// Delta: as given, else FIFO p95 and at least the least.
double delta_of(const Scenario& scenario, const Histogram& fifo);

// `progress`: from 0 to 1, may be empty.
Outcome run(const Scenario& scenario, std::vector<Rule> rules, const std::function<void(double)>& progress = {});
// The list without AI, the shipped policy, and what the scenario compares.
Outcome run(const Scenario& scenario, const std::function<void(double)>& progress = {});

}  // namespace inferad::simulation
