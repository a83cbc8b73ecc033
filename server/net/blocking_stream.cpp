// SPDX-License-Identifier: Apache-2.0
#include "server/net/blocking_stream.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "server/net/tls.h"

namespace inferad::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct BlockingStream::State {
  explicit State(std::stop_token token) : stop(std::move(token)) {}

  enum class AtDeadline { close, keep_open };

  // Starts an operation and runs it to its end. On stop and at the deadline the socket is closed, which ends it; at the
  // deadline of a read it stays open, so that a last word can still be written.
  template <class Start>
  Status run(Start start, SteadyTime deadline, std::string_view what, AtDeadline at_deadline = AtDeadline::close) {
    if (stop.stop_requested()) return cancelled();
    std::optional<error_code> result;
    start([&result](error_code error) { result = error; });
    io.restart();
    const std::stop_callback wake(stop, [this] { asio::post(io, [this] { give_up(); }); });
    while (!result && !stop.stop_requested() && steady_now() < deadline) io.run_one_until(deadline);
    const bool complete = result.has_value();
    if (!complete && at_deadline == AtDeadline::keep_open && !stop.stop_requested()) {
      error_code ignored;
      stream.socket().cancel(ignored);
    } else if (!complete) {
      give_up();
    }
    while (!result) {
      io.restart();
      io.run_one();
    }
    if (complete && !*result) return ok();  // done is done, also when stop came at the same time
    if (stop.stop_requested()) return cancelled();
    if (!complete) return Error{Errc::timeout, std::string(what) + ": no answer in time"};
    return Error{Errc::unavailable, std::string(what) + ": " + result->message()};
  }

  static Error cancelled() { return {Errc::cancelled, "stopped"}; }

  void give_up() {
    error_code ignored;
    resolver.cancel();
    stream.socket().close(ignored);
  }

  std::stop_token stop;
  asio::io_context io{1};
  tcp::resolver resolver{io};
  TlsOrPlain stream{tcp::socket(io)};
};

BlockingStream::BlockingStream(std::stop_token stop) : state_(std::make_unique<State>(std::move(stop))) {}
BlockingStream::~BlockingStream() = default;

Status BlockingStream::connect(const std::string& host, std::uint16_t port, SteadyTime deadline) {
  auto& state = *state_;
  state.give_up();
  state.stream.reset(tcp::socket(state.io));
  std::vector<tcp::endpoint> endpoints;
  error_code no_address;
  if (const auto address = asio::ip::make_address(host, no_address); !no_address) {
    endpoints.emplace_back(address, port);
  } else {
    INFERAD_TRY_STATUS(state.run(
        [&](auto done) {
          state.resolver.async_resolve(host, std::to_string(port),
                                       [&endpoints, done](error_code error, const tcp::resolver::results_type& found) {
                                         for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                                         done(error);
                                       });
        },
        deadline, "resolve"));
  }
  INFERAD_TRY_STATUS(state.run(
      [&](auto done) {
        asio::async_connect(state.stream.socket(), endpoints,
                            [done](error_code error, const tcp::endpoint&) { done(error); });
      },
      deadline, "connect"));
  error_code ignored;
  state.stream.socket().set_option(tcp::no_delay(true), ignored);
  return ok();
}

Status BlockingStream::start_tls(const flow::TlsFiles& files, const std::string& host, SteadyTime deadline) {
  auto& state = *state_;
  INFERAD_TRY(auto context, make_tls_context(files, TlsRole::client));
  state.stream.use_tls(std::move(context), host);
  return state.run([&](auto done) { state.stream.async_handshake(TlsRole::client, done); }, deadline, "TLS handshake");
}

Status BlockingStream::write(std::span<const std::byte> bytes, SteadyTime deadline) {
  auto& state = *state_;
  return state.run(
      [&](auto done) {
        state.stream.async_write(asio::buffer(bytes.data(), bytes.size()),
                                 [done](error_code error, std::size_t) { done(error); });
      },
      deadline, "write");
}

Result<std::size_t> BlockingStream::read(std::span<std::byte> out, SteadyTime deadline) {
  auto& state = *state_;
  std::size_t count = 0;
  bool ended = false;
  INFERAD_TRY_STATUS(state.run(
      [&](auto done) {
        state.stream.async_read_some(asio::buffer(out.data(), out.size()),
                                     [&count, &ended, done](error_code error, std::size_t got) {
                                       count = got;
                                       ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
                                       done(ended ? error_code() : error);
                                     });
      },
      deadline, "read", State::AtDeadline::keep_open));
  return ended ? 0 : count;
}

bool BlockingStream::has_input() const {
  error_code error;
  auto& socket = state_->stream.socket();
  return socket.is_open() && socket.available(error) > 0;
}

void BlockingStream::close() { state_->give_up(); }

}  // namespace inferad::net
