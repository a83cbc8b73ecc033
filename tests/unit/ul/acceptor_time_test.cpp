// SPDX-License-Identifier: Apache-2.0
// Deadlines and the minimum rate of the acceptor, with a clock that the test moves.
#include <catch2/catch.hpp>

#include "tests/unit/ul/scenes.h"
#include "tests/unit/ul/transcript.h"

namespace inferad::ul {
namespace {

using namespace testing;
using std::chrono::seconds;

constexpr SteadyTime kStart{};

struct Clocked {
  // Moves the clock, tells the acceptor, and lets it speak.
  void at(seconds time) {
    driver.now = kStart + time;
    acceptor.expire(driver.now);
    REQUIRE(driver.feed({}));
  }
  void hear(const Bytes& bytes) { REQUIRE(driver.feed(bytes)); }
  const std::string& last() const { return driver.out.lines.back(); }

  Acceptor acceptor{AcceptorLimits{}, [](const AssociateRq&) { return std::nullopt; }, kStart};
  Driver driver{acceptor};
};

Bytes begun(std::size_t data) {
  return pdu_of(
      3, {{3, encode_command(store_request(1, std::string(kCt), std::string(kInstance)))}, {0, made_data(data)}});
}

TEST_CASE("a connection must ask for its association in time, whatever it trickles") {
  Clocked scene;
  const Bytes hello = encode(made_request());
  for (std::size_t i = 0; i < 29; ++i) {
    scene.hear({hello[i]});
    scene.at(seconds(i + 1));
  }
  CHECK(scene.driver.out.lines.empty());
  scene.at(seconds(30));
  CHECK(scene.last() == "closed timeout");
}

TEST_CASE("an idle association ends, one that says something does not") {
  Clocked scene;
  scene.hear(encode(made_request()));
  scene.at(seconds(59));
  scene.hear(echo(1));
  scene.at(seconds(118));
  CHECK_FALSE(scene.driver.out.closed);
  CHECK(scene.acceptor.deadline() == kStart + seconds(119));
  scene.at(seconds(119));
  CHECK(scene.last() == "closed timeout");
  CHECK(scene.driver.out.sent.size() >= 10);
  CHECK(scene.acceptor.deadline() == SteadyTime::max());
}

TEST_CASE("a PDU that has begun must be complete in time") {
  Clocked scene;
  scene.hear(encode(made_request()));
  scene.at(seconds(10));
  scene.hear({std::byte{4}});
  scene.at(seconds(39));
  CHECK_FALSE(scene.driver.out.closed);
  scene.at(seconds(40));
  CHECK(scene.last() == "closed timeout");
}

TEST_CASE("an object that trickles is cut off, one at the minimum rate is not") {
  for (const bool fast : {false, true}) {
    Clocked scene;
    scene.hear(encode(made_request()));
    scene.hear(begun(10));
    for (int second = 1; second <= 29; ++second) {
      scene.at(seconds(second));
      scene.hear(pdu_of(3, {{0, made_data(fast ? 9000 : 7000)}}));
    }
    scene.at(seconds(30));
    CHECK(scene.driver.out.closed == !fast);
    CHECK(scene.last() == (fast ? "begin " + std::string(kCt) + " " + std::string(kInstance) + " " +
                                      std::string(kExplicitVrLittleEndian)
                                : "closed too_slow"));
    CHECK(scene.driver.out.objects.empty());
  }
}

TEST_CASE("a sender pays nothing for the time that our disk takes") {
  Acceptor acceptor(
      AcceptorLimits{}, [](const AssociateRq&) { return std::nullopt; }, kStart);
  const Bytes all = joined({encode(made_request()), store(made_data(20))});
  ByteView rest(all);
  for (;;) {
    auto step = acceptor.step(rest, kStart);
    rest = rest.subspan(step.consumed);
    if (std::holds_alternative<NeedReply>(step.action)) break;
    REQUIRE_FALSE(std::holds_alternative<NeedInput>(step.action));
  }
  CHECK(acceptor.deadline() == SteadyTime::max());
  acceptor.expire(kStart + seconds(1000));
  CHECK(std::holds_alternative<NeedReply>(acceptor.step({}, kStart).action));
  acceptor.reply(0, "", kStart + seconds(1000));
  CHECK(std::holds_alternative<Answered>(acceptor.step({}, kStart).action));
  CHECK(acceptor.deadline() == kStart + seconds(1060));
}

TEST_CASE("at shutdown an association is aborted once") {
  Clocked scene;
  scene.hear(encode(made_request()));
  scene.acceptor.abort();
  scene.acceptor.abort();
  scene.hear({});
  CHECK(scene.driver.out.lines == std::vector<std::string>{"accepted", "send 2", "send 7", "closed local_abort"});
}

}  // namespace
}  // namespace inferad::ul
