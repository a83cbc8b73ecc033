// SPDX-License-Identifier: Apache-2.0
// One HTTP request to a node on this machine, for the command line (Boost.Beast behind it). Blocking.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/base/result.h"

namespace inferad::net {

struct HttpCall {
  std::string address = "127.0.0.1";  // IP address
  std::uint16_t port = 8080;
  std::string method = "GET";                 // or "POST"
  std::string target = "/";                   // path and query
  std::chrono::milliseconds timeout{10'000};  // for everything together
  std::size_t body_bytes_max = 64 << 20;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// Any status is an answer. unavailable: nobody listens there, or the connection broke; timeout; invalid_input: what
// came back is not HTTP, or is too large.
Result<HttpAnswer> http_call(const HttpCall& call);

}  // namespace inferad::net
