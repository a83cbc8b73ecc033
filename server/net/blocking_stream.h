// SPDX-License-Identifier: Apache-2.0
// A TCP connection for a thread that may wait: each call has an absolute deadline and ends early when stop is
// requested. TCP_NODELAY is set. After an error the connection is closed, except after a read that met its deadline:
// then a last word can still be written. Not thread-safe; the stop token may be triggered from any thread.
//
// Errors: unavailable (cannot resolve, connect, or the connection broke), timeout, cancelled.
// Limitations: resolving a host name that is no address cannot be interrupted; give peers as addresses where the
// name server may hang.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "server/base/clock.h"
#include "server/base/result.h"
#include "server/flow/ports.h"

namespace inferad::net {

class BlockingStream {
 public:
  explicit BlockingStream(std::stop_token stop);
  ~BlockingStream();  // closes
  BlockingStream(const BlockingStream&) = delete;
  BlockingStream& operator=(const BlockingStream&) = delete;

  Status connect(const std::string& host, std::uint16_t port, SteadyTime deadline);
  // After connect: TLS from here on, both sides with a certificate; see net/tls.h. invalid_input: a file is not usable.
  Status start_tls(const flow::TlsFiles& files, const std::string& host, SteadyTime deadline);
  Status write(std::span<const std::byte> bytes, SteadyTime deadline);  // all of it
  // What has come, at least one byte; 0 when the peer closed its side.
  Result<std::size_t> read(std::span<std::byte> out, SteadyTime deadline);
  bool has_input() const;  // read() would not wait; without TLS
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace inferad::net
