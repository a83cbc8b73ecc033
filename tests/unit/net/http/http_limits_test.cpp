// SPDX-License-Identifier: Apache-2.0
// What a hostile or broken client can do to the HTTP server: get its answer, or lose its connection.
#include <catch2/catch.hpp>
#include <thread>

#include "server/base/clock.h"
#include "tests/unit/net/http/raw_client.h"

namespace inferad::net {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("too much header, too much body, and what is no HTTP get their status") {
  EchoHandler handler;
  HttpOptions options;
  options.header_bytes_max = 4096;
  options.body_bytes_max = 1000;
  const auto server = start_server(handler, options);
  CHECK(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(5000, 'x') + "\r\n\r\n")) ==
        431);
  CHECK(status_of(ask(*server, "GET /" + std::string(5000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 431);
  const std::string post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";
  CHECK(status_of(ask(*server, post + "1000\r\n\r\n" + std::string(1000, 'x'))) == 200);
  CHECK(status_of(ask(*server, post + "1001\r\n\r\n" + std::string(1001, 'x'))) == 413);
  CHECK(status_of(ask(*server, post + "99999999999999999999999\r\n\r\n")) == 400);
  CHECK(status_of(ask(*server, post + "-1\r\n\r\n")) == 400);
  CHECK(status_of(ask(*server, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7D0\r\n" +
                                   std::string(2000, 'x') + "\r\n0\r\n\r\n")) == 413);
  for (const std::string garbage : {"\x16\x03\x01\x02\x00\x01", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                                    "\r\n\r\n\r\n\r\nx\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n"}) {
    INFO(garbage);
    const int status = status_of(ask(*server, garbage + std::string(64, '\0')));
    CHECK((status == 400 || status == 0));
  }
  CHECK(status_of(ask(*server, kGet)) == 200);
}

TEST_CASE("contradicting lengths are refused (request smuggling)") {
  EchoHandler handler;
  const auto server = start_server(handler);
  CHECK(status_of(ask(*server,
                      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n"
                      "abcde")) == 400);
  CHECK(status_of(ask(*server,
                      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n0\r\n\r\n")) == 400);
}

TEST_CASE("the connection after the limit is told so, and a freed place is used again") {
  EchoHandler handler;
  HttpOptions options;
  options.connections_max = 2;
  const auto server = start_server(handler, options);
  {
    RawClient first(server->port()), second(server->port());
    for (auto* client : {&first, &second}) {
      client->say(kGet);
      CHECK(status_of(client->hear("GET / ?  ")) == 200);
    }
    RawClient third(server->port());
    CHECK(status_of(third.hear()) == 503);
  }
  for (int i = 0; i < 100 && server->counts().connections > 0; ++i) std::this_thread::sleep_for(milliseconds(20));
  CHECK(status_of(ask(*server, kGet)) == 200);
}

TEST_CASE("a client that trickles its request is cut off at the deadline") {
  EchoHandler handler;
  HttpOptions options;
  options.deadline = milliseconds(300);
  const auto server = start_server(handler, options);
  RawClient client(server->port());
  const auto before = steady_now();
  for (const char c : std::string(kGet).substr(0, kGet.size() - 1)) {
    if (!client.say(std::string(1, c))) break;
    std::this_thread::sleep_for(milliseconds(50));
  }
  client.hear();
  CHECK(client.ended());
  CHECK(steady_now() - before < milliseconds(8000));
  RawClient silent(server->port());
  silent.hear();
  CHECK(silent.ended());
}

TEST_CASE("a client that does not read its answer is cut off at the deadline") {
  EchoHandler handler;
  HttpOptions options;
  options.deadline = milliseconds(300);
  const auto server = start_server(handler, options);
  RawClient client(server->port());
  client.say("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(client.hear("\r\n\r\n")) == 200);
  CHECK(server->counts().connections == 1);
  for (int i = 0; i < 200 && server->counts().connections > 0; ++i) std::this_thread::sleep_for(milliseconds(20));
  CHECK(server->counts().connections == 0);
}

}  // namespace inferad::net
