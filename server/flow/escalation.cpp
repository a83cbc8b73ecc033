// SPDX-License-Identifier: Apache-2.0
#include "server/flow/escalation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/base/log.h"
#include "server/flow/findings_summary.h"
#include "server/store/evidence.h"

namespace inferad::flow {
namespace {

constexpr Millis kLook{2000};  // between two looks into the ledger

const config::EscalationStep* step_after(int made, const config::CriticalSettings& settings) {
  if (settings.steps.empty()) return nullptr;
  return &settings.steps.at(std::min<std::size_t>(static_cast<std::size_t>(made), settings.steps.size() - 1));
}

std::string text_of(int step, const store::CriticalFinding& finding, WallTime now, const std::vector<std::string>& to) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - finding.since).count();
  return fmt::format("critical finding not acknowledged for {} min: escalation {}{}", minutes, step,
                     to.empty() ? ", on the page only" : " to " + fmt::format("{}", fmt::join(to, ", ")));
}

}  // namespace

std::optional<WallTime> next_step_at(const store::CriticalFinding& finding, const config::CriticalSettings& settings) {
  const auto deadline = finding.since + settings.acknowledge_within;
  const auto made = static_cast<std::size_t>(finding.steps);
  if (made < settings.steps.size()) return deadline + settings.steps[made].after;
  if (settings.steps.empty()) return made == 0 ? std::optional(deadline) : std::nullopt;
  return finding.last_step_at.value_or(deadline) + settings.repeat;
}

Escalation::Escalation(Parts parts, const config::Settings& settings)
    : parts_(std::move(parts)), settings_(settings.notices.critical), ways_(ways_of(settings)) {}

void Escalation::start() {
  if (settings_.acknowledge_within.count() == 0) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Escalation::run(const std::stop_token& stop) {
  Doorbell never;
  while (!stop.stop_requested()) {
    if (!round(wall_now())) never.wait(never.ticket(), stop, kLook);
  }
}

bool Escalation::round(WallTime now) {
  const auto findings = store::CriticalLedger(parts_.ledger).open();
  if (!findings) {
    log::error("criticals_not_read", {{"error", findings.error().what}});
    return false;
  }
  bool any = false;
  for (const auto& finding : *findings) {
    const auto due = next_step_at(finding, settings_);
    if (!due || *due > now) continue;
    any = make_step(finding, now) || any;
  }
  return any;
}

bool Escalation::make_step(const store::CriticalFinding& finding, WallTime now) {
  const int number = finding.steps + 1;
  const auto* step = step_after(finding.steps, settings_);
  const auto to = step == nullptr ? std::vector<std::string>() : step->to;
  std::vector<store::NewDelivery> messages;
  auto notice = notice_about(parts_.ledger, finding.job, finding.decision);
  if (notice) {
    if (const auto facts = store::EvidenceLedger(parts_.ledger).facts(finding.job.id)) {
      if (auto said = read_findings(facts->findings_json)) notice->finding = std::move(said->finding);
    }
    notice->escalation = {number, finding.since, now};
    for (const auto& way : ways_)
      if (std::find(to.begin(), to.end(), way->name()) != to.end())
        for (auto& each : messages_of(*notice, *way)) messages.push_back(std::move(each));
  } else {
    log::error("critical_not_told", {{"study", finding.job.study_id}, {"error", notice.error().what}});
    if (notice.error().code != Errc::not_found) return false;  // the ledger is ill: tried again
  }
  const auto made = store::CriticalLedger(parts_.ledger)
                        .escalate(finding.job.id, number, text_of(number, finding, now, to), messages, now);
  if (!made) {
    if (made.error().code != Errc::refused)
      log::error("critical_not_escalated", {{"study", finding.job.study_id}, {"error", made.error().what}});
    return false;
  }
  parts_.metrics.count(Counter::critical_escalations, {std::to_string(std::min(number, 9))});
  log::warning("critical_escalated",
               {{"study", finding.job.study_id}, {"step", number}, {"messages", messages.size()}});
  parts_.bells.outbox.ring();
  if (parts_.changed) parts_.changed(finding.job.study_id);
  return true;
}

}  // namespace inferad::flow
