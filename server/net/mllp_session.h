// SPDX-License-Identifier: Apache-2.0
// One connection of the HL7 listener, on the strand of its socket. Internal to net/ (Asio in the header).
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/net/mllp.h"
#include "server/net/mllp_server.h"
#include "server/net/tls.h"

namespace inferad::net {

class MllpSession;

// What the connections of a server share. Thread-safe. Outlives every session.
class MllpHub {
 public:
  MllpHub(MllpServerOptions o, flow::Hl7Receiver& r) : options(std::move(o)), receiver(r) {}

  bool add(const std::shared_ptr<MllpSession>& session);  // false: at the limit, or stopping
  void remove(MllpSession* session);
  std::vector<std::shared_ptr<MllpSession>> begin_stop();
  std::size_t connections() const;

  const MllpServerOptions options;
  flow::Hl7Receiver& receiver;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain

 private:
  mutable std::mutex mutex_;
  std::map<MllpSession*, std::weak_ptr<MllpSession>> sessions_;
  bool stopping_ = false;
};

class MllpSession : public std::enable_shared_from_this<MllpSession> {
 public:
  MllpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<MllpHub> hub);
  ~MllpSession();

  void start();
  void stop();  // any thread

 private:
  using error_code = boost::system::error_code;

  void handshake();
  void read();
  void on_read(error_code error, std::size_t bytes);
  void take_next();
  void on_written(error_code error);
  void arm(std::chrono::milliseconds deadline);
  void end(std::string_view how);

  const std::shared_ptr<MllpHub> hub_;
  TlsOrPlain stream_;
  boost::asio::steady_timer timer_;
  MllpReader reader_;
  std::array<char, 16 * 1024> buffer_{};
  std::string out_;  // being written
  bool ended_ = false;
};

}  // namespace inferad::net
