// SPDX-License-Identifier: Apache-2.0
#include "server/net/http_server.h"

#include <catch2/catch.hpp>
#include <thread>

#include "server/base/clock.h"
#include "tests/unit/net/http/raw_client.h"

namespace inferad::net {

TEST_CASE("GET, HEAD and POST are answered, with the security headers") {
  EchoHandler handler;
  const auto server = start_server(handler);
  const auto get = ask(*server, "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(get) == 200);
  CHECK(get.ends_with("\r\n\r\nGET /a ? b=c "));
  CHECK(get.find("Content-Security-Policy: default-src 'self'") != std::string::npos);
  CHECK(get.find("X-Content-Type-Options: nosniff") != std::string::npos);
  CHECK(get.find("Cache-Control: no-store") != std::string::npos);
  CHECK(get.find("Access-Control") == std::string::npos);

  const auto head = ask(*server, "HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(head.find("Content-Length: 10\r\n") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));

  const auto post = ask(*server, "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(post.ends_with("POST /a ?  body"));
  const auto chunked =
      ask(*server,
          "POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n");
  CHECK(chunked.ends_with("POST /a ?  body"));
}

TEST_CASE("a connection is kept for several requests, also sent at once") {
  EchoHandler handler;
  const auto server = start_server(handler);
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.say("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(status_of(client.hear("GET /x ?  ")) == 200);
  }
  client.say("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(client.hear("GET /1 ?  ")) == 200);
  CHECK(status_of(client.hear("GET /2 ?  ")) == 200);
  CHECK(server->counts().requests == 5);
  CHECK(server->counts().connections == 1);
}

TEST_CASE("a foreign Host is refused before the handler sees the request") {
  EchoHandler handler;
  const auto server = start_server(handler, {.hostnames = {"ai.example"}});
  CHECK(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: ai.example\r\n\r\n")) == 200);
  CHECK(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")) == 421);
  CHECK(status_of(ask(*server, "GET / HTTP/1.1\r\n\r\n")) == 400);
  CHECK(ask(*server, "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 400 "));
  CHECK(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")) == 400);
  CHECK(status_of(ask(*server, "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 400);
  CHECK(server->counts().refused == 5);
}

TEST_CASE("a POST from another site is refused") {
  EchoHandler handler;
  const auto server = start_server(handler);
  const auto post = [&](const std::string& origin) {
    return status_of(
        ask(*server, "POST / HTTP/1.1\r\nHost: localhost:1\r\nOrigin: " + origin + "\r\nContent-Length: 0\r\n\r\n"));
  };
  CHECK(post("http://localhost:1") == 200);
  CHECK(post("http://evil.example") == 403);
  CHECK(post("null") == 403);
}

TEST_CASE("other methods and compressed bodies are refused") {
  EchoHandler handler;
  const auto server = start_server(handler);
  for (const std::string method : {"PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FLY"}) {
    INFO(method);
    const auto answer = ask(*server, method + " / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK((status_of(answer) == 405 || status_of(answer) == 400));
  }
  CHECK(ask(*server, "PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n").find("Allow: GET, HEAD, POST") != std::string::npos);
  CHECK(status_of(ask(*server,
                      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: "
                      "0\r\n\r\n")) == 415);
}

TEST_CASE("a handler that throws costs one answer, and its words stay inside") {
  EchoHandler handler;
  const auto server = start_server(handler);
  const auto answer = ask(*server, "GET /throw HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(answer) == 500);
  CHECK(answer.find("secret") == std::string::npos);
  CHECK(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 200);
}

TEST_CASE("a taken port and an address that is none are told apart") {
  EchoHandler handler;
  const auto server = start_server(handler);
  HttpOptions options;
  options.port = server->port();
  const auto taken = HttpServer::start(options, handler);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == Errc::unavailable);
  options.address = "everywhere";
  const auto wrong = HttpServer::start(options, handler);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Errc::invalid_input);
}

TEST_CASE("stop lets an answer under way be written and ends what is idle") {
  EchoHandler handler;
  const auto server = start_server(handler);
  RawClient idle(server->port()), busy(server->port());
  idle.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(idle.hear("GET / ?  ")) == 200);
  busy.say("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
  busy.hear("\r\n\r\n");
  std::size_t got = 0;
  std::thread reader([&] { got = busy.hear().size(); });
  const auto before = steady_now();
  server->stop();
  CHECK(steady_now() - before < std::chrono::seconds(5));
  reader.join();
  CHECK(got == 8 << 20);
  CHECK(idle.hear().empty());
  CHECK(idle.ended());
  server->stop();  // again
}

}  // namespace inferad::net
