// SPDX-License-Identifier: Apache-2.0
// Senders that are too many, too slow, too large, or gone.
#include "tests/unit/net/dicom/listening.h"

namespace inferad::net {
namespace {

using namespace testing;
using ul::testing::echo;
using ul::testing::made_data;
using ul::testing::store;

ul::Bytes half_object() {
  auto bytes = store(made_data(40'000));
  bytes.resize(bytes.size() - 10'000);
  return bytes;
}

TEST_CASE("associations over the limit are rejected for now, and taken when one has ended") {
  auto options = on_any_port();
  options.associations_max = 2;
  Listening node(options);
  Sender first(node.server->port()), second(node.server->port());
  REQUIRE(first.associate());
  REQUIRE(second.associate());
  CHECK(Sender(node.server->port()).rejection() == ul::kRejectLocalLimit);
  CHECK(node.server->open_associations() == 2);
  REQUIRE(first.release());
  CHECK(soon([&] { return node.server->open_associations() == 1; }));
  CHECK(Sender(node.server->port()).associate());
}

TEST_CASE("a node that refuses says congestion, and takes associations again later") {
  Listening node;
  node.server->set_refusing(true);
  CHECK(Sender(node.server->port()).rejection() == ul::kRejectCongestion);
  node.server->set_refusing(false);
  CHECK(Sender(node.server->port()).associate());
}

TEST_CASE("connections over the limit, and from addresses not allowed, end without a word") {
  auto options = on_any_port();
  options.connections_max = 1;
  Listening node(options);
  Sender first(node.server->port());
  REQUIRE(first.associate());
  Sender second(node.server->port());
  CHECK(second.hears_end());
  CHECK(soon([&] { return node.watcher.ends("too_many_connections") == 1; }));
  REQUIRE(first.say(echo(1)));
  CHECK(first.hear_status() == 0);

  Listening closed;
  closed.door.open = false;
  Sender stranger(closed.server->port());
  CHECK(stranger.hears_end());
  CHECK(closed.watcher.ends("address_refused") == 1);
}

TEST_CASE("who trickles its request is cut off, and others are served meanwhile") {
  auto options = on_any_port();
  options.limits.request_deadline = Millis(2000);
  Listening node(options);
  Sender silent(node.server->port()), trickling(node.server->port());
  const auto request = ul::encode(ul::testing::made_request());
  bool alive = true;
  std::size_t said = 0;
  const auto began = std::chrono::steady_clock::now();
  while (alive && said < request.size() - 1 && std::chrono::steady_clock::now() - began < 20s) {
    alive = trickling.say({request[said++]});
    if (said == 5) CHECK(Sender(node.server->port()).associate());
    std::this_thread::sleep_for(20ms);
    if (node.watcher.ends("timeout") == 2) break;
  }
  CHECK(soon([&] { return node.watcher.ends("timeout") == 2; }));
  CHECK(said < request.size() - 1);
  CHECK(silent.hear_type() == 7);
  CHECK(silent.hears_end());
  CHECK(node.server->open_associations() == 0);
}

TEST_CASE("a connection that is lost inside an object leaves nothing") {
  Listening node;
  Sender sender(node.server->port());
  REQUIRE(sender.associate());
  REQUIRE(sender.say(half_object()));
  REQUIRE(soon([&] { return node.intake.opened == 1; }));
  sender.hang_up();
  CHECK(soon([&] { return node.watcher.ends("connection_lost") == 1; }));
  CHECK(node.intake.dropped == 1);
  CHECK(node.intake.stored().empty());
  CHECK(node.intake.ended().size() == 1);
  CHECK(node.intake.released == 0);
  CHECK(node.server->open_associations() == 0);
  CHECK(node.watcher.answers(0) == 0);
}

TEST_CASE("an object that stands still is cut off") {
  auto options = on_any_port();
  options.limits.rate_window = Millis(300);
  options.limits.rate_bytes_per_second_min = 1 << 20;
  Listening node(options);
  Sender sender(node.server->port());
  REQUIRE(sender.associate());
  REQUIRE(sender.say(half_object()));
  CHECK(sender.hear_type() == 7);
  CHECK(sender.hears_end());
  CHECK(soon([&] { return node.watcher.ends("too_slow") == 1; }));
  CHECK(node.intake.dropped == 1);
  CHECK(node.intake.stored().empty());
}

TEST_CASE("an object over the size limit is answered A700 and dropped, and the association goes on") {
  auto options = on_any_port();
  options.limits.object_bytes_max = 100'000;
  Listening node(options);
  Sender sender(node.server->port());
  REQUIRE(sender.associate());
  REQUIRE(sender.say(store(made_data(100'001))));
  CHECK(sender.hear_status() == 0xA700);
  CHECK(node.intake.dropped == 1);
  CHECK(node.intake.stored().empty());
  REQUIRE(sender.say(store(made_data(100'000), 16384, 2)));
  CHECK(sender.hear_status() == 0);
  CHECK(node.intake.stored().size() == 1);
}

TEST_CASE("who never reads our answers is cut off at the write deadline, and others are served meanwhile") {
  const bool stores = GENERATE(false, true);
  auto options = on_any_port();
  options.write_deadline = 1s;
  Listening node(options);
  Sender deaf(node.server->port(), 4096), other(node.server->port());
  REQUIRE(deaf.associate());
  REQUIRE(other.associate());
  const auto message = stores ? store(made_data(64)) : echo(1);
  std::atomic<bool> cut = false;
  std::jthread talking([&] {
    while (deaf.say(message)) {
    }
    cut = true;
  });
  for (std::uint16_t id = 1; !cut && id < 3'000; ++id) {
    REQUIRE(other.say(echo(id)));
    REQUIRE(other.hear_status() == 0);
    std::this_thread::sleep_for(10ms);
  }
  CHECK(cut);
  CHECK(soon([&] { return node.watcher.ends("timeout") == 1; }));
  CHECK(soon([&] { return node.server->open_associations() == 1; }));
  CHECK(node.intake.dropped <= 1);
  CHECK(other.release());
  talking.join();
  CHECK(static_cast<int>(node.intake.stored().size()) >= node.watcher.answers(0));  // what was answered is kept
}

TEST_CASE("other protocols hear an abort and the end") {
  Listening node;
  for (const std::string_view probe : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x01"}) {
    const auto bytes = ul::as_bytes(probe);
    Sender sender(node.server->port());
    REQUIRE(sender.say(ul::Bytes(bytes.begin(), bytes.end())));
    CHECK(sender.hear_type() == 7);
    CHECK(sender.hears_end());
  }
  CHECK(soon([&] { return node.watcher.ends("protocol_error") == 2; }));
}

}  // namespace
}  // namespace inferad::net
