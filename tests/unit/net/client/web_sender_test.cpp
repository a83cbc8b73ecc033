// SPDX-License-Identifier: Apache-2.0
// Requests to a real server: Python's http.server, with TLS from openssl.
#include "server/net/web_sender.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"

namespace inferad::net {
namespace {

namespace fs = std::filesystem;

struct Bench {
  Bench() {
    std::string name = (fs::temp_directory_path() / "inferad-web-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~Bench() { fs::remove_all(folder); }

  void start(std::vector<std::string> more) {
    std::vector<std::string> arguments{"/usr/bin/python3", INFERAD_SUPPORT "/web_receiver.py", "--log", folder / "log"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    server = std::make_unique<test::ChildProcess>(arguments);
    const auto line = server->read_line();
    REQUIRE(line.starts_with("ready "));
    port = line.substr(6);
  }
  flow::WebRequest request(const std::string& scheme = "http") const {
    flow::WebRequest out;
    out.peer = "hook";
    out.url = scheme + "://localhost:" + port + "/in";
    out.body = "{\"name\":\"Äsop\"}";
    out.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "k1"}};
    out.timeout = std::chrono::seconds(10);
    return out;
  }
  Result<flow::WebReply> send(const flow::WebRequest& what) { return CurlWebSender().send(what, {}); }

  fs::path folder;
  std::string port;
  std::unique_ptr<test::ChildProcess> server;
};

TEST_CASE("a request arrives as it was made, and the answer comes back with what the server asks for") {
  Bench bench;
  bench.start({"--answers", "201,503:7,302"});
  const auto first = bench.send(bench.request());
  REQUIRE(first);
  CHECK(first->status == 201);
  const auto second = bench.send(bench.request());
  REQUIRE(second);
  CHECK(second->status == 503);
  CHECK(second->retry_after == Millis(7000));
  const auto third = bench.send(bench.request());
  REQUIRE(third);
  CHECK(third->status == 302);  // not followed
  std::ifstream log(bench.folder / "log");
  std::string line;
  int requests = 0;
  while (std::getline(log, line)) {
    const auto seen = nlohmann::json::parse(line);
    CHECK(seen["method"] == "POST");
    CHECK(seen["path"] == "/in");
    CHECK(seen["headers"]["Idempotency-Key"] == "k1");
    CHECK(seen["headers"]["Content-Type"] == "application/json");
    CHECK(seen["body"] == bench.request().body);
    ++requests;
  }
  CHECK(requests == 3);
}

TEST_CASE("HTTPS is spoken only with whom our authority has certified") {
  Bench bench;
  for (const std::string name : {"ours", "theirs"}) {
    const auto key = (bench.folder / (name + ".key")).string(), certificate = (bench.folder / (name + ".crt")).string();
    test::ChildProcess openssl({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                                "-addext", "subjectAltName=DNS:localhost"});
    REQUIRE(openssl.wait() == 0);
  }
  bench.start({"--tls", bench.folder / "ours.crt", bench.folder / "ours.key"});
  auto request = bench.request("https");
  request.ca_file = bench.folder / "ours.crt";
  const auto reply = bench.send(request);
  REQUIRE(reply);
  CHECK(reply->status == 200);
  for (const auto& authority : {bench.folder / "theirs.crt", fs::path()}) {
    request.ca_file = authority;
    const auto refused = bench.send(request);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::unavailable);
    CHECK(refused.error().what.find("hook: ") == 0);
  }
  std::ifstream log(bench.folder / "log");
  std::string line;
  CHECK(std::getline(log, line));
  CHECK_FALSE(std::getline(log, line));  // the refused ones never sent their body
}

TEST_CASE("nobody there is told from one who does not answer, and a stop ends the wait") {
  Bench bench;
  bench.start({});
  auto request = bench.request();
  bench.server->end();
  const auto nobody = bench.send(request);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Errc::unavailable);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = CurlWebSender().send(request, stop.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::cancelled);
}

}  // namespace
}  // namespace inferad::net
