// SPDX-License-Identifier: Apache-2.0
#include "server/net/mllp_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <thread>

#include "server/base/log.h"
#include "server/net/mllp_session.h"

namespace inferad::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kThreads = 2;
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

struct MllpServer::Impl {
  Impl(MllpServerOptions options, flow::Hl7Receiver& receiver)
      : hub(std::make_shared<MllpHub>(std::move(options), receiver)),
        strand(asio::make_strand(io)),
        acceptor(strand),
        accept_pause(strand) {}

  Status listen();
  void accept();
  void on_accept(error_code error, tcp::socket socket);
  void stop();

  std::shared_ptr<MllpHub> hub;
  asio::io_context io;
  asio::strand<asio::io_context::executor_type> strand;  // of the acceptor
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause;
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
};

Status MllpServer::Impl::listen() {
  const auto& options = hub->options;
  if (options.tls) {
    INFERAD_TRY(hub->tls, make_tls_context(*options.tls, TlsRole::server));
  }
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return Error{Errc::invalid_input, "\"" + options.address + "\" is not an IP address"};
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return Error{Errc::unavailable, "cannot listen for HL7 on " + options.address + " port " +
                                        std::to_string(options.port) + ": " + error.message()};
  port = acceptor.local_endpoint(error).port();
  return ok();
}

void MllpServer::Impl::accept() {
  acceptor.async_accept(asio::make_strand(io),
                        [this](error_code error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void MllpServer::Impl::on_accept(error_code error, tcp::socket socket) {
  if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
  if (error) {  // out of descriptors, most likely: try again when some may be free
    log::warning("hl7_accept_failed", {{"what", error.message()}});
    accept_pause.expires_after(kAcceptPause);
    accept_pause.async_wait([this](error_code cancelled) {
      if (!cancelled) accept();
    });
    return;
  }
  const auto address = socket.remote_endpoint(error).address();
  const auto& allowed = hub->options.address_allowed;
  if (error || (allowed && !allowed(address.to_string()))) {
    hub->receiver.connection_ended("address_refused");
  } else {
    socket.set_option(tcp::no_delay(true), error);
    socket.set_option(asio::socket_base::keep_alive(true), error);
    const auto session = std::make_shared<MllpSession>(std::move(socket), hub);
    if (hub->add(session))
      session->start();
    else
      hub->receiver.connection_ended("too_many_connections");
  }
  accept();
}

// The threads end by themselves when no socket and no timer is left.
void MllpServer::Impl::stop() {
  if (threads.empty()) return;
  asio::post(strand, [this] {
    error_code ignored;
    acceptor.close(ignored);
    accept_pause.cancel(ignored);
  });
  for (const auto& session : hub->begin_stop()) session->stop();
  for (auto& thread : threads) thread.join();
  threads.clear();
}

MllpServer::MllpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MllpServer::~MllpServer() { stop(); }

Result<std::unique_ptr<MllpServer>> MllpServer::start(MllpServerOptions options, flow::Hl7Receiver& receiver) {
  auto impl = std::make_unique<Impl>(std::move(options), receiver);
  INFERAD_TRY_STATUS(impl->listen());
  impl->accept();
  for (int i = 0; i < kThreads; ++i) impl->threads.emplace_back([raw = impl.get()] { raw->io.run(); });
  return std::make_unique<MllpServer>(std::move(impl));
}

std::uint16_t MllpServer::port() const { return impl_->port; }
std::size_t MllpServer::connections() const { return impl_->hub->connections(); }
void MllpServer::stop() { impl_->stop(); }

}  // namespace inferad::net
