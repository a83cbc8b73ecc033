// SPDX-License-Identifier: Apache-2.0
#include "server/net/http_rules.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace inferad::net {

TEST_CASE("loopback names, addresses and configured names may be called; others are DNS rebinding") {
  const std::vector<std::string> names = {"ai.hospital.example"};
  for (const auto host : {"localhost", "localhost:8080", "LOCALHOST", "x.localhost:1", "127.0.0.1", "127.0.0.1:8080",
                          "[::1]", "[::1]:8080", "10.1.2.3:80", "ai.hospital.example", "AI.Hospital.Example:8443"}) {
    INFO(host);
    CHECK(host_allowed(host, names));
  }
  for (const auto host : {"", ":80", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.1",
                          "[::1", "[::1]x", "[]", "localhost:", "localhost:x", "localhost:123456", "localhost:80:80",
                          "ai.hospital.example.", "evil localhost", "ai.hospital.example@evil"}) {
    INFO(host);
    CHECK_FALSE(host_allowed(host, names));
  }
}

TEST_CASE("an origin is ours when it names the host that was called") {
  CHECK(same_origin("http://127.0.0.1:8080", "127.0.0.1:8080"));
  CHECK(same_origin("https://AI.example", "ai.example"));
  for (const auto origin : {"null", "", "http://127.0.0.1:8081", "http://evil", "127.0.0.1:8080",
                            "file://127.0.0.1:8080", "http://127.0.0.1:8080.evil", "http://127.0.0.1:8080/"}) {
    INFO(origin);
    CHECK_FALSE(same_origin(origin, "127.0.0.1:8080"));
  }
  CHECK_FALSE(same_origin("http://", ""));
}

TEST_CASE("a target is a path and a query of printable ASCII") {
  Target target;
  REQUIRE(split_target("/a/b?c=d?e", target));
  CHECK(target.path == "/a/b");
  CHECK(target.query == "c=d?e");
  REQUIRE(split_target("/", target));
  CHECK(target.path == "/");
  CHECK(target.query.empty());
  for (const auto bad : {"", "*", "a", "http://x/", "?q", "/a b", "/\xC3\xA4", "/a\tb", "/\x7F"}) {
    INFO(bad);
    CHECK_FALSE(split_target(bad, target));
  }
}

TEST_CASE("an event cannot be split by its data") {
  CHECK(event_frame("changed", "{\"study\":1}") == "event: changed\ndata: {\"study\":1}\n\n");
  CHECK(event_frame("a\nb", "x\n\nevent: y\rz") == "event: a\ndata: x\ndata: \ndata: event: y\ndata: z\n\n");
}

TEST_CASE("the content policy lets nothing from outside in, and nothing inline") {
  const auto headers = security_headers();
  const auto policy = std::find_if(headers.begin(), headers.end(),
                                   [](const auto& header) { return header.first == "Content-Security-Policy"; });
  REQUIRE(policy != headers.end());
  CHECK(policy->second.find("default-src 'self'") != std::string_view::npos);
  CHECK(policy->second.find("unsafe") == std::string_view::npos);
  CHECK(error_body("io", "a \"b\"\n") == "{\"error\":{\"code\":\"io\",\"message\":\"a \\\"b\\\"\\n\"}}\n");
}

}  // namespace inferad::net
