// SPDX-License-Identifier: Apache-2.0
#include "server/ul/acceptor.h"

#include <algorithm>

#include "server/core/sop_class.h"
#include "server/core/uid.h"
#include "server/ul/negotiation.h"

namespace inferad::ul {
namespace {

// PS3.5 6.2, VR AE, with the padding gone.
bool is_ae_title(std::string_view text) {
  const auto allowed = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool is_request(std::uint16_t field) {
  return field == kFindRq || field == kNGetRq || field == kNSetRq || field == kNActionRq || field == kNCreateRq;
}

std::optional<AssociateRj> judge_form(const AssociateRq& request) {
  if ((request.protocol_version & 1) == 0) return kRejectProtocolVersion;
  if (request.application_context != kApplicationContext) return kRejectApplicationContext;
  if (!is_ae_title(request.called_ae)) return kRejectCalledAe;
  if (!is_ae_title(request.calling_ae)) return kRejectCallingAe;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Closed::Reason reason) {
  switch (reason) {
    case Closed::Reason::released:
      return "released";
    case Closed::Reason::rejected:
      return "rejected";
    case Closed::Reason::peer_aborted:
      return "peer_aborted";
    case Closed::Reason::protocol_error:
      return "protocol_error";
    case Closed::Reason::timeout:
      return "timeout";
    case Closed::Reason::too_slow:
      return "too_slow";
    case Closed::Reason::local_abort:
      return "local_abort";
  }
  return "";
}

Acceptor::Acceptor(AcceptorLimits limits, Admit admit, SteadyTime now)
    : limits_(limits),
      admit_(std::move(admit)),
      pdus_(limits.request_bytes_max, limits.pdu_bytes_max),
      messages_(limits.command_bytes_max),
      quiet_since_(now),
      window_began_(now) {}

Acceptor::Step Acceptor::step(ByteView input, SteadyTime now) {
  std::size_t consumed = 0;
  while (queued_.empty()) {
    if (state_ == State::closed) return {input.size(), NeedInput{}};
    if (object_ == Object::complete) {
      object_ = Object::awaiting_reply;
      return {consumed, ObjectEnd{}};
    }
    if (awaits()) return {consumed, NeedReply{}};
    const auto step = pdus_.step(input.subspan(consumed));
    consumed += step.consumed;
    window_bytes_ += step.consumed;
    if (std::holds_alternative<std::monostate>(step.event)) {
      if (pdus_.inside_pdu() && !pdu_began_) pdu_began_ = now;
      return {consumed, NeedInput{}};
    }
    take(step, now);
  }
  Step out{consumed, std::move(queued_.front())};
  queued_.pop_front();
  return out;
}

// A step of the reader never goes beyond the end of a PDU, so the clock of a PDU can be kept here.
void Acceptor::take(const PduReader::Step& step, SteadyTime now) {
  if (!pdus_.inside_pdu()) {
    pdu_began_.reset();
    quiet_since_ = now;
  } else if (!pdu_began_) {
    pdu_began_ = now;
  }
  if (const auto* pdu = std::get_if<ControlPdu>(&step.event)) return on_control(*pdu);
  if (const auto* pdv = std::get_if<PdvBytes>(&step.event)) return on_pdv(*pdv, now);
  const auto& malformed = std::get<Malformed>(step.event);
  fail(malformed.reason, Closed::Reason::protocol_error, malformed.what);
}

void Acceptor::on_control(const ControlPdu& pdu) {
  if (pdu.type == PduType::abort) return close(Closed::Reason::peer_aborted, "the peer aborted");
  if (state_ == State::awaiting_request && pdu.type == PduType::associate_rq) return on_request(pdu.body);
  if (state_ == State::open && pdu.type == PduType::release_rq && !inside_message()) {
    queued_.emplace_back(Send{encode_release_rp()});
    return close(Closed::Reason::released, "released");
  }
  fail(AbortReason::unexpected_pdu, Closed::Reason::protocol_error, "a PDU that does not belong here");
}

void Acceptor::on_request(ByteView body) {
  auto request = decode_associate_rq(body);
  if (!request) {
    return fail(AbortReason::invalid_parameter, Closed::Reason::protocol_error, "a malformed association request");
  }
  request_ = std::move(*request);
  auto rejected = judge_form(request_);
  if (!rejected) rejected = admit_(request_);
  if (rejected) {
    queued_.emplace_back(Send{encode(*rejected)});
    return close(Closed::Reason::rejected, "association rejected");
  }
  const AssociateAc answer = answer_request(request_, limits_.pdu_bytes_max, services_);
  for (std::size_t i = 0; i < answer.contexts.size(); ++i) {
    const auto& context = answer.contexts[i];
    if (context.result != ContextResult::accepted) continue;
    contexts_[context.id] = {context.id, request_.contexts[i].abstract_syntax, context.transfer_syntax};
  }
  state_ = State::open;
  queued_.emplace_back(Accepted{});
  queued_.emplace_back(Send{encode(answer)});
}

void Acceptor::on_pdv(const PdvBytes& pdv, SteadyTime now) {
  if (state_ != State::open) {
    return fail(AbortReason::unexpected_pdu, Closed::Reason::protocol_error, "data before an association");
  }
  if (!contexts_.contains(pdv.context)) {
    return fail(AbortReason::invalid_parameter, Closed::Reason::protocol_error, "a presentation context not accepted");
  }
  if (!inside_message()) {
    window_began_ = now;
    window_bytes_ = 0;
  }
  auto event = messages_.take(pdv);
  if (auto* command = std::get_if<CommandEvent>(&event)) return on_command(std::move(*command));
  if (const auto* data = std::get_if<DataEvent>(&event)) return on_data(*data);
  if (const auto* malformed = std::get_if<Malformed>(&event)) {
    fail(malformed->reason, Closed::Reason::protocol_error, malformed->what);
  }
}

void Acceptor::on_command(CommandEvent event) {
  context_ = event.context;
  command_ = std::move(event.command);
  object_bytes_ = 0;
  if (command_.is_response() || (command_.field == kCancelRq && command_.has_data_set())) {
    return fail(AbortReason::not_specified, Closed::Reason::protocol_error, "a command that does not belong here");
  }
  if (command_.field == kCancelRq) return;  // nothing of ours takes long enough to be cancelled
  if (command_.field == kStoreRq) return on_store(contexts_.at(context_));
  if (is_request(command_.field)) return on_request(contexts_.at(context_));
  if (command_.field != kEchoRq) return skip(status::unrecognized_operation, "");
  skip(status::success, "");
}

void Acceptor::on_store(const NegotiatedContext& context) {
  if (!command_.has_data_set()) return answer(status::cannot_understand, "no data set");
  if (command_.sop_class_uid != context.abstract_syntax || !is_storage_sop_class(command_.sop_class_uid)) {
    return skip(status::sop_class_not_supported, "SOP class is not that of the presentation context");
  }
  if (!is_valid_uid(command_.sop_instance_uid)) return skip(status::cannot_understand, "invalid SOP Instance UID");
  object_ = Object::receiving;
  queued_.emplace_back(ObjectBegin{command_.sop_class_uid, command_.sop_instance_uid, context.transfer_syntax});
}

// PS3.4 CC.3.1: a request carries the SOP class UPS Push in a context of any UPS class; which operation belongs to
// which class, the service knows.
void Acceptor::on_request(const NegotiatedContext& context) {
  if (!is_message_service(context.abstract_syntax)) return skip(status::unrecognized_operation, "");
  if (!command_.sop_instance_uid.empty() && !is_valid_uid(command_.sop_instance_uid))
    return skip(status::invalid_object_instance, "invalid SOP Instance UID");
  message_.clear();
  if (!command_.has_data_set()) return hand_over();
  object_ = Object::collecting;
}

void Acceptor::hand_over() {
  const auto& context = contexts_.at(context_);
  object_ = Object::awaiting_answer;
  queued_.emplace_back(Request{command_, std::move(message_), context.abstract_syntax, context.transfer_syntax});
  message_.clear();
}

void Acceptor::on_data(const DataEvent& data) {
  object_bytes_ += data.bytes.size();
  if (object_ == Object::collecting) {
    if (object_bytes_ > limits_.message_bytes_max) {
      message_.clear();
      skip(status::resource_limitation, "data set is larger than accepted here");
    } else {
      message_.insert(message_.end(), data.bytes.begin(), data.bytes.end());
      if (data.ends) hand_over();
      return;
    }
  }
  if (object_ == Object::receiving && object_bytes_ > limits_.object_bytes_max) {
    queued_.emplace_back(ObjectDropped{});
    skip(status::out_of_resources, "object is larger than accepted here");
  }
  if (object_ == Object::receiving) {
    if (!data.bytes.empty()) queued_.emplace_back(ObjectBytes{data.bytes});
    if (data.ends) object_ = Object::complete;
    return;
  }
  if (data.ends) return answer(skip_status_, skip_comment_);
  if (object_bytes_ / 2 > limits_.object_bytes_max) {
    fail(AbortReason::not_specified, Closed::Reason::protocol_error, "a data set without end");
  }
}

// Answers when the data set of the message has gone by; at once when there is none.
void Acceptor::skip(std::uint16_t status, std::string_view comment) {
  if (!command_.has_data_set() || object_ == Object::complete) return answer(status, comment);
  object_ = Object::skipping;
  skip_status_ = status;
  skip_comment_ = comment;
}

void Acceptor::refuse_object(std::uint16_t status, std::string_view comment) {
  if (object_ == Object::receiving || object_ == Object::complete) skip(status, comment);
}

void Acceptor::reply(std::uint16_t status, std::string_view comment, SteadyTime now) {
  if (state_ == State::closed || object_ != Object::awaiting_reply) return;
  quiet_since_ = now;
  if (pdu_began_) pdu_began_ = now;  // the peer does not pay for our disk
  answer(status, comment);
}

void Acceptor::answer(std::uint16_t status, std::string_view comment) {
  Command response = response_to(command_, status);
  response.error_comment = comment;
  if (!is_valid_uid(response.sop_class_uid)) response.sop_class_uid.clear();
  if (!is_valid_uid(response.sop_instance_uid)) response.sop_instance_uid.clear();
  Send send;
  append_fragments(send.bytes, context_, PdvKind::command, encode_command(response), request_.user.pdu_bytes_max);
  queued_.emplace_back(Answered{command_.field, status, object_bytes_});
  queued_.emplace_back(std::move(send));
  object_ = Object::none;
}

void Acceptor::answer(const std::vector<RequestAnswer>& answers, SteadyTime now) {
  if (state_ == State::closed || object_ != Object::awaiting_answer) return;
  quiet_since_ = now;
  if (pdu_began_) pdu_began_ = now;
  Send send;
  for (const auto& each : answers) {
    Command response = response_to(command_, each.status);
    response.error_comment = each.error_comment;
    if (!each.sop_instance_uid.empty()) response.sop_instance_uid = each.sop_instance_uid;
    if (!is_valid_uid(response.sop_class_uid)) response.sop_class_uid.clear();
    if (each.data_set) response.data_set_type = kHasDataSet;
    const auto pdu_bytes_max = request_.user.pdu_bytes_max;
    append_fragments(send.bytes, context_, PdvKind::command, encode_command(response), pdu_bytes_max);
    if (each.data_set) append_fragments(send.bytes, context_, PdvKind::data, *each.data_set, pdu_bytes_max);
  }
  queued_.emplace_back(Answered{command_.field, answers.empty() ? status::success : answers.back().status, 0});
  queued_.emplace_back(std::move(send));
  object_ = Object::none;
}

void Acceptor::fail(AbortReason reason, Closed::Reason why, std::string_view what) {
  queued_.emplace_back(Send{encode(Abort{2, reason})});
  close(why, what);
}

void Acceptor::close(Closed::Reason reason, std::string_view what) {
  queued_.emplace_back(Closed{reason, what});
  state_ = State::closed;
  object_ = Object::none;
}

// ---- time -----------------------------------------------------------------------------------------------------------

bool Acceptor::inside_message() const { return object_ != Object::none || messages_.inside_message(); }

bool Acceptor::idle() const {
  return state_ == State::open && queued_.empty() && !inside_message() && !pdus_.inside_pdu();
}

SteadyTime Acceptor::window_end() const { return window_began_ + limits_.rate_window; }

SteadyTime Acceptor::deadline() const {
  if (state_ == State::closed || awaits()) return SteadyTime::max();
  if (state_ == State::awaiting_request) return window_began_ + limits_.request_deadline;
  const auto next = pdu_began_ ? *pdu_began_ + limits_.pdu_deadline : quiet_since_ + limits_.idle_deadline;
  return inside_message() ? std::min(next, window_end()) : next;
}

void Acceptor::expire(SteadyTime now) {
  if (now < deadline()) return;
  if (state_ == State::open && inside_message() && now >= window_end()) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.rate_window).count();
    const auto least = limits_.rate_bytes_per_second_min * static_cast<std::uint64_t>(std::max<long>(seconds, 1));
    if (window_bytes_ < least) {
      return fail(AbortReason::not_specified, Closed::Reason::too_slow, "data comes too slowly");
    }
    window_began_ = now;
    window_bytes_ = 0;
    if (now < deadline()) return;
  }
  fail(AbortReason::not_specified, Closed::Reason::timeout, "the peer was silent for too long");
}

void Acceptor::abort() {
  if (state_ != State::closed) fail(AbortReason::not_specified, Closed::Reason::local_abort, "we are shutting down");
}

}  // namespace inferad::ul
