// SPDX-License-Identifier: Apache-2.0
// One HTTP connection: read a request within its deadline, check it, ask the handler, write the answer, again; or turn
// into an event stream. Runs on the strand of its socket. Internal to net/ (Beast in the header).
#pragma once

#include <atomic>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/net/http_server.h"

namespace inferad::net {

class HttpSession;

// What the connections of a server share. Thread-safe. Outlives every session.
class HttpHub {
 public:
  HttpHub(HttpOptions o, HttpHandler& h) : options(std::move(o)), handler(h) {}

  bool add(const std::shared_ptr<HttpSession>& session);  // false: at the limit, or stopping
  void remove(HttpSession* session);
  bool add_stream(HttpSession* session);  // false: at the limit, or stopping
  std::vector<std::shared_ptr<HttpSession>> sessions(bool streams_only) const;
  void begin_stop();
  bool wait_empty(std::chrono::milliseconds at_most);
  HttpServer::Counts counts() const;

  const HttpOptions options;
  HttpHandler& handler;
  std::atomic<std::uint64_t> requests{0}, refused{0}, streams_dropped{0};

 private:
  struct Entry {
    std::weak_ptr<HttpSession> session;
    bool is_stream = false;
  };
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::map<HttpSession*, Entry> entries_;
  std::size_t streams_ = 0;
  bool stopping_ = false;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpHub> hub);
  ~HttpSession();

  void start();
  void turn_away();  // instead of start(): says 503 as far as the socket takes it at once, and ends
  void stop();       // any thread: end when the response under way is written
  void send_event(std::shared_ptr<const std::string> frame);  // any thread; only for streams

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  void read();
  void on_read(boost::beast::error_code error);
  HttpResponse answer(const Request& request);
  HttpResponse ask_handler(const Request& request, HttpRequest plain);
  HttpResponse refuse(int status, std::string_view code, std::string_view message);
  void write(HttpResponse answer, unsigned version, bool keep_alive, bool head);
  void on_written(bool keep_alive);
  void start_stream();
  void watch_stream();
  void write_event();
  void drain(std::size_t budget);
  void close();

  boost::beast::tcp_stream stream_;
  const std::shared_ptr<HttpHub> hub_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::optional<Response> response_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>> serializer_;
  std::deque<std::shared_ptr<const std::string>> events_;
  std::atomic<std::size_t> behind_{0};  // events accepted and not yet written
  bool writing_ = false, streaming_ = false, stopping_ = false;
};

}  // namespace inferad::net
