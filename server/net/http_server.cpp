// SPDX-License-Identifier: Apache-2.0
#include "server/net/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <thread>

#include "server/base/log.h"
#include "server/net/http_rules.h"
#include "server/net/http_session.h"

namespace inferad::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// ---- HttpHub --------------------------------------------------------------------------------------------------------

bool HttpHub::add(const std::shared_ptr<HttpSession>& session) {
  std::lock_guard lock(mutex_);
  if (stopping_ || entries_.size() >= options.connections_max) return false;
  entries_.emplace(session.get(), Entry{session, false});
  return true;
}

void HttpHub::remove(HttpSession* session) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(session);
  if (found == entries_.end()) return;
  if (found->second.is_stream) --streams_;
  entries_.erase(found);
  if (entries_.empty()) emptied_.notify_all();
}

bool HttpHub::add_stream(HttpSession* session) {
  std::lock_guard lock(mutex_);
  if (stopping_ || streams_ >= options.streams_max) return false;
  entries_.at(session).is_stream = true;
  ++streams_;
  return true;
}

std::vector<std::shared_ptr<HttpSession>> HttpHub::sessions(bool streams_only) const {
  std::vector<std::shared_ptr<HttpSession>> out;
  std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (streams_only && !entry.is_stream) continue;
    if (auto session = entry.session.lock()) out.push_back(std::move(session));
  }
  return out;
}

void HttpHub::begin_stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
}

bool HttpHub::wait_empty(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, at_most, [&] { return entries_.empty(); });
}

HttpServer::Counts HttpHub::counts() const {
  std::lock_guard lock(mutex_);
  return {entries_.size(), streams_, requests, refused, streams_dropped};
}

// ---- HttpServer -----------------------------------------------------------------------------------------------------

namespace {

constexpr int kThreads = 2;  // one may be in the ledger while the other answers /healthz
constexpr std::chrono::milliseconds kAcceptPause{100};

Errc errc_of(const error_code& error) {
  return error == asio::error::address_in_use || error == asio::error::access_denied ? Errc::unavailable
                                                                                     : Errc::invalid_input;
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpOptions options, HttpHandler& handler)
      : hub(std::make_shared<HttpHub>(std::move(options), handler)),
        strand(asio::make_strand(io)),
        acceptor(strand),
        heartbeat(strand),
        accept_pause(strand) {}

  Status listen();
  void accept();
  void on_accept(error_code error, tcp::socket socket);
  void beat();
  void publish(std::string_view event, std::string_view data);
  void stop(std::chrono::milliseconds grace);

  std::shared_ptr<HttpHub> hub;
  asio::io_context io;
  asio::strand<asio::io_context::executor_type> strand;  // of the acceptor and the timers
  tcp::acceptor acceptor;
  asio::steady_timer heartbeat, accept_pause;
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
  std::mutex stop_mutex;  // one stop() at a time
};

Status HttpServer::Impl::listen() {
  const auto& options = hub->options;
  const std::string where = options.address + " port " + std::to_string(options.port);
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return Error{Errc::invalid_input, "http.address \"" + options.address + "\" is not an IP address"};
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Error{errc_of(error), "cannot listen for HTTP on " + where + ": " + error.message()};
  port = acceptor.local_endpoint(error).port();
  return ok();
}

void HttpServer::Impl::accept() {
  acceptor.async_accept(asio::make_strand(io),
                        [this](error_code error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void HttpServer::Impl::on_accept(error_code error, tcp::socket socket) {
  if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
  if (error) {  // out of descriptors, most likely: try again when some may be free
    log::warning("http_accept_failed", {{"what", error.message()}});
    accept_pause.expires_after(kAcceptPause);
    accept_pause.async_wait([this](error_code cancelled) {
      if (!cancelled) accept();
    });
    return;
  }
  socket.set_option(tcp::no_delay(true), error);
  auto session = std::make_shared<HttpSession>(std::move(socket), hub);
  if (hub->add(session)) {
    session->start();
  } else {
    ++hub->refused;
    session->turn_away();
  }
  accept();
}

void HttpServer::Impl::beat() {
  heartbeat.expires_after(hub->options.heartbeat);
  heartbeat.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    publish("heartbeat", "{}");
    beat();
  });
}

void HttpServer::Impl::publish(std::string_view event, std::string_view data) {
  const auto streams = hub->sessions(true);
  if (streams.empty()) return;
  const auto frame = std::make_shared<const std::string>(event_frame(event, data));
  for (const auto& session : streams) session->send_event(frame);
}

void HttpServer::Impl::stop(std::chrono::milliseconds grace) {
  std::lock_guard lock(stop_mutex);
  if (threads.empty()) return;
  hub->begin_stop();
  asio::post(strand, [this] {
    error_code ignored;
    acceptor.close(ignored);
    accept_pause.cancel(ignored);
    heartbeat.cancel(ignored);
  });
  for (const auto& session : hub->sessions(false)) session->stop();
  hub->wait_empty(grace);
  io.stop();
  for (auto& thread : threads) thread.join();
  threads.clear();
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpOptions options, HttpHandler& handler) {
  auto impl = std::make_unique<Impl>(std::move(options), handler);
  INFERAD_TRY_STATUS(impl->listen());
  impl->accept();
  impl->beat();
  for (int i = 0; i < kThreads; ++i) impl->threads.emplace_back([raw = impl.get()] { raw->io.run(); });
  return std::make_unique<HttpServer>(std::move(impl));
}

std::uint16_t HttpServer::port() const { return impl_->port; }

void HttpServer::publish(std::string_view event, std::string_view data) { impl_->publish(event, data); }

void HttpServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

HttpServer::Counts HttpServer::counts() const { return impl_->hub->counts(); }

}  // namespace inferad::net
