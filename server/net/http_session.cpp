// SPDX-License-Identifier: Apache-2.0
#include "server/net/http_session.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <exception>

#include "server/base/log.h"
#include "server/net/http_rules.h"

namespace inferad::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t kBufferBytes = 64 << 10;   // more than any header limit in use
constexpr std::size_t kDrainBytesMax = 1 << 20;  // of a refused body, so that the peer reads our answer
constexpr std::chrono::milliseconds kDrainTime{1000};

HttpRequest to_plain(const http::request<http::string_body>& request, Target target) {
  HttpRequest plain;
  plain.method = request.method() == http::verb::post ? "POST" : "GET";
  plain.path = std::move(target.path);
  plain.query = std::move(target.query);
  for (const auto& field : request) {
    std::string name(field.name_string());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    plain.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  plain.body = request.body();
  return plain;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

HttpSession::HttpSession(asio::ip::tcp::socket socket, std::shared_ptr<HttpHub> hub)
    : stream_(std::move(socket)), hub_(std::move(hub)), buffer_(kBufferBytes) {}

HttpSession::~HttpSession() { hub_->remove(this); }

void HttpSession::start() {
  asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->read(); });
}

void HttpSession::turn_away() {
  static constexpr std::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  beast::error_code ignored;
  stream_.socket().non_blocking(true, ignored);
  stream_.socket().write_some(asio::buffer(text.data(), text.size()), ignored);
}

void HttpSession::stop() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->stopping_ = true;
    if (!self->writing_ || self->streaming_) self->close();
  });
}

void HttpSession::read() {
  if (stopping_) return close();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(hub_->options.header_bytes_max));
  parser_->body_limit(hub_->options.body_bytes_max);
  stream_.expires_after(hub_->options.deadline);  // for the whole request: a trickle of bytes does not extend it
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
}

void HttpSession::on_read(beast::error_code error) {
  if (!error) {
    const Request& request = parser_->get();
    HttpResponse response = answer(request);
    if (response.event_stream) return start_stream();
    const bool keep_alive = request.keep_alive() && response.status < 400;
    return write(std::move(response), request.version(), keep_alive, request.method() == http::verb::head);
  }
  if (error.category() != http::make_error_code(http::error::bad_target).category()) return close();
  if (error == http::error::end_of_stream || error == http::error::partial_message) return close();
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return write(refuse(431, "invalid_input", "The request header is too large."), 11, false, false);
  }
  if (error == http::error::body_limit) {
    return write(refuse(413, "invalid_input", "The request body is too large."), 11, false, false);
  }
  write(refuse(400, "invalid_input", "This is not an HTTP/1.1 request."), 11, false, false);
}

HttpResponse HttpSession::answer(const Request& request) {
  ++hub_->requests;
  const auto host = view(request[http::field::host]);
  Target target;
  if (request.count(http::field::host) != 1 || request.count(http::field::origin) > 1 ||
      !split_target(view(request.target()), target)) {
    return refuse(400, "invalid_input", "The request line or the Host header is malformed.");
  }
  if (!host_allowed(host, hub_->options.hostnames)) {
    return refuse(421, "refused", "This host name is not configured. Add it to http.hostnames, or use the address.");
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head &&
      request.method() != http::verb::post) {
    HttpResponse response = refuse(405, "invalid_input", "Only GET, HEAD and POST are supported.");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return response;
  }
  const bool posts = request.method() == http::verb::post;
  if (posts && request.count(http::field::origin) != 0 && !same_origin(view(request[http::field::origin]), host)) {
    return refuse(403, "refused", "Requests from other sites are not accepted.");
  }
  if (request.count(http::field::content_encoding) != 0) {
    return refuse(415, "invalid_input", "Compressed request bodies are not accepted.");
  }
  return ask_handler(request, to_plain(request, std::move(target)));
}

HttpResponse HttpSession::ask_handler(const Request& request, HttpRequest plain) {
  try {
    HttpResponse response = hub_->handler.handle(plain);
    if (!response.event_stream) return response;
    if (request.method() == http::verb::get && hub_->add_stream(this)) return response;
    return refuse(503, "overload", "Too many pages follow live events. Try again later.");
  } catch (const std::exception&) {  // its text may quote the request, so it is not logged
    log::error("http_handler_threw", {{"method", plain.method}});
    return refuse(500, "io", "The node could not answer this request.");
  }
}

HttpResponse HttpSession::refuse(int status, std::string_view code, std::string_view message) {
  ++hub_->refused;
  return {status, "application/json", error_body(code, message), {}, false};
}

void HttpSession::write(HttpResponse answer, unsigned version, bool keep_alive, bool head) {
  writing_ = true;
  response_.emplace();
  response_->version(version);
  response_->result(static_cast<unsigned>(answer.status));
  response_->set(http::field::content_type, answer.content_type);
  response_->set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : security_headers()) {
    response_->set(beast::string_view(name.data(), name.size()), beast::string_view(value.data(), value.size()));
  }
  for (const auto& [name, value] : answer.headers) response_->set(name, value);
  response_->body() = std::move(answer.body);
  response_->keep_alive(keep_alive && !stopping_);
  response_->prepare_payload();
  serializer_.emplace(*response_);
  stream_.expires_after(hub_->options.deadline);
  auto done = [self = shared_from_this(), keep_alive](beast::error_code error, std::size_t) {
    if (error) return self->close();
    self->on_written(keep_alive);
  };
  if (head) return http::async_write_header(stream_, *serializer_, std::move(done));
  http::async_write(stream_, *serializer_, std::move(done));
}

void HttpSession::on_written(bool keep_alive) {
  writing_ = false;
  serializer_.reset();
  response_.reset();
  if (keep_alive && !stopping_) return read();
  beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kDrainTime);
  drain(kDrainBytesMax);
}

// Closing with unread bytes makes the kernel send a reset, which can take our answer away from the peer.
void HttpSession::drain(std::size_t budget) {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kBufferBytes / 2),
                          [self = shared_from_this(), budget](beast::error_code error, std::size_t bytes) {
                            if (error || bytes >= budget) return self->close();
                            self->drain(budget - bytes);
                          });
}

void HttpSession::start_stream() {
  streaming_ = true;
  std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n";
  for (const auto& [name, value] : security_headers()) head.append(name).append(": ").append(value).append("\r\n");
  head += "\r\nretry: 2000\n" + event_frame("hello", "{}");
  stream_.expires_never();
  watch_stream();
  ++behind_;
  events_.push_front(std::make_shared<const std::string>(std::move(head)));
  write_event();
}

// A stream's client says nothing more; what comes is thrown away, and the end of its connection is noticed.
void HttpSession::watch_stream() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(1024), [self = shared_from_this()](beast::error_code error, std::size_t) {
    if (error) return self->close();
    self->watch_stream();
  });
}

void HttpSession::send_event(std::shared_ptr<const std::string> frame) {
  if (behind_.fetch_add(1) >= hub_->options.stream_queue_max) {
    ++hub_->streams_dropped;
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->close(); });
    return;
  }
  asio::post(stream_.get_executor(), [self = shared_from_this(), frame = std::move(frame)]() mutable {
    self->events_.push_back(std::move(frame));
    if (self->streaming_ && !self->writing_) self->write_event();
  });
}

void HttpSession::write_event() {
  if (events_.empty() || stopping_) return;
  writing_ = true;
  stream_.expires_after(hub_->options.deadline);  // sets the write timer only: the watching read is pending
  asio::async_write(stream_, asio::buffer(*events_.front()),
                    [self = shared_from_this()](beast::error_code error, std::size_t) {
                      self->writing_ = false;
                      if (error) return self->close();
                      self->events_.pop_front();
                      --self->behind_;
                      self->write_event();
                    });
}

void HttpSession::close() {
  stopping_ = true;
  stream_.close();
}

}  // namespace inferad::net
