// SPDX-License-Identifier: Apache-2.0
#include "server/net/mllp_session.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace inferad::net {

namespace asio = boost::asio;

bool MllpHub::add(const std::shared_ptr<MllpSession>& session) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || sessions_.size() >= options.connections_max) return false;
  sessions_.emplace(session.get(), session);
  return true;
}

void MllpHub::remove(MllpSession* session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session);
}

std::vector<std::shared_ptr<MllpSession>> MllpHub::begin_stop() {
  std::vector<std::shared_ptr<MllpSession>> out;
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const auto& [key, weak] : sessions_)
    if (auto session = weak.lock()) out.push_back(std::move(session));
  return out;
}

std::size_t MllpHub::connections() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

MllpSession::MllpSession(asio::ip::tcp::socket socket, std::shared_ptr<MllpHub> hub)
    : hub_(std::move(hub)),
      stream_(std::move(socket)),
      timer_(stream_.socket().get_executor()),
      reader_(hub_->options.frame_bytes_max) {}

MllpSession::~MllpSession() { hub_->remove(this); }

void MllpSession::start() {
  asio::dispatch(stream_.socket().get_executor(), [self = shared_from_this()] {
    if (self->hub_->tls) return self->handshake();
    self->arm(self->hub_->options.idle_deadline);
    self->read();
  });
}

void MllpSession::stop() {
  asio::post(stream_.socket().get_executor(), [self = shared_from_this()] { self->end("stopped"); });
}

void MllpSession::handshake() {
  stream_.use_tls(hub_->tls, "");
  arm(hub_->options.step_deadline);
  stream_.async_handshake(TlsRole::server, [self = shared_from_this()](error_code error) {
    if (error) return self->end("tls_refused");
    self->arm(self->hub_->options.idle_deadline);
    self->read();
  });
}

void MllpSession::read() {
  stream_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](error_code error, std::size_t bytes) {
    self->on_read(error, bytes);
  });
}

void MllpSession::on_read(error_code error, std::size_t bytes) {
  if (error) return end(error == asio::error::eof ? "closed" : "connection_lost");
  if (!reader_.feed({buffer_.data(), bytes})) return end("frame_too_long");
  take_next();
}

void MllpSession::take_next() {
  if (ended_) return;
  const auto message = reader_.next();
  if (!message) return read();
  out_.clear();
  for (const auto& answer : hub_->receiver.receive(*message)) {
    const auto frame = mllp_frame(answer);
    if (!frame) return end("answer_not_framed");
    out_ += *frame;
  }
  arm(hub_->options.step_deadline);
  if (out_.empty()) return on_written({});
  stream_.async_write(asio::buffer(out_),
                      [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void MllpSession::on_written(error_code error) {
  if (error) return end("connection_lost");
  arm(hub_->options.idle_deadline);
  // The next one is another handler's: many messages without answers must not nest.
  asio::post(stream_.socket().get_executor(), [self = shared_from_this()] { self->take_next(); });
}

void MllpSession::arm(std::chrono::milliseconds deadline) {
  timer_.expires_after(deadline);
  timer_.async_wait([weak = weak_from_this()](error_code cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self) self->end("too_slow");
  });
}

void MllpSession::end(std::string_view how) {
  if (ended_) return;
  ended_ = true;
  error_code ignored;
  timer_.cancel();
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.socket().close(ignored);
  hub_->receiver.connection_ended(how);
}

}  // namespace inferad::net
