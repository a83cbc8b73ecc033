// SPDX-License-Identifier: Apache-2.0
#include "server/ul/reader.h"

#include <algorithm>

namespace inferad::ul {
namespace {

constexpr std::uint32_t kShortBodyBytes = 4;  // of A-ASSOCIATE-RJ, A-RELEASE-RQ and -RP, A-ABORT

bool is_pdu_type(std::byte type) { return type >= std::byte{1} && type <= std::byte{7}; }

ByteView take_front(ByteView& rest, std::size_t at_most) {
  const ByteView taken = rest.first(std::min(at_most, rest.size()));
  rest = rest.subspan(taken.size());
  return taken;
}

}  // namespace

// ---- PduReader ------------------------------------------------------------------------------------------------------

PduReader::Step PduReader::step(ByteView input) {
  ByteView rest = input;
  Event event;
  while (std::holds_alternative<std::monostate>(event)) {
    const std::size_t before = rest.size();
    const State state = state_;
    switch (state_) {
      case State::header:
        event = on_pdu_header(rest);
        break;
      case State::control_body:
        event = on_control_body(rest);
        break;
      case State::pdv_header:
        event = on_pdv_header(rest);
        break;
      case State::pdv_body:
        event = on_pdv_body(rest);
        break;
    }
    if (rest.size() == before && state_ == state) break;
  }
  return {input.size() - rest.size(), event};
}

// True when all six bytes are there; they stay until header_filled_ is set back.
bool PduReader::fill_header(ByteView& rest) {
  const ByteView taken = take_front(rest, header_.size() - header_filled_);
  std::copy(taken.begin(), taken.end(), header_.begin() + static_cast<std::ptrdiff_t>(header_filled_));
  header_filled_ += taken.size();
  return header_filled_ == header_.size();
}

PduReader::Event PduReader::on_pdu_header(ByteView& rest) {
  const bool complete = fill_header(rest);
  if (header_filled_ > 0 && !is_pdu_type(header_[0]))
    return Malformed{AbortReason::unrecognized_pdu, "not a DICOM PDU"};
  if (!complete) return {};
  header_filled_ = 0;
  Cursor cursor(header_);
  type_ = static_cast<PduType>(cursor.u8());
  cursor.skip(1);
  pdu_left_ = cursor.u32();
  if (type_ == PduType::data) {
    if (pdu_left_ > data_bytes_max_)
      return Malformed{AbortReason::invalid_parameter, "P-DATA-TF over the maximum length"};
    if (pdu_left_ < kPdvHeaderBytes) return Malformed{AbortReason::invalid_parameter, "P-DATA-TF without a PDV"};
    state_ = State::pdv_header;
    return {};
  }
  const bool association = type_ == PduType::associate_rq || type_ == PduType::associate_ac;
  if (association && pdu_left_ > control_bytes_max_) {
    return Malformed{AbortReason::invalid_parameter, "association PDU over the limit"};
  }
  if (!association && pdu_left_ != kShortBodyBytes) {
    return Malformed{AbortReason::invalid_parameter, "PDU of a wrong length"};
  }
  body_.clear();
  state_ = State::control_body;
  return {};
}

PduReader::Event PduReader::on_control_body(ByteView& rest) {
  const ByteView taken = take_front(rest, pdu_left_);
  body_.insert(body_.end(), taken.begin(), taken.end());
  pdu_left_ -= static_cast<std::uint32_t>(taken.size());
  if (pdu_left_ > 0) return {};
  state_ = State::header;
  return ControlPdu{type_, body_};
}

PduReader::Event PduReader::on_pdv_header(ByteView& rest) {
  if (pdu_left_ < kPdvHeaderBytes) return Malformed{AbortReason::invalid_parameter, "P-DATA-TF with a broken PDV"};
  if (!fill_header(rest)) return {};
  header_filled_ = 0;
  Cursor cursor(header_);
  const std::uint32_t length = cursor.u32();  // counts the two bytes that follow it
  pdv_.context = cursor.u8();
  const std::uint8_t control = cursor.u8();
  if (length < 2 || length > pdu_left_ - 4) return Malformed{AbortReason::invalid_parameter, "PDV of a wrong length"};
  pdv_.kind = (control & 1) != 0 ? PdvKind::command : PdvKind::data;
  pdv_is_last_ = (control & 2) != 0;
  pdv_left_ = length - 2;
  pdu_left_ -= static_cast<std::uint32_t>(kPdvHeaderBytes);
  state_ = State::pdv_body;
  return pdv_left_ == 0 ? on_pdv_body(rest) : Event{};
}

PduReader::Event PduReader::on_pdv_body(ByteView& rest) {
  if (rest.empty() && pdv_left_ > 0) return {};
  pdv_.bytes = take_front(rest, pdv_left_);
  pdv_left_ -= static_cast<std::uint32_t>(pdv_.bytes.size());
  pdu_left_ -= static_cast<std::uint32_t>(pdv_.bytes.size());
  pdv_.ends_message = pdv_is_last_ && pdv_left_ == 0;
  if (pdv_left_ == 0) state_ = pdu_left_ == 0 ? State::header : State::pdv_header;
  return pdv_;
}

// ---- MessageReader --------------------------------------------------------------------------------------------------

MessageReader::Event MessageReader::take(const PdvBytes& pdv) {
  if (inside_message() && pdv.context != context_) {
    return Malformed{AbortReason::unexpected_parameter, "a message on two presentation contexts"};
  }
  if (expects_data_ != (pdv.kind == PdvKind::data)) {
    return Malformed{AbortReason::unexpected_parameter, "command and data set out of order"};
  }
  if (expects_data_) {
    expects_data_ = !pdv.ends_message;
    return DataEvent{pdv.bytes, pdv.ends_message};
  }
  begun_ = true;
  context_ = pdv.context;
  if (pdv.bytes.size() > command_bytes_max_ - command_.size()) {
    return Malformed{AbortReason::invalid_parameter, "command set over the limit"};
  }
  command_.insert(command_.end(), pdv.bytes.begin(), pdv.bytes.end());
  if (!pdv.ends_message) return {};
  auto command = decode_command(command_);
  if (!command) return Malformed{AbortReason::invalid_parameter, "command set that cannot be read"};
  begun_ = false;
  command_.clear();
  expects_data_ = command->has_data_set();
  return CommandEvent{context_, std::move(*command)};
}

}  // namespace inferad::ul
