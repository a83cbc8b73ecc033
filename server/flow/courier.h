// SPDX-License-Identifier: Apache-2.0
// One destination of the outbox: how a batch is sent there, and the loop that keeps doing it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "server/config/settings.h"
#include "server/flow/events.h"
#include "server/flow/ports.h"
#include "server/flow/retry.h"
#include "server/store/ledger.h"
#include "server/telemetry/metrics.h"

namespace inferad::flow {

// The way to a destination. Used by one thread.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual int batch_max() const = 0;
  // One entry a delivery, in order; nullopt: not tried.
  virtual std::vector<std::optional<Judgement>> send(std::span<const store::DeliveryLease> deliveries,
                                                     const std::stop_token& stop) = 0;
};

inline bool arrived(const Judgement& judgement) {
  return judgement.verdict == Verdict::delivered || judgement.verdict == Verdict::delivered_with_warning;
}

// `sender` outlives the channel. `data_folder`: what DeliveryLease::file is relative to.
std::unique_ptr<Channel> make_dicom_channel(StorageSender& sender, DicomPeer peer, std::filesystem::path data_folder);
std::unique_ptr<Channel> make_hl7_channel(Hl7Sender& sender, Hl7Peer peer, Metrics& metrics);

// Operation: lease what is due, send, settle each delivery in the ledger. While the peer cannot be reached, one
// delivery is tried at a time, ever more rarely; when one gets through, the rest follows in batches. Each lease ends
// settled or released; after a crash Ledger::recover releases it, and the peer gets the same bytes under the same UID
// again.
class Courier {
 public:
  struct Parts {
    store::Ledger& ledger;
    Bells& bells;
    Metrics& metrics;
    StudyChanged changed;
    config::RetrySettings retry;
    std::function<double()> random;  // 0..1, for the jitter; called on the courier's thread
  };
  Courier(std::string destination, std::unique_ptr<Channel> channel, Parts parts);

  void run(const std::stop_token& stop);  // until stop
  // One round: true when something was leased. For run() and tests; `now` of the ledger's due times.
  bool round(WallTime now, const std::stop_token& stop);
  // How long to leave an unreachable peer alone from now; 0: it can be tried.
  Millis hold(SteadyTime now) const;
  void nudge();  // thread-safe: try again now, an operator asked

 private:
  void settle(const store::DeliveryLease& lease, const std::optional<Judgement>& judgement);
  Status record(const store::DeliveryLease& lease, const Judgement& judgement);
  void note_peer(std::span<const std::optional<Judgement>> judgements);
  Millis next_wait(WallTime now) const;

  const std::string destination_;
  const std::unique_ptr<Channel> channel_;
  const Parts parts_;
  int failures_ = 0;  // rounds in a row that did not reach the peer
  SteadyTime hold_until_{};
  std::atomic<bool> nudged_ = false;
  std::stop_token stop_;
};

}  // namespace inferad::flow
