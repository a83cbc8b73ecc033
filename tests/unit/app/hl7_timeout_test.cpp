// SPDX-License-Identifier: Apache-2.0
// The whole way of an HL7 message out of the node, with a receiver that accepts the connection and then says nothing.
#include <fstream>
#include <mutex>
#include <thread>

#include "server/config/settings.h"
#include "server/dicom/worklist_files.h"
#include "server/flow/outbox.h"
#include "server/net/dicom_client.h"
#include "server/net/mail_sender.h"
#include "server/net/mllp_client.h"
#include "server/net/web_sender.h"
#include "tests/unit/flow/flow_support.h"
#include "tests/unit/net/client/scripted_peer.h"

using namespace inferad;
using namespace inferad::flow::testing;

namespace {

constexpr const char* kMessage = "MSH|^~\\&|INFERAD|HOSP|RIS|HOSP|20261125120000||OMI^O23|CTRL1|P|2.5.1\r";
constexpr const char* kAccepted = "\x0bMSH|^~\\&|RIS|||||ACK|1|P|2.5.1\rMSA|AA|CTRL1\r\x1c\r";

// Reads what it is sent; acknowledges from the `silent_times` + 1st connection on.
class Receiver {
 public:
  explicit Receiver(int silent_times)
      : listener_(test::bound_socket(port, true)), thread_([this, silent_times](const std::stop_token& stop) {
          for (int number = 1; !stop.stop_requested(); ++number) {
            const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
            if (connection) serve(connection.get(), number > silent_times);
          }
        }) {}
  ~Receiver() {
    thread_.request_stop();
    ::shutdown(listener_.get(), SHUT_RDWR);
  }
  struct Heard {
    std::string text;
    SteadyTime began, ended;
  };
  std::vector<Heard> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  std::uint16_t port = 0;

 private:
  void serve(int connection, bool acknowledge) {
    Heard heard{{}, steady_now(), {}};
    char buffer[4096];
    for (ssize_t count = 0; (count = ::recv(connection, buffer, sizeof buffer, 0)) > 0;) {
      heard.text.append(buffer, static_cast<std::size_t>(count));
      if (acknowledge && heard.text.ends_with("\x1c\r"))
        (void)!::send(connection, kAccepted, std::strlen(kAccepted), MSG_NOSIGNAL);
    }
    heard.ended = steady_now();
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(heard));
  }

  UniqueFd listener_;
  mutable std::mutex mutex_;
  std::vector<Heard> heard_;
  std::jthread thread_;
};

config::Settings settings_for(const Node& node, std::uint16_t port, int timeout_s) {
  const auto file = node.folder.path() / "inferad.json";
  std::ofstream(file) << fmt::format(
      R"({{"retry": {{"first_s": 1, "max_s": 1, "jitter": 0}},
           "hl7": [{{"name": "ris", "host": "127.0.0.1", "port": {}, "timeout_s": {}}}]}})",
      port, timeout_s);
  Problems problems;
  auto settings = config::read_settings(file, problems);
  REQUIRE(problems.empty());
  return settings;
}

std::int64_t queue_message(Node& node) {
  const auto study = node.study_with_job("1.1");
  PriorityDecision decision;
  decision.level = Level::stat;
  const std::vector<store::NewDelivery> messages{{"ris", "HL7", "", kMessage, "", "", ""}};
  REQUIRE(must(node.ledger->record_findings(must(node.ledger->lease_job(wall_now()))->id, "{}", decision, messages,
                                            wall_now())));
  return study;
}

}  // namespace

TEST_CASE("a receiver that accepts and never acknowledges is left after timeout_s, and gets the same message again") {
  Node node;
  Receiver receiver(2);
  const auto settings = settings_for(node, receiver.port, 1);
  const auto study = queue_message(node);
  net::DicomClient dicom;
  net::MllpClient hl7;
  net::CurlWebSender web;
  dicom::DcmtkWorklistFiles files;
  net::CurlMailSender mail;
  flow::Outbox outbox(*node.ledger, dicom, {hl7, web, files, mail}, settings, node.bells, node.metrics, node.changed());
  outbox.start();
  std::string error;
  const auto delivery = [&] { return node.detail(study).deliveries.at(0); };
  for (int i = 0; i < 3'000 && delivery().state != DeliveryState::delivered; ++i) {
    if (const auto last = delivery().last_error; !last.empty()) error = last;
    std::this_thread::sleep_for(Millis(10));
  }
  CHECK(delivery().state == DeliveryState::delivered);
  CHECK(delivery().attempts == 3);
  CHECK_THAT(error, Catch::Contains("ris"));
  for (int i = 0; i < 500 && receiver.heard().size() < 3; ++i) std::this_thread::sleep_for(Millis(10));
  const auto heard = receiver.heard();
  REQUIRE(heard.size() == 3);
  for (const auto& each : heard) CHECK(each.text == "\x0b" + std::string(kMessage) + "\x1c\r");
  for (int i = 0; i < 2; ++i) {
    const auto held = heard[static_cast<std::size_t>(i)].ended - heard[static_cast<std::size_t>(i)].began;
    CHECK(held > Millis(900));
    CHECK(held < Millis(8'000));  // the built-in default is 30 s
  }
}

TEST_CASE("while a receiver keeps us waiting, the end of the node does not") {
  Node node;
  Receiver receiver(100);
  const auto settings = settings_for(node, receiver.port, 60);
  const auto study = queue_message(node);
  const auto began = steady_now();
  {
    net::DicomClient dicom;
    net::MllpClient hl7;
    net::CurlWebSender web;
    dicom::DcmtkWorklistFiles files;
    net::CurlMailSender mail;
    flow::Outbox outbox(*node.ledger, dicom, {hl7, web, files, mail}, settings, node.bells, node.metrics,
                        node.changed());
    outbox.start();
    for (int i = 0; i < 3'000 && node.detail(study).deliveries.at(0).state != DeliveryState::sending; ++i)
      std::this_thread::sleep_for(Millis(10));
  }
  CHECK(steady_now() - began < Millis(20'000));
  CHECK(node.detail(study).deliveries.at(0).state == DeliveryState::waiting);
  CHECK(node.detail(study).deliveries.at(0).attempts == 0);
}
