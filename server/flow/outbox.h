// SPDX-License-Identifier: Apache-2.0
// Everything that leaves: one thread a destination, so that a slow or dead one holds nobody else. See Courier.
#pragma once

#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "server/flow/courier.h"
#include "server/flow/way.h"

namespace inferad::flow {

DicomPeer dicom_peer(const config::Peer& peer, const std::string& our_ae_title);

class Outbox {
 public:
  // A destination for each entry of settings.results and each way, by its name. All parts outlive the outbox.
  Outbox(store::Ledger& ledger, StorageSender& storage, const Edges& edges, const config::Settings& settings,
         Bells& bells, Metrics& metrics, StudyChanged changed);
  ~Outbox();  // stop()

  void start();
  void nudge();  // an operator asked to try again: holds of unreachable peers end. Thread-safe, after stop() too
  void stop();   // a send in progress is told to end, its delivery goes back to waiting. Idempotent

 private:
  std::vector<std::unique_ptr<Courier>> couriers_;
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace inferad::flow
