// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 for the pages, the API and server-sent events (Boost.Beast behind it). Two threads of its own.
// Everything has a limit; a request that breaks one gets 400, 403, 405, 408, 413, 421, 431 or 503 and the connection
// ends. Host must be a loopback name, an IP address or a configured name (DNS rebinding); a POST from a foreign Origin
// is refused; no CORS header is ever sent; each response carries a strict Content-Security-Policy. Plain text only:
// beyond loopback put a TLS proxy in front.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/core/http.h"

namespace inferad::net {

struct HttpOptions {
  std::string address = "127.0.0.1";   // IP address to listen on
  std::uint16_t port = 8080;           // 0 = the system chooses
  std::vector<std::string> hostnames;  // further names that browsers may call us by
  std::size_t header_bytes_max = 16 << 10;
  std::size_t body_bytes_max = 1 << 20;
  std::size_t connections_max = 256;
  std::size_t streams_max = 192;                // of these, server-sent event clients
  std::size_t stream_queue_max = 256;           // events a slow client may be behind before it is cut off
  std::chrono::milliseconds deadline{30'000};   // for a whole request (from the first wait), and for a whole response
  std::chrono::milliseconds heartbeat{15'000};  // `event: heartbeat` on idle streams
};

class HttpServer {
 public:
  // On success the port is open and requests are answered. `handler` must outlive the server.
  // invalid_input: the address is none; unavailable: the port is taken or not ours to open.
  static Result<std::unique_ptr<HttpServer>> start(HttpOptions options, HttpHandler& handler);
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);  // start() makes one
  ~HttpServer();                                    // stop()

  std::uint16_t port() const;

  // Sends `event` with one line of `data` to every stream. Thread-safe, never waits; a client that is too far behind is
  // cut off (it reconnects and reads afresh).
  void publish(std::string_view event, std::string_view data);

  // Stops listening, ends streams, lets responses under way finish for at most `grace`. Idempotent. Not from a handler.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(2000));

  struct Counts {
    std::size_t connections = 0, streams = 0;
    std::uint64_t requests = 0, refused = 0, streams_dropped = 0;
  };
  Counts counts() const;  // for metrics

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferad::net
