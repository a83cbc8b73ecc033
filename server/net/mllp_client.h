// SPDX-License-Identifier: Apache-2.0
// Sends HL7 v2 messages over MLLP.
//
// Operation: one connection a message. Priority messages are rare, an idle connection is dropped silently by firewalls,
// and with a fresh one a failure always means that this message was not acknowledged: nothing is ever sent twice by us.
// The acknowledgement is the first whose MSA-2 is our MSH-10; others are skipped. When MSH-16 asks for an application
// acknowledgement and the first was a commit accept (CA), the next one decides; when none comes in time or the
// connection ends, CA does: the receiver keeps the message, and sending it again would be wrong (HL7 chapter 2.9.3).
// TLS: certificate, key and CA are read anew for each connection, so they can be replaced while the node runs.
// Errors: unavailable (no connection, or it broke before the acknowledgement), timeout, cancelled; invalid_input (our
// message cannot be framed or has no MSH-10; the peer sends a frame beyond the limit).
// Concurrency: thread-safe; each call works on its own.
#pragma once

#include <cstddef>

#include "server/base/clock.h"
#include "server/flow/ports.h"

namespace inferad::net {

struct MllpOptions {
  // At most these; the peer's own timeout holds when it is shorter.
  Millis connect_deadline{10'000};
  Millis answer_deadline{600'000};  // from the end of the connect to the acknowledgement
  std::size_t frame_bytes_max = 1 << 20;
};

class MllpClient : public flow::Hl7Sender {
 public:
  explicit MllpClient(MllpOptions options = {}) : options_(options) {}
  Result<std::string> send(const flow::Hl7Peer& peer, const std::string& message, std::stop_token stop) override;

 private:
  const MllpOptions options_;
};

}  // namespace inferad::net
