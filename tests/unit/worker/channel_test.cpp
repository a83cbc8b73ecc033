// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

namespace inferad::worker {
namespace {

struct Ends {
  Ends() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    peer.reset(fds[0]);
    own.reset(fds[1]);
  }
  void send(std::string_view bytes) const {
    REQUIRE(write(peer.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  UniqueFd peer, own;
};

TEST_CASE("lines come one by one, however the bytes arrive") {
  Ends ends;
  Channel channel(std::move(ends.own));
  ends.send("one\ntwo\nth");
  CHECK(channel.read_line().value() == "one");
  CHECK(channel.read_line().value() == "two");
  ends.send("ree\n\n");
  CHECK(channel.read_line().value() == "three");
  CHECK(channel.read_line().value() == "");
  ends.send("unfinished");
  ends.peer.reset();
  CHECK(channel.read_line().value() == std::nullopt);
}

TEST_CASE("a line without end is refused at the limit") {
  Ends ends;
  Channel channel(std::move(ends.own));
  ends.send(std::string(kLineMax + 1, 'x'));
  const auto line = channel.read_line();
  REQUIRE_FALSE(line);
  CHECK(line.error().code == Errc::invalid_input);
}

TEST_CASE("writing to a peer that is gone is an error, not a signal") {
  std::signal(SIGPIPE, SIG_IGN);
  Ends ends;
  Channel channel(std::move(ends.own));
  CHECK(channel.write_line("{}"));
  char bytes[8];
  CHECK(read(ends.peer.get(), bytes, sizeof bytes) == 3);
  ends.peer.reset();
  CHECK(channel.write_line("{}").error().code == Errc::unavailable);
}

}  // namespace
}  // namespace inferad::worker
