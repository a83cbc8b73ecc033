// SPDX-License-Identifier: Apache-2.0
#include "server/flow/courier.h"

#include <algorithm>
#include <utility>

#include "server/base/crash_point.h"
#include "server/base/log.h"
#include "server/flow/persist.h"

namespace inferad::flow {
namespace {

constexpr Millis kIdleWait{5000};    // the longest time without a look into the ledger
constexpr Millis kLedgerWait{2000};  // after an error of the ledger

// A delivery that itself makes the peer fail must not be the first one when the hold ends.
constexpr Millis kBehindOthers{1000};

}  // namespace

Courier::Courier(std::string destination, std::unique_ptr<Channel> channel, Parts parts)
    : destination_(std::move(destination)), channel_(std::move(channel)), parts_(std::move(parts)) {}

void Courier::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto ticket = parts_.bells.outbox.ticket();
    if (nudged_.exchange(false)) hold_until_ = {};
    if (const Millis wait = hold(steady_now()); wait.count() > 0) {
      parts_.bells.outbox.wait(ticket, stop, wait);  // others ring as well: only the clock or a nudge ends the hold
      continue;
    }
    const WallTime now = wall_now();
    if (!round(now, stop)) parts_.bells.outbox.wait(ticket, stop, next_wait(now));
  }
}

bool Courier::round(WallTime now, const std::stop_token& stop) {
  const int batch = failures_ > 0 ? 1 : channel_->batch_max();
  auto leased = parts_.ledger.lease_deliveries(destination_, now, batch);
  if (!leased) {
    log::error("outbox_lease_failed", {{"destination", destination_}, {"error", leased.error().what}});
    return false;
  }
  if (leased->empty()) return false;
  stop_ = stop;
  crash_point("outbox.leased");
  crash_point("outbox.before_send");
  auto judgements = channel_->send(*leased, stop);
  crash_point("outbox.after_send");
  judgements.resize(leased->size());
  note_peer(judgements);
  for (std::size_t i = 0; i < leased->size(); ++i) settle((*leased)[i], judgements[i]);
  return true;
}

Millis Courier::hold(SteadyTime now) const { return std::max(hold_until_ - now, Millis(0)); }

void Courier::nudge() {
  nudged_ = true;
  parts_.bells.outbox.ring();
}

void Courier::note_peer(std::span<const std::optional<Judgement>> judgements) {
  const auto unreachable = [](const auto& each) { return each && each->verdict == Verdict::retry_peer; };
  if (std::any_of(judgements.begin(), judgements.end(), unreachable)) {
    hold_until_ = steady_now() + back_off(++failures_, parts_.retry, parts_.random());
    if (failures_ == 1) log::warning("destination_unreachable", {{"destination", destination_}});
  } else if (std::any_of(judgements.begin(), judgements.end(), [](const auto& each) { return each.has_value(); })) {
    if (failures_ > 0) log::info("destination_reached_again", {{"destination", destination_}});
    failures_ = 0;
    hold_until_ = {};
  }
}

void Courier::settle(const store::DeliveryLease& lease, const std::optional<Judgement>& judgement) {
  const auto status = persist(stop_, "outbox_settle_failed",
                              [&] { return judgement ? record(lease, *judgement) : parts_.ledger.release(lease.id); });
  if (!status) {  // stays "sending": a start finds it
    log::error("delivery_not_settled", {{"delivery", lease.id}, {"error", status.error().what}});
    return;
  }
  if (parts_.changed && judgement) parts_.changed(lease.study_id);
}

Status Courier::record(const store::DeliveryLease& lease, const Judgement& judgement) {
  const WallTime now = wall_now();
  auto verdict = judgement.verdict;
  const bool again = verdict == Verdict::retry || verdict == Verdict::retry_peer;
  if (again && give_up(lease.attempts, now - lease.created_at, parts_.retry)) verdict = Verdict::park;
  parts_.metrics.count(Counter::deliveries, {destination_, to_string(verdict)});
  switch (verdict) {
    case Verdict::delivered:
    case Verdict::delivered_with_warning: {
      crash_point("outbox.before_delivered");
      INFERAD_TRY_STATUS(parts_.ledger.delivered(lease.id, now, judgement.choice));
      crash_point("outbox.after_delivered");
      parts_.metrics.observe(Stage::deliver, std::chrono::duration<double>(now - lease.created_at).count());
      log::info("delivered", {{"delivery", lease.id},
                              {"study", lease.study_id},
                              {"destination", destination_},
                              {"kind", judgement.choice == 0 ? lease.kind : lease.fallbacks[judgement.choice - 1].kind},
                              {"note", judgement.text}});
      return ok();
    }
    case Verdict::retry:
    case Verdict::retry_peer: {
      Millis wait = back_off(lease.attempts, parts_.retry, parts_.random());
      wait = std::max(wait, judgement.wait);
      if (verdict == Verdict::retry_peer) wait = std::max(wait, hold(steady_now())) + kBehindOthers;
      log::warning("delivery_postponed", {{"delivery", lease.id},
                                          {"study", lease.study_id},
                                          {"destination", destination_},
                                          {"attempts", lease.attempts},
                                          {"wait_ms", wait.count()},
                                          {"error", judgement.text}});
      return parts_.ledger.postpone(lease.id, judgement.text, now + wait);
    }
    case Verdict::park:
      break;
  }
  log::error("delivery_parked", {{"delivery", lease.id},
                                 {"study", lease.study_id},
                                 {"destination", destination_},
                                 {"kind", lease.kind},
                                 {"error", judgement.text}});
  return parts_.ledger.park(lease.id, judgement.text, now);
}

Millis Courier::next_wait(WallTime now) const {
  const auto due = parts_.ledger.next_due(destination_);
  if (!due) return kLedgerWait;
  if (!*due) return kIdleWait;
  return std::clamp(**due - now, Millis(10), kIdleWait);
}

}  // namespace inferad::flow
