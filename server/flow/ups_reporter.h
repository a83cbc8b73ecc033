// SPDX-License-Identifier: Apache-2.0
// N-EVENT-REPORTs to peers that subscribed (PS3.4 CC.2.4), over an association that we open: one thread a peer, events
// in order. An event goes when the peer has answered it, whatever the answer, or after kAgeMax; a peer that cannot be
// reached is tried again ever more rarely.
#pragma once

#include <thread>

#include "server/base/doorbell.h"
#include "server/config/settings.h"
#include "server/flow/dimse_ports.h"
#include "server/store/workitems.h"

namespace inferad::flow {

class UpsReporter {
 public:
  static constexpr std::chrono::hours kAgeMax{24};
  static constexpr std::chrono::minutes kStatusAgeMax{10};  // of the node's own starts and ends

  struct Parts {  // all outlive the reporter
    store::Workitems& workitems;
    DimseCaller& caller;
    Doorbell& events;
    std::function<Result<DataSet>(const store::Workitem& item)> shown;  // for subscriptions with keys; thread-safe
  };
  // A thread for each peer with the role worklist, a host and a port.
  UpsReporter(Parts parts, const config::Settings& settings);

  static bool is_receiver(const config::Peer& peer) {
    return peer.has(config::PeerRole::worklist) && !peer.host.empty() && peer.port != 0;
  }
  void start();
  // RESTARTED or GOING DOWN, to each of these peers (the fallback list of CC.2.4.3) and whoever subscribed. False: not
  // recorded.
  bool say(std::string_view status);
  // GOING DOWN, to those who can be reached within that time.
  void say_going_down(Millis within);

 private:
  void run(const DicomPeer& peer, const std::stop_token& stop);
  bool round(const DicomPeer& peer, const std::stop_token& stop);  // false: the peer was not reached
  bool wanted(const store::UpsEvent& event);

  const Parts parts_;
  const config::RetrySettings retry_;
  std::vector<DicomPeer> peers_;
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace inferad::flow
