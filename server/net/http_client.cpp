// SPDX-License-Identifier: Apache-2.0
#include "server/net/http_client.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace inferad::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using beast::error_code;

// The steps of one call; the stream's own timer bounds them together.
class Call {
 public:
  explicit Call(const HttpCall& call) : call_(call), stream_(context_) { parser_.body_limit(call.body_bytes_max); }

  Result<HttpAnswer> run() {
    error_code failed;
    const auto address = asio::ip::make_address(call_.address, failed);
    if (failed) return Error{Errc::invalid_input, fmt::format("{} is not an IP address", call_.address)};
    endpoint_ = {address, call_.port};
    stream_.expires_after(call_.timeout);
    stream_.async_connect(endpoint_, [this](error_code error) { error ? fail(error) : send(); });
    context_.run();
    if (failure_) return explain();
    return HttpAnswer{static_cast<int>(parser_.get().result_int()), std::move(parser_.get().body())};
  }

 private:
  void send() {
    request_.method_string(call_.method);
    request_.target(call_.target);
    request_.version(11);
    request_.set(http::field::host, address_text());
    request_.set(http::field::user_agent, "inferad/" INFERAD_VERSION);
    request_.set(http::field::connection, "close");
    request_.prepare_payload();
    http::async_write(stream_, request_, [this](error_code error, std::size_t) { error ? fail(error) : receive(); });
  }

  void receive() {
    http::async_read(stream_, buffer_, parser_, [this](error_code error, std::size_t) {
      if (error) fail(error);
    });
  }

  void fail(error_code error) { failure_ = error; }

  std::string address_text() const {
    return endpoint_.address().is_v6() ? fmt::format("[{}]:{}", call_.address, call_.port)
                                       : fmt::format("{}:{}", call_.address, call_.port);
  }

  Error explain() const {
    if (failure_ == beast::error::timeout) {
      return {Errc::timeout, fmt::format("no answer from {} in {} s", address_text(), call_.timeout.count() / 1000)};
    }
    const bool http_error = failure_.category() == http::make_error_code(http::error::bad_version).category();
    return {http_error ? Errc::invalid_input : Errc::unavailable,
            fmt::format("{}: {}", address_text(), failure_.message())};
  }

  const HttpCall& call_;
  asio::io_context context_;
  beast::tcp_stream stream_;
  asio::ip::tcp::endpoint endpoint_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  error_code failure_;
};

}  // namespace

Result<HttpAnswer> http_call(const HttpCall& call) { return Call(call).run(); }

}  // namespace inferad::net
