// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/net/dicom/listening.h"

namespace inferad::net {
namespace {

using namespace testing;
using ul::testing::echo;
using ul::testing::kCt;
using ul::testing::kInstance;
using ul::testing::made_data;
using ul::testing::store;

TEST_CASE("an object arrives bit for bit, with who sent it") {
  Listening node;
  Sender sender(node.server->port());
  REQUIRE(sender.associate());
  CHECK(node.server->open_associations() == 1);
  const auto data = made_data(300'001);
  REQUIRE(sender.say(store(data)));
  CHECK(sender.hear_status() == 0);
  const auto stored = node.intake.stored();
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].data == data);
  CHECK(stored[0].about.association != 0);
  CHECK(stored[0].about.calling_ae == "SENDER");
  CHECK(stored[0].about.called_ae == "INFERAD");
  CHECK(stored[0].about.peer_address == "127.0.0.1");
  CHECK(stored[0].about.sop_class_uid == kCt);
  CHECK(stored[0].about.sop_instance_uid == kInstance);
  CHECK(stored[0].about.transfer_syntax_uid == kExplicitVrLittleEndian);
  CHECK(sender.release());
  CHECK(sender.hears_end());
  CHECK(soon([&] { return node.watcher.ends("released") == 1; }));
  CHECK(node.intake.ended() == std::map<std::uint64_t, int>{{stored[0].about.association, 1}});
  CHECK(node.server->open_associations() == 0);
  CHECK(node.watcher.answers(0) == 1);
  CHECK(node.watcher.bytes() == 300'001);
  CHECK(node.intake.released == 1);
}

TEST_CASE("the sender hears what became of its object, and may go on") {
  const struct {
    std::optional<Error> open, append;
    std::uint16_t reply;
    int heard;
  } table[] = {
      {{}, {}, 0xA700, 0xA700},
      {{}, {}, 0xC000, 0xC000},
      {{}, {}, 0xA900, 0xA900},
      {Error{Errc::overload, "full"}, {}, 0, 0xA700},
      {Error{Errc::refused, "no"}, {}, 0, 0x0124},
      {Error{Errc::invalid_input, "bad"}, {}, 0, 0xC000},
      {{}, Error{Errc::io, "disk"}, 0, 0xA700},
  };
  for (const auto& row : table) {
    INFO("row " << &row - table);
    Listening node;
    node.intake.open_error = row.open;
    node.intake.append_error = row.append;
    node.intake.reply = row.reply;
    Sender sender(node.server->port());
    REQUIRE(sender.associate());
    REQUIRE(sender.say(store(made_data(50'000))));
    CHECK(sender.hear_status() == row.heard);
    REQUIRE(sender.say(echo(2)));
    CHECK(sender.hear_status() == 0);
    CHECK(node.intake.dropped == (row.append ? 1 : 0));
    CHECK(node.watcher.answers(row.heard) == 1);
  }
}

TEST_CASE("titles that the policy does not admit are rejected with its reason") {
  Listening node;
  auto request = ul::testing::made_request();
  request.called_ae = "SOMEONE";
  CHECK(Sender(node.server->port()).rejection(request) == ul::kRejectCalledAe);
  request = ul::testing::made_request();
  request.calling_ae = "STRANGER";
  Sender stranger(node.server->port());
  CHECK(stranger.rejection(request) == ul::kRejectCallingAe);
  CHECK(stranger.hears_end());
  CHECK(node.server->open_associations() == 0);
  CHECK(soon([&] { return node.watcher.ends("rejected") == 2; }));
  CHECK(node.intake.ended().empty());
}

TEST_CASE("objects of many senders at once, committed on other threads, are not mixed up") {
  constexpr std::size_t kSenders = 8, kObjects = 12;
  Listening node;
  std::atomic<std::size_t> good{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t s = 0; s < kSenders; ++s) {
      threads.emplace_back([&, s] {
        Sender sender(node.server->port());
        if (!sender.associate()) return;
        for (std::size_t i = 0; i < kObjects; ++i) {
          const auto data = ul::Bytes(20'000 + s, static_cast<std::byte>(s));
          if (sender.say(store(data, 4096, static_cast<std::uint16_t>(i))) && sender.hear_status() == 0) ++good;
        }
        sender.release();
      });
    }
  }
  CHECK(good == kSenders * kObjects);
  std::map<std::uint64_t, std::size_t> of_association;
  for (const auto& object : node.intake.stored()) {
    const std::size_t s = object.data.size() - 20'000;
    if (object.data != ul::Bytes(20'000 + s, static_cast<std::byte>(s))) FAIL_CHECK("an object was changed");
    ++of_association[object.about.association];
  }
  CHECK(of_association.size() == kSenders);
  for (const auto& [association, count] : of_association) CHECK(count == kObjects);
  CHECK(soon([&] { return node.intake.ended().size() == kSenders; }));
}

TEST_CASE("a port that is taken and an address that is none are errors at the start") {
  Listening node;
  auto options = on_any_port();
  options.port = node.server->port();
  const auto taken = DicomServer::start(options, node.intake, node.door, nullptr);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == Errc::unavailable);
  options.address = "localhost";
  const auto no_address = DicomServer::start(options, node.intake, node.door, nullptr);
  REQUIRE_FALSE(no_address);
  CHECK(no_address.error().code == Errc::invalid_input);
}

}  // namespace
}  // namespace inferad::net
