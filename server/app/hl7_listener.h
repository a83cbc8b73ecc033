// SPDX-License-Identifier: Apache-2.0
// The HL7 listener, joined from its parts: sockets, what messages say, the ledger. Internal to app/.
#pragma once

#include <memory>

#include "server/config/settings.h"
#include "server/flow/order_intake.h"
#include "server/net/mllp_server.h"

namespace inferad::app {

class Hl7Listener {
 public:
  Hl7Listener(store::Ledger& ledger, Metrics& metrics, flow::StudyChanged changed,
              const config::Hl7ListenerSettings& settings);

  Status start();  // nothing to do and ok when it is not enabled
  void stop();     // idempotent; the rest may still be asked, from any thread
  std::uint16_t port() const { return server_ ? server_->port() : 0; }
  std::size_t connections() const { return server_ ? server_->connections() : 0; }

 private:
  const config::Hl7ListenerSettings settings_;
  flow::OrderIntake intake_;
  std::unique_ptr<net::MllpServer> server_;
};

}  // namespace inferad::app
