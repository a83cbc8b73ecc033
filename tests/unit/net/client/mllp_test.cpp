// SPDX-License-Identifier: Apache-2.0
#include "server/net/mllp.h"

#include <catch2/catch.hpp>

using namespace inferad;
using namespace inferad::net;

TEST_CASE("a frame stands between 0B and 1C 0D, and nothing may look like one inside") {
  CHECK(*mllp_frame("MSH|x\r") == "\x0BMSH|x\r\x1C\r");
  CHECK(mllp_frame("a\x1C").error().code == Errc::invalid_input);
  CHECK(mllp_frame("a\x0B").error().code == Errc::invalid_input);
}

TEST_CASE("messages come out whole however the stream is cut") {
  const std::string stream = "junk\x0BMSH|first\r\x1C\r\r\n\x0BMSH|second\r\x1C\rmore junk\x0Bnever finished";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    MllpReader reader(1000);
    std::vector<std::string> found;
    for (const auto& piece : {stream.substr(0, cut), stream.substr(cut)}) {
      REQUIRE(reader.feed(piece).has_value());
      while (auto message = reader.next()) found.push_back(*message);
    }
    CHECK(found == std::vector<std::string>{"MSH|first\r", "MSH|second\r"});
  }
}

TEST_CASE("a frame that begins anew is the one that counts") {
  MllpReader reader(1000);
  REQUIRE(reader.feed("\x0Bhalf a mess\x0Bwhole\x1C\r").has_value());
  CHECK(reader.next() == "whole");
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("a frame beyond the limit is refused, junk of any length is not kept") {
  MllpReader reader(100);
  for (int i = 0; i < 1000; ++i) REQUIRE(reader.feed(std::string(100, 'x')).has_value());
  REQUIRE(reader.feed("\x0B").has_value());
  REQUIRE(reader.feed(std::string(99, 'x')).has_value());
  CHECK(reader.feed("xx").error().code == Errc::invalid_input);
}

TEST_CASE("the control id of a message is MSH-10, whatever the separator") {
  CHECK(*message_control_id("MSH|^~\\&|A|B|C|D|20261125||OMI^O23|ID-7|P|2.5.1\rPID|1") == "ID-7");
  CHECK(*message_control_id("MSH#^~\\&#A#B#C#D#2026##OMI#ID-8") == "ID-8");
  CHECK_FALSE(message_control_id("MSH|^~\\&|A|B|C|D|20261125||OMI^O23||P|2.5.1\rPID|1").has_value());
  CHECK_FALSE(message_control_id("MSH|^~\\&|A\rPID|1|2|3|4|5|6|7|8|9|10").has_value());
  CHECK_FALSE(message_control_id("PID|1").has_value());
  CHECK_FALSE(message_control_id("").has_value());
}
