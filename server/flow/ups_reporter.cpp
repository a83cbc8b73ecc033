// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_reporter.h"

#include "server/base/log.h"
#include "server/flow/outbox.h"
#include "server/flow/retry.h"
#include "server/worklist/ups_match.h"

namespace inferad::flow {
namespace {

constexpr int kBatch = 100;
constexpr Millis kIdleWait{5000}, kPoll{20};

}  // namespace

UpsReporter::UpsReporter(Parts parts, const config::Settings& settings)
    : parts_(std::move(parts)), retry_(settings.retry) {
  for (const auto& peer : settings.peers)
    if (is_receiver(peer)) peers_.push_back(dicom_peer(peer, settings.ae_title));
}

void UpsReporter::start() {
  for (const auto& peer : peers_)
    threads_.emplace_back([this, &peer](const std::stop_token& stop) { run(peer, stop); });
}

bool UpsReporter::say(std::string_view status) {
  std::vector<std::string> all;
  for (const auto& peer : peers_) all.push_back(peer.ae_title);
  const auto said = parts_.workitems.report_scp_status(status, all, wall_now());
  if (!said) log::error("worklist_status_not_reported", {{"status", status}, {"error", said.error().what}});
  parts_.events.ring();
  return said.has_value();
}

void UpsReporter::say_going_down(Millis within) {
  if (threads_.empty() || !say("GOING DOWN")) return;
  const auto deadline = steady_now() + within;
  while (steady_now() < deadline && parts_.workitems.waiting(ups::scp_status).value_or(0) > 0)
    std::this_thread::sleep_for(kPoll);
}

void UpsReporter::run(const DicomPeer& peer, const std::stop_token& stop) {
  int failures = 0;
  SteadyTime hold_until{};
  while (!stop.stop_requested()) {
    const auto ticket = parts_.events.ticket();
    const Millis hold = hold_until - steady_now();
    if (hold.count() > 0) {
      parts_.events.wait(ticket, stop, hold);  // others ring as well: only the clock ends the hold
      continue;
    }
    if (round(peer, stop)) {
      failures = 0;
      parts_.events.wait(ticket, stop, kIdleWait);
    } else if (!stop.stop_requested()) {
      if (++failures == 1) log::warning("event_receiver_unreachable", {{"peer", peer.name}});
      hold_until = steady_now() + back_off(failures, retry_, 0.5);
    }
  }
}

bool UpsReporter::round(const DicomPeer& peer, const std::stop_token& stop) {
  std::unique_ptr<DimseConversation> conversation;
  for (;;) {
    const auto events = parts_.workitems.events(peer.ae_title, kBatch);
    if (!events || events->empty()) break;
    for (const auto& event : *events) {
      const Millis age_max = event.type == ups::scp_status ? Millis(kStatusAgeMax) : Millis(kAgeMax);
      const bool old = wall_now() - event.created_at > age_max;
      if (!old && wanted(event)) {
        if (!conversation) {
          auto opened = parts_.caller.call(peer, {std::string(ups::event)}, true, stop);
          if (!opened) return false;
          conversation = *std::move(opened);
        }
        const auto answer = conversation->ask({DimseVerb::event_report, std::string(ups::event), std::string(ups::push),
                                               event.workitem, event.type, event.information});
        if (!answer) return false;
        if (answer->status != ups::success)
          log::warning("event_refused", {{"peer", peer.name}, {"type", event.type}, {"status", answer->status}});
      }
      if (!parts_.workitems.reported(event.id)) return false;
    }
  }
  if (conversation) conversation->release();
  return true;
}

bool UpsReporter::wanted(const store::UpsEvent& event) {
  if (event.keys.elements.empty()) return true;
  const auto item = parts_.workitems.find(event.workitem);
  if (!item || !*item) return false;
  const auto shown = parts_.shown(**item);
  return shown && worklist::matches(event.keys, *shown);
}

}  // namespace inferad::flow
