// SPDX-License-Identifier: Apache-2.0
// An HTTP client that says exactly what a test tells it to, over a blocking socket; and a handler that echoes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "server/base/unique_fd.h"
#include "server/net/http_server.h"

namespace inferad::net {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    timeval patience{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
  }

  bool say(std::string_view text) {  // false: the server ended the connection
    while (!text.empty()) {
      const auto sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end() { ::shutdown(fd_.get(), SHUT_WR); }

  // Everything until `stop` appears, or until the end of the connection.
  std::string hear(std::string_view stop = {}) {
    while (stop.empty() || heard_.find(stop) == std::string::npos) {
      char bytes[4096];
      const auto got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
      if (got <= 0) {
        ended_ = got == 0 || errno == ECONNRESET;
        return std::exchange(heard_, {});
      }
      heard_.append(bytes, static_cast<std::size_t>(got));
    }
    const auto end = heard_.find(stop) + stop.size();
    std::string out = heard_.substr(0, end);
    heard_.erase(0, end);
    return out;
  }
  bool ended() const { return ended_; }  // by the server, not by our patience
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string heard_;
  bool ended_ = false;
};

// Answers with the request; "/events" is a stream, "/big" eight megabytes, "/throw" throws.
struct EchoHandler final : HttpHandler {
  HttpResponse handle(const HttpRequest& request) override {
    if (request.path == "/events") return {200, "", "", {}, true};
    if (request.path == "/big") return {200, "text/plain", std::string(8 << 20, 'x'), {}, false};
    if (request.path == "/throw") throw std::runtime_error("secret " + request.path);
    return {
        200, "text/plain", request.method + " " + request.path + " ? " + request.query + " " + request.body, {}, false};
  }
};

inline std::unique_ptr<HttpServer> start_server(HttpHandler& handler, HttpOptions options = {}) {
  options.port = 0;
  auto server = HttpServer::start(std::move(options), handler);
  REQUIRE(server);
  return std::move(*server);
}

// One request on a connection of its own; the whole answer.
inline std::string ask(const HttpServer& server, std::string_view request) {
  RawClient client(server.port());
  client.say(request);
  client.end();
  return client.hear();
}

inline int status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}

}  // namespace inferad::net
