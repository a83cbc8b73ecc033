// SPDX-License-Identifier: Apache-2.0
// One DICOM connection and what the connections of a server share. A session lives on its own strand; at any time it
// reads, or writes, or waits for a commit, or lingers after the last word, so there is no lock. Internal to net/.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/net/dicom_server.h"

namespace inferad::net {

class DicomSession;

// Thread-safe. Outlives every session.
class DicomHub {
 public:
  DicomHub(DicomServerOptions o, flow::IntakePort& i, const AdmissionPolicy& p, DicomServerObserver& w)
      : options(std::move(o)), intake(i), policy(p), observer(w) {}

  bool add(const std::shared_ptr<DicomSession>& session);  // false: at the limit, or stopping
  void begin_stop();
  void remove(DicomSession* session);
  // nullopt: admitted, and counted until release_slot().
  std::optional<ul::AssociateRj> admit(const ul::AssociateRq& request, std::string_view ip);
  void release_slot() { --associations; }
  std::vector<std::shared_ptr<DicomSession>> sessions() const;
  bool wait_empty(std::chrono::milliseconds at_most);
  std::size_t connections() const;
  bool may_log();  // a few lines a second, so that a flood of connections does not become a flood of lines

  boost::asio::io_context io;  // first: whoever holds the hub may destroy a socket
  const DicomServerOptions options;
  flow::IntakePort& intake;
  const AdmissionPolicy& policy;
  DicomServerObserver& observer;
  flow::MessagePort* messages = nullptr;  // before the first session; null: no service but storage and verification
  std::atomic<std::size_t> associations{0};
  std::atomic<std::uint64_t> last_association{0};
  std::atomic<bool> refusing{false};

 private:
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::map<DicomSession*, std::weak_ptr<DicomSession>> sessions_;
  bool stopping_ = false;
  std::int64_t log_second_ = 0;
  int logged_ = 0;
};

class DicomSession : public std::enable_shared_from_this<DicomSession> {
 public:
  DicomSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<DicomHub> hub, std::string ip);
  ~DicomSession();

  void start();
  void turn_away();              // instead of start(): ends without a word
  void abort();                  // any thread: says A-ABORT as far as the socket takes it at once, and closes
  void abort_if_unassociated();  // any thread

 private:
  using error_code = boost::system::error_code;

  std::optional<ul::AssociateRj> admit(const ul::AssociateRq& request);
  void read();
  void on_read(error_code error, std::size_t bytes);
  void pump();
  bool act(ul::Acceptor::Action& action);  // true: step on at once
  void write(ul::Bytes bytes);
  void on_written(error_code error);
  void begin_object(const ul::ObjectBegin& begin);
  void append(ul::ByteView bytes);
  void refuse(const Error& error);
  void commit();
  void on_committed(const flow::StoreReply& reply);
  void ask(ul::Request& request);
  void on_replies(std::vector<flow::DimseReply> replies);
  void abort_now();
  void note_answer(const ul::Answered& answered);
  void finish(std::string_view end);
  void linger();
  void end_association();
  void arm_timer();
  void on_timer();
  SteadyTime deadline() const;
  void close();

  const std::shared_ptr<DicomHub> hub_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  const std::string ip_;
  ul::Acceptor acceptor_;
  const std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what the acceptor has not taken yet
  ul::Bytes out_;                    // being written
  std::unique_ptr<flow::ObjectSink> sink_;
  std::optional<boost::asio::executor_work_guard<boost::asio::any_io_executor>>
      commit_work_;  // while a commit or request runs
  bool reading_ = false, writing_ = false, finished_ = false;
  SteadyTime armed_ = SteadyTime::max();
  SteadyTime write_until_ = SteadyTime::max(), linger_until_ = SteadyTime::max();
  std::uint64_t association_ = 0;  // 0: none was accepted, or it has ended
  std::string ended_ = "connection_lost";
  SteadyTime object_began_{};
  std::uint64_t objects_ = 0, bytes_ = 0;
};

}  // namespace inferad::net
