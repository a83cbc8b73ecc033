// SPDX-License-Identifier: Apache-2.0
// TLS where both sides show a certificate (OpenSSL behind it), and a TCP connection that may have it. Versions 1.2 and
// 1.3, forward secrecy and authenticated encryption only, no renegotiation, no fallback to plain text. A peer without
// a certificate of the configured CA is refused in the handshake. Internal to net/ (Asio in the header).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
#include <string>

#include "server/base/result.h"
#include "server/flow/ports.h"

namespace inferad::net {

enum class TlsRole { client, server };

// invalid_input: a file cannot be read, or certificate and key do not belong together; the text names the file.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const flow::TlsFiles& files, TlsRole role);

// Bytes over the socket, or over TLS on it. Not thread-safe; closing the socket ends what is under way.
class TlsOrPlain {
 public:
  using tcp = boost::asio::ip::tcp;
  explicit TlsOrPlain(tcp::socket socket) : socket_(std::move(socket)) {}

  tcp::socket& socket() { return socket_; }
  // Before the handshake. `host`: what the certificate of the server has to name; "" for servers.
  void use_tls(std::shared_ptr<boost::asio::ssl::context> context, const std::string& host);
  bool has_tls() const { return tls_.has_value(); }

  template <class Done>
  void async_handshake(TlsRole role, Done done) {
    using Stream = boost::asio::ssl::stream_base;
    tls_->async_handshake(role == TlsRole::client ? Stream::client : Stream::server, std::move(done));
  }
  template <class Buffer, class Done>
  void async_read_some(const Buffer& buffer, Done done) {
    if (tls_)
      tls_->async_read_some(buffer, std::move(done));
    else
      socket_.async_read_some(buffer, std::move(done));
  }
  template <class Buffer, class Done>
  void async_write(const Buffer& buffer, Done done) {
    if (tls_)
      boost::asio::async_write(*tls_, buffer, std::move(done));
    else
      boost::asio::async_write(socket_, buffer, std::move(done));
  }
  void reset(tcp::socket socket) {  // another connection, without TLS
    tls_.reset();
    socket_ = std::move(socket);
  }

 private:
  tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
};

}  // namespace inferad::net
