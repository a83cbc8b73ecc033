// SPDX-License-Identifier: Apache-2.0
// A peer that plays one connection as a test tells it, right or wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <thread>

#include "server/base/unique_fd.h"
#include "server/flow/ports.h"
#include "server/ul/dimse.h"
#include "server/ul/pdu.h"

namespace inferad::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A socket on a free port of loopback; `listening` or only bound (then the port is taken and refuses).
inline UniqueFd bound_socket(std::uint16_t& port, bool listening) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = loopback(0);
  socklen_t size = sizeof address;
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  if (listening) ::listen(fd.get(), 8);
  port = ntohs(address.sin_port);
  return fd;
}

class ScriptedPeer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;

  explicit ScriptedPeer(Script script) : listener_(bound_socket(peer.port, true)) {
    peer.name = "pacs", peer.ae_title = "PACS", peer.host = "127.0.0.1", peer.our_ae_title = "INFERAD";
    thread_ = std::jthread([this, script = std::move(script)](std::stop_token) {
      set_connection(::accept(listener_.get(), nullptr, nullptr));
      if (connection_) script(*this);
    });
  }
  ~ScriptedPeer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    const std::lock_guard lock(mutex_);
    if (connection_) ::shutdown(connection_.get(), SHUT_RDWR);
  }

  void send(const ul::Bytes& bytes) { (void)!::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void send(std::string_view text) { (void)!::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  void respond(const ul::Command& command, ul::ByteView data_set = {}, std::uint8_t context = 1) {
    ul::Bytes out;
    ul::append_fragments(out, context, ul::PdvKind::command, ul::encode_command(command), 16384);
    if (command.has_data_set()) ul::append_fragments(out, context, ul::PdvKind::data, data_set, 16384);
    send(out);
  }
  // One whole PDU with its header; empty when the connection ended.
  ul::Bytes read_pdu() {
    ul::Bytes pdu(ul::kPduHeaderBytes);
    if (!read_all(pdu.data(), pdu.size())) return {};
    ul::Cursor cursor(pdu);
    cursor.skip(2);
    pdu.resize(ul::kPduHeaderBytes + cursor.u32());
    if (!read_all(pdu.data() + ul::kPduHeaderBytes, pdu.size() - ul::kPduHeaderBytes)) return {};
    return pdu;
  }
  // Takes the association; the first `accepted` contexts in their first transfer syntax, the rest not.
  void accept_association(std::size_t accepted = 128) {
    const auto pdu = read_pdu();
    const auto request = ul::decode_associate_rq(ul::ByteView(pdu).subspan(ul::kPduHeaderBytes));
    if (!request) return;
    ul::AssociateAc answer;
    answer.called_ae = request->called_ae, answer.calling_ae = request->calling_ae;
    for (const auto& context : request->contexts) {
      const bool take = answer.contexts.size() < accepted;
      answer.contexts.push_back({context.id,
                                 take ? ul::ContextResult::accepted : ul::ContextResult::abstract_syntax_unknown,
                                 context.transfer_syntaxes.front()});
    }
    answer.user.pdu_bytes_max = 16384;
    answer.user.implementation_class_uid = "1.2.3";
    send(ul::encode(answer));
  }
  // Reads P-DATA-TFs up to the one that ends a data set. False when the connection ended.
  bool read_message() {
    for (;;) {
      const auto pdu = read_pdu();
      if (pdu.empty() || pdu[0] != std::byte{4}) return false;
      if ((pdu[11] & std::byte{3}) == std::byte{2}) return true;  // last fragment, of data
    }
  }
  void wait_for_end() {
    while (!read_pdu().empty()) {
    }
  }
  void close() { set_connection(-1); }

  flow::DicomPeer peer;

 private:
  // The script's thread alone changes it; the destructor of another thread looks at it.
  void set_connection(int fd) {
    const std::lock_guard lock(mutex_);
    connection_.reset(fd);
  }
  bool read_all(std::byte* out, std::size_t bytes) {
    return bytes == 0 || ::recv(connection_.get(), out, bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes);
  }
  UniqueFd listener_, connection_;
  std::mutex mutex_;
  std::jthread thread_;  // joins before the sockets go
};

}  // namespace inferad::test
