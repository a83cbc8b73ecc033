// SPDX-License-Identifier: Apache-2.0
#include "server/net/dicom_server.h"

#include <thread>

#include "server/base/log.h"
#include "server/net/dicom_session.h"
#include "server/net/listener.h"

namespace inferad::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kThreads = 2;
constexpr int kLogLinesPerSecond = 10;
constexpr int kSendBufferBytes =
    64 << 10;  // answers are small; those a peer does not read must not pile up in the kernel

}  // namespace

// ---- DicomHub -------------------------------------------------------------------------------------------------------

bool DicomHub::add(const std::shared_ptr<DicomSession>& session) {
  std::lock_guard lock(mutex_);
  if (stopping_ || sessions_.size() >= options.connections_max) return false;
  sessions_.emplace(session.get(), session);
  return true;
}

void DicomHub::begin_stop() {
  refusing = true;
  std::lock_guard lock(mutex_);
  stopping_ = true;
}

void DicomHub::remove(DicomSession* session) {
  std::lock_guard lock(mutex_);
  if (sessions_.erase(session) > 0 && sessions_.empty()) emptied_.notify_all();
}

std::optional<ul::AssociateRj> DicomHub::admit(const ul::AssociateRq& request, std::string_view ip) {
  if (const auto rejected = policy.admit(request.calling_ae, request.called_ae, ip)) return rejected;
  if (refusing) return ul::kRejectCongestion;
  if (++associations <= options.associations_max) return std::nullopt;
  --associations;
  return ul::kRejectLocalLimit;
}

std::vector<std::shared_ptr<DicomSession>> DicomHub::sessions() const {
  std::vector<std::shared_ptr<DicomSession>> out;
  std::lock_guard lock(mutex_);
  for (const auto& [key, weak] : sessions_) {
    if (auto session = weak.lock()) out.push_back(std::move(session));
  }
  return out;
}

bool DicomHub::wait_empty(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, at_most, [&] { return sessions_.empty(); });
}

std::size_t DicomHub::connections() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

bool DicomHub::may_log() {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(steady_now().time_since_epoch()).count();
  std::lock_guard lock(mutex_);
  if (second != log_second_) logged_ = 0;
  log_second_ = second;
  return ++logged_ <= kLogLinesPerSecond;
}

// ---- DicomServer ----------------------------------------------------------------------------------------------------

struct DicomServer::Impl {
  Impl(DicomServerOptions options, flow::IntakePort& intake, const AdmissionPolicy& policy,
       DicomServerObserver* watcher)
      : hub(std::make_shared<DicomHub>(std::move(options), intake, policy, watcher != nullptr ? *watcher : nobody)),
        listener(hub->io, "DICOM") {}

  void on_connection(tcp::socket socket, const std::string& ip);
  void stop(std::chrono::milliseconds grace);

  DicomServerObserver nobody;
  std::shared_ptr<DicomHub> hub;
  Listener listener;
  std::vector<std::thread> threads;
  std::mutex stop_mutex;  // one stop() at a time
};

void DicomServer::Impl::on_connection(tcp::socket socket, const std::string& ip) {
  if (!hub->policy.address_allowed(ip)) {
    hub->observer.connection_ended("address_refused", ip);
    if (hub->may_log()) log::warning("address_refused", {{"address", ip}});
    return;
  }
  error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
  const auto session = std::make_shared<DicomSession>(std::move(socket), hub, ip);
  if (hub->add(session)) {
    session->start();
  } else {
    session->turn_away();
  }
}

// The threads end by themselves when nothing is left to do: no socket, no timer, no commit under way.
void DicomServer::Impl::stop(std::chrono::milliseconds grace) {
  std::lock_guard lock(stop_mutex);
  if (threads.empty()) return;
  hub->begin_stop();
  for (const auto& session : hub->sessions()) session->abort_if_unassociated();
  listener.stop();
  hub->wait_empty(grace);
  for (const auto& session : hub->sessions()) session->abort();
  for (auto& thread : threads) thread.join();
  threads.clear();
}

DicomServer::DicomServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

DicomServer::~DicomServer() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<DicomServer>> DicomServer::start(DicomServerOptions options, flow::IntakePort& intake,
                                                        const AdmissionPolicy& policy, DicomServerObserver* observer,
                                                        flow::MessagePort* messages) {
  auto impl = std::make_unique<Impl>(std::move(options), intake, policy, observer);
  impl->hub->messages = messages;
  const auto& where = impl->hub->options;
  INFERAD_TRY_STATUS(impl->listener.open(where.address, where.port));
  impl->listener.start([raw = impl.get()](auto socket, const auto& ip) { raw->on_connection(std::move(socket), ip); });
  for (int i = 0; i < kThreads; ++i) impl->threads.emplace_back([raw = impl.get()] { raw->hub->io.run(); });
  return std::make_unique<DicomServer>(std::move(impl));
}

std::uint16_t DicomServer::port() const { return impl_->listener.port(); }
std::size_t DicomServer::open_associations() const { return impl_->hub->associations; }
std::size_t DicomServer::open_connections() const { return impl_->hub->connections(); }
void DicomServer::set_refusing(bool refusing) { impl_->hub->refusing = refusing; }
void DicomServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace inferad::net
