// SPDX-License-Identifier: Apache-2.0
// The HL7 listener over plain TCP and over TLS with certificates of openssl, against our sender and against nonsense.
#include "server/net/mllp_server.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <mutex>

#include "server/net/mllp_client.h"
#include "server/worklist/hl7_answer.h"
#include "server/worklist/hl7_message.h"
#include "tests/support/child_process.h"
#include "tests/unit/net/client/scripted_peer.h"

using namespace inferad;
using namespace inferad::net;
using namespace std::chrono_literals;

namespace {

// Accepts all, as the sender asks.
class Clerk final : public flow::Hl7Receiver {
 public:
  std::vector<std::string> receive(const std::string& message) override {
    const auto read = worklist::Hl7Message::parse(message, [](auto bytes, const auto&) { return std::string(bytes); });
    const std::lock_guard lock(mutex_);
    taken_.push_back(message);
    if (!read) return {worklist::hl7_unreadable("no", wall_now())};
    return worklist::hl7_answers(worklist::hl7_header(*read), {}, wall_now());
  }
  void connection_ended(std::string_view how) override {
    const std::lock_guard lock(mutex_);
    ends_.emplace_back(how);
  }
  std::size_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_.size();
  }
  bool ended(const std::string& how) const {
    for (int i = 0; i < 200; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (std::find(ends_.begin(), ends_.end(), how) != ends_.end()) return true;
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> taken_, ends_;
};

struct Listening {
  explicit Listening(MllpServerOptions options = {}) {
    options.port = 0;
    auto started = MllpServer::start(std::move(options), clerk);
    if (!started) FAIL(started.error().what);
    server = *std::move(started);
    peer.port = server->port();
  }
  Clerk clerk;
  std::unique_ptr<MllpServer> server;
  flow::Hl7Peer peer{"node", "127.0.0.1", 0, std::chrono::seconds(5)};
};

std::string message(const std::string& id, const std::string& conditions = "") {
  return "MSH|^~\\&|RIS|H|INFERAD|H|20261125101500||ORM^O01|" + id + "|P|2.3.1" + conditions + "\rPID|1||4711\r";
}

std::string code(const Result<std::string>& answer) {
  if (!answer) return answer.error().what;
  return worklist::parse_acknowledgement(*answer)->code;
}

// A CA and certificates of it, made by openssl.
class Certificates {
 public:
  Certificates() {
    std::string name = (std::filesystem::temp_directory_path() / "inferad-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    for (const char* ca : {"ca", "other"}) {
      run(std::string("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=") + ca +
          " -keyout " + at(ca, "key") + " -out " + at(ca, "crt"));
    }
    issue("node", "ca");
    issue("ris", "ca");
    issue("stranger", "other");
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  flow::TlsFiles of(const char* who, const char* ca = "ca") const {
    return {at(who, "crt"), at(who, "key"), at(ca, "crt")};
  }

 private:
  std::string at(const std::string& who, const char* what) const { return (folder_ / (who + "." + what)).string(); }
  void issue(const std::string& who, const std::string& ca) {
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + who +
        " -addext subjectAltName=IP:127.0.0.1 -keyout " + at(who, "key") + " -out " + at(who, "csr"));
    run("x509 -req -days 2 -copy_extensions copy -in " + at(who, "csr") + " -CA " + at(ca, "crt") + " -CAkey " +
        at(ca, "key") + " -CAcreateserial -out " + at(who, "crt"));
  }
  void run(const std::string& arguments) {
    const auto status = std::system(("openssl " + arguments + " >/dev/null 2>&1").c_str());
    INFO(arguments);
    REQUIRE(status == 0);
  }
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("our sender and our listener understand each other in original and enhanced mode") {
  Listening node;
  CHECK(code(MllpClient().send(node.peer, message("1"), {})) == "AA");
  CHECK(code(MllpClient().send(node.peer, message("2", "|||AL|AL"), {})) == "AA");  // after CA
  CHECK(code(MllpClient().send(node.peer, message("3", "|||AL|NE"), {})) == "CA");
  CHECK(node.clerk.taken() == 3);
  CHECK(node.clerk.ended("closed"));
}

TEST_CASE("a commit accept without the application acknowledgement that was asked for is an acceptance") {
  test::ScriptedPeer engine([](auto& peer) {
    peer.send("\x0BMSH|^~\\&|||||1||ACK|1|P|2.5.1\rMSA|CA|7\r\x1C\r");
    peer.wait_for_end();
  });
  flow::Hl7Peer peer{"engine", "127.0.0.1", engine.peer.port, std::chrono::seconds(1)};
  CHECK(code(MllpClient().send(peer, message("7", "|||AL|AL"), {})) == "CA");
}

TEST_CASE("an application error after the commit accept is an error") {
  test::ScriptedPeer engine([](auto& peer) {
    peer.send(
        "\x0BMSH|^~\\&|||||1||ACK|1|P|2.5.1\rMSA|CA|7\r\x1C\r\x0BMSH|^~\\&|||||1||ACK|2|P|2.5.1|||AL|NE\rMSA|AE|"
        "7\r\x1C\r");
    peer.wait_for_end();
  });
  flow::Hl7Peer peer{"engine", "127.0.0.1", engine.peer.port, std::chrono::seconds(5)};
  CHECK(code(MllpClient().send(peer, message("7", "|||AL|AL"), {})) == "AE");
}

TEST_CASE("nonsense, frames without end, strangers and crowds end their connection only") {
  MllpServerOptions options;
  options.frame_bytes_max = 5000;
  options.connections_max = 1;
  options.idle_deadline = 300ms;
  options.address_allowed = [](std::string_view ip) { return ip == "127.0.0.1"; };
  Listening node(std::move(options));
  const auto connect = [&] {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = test::loopback(node.peer.port);
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  };
  const auto send = [](const UniqueFd& fd, const std::string& bytes) {
    (void)!::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  };
  {
    const auto first = connect();
    send(first, "GET / HTTP/1.1\r\n\r\n");
    const auto second = connect();
    CHECK(node.clerk.ended("too_many_connections"));
    CHECK(node.clerk.ended("too_slow"));
  }
  const auto endless = connect();
  send(endless, "\x0BMSH|" + std::string(20'000, 'x'));
  CHECK(node.clerk.ended("frame_too_long"));
  CHECK(code(MllpClient().send(node.peer, message("1"), {})) == "AA");
  options = {};
  options.address_allowed = [](std::string_view) { return false; };
  Listening closed(std::move(options));
  CHECK(code(MllpClient().send(closed.peer, message("1"), {})) != "AA");
  CHECK(closed.clerk.ended("address_refused"));
  CHECK(closed.clerk.taken() == 0);
  node.server->stop();
  CHECK(MllpClient().send(node.peer, message("2"), {}).error().code == Errc::unavailable);
}

TEST_CASE("over TLS both sides show a certificate of the CA; nobody else gets a word in") {
  const Certificates certificates;
  MllpServerOptions options;
  options.tls = certificates.of("node");
  Listening node(std::move(options));
  const auto with = [&](std::optional<flow::TlsFiles> files) {
    node.peer.tls = std::move(files);
    return code(MllpClient().send(node.peer, message("1"), {}));
  };
  CHECK(with(certificates.of("ris")) == "AA");
  CHECK(node.clerk.taken() == 1);
  CHECK(with(certificates.of("stranger")) != "AA");      // a foreign CA signed it
  CHECK(with(certificates.of("ris", "other")) != "AA");  // we do not know the CA of the node
  CHECK(with(std::nullopt) != "AA");                     // plain text
  CHECK(node.clerk.ended("tls_refused"));
  CHECK(node.clerk.taken() == 1);
  node.peer.host = "localhost";  // the certificate names 127.0.0.1
  CHECK(with(certificates.of("ris")) != "AA");
  node.peer.host = "127.0.0.1";
  const auto port = std::to_string(node.peer.port);
  const auto no_certificate =
      std::system(("printf '\\013MSH|^~\\\\&|A\\r\\034\\r' | openssl s_client -quiet -connect 127.0.0.1:" + port +
                   " >/dev/null 2>&1")
                      .c_str());
  (void)no_certificate;
  CHECK(node.clerk.taken() == 1);
  const auto old = std::system(
      ("openssl s_client -tls1_1 -cipher ALL:@SECLEVEL=0 -connect 127.0.0.1:" + port + " </dev/null >/dev/null 2>&1")
          .c_str());
  CHECK(WEXITSTATUS(old) != 0);
  CHECK(with(certificates.of("ris")) == "AA");
  MllpServerOptions broken;
  broken.port = 0;
  broken.tls = certificates.of("node");
  broken.tls->key = certificates.of("ris").key;
  CHECK(MllpServer::start(broken, node.clerk).error().code == Errc::invalid_input);
}

TEST_CASE("a sender over IPv4 at an IPv6 socket has its IPv4 address") {
  MllpServerOptions options;
  options.address = "::ffff:127.0.0.1";
  options.address_allowed = [](std::string_view ip) { return ip == "127.0.0.1"; };
  Listening node(options);
  CHECK(code(MllpClient().send(node.peer, message("1"), {})) == "AA");
}

TEST_CASE("a port that cannot be opened is told apart from an address that is none") {
  Listening node;
  MllpServerOptions options;
  options.port = node.server->port();
  const auto taken = MllpServer::start(options, node.clerk);
  REQUIRE(!taken);
  CHECK(taken.error().code == Errc::unavailable);
  CHECK(taken.error().what.find("cannot listen for HL7 on 127.0.0.1 port ") == 0);

  options.address = "localhost";
  const auto nowhere = MllpServer::start(options, node.clerk);
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == Errc::invalid_input);
  CHECK(nowhere.error().what.find("\"localhost\"") != std::string::npos);
}
