// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/net/dicom/listening.h"

namespace inferad::net {
namespace {

using namespace testing;
using ul::testing::made_data;
using ul::testing::store;

TEST_CASE("a graceful stop lets an association finish its object and takes no other") {
  Listening node;
  node.intake.hold_commits = true;
  const auto port = node.server->port();
  Sender sender(port), unassociated(port);
  REQUIRE(sender.associate());
  REQUIRE(sender.say(store(made_data(1000))));
  REQUIRE(soon([&] { return node.intake.held_commits() == 1 && node.server->open_connections() == 2; }));
  std::atomic<bool> stopped{false};
  std::jthread stopping([&] {
    node.server->stop(60s);
    stopped = true;
  });
  CHECK(unassociated.hear_type() == 7);
  CHECK(soon([&] { return !Sender(port).connected(); }));
  CHECK_FALSE(stopped);
  node.intake.finish_commits();
  CHECK(sender.hear_status() == 0);
  CHECK_FALSE(stopped);
  CHECK(sender.release());
  sender.hang_up();
  stopping.join();
  CHECK(node.intake.stored().size() == 1);
  CHECK(node.watcher.ends("released") == 1);
  CHECK(node.server->open_connections() == 0);
}

TEST_CASE("a stop without grace aborts, but waits for commits under way") {
  Listening node;
  node.intake.hold_commits = true;
  Sender committing(node.server->port()), idle(node.server->port());
  REQUIRE(committing.associate());
  REQUIRE(idle.associate());
  REQUIRE(committing.say(store(made_data(1000))));
  REQUIRE(soon([&] { return node.intake.held_commits() == 1; }));
  std::atomic<bool> stopped{false};
  std::jthread stopping([&] {
    node.server->stop(0ms);
    stopped = true;
  });
  CHECK(idle.hear_type() == 7);
  CHECK(idle.hears_end());
  CHECK(committing.hear_type() == 7);
  CHECK(soon([&] { return node.intake.ended().size() == 1; }));
  CHECK_FALSE(stopped);
  node.intake.finish_commits();
  stopping.join();
  CHECK(node.intake.stored().size() == 1);
  CHECK(node.intake.ended().size() == 2);
  for (const auto& [association, times] : node.intake.ended()) CHECK(times == 1);
  node.server->stop(0ms);
}

TEST_CASE("a sender that goes while its object is committed does not disturb the commit") {
  Listening node;
  node.intake.hold_commits = true;
  Sender sender(node.server->port());
  REQUIRE(sender.associate());
  REQUIRE(sender.say(store(made_data(1000))));
  REQUIRE(soon([&] { return node.intake.held_commits() == 1; }));
  sender.hang_up();
  CHECK(node.intake.ended().empty());
  node.intake.finish_commits();
  CHECK(soon([&] { return node.intake.ended().size() == 1; }));
  CHECK(node.intake.stored().size() == 1);
  CHECK(node.intake.dropped == 0);
}

}  // namespace
}  // namespace inferad::net
