// SPDX-License-Identifier: Apache-2.0
#include "server/net/mllp_server.h"

#include <thread>

#include "server/net/listener.h"
#include "server/net/mllp_session.h"

namespace inferad::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kThreads = 2;

}  // namespace

struct MllpServer::Impl {
  Impl(MllpServerOptions options, flow::Hl7Receiver& receiver)
      : hub(std::make_shared<MllpHub>(std::move(options), receiver)), listener(io, "HL7") {}

  Status open();
  void on_connection(tcp::socket socket, const std::string& ip);
  void stop();

  std::shared_ptr<MllpHub> hub;
  asio::io_context io;
  Listener listener;
  std::vector<std::thread> threads;
};

Status MllpServer::Impl::open() {
  const auto& options = hub->options;
  if (options.tls) {
    INFERAD_TRY(hub->tls, make_tls_context(*options.tls, TlsRole::server));
  }
  return listener.open(options.address, options.port);
}

void MllpServer::Impl::on_connection(tcp::socket socket, const std::string& ip) {
  const auto& allowed = hub->options.address_allowed;
  if (ip.empty() || (allowed && !allowed(ip))) return hub->receiver.connection_ended("address_refused");
  error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const auto session = std::make_shared<MllpSession>(std::move(socket), hub);
  if (hub->add(session))
    session->start();
  else
    hub->receiver.connection_ended("too_many_connections");
}

// The threads end by themselves when no socket and no timer is left.
void MllpServer::Impl::stop() {
  if (threads.empty()) return;
  listener.stop();
  for (const auto& session : hub->begin_stop()) session->stop();
  for (auto& thread : threads) thread.join();
  threads.clear();
}

MllpServer::MllpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MllpServer::~MllpServer() { stop(); }

Result<std::unique_ptr<MllpServer>> MllpServer::start(MllpServerOptions options, flow::Hl7Receiver& receiver) {
  auto impl = std::make_unique<Impl>(std::move(options), receiver);
  INFERAD_TRY_STATUS(impl->open());
  impl->listener.start([raw = impl.get()](auto socket, const auto& ip) { raw->on_connection(std::move(socket), ip); });
  for (int i = 0; i < kThreads; ++i) impl->threads.emplace_back([raw = impl.get()] { raw->io.run(); });
  return std::make_unique<MllpServer>(std::move(impl));
}

std::uint16_t MllpServer::port() const { return impl_->listener.port(); }
std::size_t MllpServer::connections() const { return impl_->hub->connections(); }
void MllpServer::stop() { impl_->stop(); }

}  // namespace inferad::net
