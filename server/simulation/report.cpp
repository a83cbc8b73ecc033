// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace inferad::simulation {
namespace {

constexpr std::size_t kShipped = 1;  // of run(): after the list without AI

std::string row_text(const Outcome& outcome, std::size_t rule, std::size_t group, std::size_t name_width) {
  const Waits& waits = outcome.waits[rule][group];
  std::string text = fmt::format(
      "  {:<{}}  {:>9}  {:>8.2f}  {:>8.1f}  {:>8.1f}  {:>8.1f}  {:>8.1f}  {:>8.1f}  {:>7.2f}  {:>6}",
      outcome.rules[rule].name, name_width, waits.all.count(), waits.mean(), waits.quantile(0.5), waits.quantile(0.9),
      waits.quantile(0.99), waits.quantile(0.999), static_cast<double>(waits.all.max()) / kMinute,
      100 * waits.all.share_over(std::llround(outcome.delta_minutes * kMinute)), waits.unread);
  if (rule == 0) return text + "\n";
  const Difference difference = outcome.difference(rule, group);
  return text + fmt::format("  {:>+8.2f} [{:+.2f}, {:+.2f}]\n", difference.mean, difference.low, difference.high);
}

std::string effect_text(const Difference& difference, double before) {
  const double share = before > 0 ? 100 * std::abs(difference.mean) / before : 0;
  const int decimals = std::abs(difference.mean) < 1 ? 3 : 1;
  return fmt::format("{:.{}f} min {} on average ({:.0f} %; 95 % interval {:+.{}f} to {:+.{}f} min)",
                     std::abs(difference.mean), decimals, difference.mean < 0 ? "earlier" : "later", share,
                     difference.low, decimals, difference.high, decimals);
}

}  // namespace

std::string table_text(const Outcome& outcome) {
  std::size_t width = 4;
  for (const auto& rule : outcome.rules) width = std::max(width, rule.name.size());
  std::string text = fmt::format("{:<{}}  {:>9}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>7}  {:>6}  {}\n",
                                 "waits, min", width + 2, "n", "mean", "p50", "p90", "p99", "p99.9", "max", "% over",
                                 "unread", "difference to no AI [95 % interval]");
  for (std::size_t group = 0; group < outcome.groups.size(); ++group) {
    text += outcome.groups[group].name + "\n";
    for (std::size_t rule = 0; rule < outcome.rules.size(); ++rule) text += row_text(outcome, rule, group, width);
  }
  return text;
}

std::string verdict_text(const Outcome& outcome) {
  std::string text;
  for (std::size_t group = 0; group < outcome.groups.size(); ++group) {
    const Group& it = outcome.groups[group];
    if (it.kind != Group::Kind::diseased) continue;
    const Difference difference = outcome.difference(kShipped, group);
    const double before = outcome.waits[0][group].mean();
    if (difference.none_shown()) {
      text += fmt::format("{}: {} (95 % interval {:+.2f} to {:+.2f} min)\n", it.name,
                          it.targeted ? "no benefit expected" : "no change expected; the AI does not look for it",
                          difference.low, difference.high);
      continue;
    }
    text += fmt::format("{}: read {}{}\n", it.name, effect_text(difference, before),
                        it.targeted ? "" : "; the AI does not look for it");
  }
  return text.empty() ? "no finding in this scenario: no benefit expected\n" : text;
}

std::string report_text(const Scenario& scenario, const Outcome& outcome) {
  return fmt::format(
             "{}: {} replications of {} studies, load {:.2f}, mean reading {:.2f} min, seed {}\n"
             "Waits from arrival to start of reading. Delta {:.0f} min, reserve 1 in {}; \"% over\" is the share that "
             "waits longer than Delta.\nUnread at the end: with the wait they had until then.\n\n",
             scenario.name, scenario.replications, scenario.studies, scenario.load, scenario.reading_minutes_mean(),
             scenario.seed, outcome.delta_minutes, scenario.reserve) +
         table_text(outcome) + "\n" + verdict_text(outcome);
}

}  // namespace inferad::simulation
