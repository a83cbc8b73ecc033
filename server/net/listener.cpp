// SPDX-License-Identifier: Apache-2.0
#include "server/net/listener.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>

#include "server/base/log.h"

namespace inferad::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kPause{100};

std::string address_of(const tcp::socket& socket) {
  error_code error;
  auto address = socket.remote_endpoint(error).address();
  if (error) return {};
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.to_string();
}

Errc errc_of(const error_code& error) {
  const bool taken = error == asio::error::address_in_use || error == asio::error::access_denied;
  return taken ? Errc::unavailable : Errc::invalid_input;
}

}  // namespace

Listener::Listener(asio::io_context& io, std::string protocol)
    : io_(io), protocol_(std::move(protocol)), strand_(asio::make_strand(io)), acceptor_(strand_), pause_(strand_) {}

Status Listener::open(const std::string& address, std::uint16_t port) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error)
    return Error{Errc::invalid_input,
                 fmt::format("the address for {}, \"{}\", is not an IP address", protocol_, address)};
  const tcp::endpoint endpoint(ip, port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return Error{errc_of(error),
                 fmt::format("cannot listen for {} on {} port {}: {}", protocol_, address, port, error.message())};
  port_ = acceptor_.local_endpoint(error).port();
  return ok();
}

void Listener::start(OnConnection on_connection) {
  on_connection_ = std::move(on_connection);
  accept();
}

void Listener::accept() {
  acceptor_.async_accept(asio::make_strand(io_),
                         [this](error_code error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void Listener::on_accept(error_code error, tcp::socket socket) {
  if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
  if (error) {  // out of descriptors, most likely: try again when some may be free
    log::warning("accept_failed", {{"protocol", protocol_}, {"what", error.message()}});
    pause_.expires_after(kPause);
    pause_.async_wait([this](error_code cancelled) {
      if (!cancelled) accept();
    });
    return;
  }
  socket.set_option(tcp::no_delay(true), error);
  auto ip = address_of(socket);
  on_connection_(std::move(socket), std::move(ip));
  accept();
}

void Listener::stop() {
  asio::post(strand_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel(ignored);
  });
}

}  // namespace inferad::net
