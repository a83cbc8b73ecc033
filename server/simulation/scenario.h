// SPDX-License-Identifier: Apache-2.0
// What is simulated, as values: arrivals, radiologists, reading times, what is in the studies, what the AI makes of
// it, and the rules to compare. The defaults are those of config/schema/scenario.schema.json: one day/night department
// with an AI for one rare urgent finding.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "server/base/problem.h"
#include "server/simulation/random.h"
#include "server/simulation/room.h"

namespace inferad::simulation {

inline constexpr std::size_t kFindingsMax = 8;

struct OrderClass {
  double share = 0;                            // of all studies
  std::optional<double> reading_minutes_mean;  // else that of `reading`
};

struct Finding {
  std::string name = "finding";
  double prevalence = 0.02;                           // among studies of the orders below
  std::array<bool, 4> among{true, true, true, true};  // by level of the order
  std::optional<double> sensitivity, specificity;     // none: the AI does not look for it
  Level level = Level::stat;                          // what the AI asks for when it is positive
  std::optional<double> reading_minutes_mean;         // of diseased studies
};

struct Scenario {
  std::string name = "day and night, one finding";
  int studies = 50'000;  // of a replication
  int replications = 10;
  std::uint64_t seed = 1;
  double warm_up = 0.05;  // part of each replication that is not counted

  double load = 0.8;  // offered reading time / reader time, over a day
  std::array<double, 24> arrivals_by_hour{0.35, 0.3, 0.25, 0.25, 0.3, 0.4, 0.7, 1.2, 1.8, 2.0, 2.0, 1.9,
                                          1.6,  1.7, 1.7,  1.5,  1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4};  // relative
  double daily_sigma = 0.15;  // log-normal factor of a day's arrivals, mean 1
  ReadersByHour readers_by_hour{1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 1, 1};
  Law reading{Law::Kind::gamma, 10, 2};

  std::array<OrderClass, 4> orders{OrderClass{0.05, {}}, OrderClass{0.15, {}}, OrderClass{0.8, {}}, OrderClass{}};
  std::vector<Finding> findings{{"urgent finding", 0.02, {true, true, true, true}, 0.9, 0.95, Level::stat, {}}};
  Law ai_latency{Law::Kind::exponential, 3, 2};  // from arrival to the result on the list
  double ai_failure_rate = 0.01;                 // no result at all

  std::optional<double> delta_minutes;  // none: FIFO p95 of this scenario, at least delta_minutes_least
  double delta_minutes_least = 60;
  int reserve = 8;
  std::vector<std::string> compare{"fifo", "strict"};  // names of rule_named()

  double reading_minutes_mean() const;  // over orders and findings
  double arrivals_per_minute() const;   // mean over a day
};

// Reads and checks a scenario file; every mistake is added to `problems`.
Scenario read_scenario(const std::filesystem::path& file, Problems& problems);

inline constexpr std::array<const char*, 6> kComparators{"fifo",    "strict",       "cap_p90",
                                                         "cap_p99", "accumulating", "no_starts"};

}  // namespace inferad::simulation
