// SPDX-License-Identifier: Apache-2.0
#include "server/ul/requestor.h"

#include <algorithm>

#include "server/core/sop_class.h"

namespace inferad::ul {

using Reason = RequestorClosed::Reason;

namespace {

AssociateRq request_of(const RequestorOptions& options) {
  AssociateRq request;
  request.calling_ae = options.calling_ae;
  request.called_ae = options.called_ae;
  request.contexts = options.contexts;
  request.user.pdu_bytes_max = options.pdu_bytes_max;
  request.user.implementation_class_uid = kImplementationClassUid;
  request.user.implementation_version = kImplementationVersionName;
  request.user.roles = options.roles;
  return request;
}

}  // namespace

Requestor::Requestor(RequestorOptions options, SteadyTime now)
    : options_(std::move(options)),
      pdus_(kRequestBytesMax, options_.pdu_bytes_max),
      messages_(options_.command_bytes_max),
      deadline_(now + options_.associate_deadline) {
  queued_.emplace_back(Send{encode(request_of(options_))});
}

Requestor::Step Requestor::step(ByteView input, SteadyTime now) {
  std::size_t consumed = 0;
  while (queued_.empty()) {
    if (state_ == State::closed) return {input.size(), NeedInput{}};
    const auto step = pdus_.step(input.subspan(consumed));
    consumed += step.consumed;
    if (std::holds_alternative<std::monostate>(step.event)) return {consumed, NeedInput{}};
    if (const auto* pdu = std::get_if<ControlPdu>(&step.event)) on_pdu(*pdu);
    if (const auto* pdv = std::get_if<PdvBytes>(&step.event)) on_message(*pdv, now);
    if (const auto* malformed = std::get_if<Malformed>(&step.event)) {
      fail(malformed->reason, malformed->what, Reason::protocol_error);
    }
  }
  Step out{consumed, std::move(queued_.front())};
  queued_.pop_front();
  return out;
}

void Requestor::on_pdu(const ControlPdu& pdu) {
  if (pdu.type == PduType::abort) return close(Reason::peer_aborted, "the peer aborted the association");
  if (state_ == State::associating) {
    if (pdu.type == PduType::associate_ac) return on_accept(pdu.body);
    if (pdu.type == PduType::associate_rj) {
      return close(Reason::rejected, "the peer rejected the association",
                   decode_associate_rj(pdu.body).value_or(AssociateRj{}));
    }
  } else if (pdu.type == PduType::release_rq) {
    queued_.emplace_back(Send{encode_release_rp()});
    if (state_ == State::releasing) return;  // both ask at once (PS3.8 7.2.2): our answer is still to come
    return close(outstanding_ ? Reason::peer_aborted : Reason::released, "the peer released the association");
  } else if (state_ == State::releasing && pdu.type == PduType::release_rp) {
    return close(Reason::released, "released");
  }
  fail(AbortReason::unexpected_pdu, "the peer sent a PDU that does not belong here", Reason::protocol_error);
}

void Requestor::on_accept(ByteView body) {
  auto accepted = decode_associate_ac(body);
  if (!accepted) return fail(AbortReason::invalid_parameter, accepted.error().what, Reason::protocol_error);
  accepted_ = std::move(*accepted);
  for (const auto& answer : accepted_.contexts) {
    if (answer.result != ContextResult::accepted) continue;
    for (const auto& proposed : options_.contexts) {
      const auto& syntaxes = proposed.transfer_syntaxes;
      if (proposed.id != answer.id) continue;
      if (std::find(syntaxes.begin(), syntaxes.end(), answer.transfer_syntax) == syntaxes.end()) continue;
      contexts_[answer.id] = {answer.id, proposed.abstract_syntax, answer.transfer_syntax};
    }
  }
  state_ = State::open;
  deadline_ = SteadyTime::max();
  queued_.emplace_back(PeerAccepted{});
}

void Requestor::on_message(const PdvBytes& pdv, SteadyTime now) {
  if (!outstanding_ || pdv.context != context_) {
    return fail(AbortReason::unexpected_parameter, "the peer sent data nobody asked for", Reason::protocol_error);
  }
  auto event = messages_.take(pdv);
  if (const auto* malformed = std::get_if<Malformed>(&event)) {
    return fail(malformed->reason, malformed->what, Reason::protocol_error);
  }
  if (auto* command = std::get_if<CommandEvent>(&event)) {
    response_ = Response{command->context, std::move(command->command), {}};
    if (response_.command.field != (outstanding_field_ | kResponseBit) ||
        response_.command.message_id != outstanding_id_) {
      return fail(AbortReason::unexpected_parameter, "the peer answered something else", Reason::protocol_error);
    }
    if (!response_.command.has_data_set()) finish_response(now);
  } else if (const auto* data = std::get_if<DataEvent>(&event)) {
    if (data->bytes.size() > options_.data_set_bytes_max - response_.data_set.size()) {
      return fail(AbortReason::not_specified, "the data set of the answer is too large", Reason::protocol_error);
    }
    response_.data_set.insert(response_.data_set.end(), data->bytes.begin(), data->bytes.end());
    if (data->ends) finish_response(now);
  }
}

void Requestor::finish_response(SteadyTime now) {
  outstanding_ = status::is_pending(response_.command.status);
  deadline_ = outstanding_ ? now + options_.response_deadline : SteadyTime::max();
  queued_.emplace_back(std::exchange(response_, {}));
}

const NegotiatedContext* Requestor::find_context(std::string_view sop_class, std::string_view transfer_syntax) const {
  for (const auto& [id, context] : contexts_) {
    if (context.abstract_syntax == sop_class && context.transfer_syntax == transfer_syntax) return &context;
  }
  return nullptr;
}

void Requestor::send_command(const NegotiatedContext& context, const Command& command, SteadyTime now) {
  INFERAD_CHECK(state_ != State::associating && !outstanding_);
  if (state_ != State::open) return;
  context_ = context.id;
  outstanding_ = true;
  outstanding_id_ = command.message_id;
  outstanding_field_ = command.field;
  deadline_ = command.has_data_set() ? SteadyTime::max() : now + options_.response_deadline;
  Send send;
  append_fragments(send.bytes, context.id, PdvKind::command, encode_command(command), accepted_.user.pdu_bytes_max);
  queued_.emplace_back(std::move(send));
}

void Requestor::send_data_set(ByteView data_set, SteadyTime now) {
  if (state_ != State::open) return;
  Send send;
  append_fragments(send.bytes, context_, PdvKind::data, data_set, accepted_.user.pdu_bytes_max);
  queued_.emplace_back(std::move(send));
  data_sent(now);
}

Bytes Requestor::data_header(bool last, std::size_t bytes) const {
  Bytes header;
  append_fragment_header(header, context_, PdvKind::data, last, bytes);
  return header;
}

void Requestor::data_sent(SteadyTime now) {
  if (state_ == State::open && outstanding_) deadline_ = now + options_.response_deadline;
}

void Requestor::release(SteadyTime now) {
  if (state_ != State::open) return;
  state_ = State::releasing;
  deadline_ = now + options_.release_deadline;
  queued_.emplace_back(Send{encode_release_rq()});
}

void Requestor::abort() {
  if (state_ == State::closed) return;
  queued_.emplace_back(Send{encode(Abort{0, AbortReason::not_specified})});
  close(Reason::local_abort, "we aborted the association");
}

void Requestor::expire(SteadyTime now) {
  if (now < deadline_ || state_ == State::closed) return;
  fail(AbortReason::not_specified, "the peer did not answer in time", Reason::timeout);
}

void Requestor::fail(AbortReason reason, std::string_view what, Reason why) {
  queued_.emplace_back(Send{encode(Abort{2, reason})});
  close(why, what);
}

void Requestor::close(Reason reason, std::string_view what, AssociateRj reject) {
  queued_.emplace_back(RequestorClosed{reason, reject, std::string(what)});
  state_ = State::closed;
  deadline_ = SteadyTime::max();
}

}  // namespace inferad::ul
