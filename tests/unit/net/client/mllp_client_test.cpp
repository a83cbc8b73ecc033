// SPDX-License-Identifier: Apache-2.0
// Against a real receiver (tests/support/mllp_listener.py) that can be told to misbehave.
#include "server/net/mllp_client.h"

#include <catch2/catch.hpp>
#include <thread>

#include "server/worklist/hl7_message.h"
#include "tests/support/child_process.h"

using namespace inferad;
using namespace inferad::net;
using namespace std::chrono_literals;

namespace {

class Receiver {
 public:
  explicit Receiver(std::vector<std::string> faults = {}) : process_(command(std::move(faults))) {
    const auto ready = process_.read_line();
    REQUIRE(ready.starts_with("ready "));
    peer.port = static_cast<std::uint16_t>(std::stoi(ready.substr(6)));
  }
  flow::Hl7Peer peer{"engine", "127.0.0.1", 0};

 private:
  static std::vector<std::string> command(std::vector<std::string> faults) {
    faults.insert(faults.begin(),
                  {"/usr/bin/python3", INFERAD_SUPPORT "/mllp_listener.py", "--port", "0", "--log", "/dev/null"});
    return faults;
  }
  test::ChildProcess process_;
};

std::string message(const std::string& id) {
  return "MSH|^~\\&|INFERAD|AI|RIS|HOSPITAL|20261125101500||OMI^O23^OMI_O23|" + id + "|P|2.5.1\rPID|1||4711\r";
}

std::string acknowledged(const Result<std::string>& answer) {
  REQUIRE(answer.has_value());
  const auto parsed = worklist::parse_acknowledgement(*answer);
  REQUIRE(parsed.has_value());
  return parsed->code + " " + parsed->control_id;
}

MllpOptions patient_for(Millis time) { return {.answer_deadline = time}; }

}  // namespace

TEST_CASE("a message is acknowledged, each with its own control id") {
  Receiver receiver;
  MllpClient client;
  CHECK(acknowledged(client.send(receiver.peer, message("A1"), {})) == "AA A1");
  CHECK(acknowledged(client.send(receiver.peer, message("A2"), {})) == "AA A2");
}

TEST_CASE("a refusal comes back as the receiver wrote it") {
  Receiver receiver({"--fail-first", "1", "--fail-code", "AE"});
  CHECK(acknowledged(MllpClient().send(receiver.peer, message("A1"), {})) == "AE A1");
  CHECK(acknowledged(MllpClient().send(receiver.peer, message("A2"), {})) == "AA A2");
}

TEST_CASE("a receiver that takes its time is waited for, a silent one until the deadline") {
  Receiver slow({"--delay", "0.3"});
  CHECK(acknowledged(MllpClient().send(slow.peer, message("A1"), {})) == "AA A1");
  Receiver silent({"--no-ack-first", "1"});
  const auto begin = steady_now();
  const auto answer = MllpClient(patient_for(300ms)).send(silent.peer, message("A1"), {});
  CHECK(answer.error().code == Errc::timeout);
  CHECK(steady_now() - begin < 2s);
  CHECK(acknowledged(MllpClient().send(silent.peer, message("A1"), {})) == "AA A1");
}

TEST_CASE("a receiver that drops the connection gave no acknowledgement") {
  Receiver receiver({"--drop-first", "1"});
  const auto answer = MllpClient().send(receiver.peer, message("A1"), {});
  CHECK(answer.error().code == Errc::unavailable);
  CHECK(answer.error().what.starts_with("engine: "));
  CHECK(acknowledged(MllpClient().send(receiver.peer, message("A1"), {})) == "AA A1");
}

TEST_CASE("acknowledgements of other messages are skipped") {
  Receiver receiver({"--stray-acks", "5"});
  CHECK(acknowledged(MllpClient().send(receiver.peer, message("A1"), {})) == "AA A1");
}

TEST_CASE("a receiver that closes after each answer does not disturb") {
  Receiver receiver({"--close-after-ack"});
  MllpClient client;
  for (const auto* id : {"A1", "A2", "A3"})
    CHECK(acknowledged(client.send(receiver.peer, message(id), {})) == "AA " + std::string(id));
}

TEST_CASE("nobody listens") {
  Receiver gone;
  auto peer = gone.peer;
  peer.port = 1;
  CHECK(MllpClient().send(peer, message("A1"), {}).error().code == Errc::unavailable);
  peer.host = "no-such-host.invalid";
  CHECK(MllpClient().send(peer, message("A1"), {}).error().code == Errc::unavailable);
}

TEST_CASE("stop ends the wait at once") {
  Receiver receiver({"--no-ack-first", "99"});
  std::stop_source stop;
  std::thread trigger([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const auto begin = steady_now();
  const auto answer = MllpClient().send(receiver.peer, message("A1"), stop.get_token());
  trigger.join();
  CHECK(answer.error().code == Errc::cancelled);
  CHECK(steady_now() - begin < 1s);
  CHECK(MllpClient().send(receiver.peer, message("A1"), stop.get_token()).error().code == Errc::cancelled);
}

TEST_CASE("a message without control id or with a framing character is not sent") {
  const flow::Hl7Peer nobody{"engine", "127.0.0.1", 1};
  CHECK(MllpClient().send(nobody, "MSH|^~\\&|A\r", {}).error().code == Errc::invalid_input);
  CHECK(MllpClient().send(nobody, message("A1") + "\x1C", {}).error().code == Errc::invalid_input);
}

TEST_CASE("one client serves several threads") {
  Receiver receiver({"--delay", "0.1"});
  MllpClient client;
  std::vector<std::thread> threads;
  std::atomic<int> accepted = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto answer = client.send(receiver.peer, message("T" + std::to_string(i)), {});
      if (answer && answer->find("MSA|AA|T" + std::to_string(i)) != std::string::npos) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(accepted == 8);
}
