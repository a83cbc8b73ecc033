// SPDX-License-Identifier: Apache-2.0
// Downloads from a scripted server on loopback: each connection gets the next answer.
#include "server/net/download.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "server/base/hash.h"
#include "server/base/unique_fd.h"

namespace inferad::net {
namespace {

namespace fs = std::filesystem;

// Answers one request a connection, then closes it.
class Server {
 public:
  explicit Server(std::vector<std::string> answers)
      : answers_(std::move(answers)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/model.pt";
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  // What was asked; call when the download is over.
  const std::vector<std::string>& requests() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return requests_;
  }
  std::string url;

 private:
  void run() {
    for (const auto& answer : answers_) {
      const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
      if (!connection) return;
      std::string request;
      char buffer[1024];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const auto count = ::recv(connection.get(), buffer, sizeof buffer, 0);
        if (count <= 0) break;
        request.append(buffer, static_cast<std::size_t>(count));
      }
      requests_.push_back(request);
      ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  std::vector<std::string> answers_, requests_;
  UniqueFd listener_;
  std::thread thread_;
};

struct Case {
  Case() {
    std::string name = (fs::temp_directory_path() / "inferad-download-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    for (int i = 0; i < 200'000; ++i) content += static_cast<char>('a' + i % 23);
    what.to = folder / "model.pt";
    what.size_bytes = content.size();
    what.sha256 = sha256_hex(content);
    what.attempts = 3;
    for (const char* one : {"http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) ::unsetenv(one);
  }
  ~Case() { fs::remove_all(folder); }

  std::string whole() const { return answer("200 OK", content, content.size()); }
  // The bytes from `start` on, as an answer to a request with Range.
  std::string rest(std::size_t start) const {
    const auto range = "Content-Range: bytes " + std::to_string(start) + "-" + std::to_string(content.size() - 1) +
                       "/" + std::to_string(content.size()) + "\r\n";
    return answer("206 Partial Content", content.substr(start), content.size() - start, range);
  }
  static std::string answer(const std::string& status, const std::string& body, std::size_t length,
                            const std::string& fields = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(length) + "\r\n" + fields +
           "Connection: close\r\n\r\n" + body;
  }
  Status run(const std::string& from) {
    what.from = from;
    return download(what, [this](std::uint64_t bytes) { seen = bytes; });
  }
  std::string file(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }
  bool has(const std::string& name) const { return fs::exists(folder / name); }

  fs::path folder;
  std::string content;
  Download what;
  std::uint64_t seen = 0;
};

bool asks_range(const std::string& request, std::size_t start) {
  return request.find("Range: bytes=" + std::to_string(start) + "-") != std::string::npos;
}

}  // namespace

TEST_CASE("a download is there under its name when all of it is right") {
  Case it;
  Server server({it.whole()});
  const auto done = it.run(server.url);
  if (!done) FAIL(done.error().what);
  CHECK(it.file("model.pt") == it.content);
  CHECK_FALSE(it.has("model.pt.part"));
  CHECK(it.seen == it.content.size());
  CHECK(server.requests().at(0).starts_with("GET /model.pt HTTP/1.1"));
}

TEST_CASE("a connection that breaks is taken up where it stopped") {
  Case it;
  Server server({Case::answer("200 OK", it.content.substr(0, 70'000), it.content.size()), it.rest(70'000)});
  REQUIRE(it.run(server.url));
  CHECK(it.file("model.pt") == it.content);
  REQUIRE(server.requests().size() == 2);
  CHECK(asks_range(server.requests()[1], 70'000));
}

TEST_CASE("what an earlier call got is used by the next one") {
  Case it;
  it.what.attempts = 1;
  {
    Server server({Case::answer("200 OK", it.content.substr(0, 50'000), it.content.size())});
    const auto broken = it.run(server.url);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == Errc::unavailable);
    CHECK(it.file("model.pt.part").size() == 50'000);
    CHECK_FALSE(it.has("model.pt"));
  }
  Server server({it.rest(50'000)});
  REQUIRE(it.run(server.url));
  CHECK(asks_range(server.requests().at(0), 50'000));
  CHECK(it.file("model.pt") == it.content);
}

TEST_CASE("a server without ranges sends everything again") {
  Case it;
  std::ofstream(it.folder / "model.pt.part") << it.content.substr(0, 1000);
  Server server({it.whole(), it.whole()});
  const auto done = it.run(server.url);
  if (!done) FAIL(done.error().what);
  CHECK(it.file("model.pt") == it.content);
}

TEST_CASE("other bytes, more bytes and fewer bytes are refused and not kept") {
  Case it;
  auto other = it.content;
  other[5] = '!';
  const auto more = it.content + "x", fewer = it.content.substr(1);
  for (const auto& body : {other, more, fewer}) {
    Server server({Case::answer("200 OK", body, body.size())});
    const auto done = it.run(server.url);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::refused);
    CHECK_FALSE(it.has("model.pt"));
    CHECK_FALSE(it.has("model.pt.part"));
  }
}

TEST_CASE("answers that say no are told, and asked again only when that may help") {
  Case it;
  it.what.attempts = 2;
  const auto error_of = [&](const std::string& status, std::size_t requests) {
    Server server({Case::answer(status, "no", 2), Case::answer(status, "no", 2)});
    const auto done = it.run(server.url);
    REQUIRE_FALSE(done);
    CHECK(server.requests().size() == requests);
    CHECK_FALSE(it.has("model.pt.part"));
    return done.error().code;
  };
  CHECK(error_of("404 Not Found", 1) == Errc::not_found);
  CHECK(error_of("403 Forbidden", 1) == Errc::refused);
  CHECK(error_of("503 Service Unavailable", 2) == Errc::unavailable);
  it.what.attempts = 1;
  CHECK(it.run("http://127.0.0.1:1/x").error().code == Errc::unavailable);
}

TEST_CASE("a redirection is followed, but not to a file of this machine") {
  Case it;
  Server target({it.whole()});
  Server server({Case::answer("302 Found", "", 0, "Location: " + target.url + "\r\n")});
  REQUIRE(it.run(server.url));
  fs::remove(it.folder / "model.pt");
  Server evil({Case::answer("302 Found", "", 0, "Location: file:///etc/passwd\r\n")});
  CHECK_FALSE(it.run(evil.url));
  CHECK_FALSE(it.has("model.pt"));
}

TEST_CASE("a proxy of the environment is used") {
  Case it;
  Server proxy({it.whole()});
  const auto address = proxy.url.substr(0, proxy.url.rfind('/'));
  ::setenv("http_proxy", address.c_str(), 1);
  const auto done = it.run("http://models.example/model.pt");
  ::unsetenv("http_proxy");
  if (!done) FAIL(done.error().what);
  CHECK(proxy.requests().at(0).starts_with("GET http://models.example/model.pt HTTP/1.1"));
  CHECK(it.file("model.pt") == it.content);
}

TEST_CASE("a mirror may be a folder") {
  Case it;
  std::ofstream(it.folder / "mirror.pt") << it.content;
  REQUIRE(it.run((it.folder / "mirror.pt").string()));
  CHECK(it.file("model.pt") == it.content);
  fs::remove(it.folder / "model.pt");
  std::ofstream(it.folder / "mirror.pt") << "other";
  CHECK(it.run((it.folder / "mirror.pt").string()).error().code == Errc::refused);
  CHECK(it.run((it.folder / "nowhere").string()).error().code == Errc::not_found);
  CHECK_FALSE(it.has("model.pt.part"));
}

}  // namespace inferad::net
