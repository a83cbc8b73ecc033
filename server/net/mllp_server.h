// SPDX-License-Identifier: Apache-2.0
// The HL7 listener: messages in MLLP frames, plain or over TLS, to a flow::Hl7Receiver, and its answers back on the
// same connection (Boost.Asio behind it). One message of a connection at a time. Two threads of its own, which wait for
// the ledger when they take a message, as those of the HTTP server do.
//
// Limits: addresses not allowed are closed before a byte is read, connections beyond the limit at once; a frame that is
// too long, a handshake that fails, and a connection that brings no whole message for `idle_deadline` end the
// connection without a word: the sender sends again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/flow/ports.h"

namespace inferad::net {

struct MllpServerOptions {
  std::string address = "127.0.0.1";                         // IP address to listen on
  std::uint16_t port = 2575;                                 // 0 = the system chooses
  std::function<bool(std::string_view ip)> address_allowed;  // on a network thread; must not wait
  std::size_t connections_max = 16;
  std::size_t frame_bytes_max = 1 << 20;
  std::chrono::milliseconds idle_deadline{600'000};
  std::chrono::milliseconds step_deadline{30'000};  // for the handshake, and for taking an answer
  std::optional<flow::TlsFiles> tls;
};

class MllpServer {
 public:
  // On success the port is open. `receiver` outlives the server. invalid_input: the address is none, or a file of TLS
  // is not usable; unavailable: the port is taken or not ours to open.
  static Result<std::unique_ptr<MllpServer>> start(MllpServerOptions options, flow::Hl7Receiver& receiver);
  struct Impl;
  explicit MllpServer(std::unique_ptr<Impl> impl);  // start() makes one
  ~MllpServer();                                    // stop()

  std::uint16_t port() const;
  std::size_t connections() const;
  void stop();  // messages being taken are answered as far as the sockets take it at once. Idempotent

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferad::net
