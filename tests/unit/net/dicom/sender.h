// SPDX-License-Identifier: Apache-2.0
// A sender that says exactly what a test tells it, over a blocking socket with patience of 30 s.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <optional>

#include "tests/unit/net/client/scripted_peer.h"
#include "tests/unit/ul/scenes.h"

namespace inferad::net::testing {

class Sender {
 public:
  // receive_buffer 0: as the system likes.
  explicit Sender(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{30, 0};
    if (receive_buffer != 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto where = test::loopback(port);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
  }

  bool connected() const { return connected_; }
  bool say(const ul::Bytes& bytes) {  // false: the connection has ended
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto count = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }
  // The next whole PDU; empty at the end of the connection.
  ul::Bytes hear() {
    ul::Bytes head = receive(ul::kPduHeaderBytes);
    if (head.empty()) return {};
    ul::Cursor cursor(head);
    cursor.skip(2);
    ul::testing::append(head, receive(cursor.u32()));
    return head;
  }
  bool hears_end() { return hear().empty() && ended_; }
  int hear_type() {
    const auto pdu = hear();
    return pdu.empty() ? 0 : std::to_integer<int>(pdu[0]);
  }
  int hear_status() {  // of a response; -1: something else came
    const auto pdu = hear();
    if (pdu.size() <= ul::kFragmentHeaderBytes || pdu[0] != std::byte{4}) return -1;
    const auto command = ul::decode_command(ul::ByteView(pdu).subspan(ul::kFragmentHeaderBytes));
    return command ? command->status : -1;
  }
  bool associate() { return say(ul::encode(ul::testing::made_request())) && hear_type() == 2; }
  std::optional<ul::AssociateRj> rejection(const ul::AssociateRq& request = ul::testing::made_request()) {
    if (!say(ul::encode(request))) return std::nullopt;
    const auto pdu = hear();
    if (pdu.empty() || pdu[0] != std::byte{3}) return std::nullopt;
    return ul::decode_associate_rj(ul::testing::body_of(pdu)).value_or(ul::AssociateRj{0, 0, 0});
  }
  bool release() { return say(ul::encode_release_rq()) && hear_type() == 6; }
  void hang_up() { fd_.reset(); }

 private:
  ul::Bytes receive(std::size_t count) {  // empty: the end
    ul::Bytes out(count);
    std::size_t have = 0;
    while (have < count) {
      const auto got = ::recv(fd_.get(), out.data() + have, count - have, 0);
      if (got <= 0) {
        ended_ = got == 0 || errno == ECONNRESET;
        return {};
      }
      have += static_cast<std::size_t>(got);
    }
    return out;
  }

  UniqueFd fd_;
  bool connected_ = false, ended_ = false;
};

}  // namespace inferad::net::testing
