// SPDX-License-Identifier: Apache-2.0
// Server-sent events.
#include <catch2/catch.hpp>
#include <thread>

#include "server/base/clock.h"
#include "tests/unit/net/http/raw_client.h"

namespace inferad::net {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kFollow = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

template <class Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return false;
}

}  // namespace

TEST_CASE("what is published reaches every follower, in order") {
  EchoHandler handler;
  const auto server = start_server(handler);
  RawClient first(server->port()), second(server->port());
  for (auto* client : {&first, &second}) {
    client->say(kFollow);
    const auto hello = client->hear("event: hello\ndata: {}\n\n");
    CHECK(status_of(hello) == 200);
    CHECK(hello.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(hello.find("Content-Security-Policy") != std::string::npos);
  }
  for (int i = 0; i < 100; ++i) server->publish("changed", "{\"study\":" + std::to_string(i) + "}");
  for (auto* client : {&first, &second}) {
    for (int i = 0; i < 100; ++i)
      CHECK(client->hear("\n\n") == "event: changed\ndata: {\"study\":" + std::to_string(i) + "}\n\n");
  }
  CHECK(server->counts().streams == 2);
}

TEST_CASE("a quiet stream has a heartbeat") {
  EchoHandler handler;
  HttpOptions options;
  options.heartbeat = milliseconds(50);
  const auto server = start_server(handler, options);
  RawClient client(server->port());
  client.say(kFollow);
  client.hear("event: hello\ndata: {}\n\n");
  CHECK(client.hear("\n\n").starts_with("event: heartbeat\n"));
  CHECK(client.hear("\n\n").starts_with("event: heartbeat\n"));
}

TEST_CASE("a follower that goes away frees its place") {
  EchoHandler handler;
  HttpOptions options;
  options.streams_max = 1;
  const auto server = start_server(handler, options);
  {
    RawClient client(server->port());
    client.say(kFollow);
    client.hear("event: hello\ndata: {}\n\n");
    CHECK(status_of(ask(*server, kFollow)) == 503);
  }
  REQUIRE(soon([&] { return server->counts().streams == 0; }));
  RawClient next(server->port());
  next.say(kFollow);
  CHECK(status_of(next.hear("event: hello\ndata: {}\n\n")) == 200);
}

TEST_CASE("HEAD of a stream does not open one") {
  EchoHandler handler;
  const auto server = start_server(handler);
  CHECK(status_of(ask(*server, "HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 503);
  CHECK(server->counts().streams == 0);
}

TEST_CASE("a follower that does not read is cut off, and publishing never waits for it") {
  EchoHandler handler;
  HttpOptions options;
  options.stream_queue_max = 16;
  const auto server = start_server(handler, options);
  RawClient slow(server->port()), good(server->port());
  for (auto* client : {&slow, &good}) {
    client->say(kFollow);
    client->hear("event: hello\ndata: {}\n\n");
  }
  const std::string data(64 << 10, 'x');
  std::thread reader([&] { good.hear("the end\n\n"); });
  auto longest = milliseconds(0);
  for (int i = 0; i < 2000 && server->counts().streams_dropped == 0; ++i) {
    const auto before = steady_now();
    server->publish("changed", data);
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(steady_now() - before));
    std::this_thread::sleep_for(milliseconds(2));  // as fast as the good one reads
  }
  CHECK(server->counts().streams_dropped >= 1);
  CHECK(longest < milliseconds(1000));
  CHECK(soon([&] { return server->counts().streams == 1; }));
  server->publish("changed", "the end");
  reader.join();
}

TEST_CASE("stop ends the streams") {
  EchoHandler handler;
  const auto server = start_server(handler);
  RawClient client(server->port());
  client.say(kFollow);
  client.hear("event: hello\ndata: {}\n\n");
  const auto before = steady_now();
  server->stop();
  CHECK(steady_now() - before < std::chrono::seconds(2));
  client.hear();
  CHECK(client.ended());
}

}  // namespace inferad::net
