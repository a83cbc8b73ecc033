// SPDX-License-Identifier: Apache-2.0
// The door of a TCP server: opens a port, hands on each connection with the address of its peer, and goes on when the
// process has no descriptor left. Internal to net/ (Asio in the header).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "server/base/result.h"

namespace inferad::net {

class Listener {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  // `ip`: text of the peer's address, an IPv4 one also where it came through an IPv6 socket; "" when it has gone
  // already. The socket has a strand of its own and TCP_NODELAY. Called by one thread of the io_context at a time.
  using OnConnection = std::function<void(Socket socket, std::string ip)>;

  // `protocol` is for words and log lines: "DICOM", "HTTP", "HL7". `io` outlives the listener, and no thread runs it
  // any more when that ends.
  Listener(boost::asio::io_context& io, std::string protocol);

  // On success the port is open and nothing is accepted yet; port 0: the system chooses. invalid_input: not an IP
  // address, or none of this machine; unavailable: the port is taken or not ours to open.
  Status open(const std::string& address, std::uint16_t port);
  void start(OnConnection on_connection);
  void stop();  // any thread; nothing is handed on once the io_context has run out of work

  std::uint16_t port() const { return port_; }

 private:
  void accept();
  void on_accept(boost::system::error_code error, Socket socket);

  boost::asio::io_context& io_;
  const std::string protocol_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  OnConnection on_connection_;
  std::uint16_t port_ = 0;
};

}  // namespace inferad::net
