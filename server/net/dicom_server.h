// SPDX-License-Identifier: Apache-2.0
// The DICOM listener: sockets under ul::Acceptor (Boost.Asio behind it). Two threads of its own, which never wait: data
// sets go straight from the socket buffer to ObjectSink::append, commits run elsewhere, and a connection whose commit
// is under way is not read. Every wait is bounded by AcceptorLimits, the answer to the peer by `write_deadline`.
// TCP_NODELAY and TCP_QUICKACK are set, else an unmodified sender waits 40 ms for each acknowledgement.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/flow/dimse_ports.h"
#include "server/flow/ports.h"
#include "server/ul/acceptor.h"

namespace inferad::net {

struct DicomServerOptions {
  std::string address = "127.0.0.1";   // IP address to listen on
  std::uint16_t port = 11112;          // 0 = the system chooses
  std::size_t associations_max = 200;  // more are rejected (2/3/2, temporary)
  std::size_t connections_max = 600;   // with those that have not asked for an association yet; more are closed
  std::size_t read_bytes = 128 << 10;  // buffer of a connection
  std::chrono::milliseconds write_deadline{30'000};
  std::chrono::milliseconds linger{2'000};  // for the peer to close after our last word
  ul::AcceptorLimits limits;
};

// Who may call. Called on the network threads, several at a time; must not wait.
class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  virtual bool address_allowed(std::string_view ip) const = 0;  // asked before a byte is read
  // nullopt: admitted. AE titles are valid and without padding.
  virtual std::optional<ul::AssociateRj> admit(std::string_view calling_ae, std::string_view called_ae,
                                               std::string_view ip) const = 0;
  // Of a caller that was admitted.
  virtual ul::Services services(std::string_view /*calling_ae*/, std::string_view /*ip*/) const { return {}; }
};

// What metrics and log want to know; called on any thread, must not wait. All of it is optional.
class DicomServerObserver {
 public:
  virtual ~DicomServerObserver() = default;
  // After the last byte of a connection. `end`: a word of ul::to_string(Closed::Reason), "address_refused",
  // "too_many_connections", or "connection_lost".
  virtual void connection_ended(std::string_view /*end*/, std::string_view /*ip*/) {}
  virtual void association_accepted(std::string_view /*calling_ae*/, std::string_view /*ip*/) {}
  // One C-STORE was answered. `duration`: from the command to the response.
  virtual void object_answered(std::uint16_t /*status*/, std::uint64_t /*bytes*/,
                               std::chrono::milliseconds /*duration*/) {}
  virtual void echo_answered() {}
};

class DicomServer {
 public:
  // On success the port is open and associations are taken. `intake`, `policy`, `observer` and `messages` (which may be
  // null) must outlive the server. invalid_input: the address is none; unavailable: the port is taken or not ours to
  // open.
  static Result<std::unique_ptr<DicomServer>> start(DicomServerOptions options, flow::IntakePort& intake,
                                                    const AdmissionPolicy& policy, DicomServerObserver* observer,
                                                    flow::MessagePort* messages = nullptr);
  struct Impl;
  explicit DicomServer(std::unique_ptr<Impl> impl);  // start() makes one
  ~DicomServer();                                    // stop(0)

  std::uint16_t port() const;
  std::size_t open_associations() const;
  std::size_t open_connections() const;

  // New associations are rejected (2/3/1, congestion) from now on, or taken again: at the hard floor of the disk.
  void set_refusing(bool refusing);

  // Stops listening, lets associations finish for at most `grace`, aborts the rest, waits for commits under way (the
  // sinks must complete them). Idempotent. Not from a callback.
  void stop(std::chrono::milliseconds grace);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferad::net
