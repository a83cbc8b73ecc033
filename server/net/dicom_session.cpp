// SPDX-License-Identifier: Apache-2.0
#include "server/net/dicom_session.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "server/base/log.h"

namespace inferad::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using ul::Closed;

namespace {

// server/ARCHITECTURE.md, "Errors".
std::uint16_t status_of(Errc code) {
  switch (code) {
    case Errc::refused:
      return ul::status::not_authorized;
    case Errc::overload:
    case Errc::io:
    case Errc::unavailable:
    case Errc::timeout:
    case Errc::cancelled:
      return ul::status::out_of_resources;
    case Errc::invalid_input:
    case Errc::not_found:
    case Errc::model:
      break;
  }
  return ul::status::cannot_understand;
}

// The kernel leaves quick-acknowledge mode by itself, so this is set again after each read. Without it the last segment
// of a data set waits in a sender that has Nagle's algorithm on until our delayed acknowledgement, 40 ms.
void acknowledge_quickly(tcp::socket& socket) {
  const int on = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace

DicomSession::DicomSession(tcp::socket socket, std::shared_ptr<DicomHub> hub, std::string ip)
    : hub_(std::move(hub)),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      ip_(std::move(ip)),
      acceptor_(
          hub_->options.limits, [this](const ul::AssociateRq& request) { return admit(request); }, steady_now()),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(hub_->options.read_bytes)) {}

DicomSession::~DicomSession() {
  end_association();
  hub_->observer.connection_ended(ended_, ip_);
  hub_->remove(this);
}

void DicomSession::start() {
  asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->read(); });
}

std::optional<ul::AssociateRj> DicomSession::admit(const ul::AssociateRq& request) {
  const auto rejected = hub_->admit(request, ip_);
  if (!rejected) {
    association_ = ++hub_->last_association;
    auto services = hub_->policy.services(request.calling_ae, ip_);
    services.worklist = services.worklist && hub_->messages != nullptr;
    acceptor_.serve(services);
  } else if (hub_->may_log()) {
    log::info("association_rejected", {{"address", ip_},
                                       {"result", int{rejected->result}},
                                       {"source", int{rejected->source}},
                                       {"reason", int{rejected->reason}}});
  }
  return rejected;
}

// ---- reading and stepping -------------------------------------------------------------------------------------------

void DicomSession::read() {
  arm_timer();
  reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_.get(), hub_->options.read_bytes),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            self->reading_ = false;
                            self->on_read(error, bytes);
                          });
}

void DicomSession::on_read(error_code error, std::size_t bytes) {
  if (error) {
    if (!finished_) finish("connection_lost");
    return close();
  }
  acknowledge_quickly(socket_);
  if (finished_) return linger();
  begin_ = 0;
  end_ = bytes;
  if (!writing_) pump();
}

void DicomSession::pump() {
  for (;;) {
    const ul::ByteView input(buffer_.get() + begin_, end_ - begin_);
    auto step = acceptor_.step(input, steady_now());
    begin_ += step.consumed;
    if (!act(step.action)) return;
  }
}

bool DicomSession::act(ul::Acceptor::Action& action) {
  if (std::holds_alternative<ul::NeedInput>(action)) {
    reading_ ? arm_timer() : read();
    return false;
  }
  if (std::holds_alternative<ul::NeedReply>(action)) return false;  // on_committed() or on_replies() goes on
  if (auto* send = std::get_if<ul::Send>(&action)) {
    write(std::move(send->bytes));
    return false;
  }
  if (const auto* closed = std::get_if<Closed>(&action)) {
    finish(ul::to_string(closed->reason));
    linger();
    return false;
  }
  if (const auto* bytes = std::get_if<ul::ObjectBytes>(&action)) append(bytes->bytes);
  if (const auto* begin = std::get_if<ul::ObjectBegin>(&action)) begin_object(*begin);
  if (std::holds_alternative<ul::ObjectEnd>(action)) commit();
  if (auto* request = std::get_if<ul::Request>(&action)) ask(*request);
  if (std::holds_alternative<ul::ObjectDropped>(action)) sink_.reset();
  if (const auto* answered = std::get_if<ul::Answered>(&action)) note_answer(*answered);
  if (std::holds_alternative<ul::Accepted>(action)) {
    hub_->observer.association_accepted(acceptor_.association().calling_ae, ip_);
  }
  return true;
}

void DicomSession::write(ul::Bytes bytes) {
  out_ = std::move(bytes);
  writing_ = true;
  write_until_ = steady_now() + std::chrono::duration_cast<Millis>(hub_->options.write_deadline);
  arm_timer();
  asio::async_write(socket_, asio::buffer(out_.data(), out_.size()),
                    [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void DicomSession::on_written(error_code error) {
  writing_ = false;
  write_until_ = SteadyTime::max();
  if (!error) return pump();
  if (!finished_) finish("connection_lost");
  close();
}

// ---- objects --------------------------------------------------------------------------------------------------------

void DicomSession::begin_object(const ul::ObjectBegin& begin) {
  object_began_ = steady_now();
  flow::IncomingObject object;
  object.association = association_;
  object.calling_ae = acceptor_.association().calling_ae;
  object.called_ae = acceptor_.association().called_ae;
  object.peer_address = ip_;
  object.sop_class_uid = begin.sop_class_uid;
  object.sop_instance_uid = begin.sop_instance_uid;
  object.transfer_syntax_uid = begin.transfer_syntax_uid;
  auto sink = hub_->intake.open(object);
  if (!sink) return refuse(sink.error());
  sink_ = std::move(*sink);
}

void DicomSession::append(ul::ByteView bytes) {
  if (const auto status = sink_->append(bytes); !status) {
    sink_.reset();
    refuse(status.error());
  }
}

void DicomSession::refuse(const Error& error) {
  if (hub_->may_log()) {
    log::warning("object_refused",
                 {{"association", association_}, {"errc", to_string(error.code)}, {"what", error.what}});
  }
  acceptor_.refuse_object(status_of(error.code), to_string(error.code));
}

// The session, and with it the sink, lives until `done` has run; the work guard keeps the threads until then. `done`
// may be copied and destroyed late by whoever runs it: no copy may keep the session after the call, none may outlive
// the hub.
void DicomSession::commit() {
  commit_work_.emplace(socket_.get_executor());
  const auto owner = std::make_shared<std::shared_ptr<DicomSession>>(shared_from_this());
  sink_->commit([owner, hub = hub_](flow::StoreReply reply) {
    const auto alive = hub;
    auto self = std::exchange(*owner, nullptr);
    const auto executor = self->socket_.get_executor();
    asio::post(executor, [self = std::move(self), reply = std::move(reply)] { self->on_committed(reply); });
  });
}

void DicomSession::on_committed(const flow::StoreReply& reply) {
  sink_.reset();
  commit_work_.reset();
  if (finished_) return end_association();
  acceptor_.reply(reply.status, reply.error_comment, steady_now());
  pump();
}

void DicomSession::note_answer(const ul::Answered& answered) {
  if (answered.field == ul::kEchoRq) hub_->observer.echo_answered();
  if (answered.field != ul::kStoreRq) return;
  ++objects_;
  bytes_ += answered.object_bytes;
  const auto took = object_began_ == SteadyTime{} ? Millis(0) : steady_now() - object_began_;
  object_began_ = {};
  hub_->observer.object_answered(answered.status, answered.object_bytes, took);
}

// ---- the end --------------------------------------------------------------------------------------------------------

// Nothing more is taken from the peer. An object that is not complete goes; a commit under way goes on.
void DicomSession::finish(std::string_view end) {
  finished_ = true;
  ended_ = end;
  linger_until_ = steady_now() + std::chrono::duration_cast<Millis>(hub_->options.linger);
  if (commit_work_) return;
  sink_.reset();
  end_association();
}

// Closing with unread bytes makes the kernel send a reset, which can take our last word away from the peer.
void DicomSession::linger() {
  error_code ignored;
  if (steady_now() >= linger_until_) return close();
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  reading_ ? arm_timer() : read();
}

void DicomSession::end_association() {
  if (association_ == 0) return;
  const auto association = std::exchange(association_, 0);
  hub_->release_slot();
  hub_->intake.association_ended(association, ended_ == ul::to_string(ul::Closed::Reason::released));
  log::info(
      "association_ended",
      {{"association", association}, {"address", ip_}, {"end", ended_}, {"objects", objects_}, {"bytes", bytes_}});
}

void DicomSession::turn_away() { ended_ = "too_many_connections"; }

void DicomSession::abort() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->abort_now(); });
}

void DicomSession::abort_if_unassociated() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->association_ == 0) self->abort_now();
  });
}

void DicomSession::abort_now() {
  if (!finished_ && !writing_) {
    const ul::Bytes pdu = ul::encode(ul::Abort{});
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.write_some(asio::buffer(pdu.data(), pdu.size()), ignored);
  }
  acceptor_.abort();
  if (!finished_) finish(ul::to_string(Closed::Reason::local_abort));
  close();
}

void DicomSession::close() {
  error_code ignored;
  timer_.cancel(ignored);
  armed_ = SteadyTime::min();  // no timer is armed any more
  socket_.close(ignored);
}

// ---- time -----------------------------------------------------------------------------------------------------------

SteadyTime DicomSession::deadline() const {
  if (finished_) return linger_until_;
  return writing_ ? write_until_ : acceptor_.deadline();
}

// Deadlines move with nearly each read; the timer is touched only when one comes nearer.
void DicomSession::arm_timer() {
  const SteadyTime next = deadline();
  if (next >= armed_) return;
  armed_ = next;
  timer_.expires_at(next);
  timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled) self->on_timer();
  });
}

void DicomSession::on_timer() {
  if (!socket_.is_open()) return;
  armed_ = SteadyTime::max();
  const SteadyTime now = steady_now();
  if (now < deadline()) return arm_timer();
  if (finished_) return close();
  if (writing_) {
    finish(ul::to_string(Closed::Reason::timeout));
    return close();
  }
  acceptor_.expire(now);
  pump();
}

}  // namespace inferad::net
