// SPDX-License-Identifier: Apache-2.0
#include "server/net/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <thread>

#include "server/net/http_rules.h"
#include "server/net/http_session.h"
#include "server/net/listener.h"

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

}  // namespace

struct HttpServer::Impl {
  Impl(HttpOptions options, HttpHandler& handler)
      : hub(std::make_shared<HttpHub>(std::move(options), handler)),
        listener(io, "HTTP"),
        strand(asio::make_strand(io)),
        heartbeat(strand) {}

  void on_connection(tcp::socket socket);
  void beat();
  void publish(std::string_view event, std::string_view data);
  void stop(std::chrono::milliseconds grace);

  std::shared_ptr<HttpHub> hub;
  asio::io_context io;
  Listener listener;
  asio::strand<asio::io_context::executor_type> strand;  // of the timer
  asio::steady_timer heartbeat;
  std::vector<std::thread> threads;
  std::mutex stop_mutex;  // one stop() at a time
};

void HttpServer::Impl::on_connection(tcp::socket socket) {
  const auto session = std::make_shared<HttpSession>(std::move(socket), hub);
  if (hub->add(session)) {
    session->start();
  } else {
    ++hub->refused;
    session->turn_away();
  }
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
  listener.stop();
  asio::post(strand, [this] {
    error_code ignored;
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
  const auto& where = impl->hub->options;
  INFERAD_TRY_STATUS(impl->listener.open(where.address, where.port));
  impl->listener.start([raw = impl.get()](auto socket, const auto&) { raw->on_connection(std::move(socket)); });
  impl->beat();
  for (int i = 0; i < kThreads; ++i) impl->threads.emplace_back([raw = impl.get()] { raw->io.run(); });
  return std::make_unique<HttpServer>(std::move(impl));
}

std::uint16_t HttpServer::port() const { return impl_->listener.port(); }

void HttpServer::publish(std::string_view event, std::string_view data) { impl_->publish(event, data); }

void HttpServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

HttpServer::Counts HttpServer::counts() const { return impl_->hub->counts(); }

}  // namespace inferad::net
