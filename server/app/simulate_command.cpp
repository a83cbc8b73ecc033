// SPDX-License-Identifier: Apache-2.0
// simulate: what the shipped reading order does to waits, before anybody relies on it.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "server/app/commands.h"
#include "server/base/durable.h"
#include "server/simulation/plot.h"
#include "server/simulation/reference.h"
#include "server/simulation/report.h"

namespace inferad::app {

namespace {

constexpr int kReferenceStudies = 2'500'000;  // of each set; the first 5 % are not counted

// A line on the terminal that tells how far it is; nothing in a pipe.
std::function<void(double)> progress_line() {
  if (isatty(STDERR_FILENO) == 0) return {};
  return [last = -1](double part) mutable {
    const int percent = static_cast<int>(part * 100);
    if (percent == last) return;
    last = percent;
    fmt::print(stderr, "\r{:>3} %{}", percent, percent == 100 ? "\r     \r" : "");
    std::fflush(stderr);
  };
}

bool told(const Problems& problems) {
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", to_string(problem));
  return !problems.empty();
}

int check_reference(const SimulateChoice& choice) {
  Problems problems;
  const auto sets = simulation::read_reference(choice.reference, problems);
  if (told(problems)) return exit_status::kConfiguration;
  const int studies = choice.studies > 0 ? choice.studies : kReferenceStudies;
  const auto result = simulation::check_reference(sets, studies, progress_line());
  fmt::print("{}", to_text(result));
  return result.holds() ? exit_status::kDone : exit_status::kFailed;
}

std::string file_name(std::string_view group) {
  std::string out = "longer-than-";
  for (const char c : group) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
  return out + ".svg";
}

Status write_plots(const std::filesystem::path& folder, const simulation::Outcome& outcome) {
  INFERAD_TRY_STATUS(make_folders_durable(folder));
  INFERAD_TRY_STATUS(write_file_durable(folder / "means.svg", simulation::means_plot(outcome)));
  for (std::size_t group = 0; group < outcome.groups.size(); ++group) {
    if (outcome.groups[group].kind == simulation::Group::Kind::truth) continue;
    const auto file = folder / file_name(outcome.groups[group].name);
    INFERAD_TRY_STATUS(write_file_durable(file, simulation::tail_plot(outcome, group)));
  }
  return ok();
}

}  // namespace

int simulate_command(const NodeChoice& node, const SimulateChoice& choice) {
  if (choice.from_ledger) return replay_command(node, choice.days);
  if (!choice.reference.empty()) return check_reference(choice);
  Problems problems;
  auto scenario =
      choice.scenario.empty() ? simulation::Scenario() : simulation::read_scenario(choice.scenario, problems);
  if (told(problems)) return exit_status::kConfiguration;
  if (choice.studies > 0) scenario.studies = choice.studies;
  if (choice.replications > 0) scenario.replications = choice.replications;
  if (choice.seed >= 0) scenario.seed = static_cast<std::uint64_t>(choice.seed);
  const auto outcome = simulation::run(scenario, progress_line());
  fmt::print("{}", simulation::report_text(scenario, outcome));
  if (choice.plots.empty()) return exit_status::kDone;
  const auto written = write_plots(choice.plots, outcome);
  if (written) return exit_status::kDone;
  fmt::print(stderr, "inferad: {}\n", written.error().what);
  return exit_status::kFailed;
}

}  // namespace inferad::app
