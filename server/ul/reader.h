// SPDX-License-Identifier: Apache-2.0
// From a byte stream to PDUs to messages, step by step and without copies of data sets. PduReader checks type and
// length of a PDU as soon as they have come, before anything is kept: unknown types, control PDUs over the limit and
// P-DATA-TF over the announced maximum end the association. MessageReader joins PDVs into commands and data sets and
// checks their order. Not thread-safe. After a Malformed event a reader must not be used again.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "server/ul/dimse.h"
#include "server/ul/pdu.h"

namespace inferad::ul {

struct Malformed {
  AbortReason reason = AbortReason::invalid_parameter;
  std::string_view what;  // a literal
};

struct ControlPdu {  // any PDU but P-DATA-TF, complete
  PduType type{};
  ByteView body;  // valid until the next step
};

struct PdvBytes {  // a piece of one PDV, as it comes; may be empty when `ends_message`
  std::uint8_t context = 0;
  PdvKind kind = PdvKind::data;
  bool ends_message = false;  // last byte of the last fragment
  ByteView bytes;             // part of the input
};

class PduReader {
 public:
  // `data_bytes_max`: what we announced as maximum length of a P-DATA-TF.
  PduReader(std::size_t control_bytes_max, std::uint32_t data_bytes_max)
      : control_bytes_max_(control_bytes_max), data_bytes_max_(data_bytes_max) {}

  struct Step {
    std::size_t consumed = 0;
    std::variant<std::monostate, ControlPdu, PdvBytes, Malformed> event;  // monostate: all consumed, more is needed
  };
  Step step(ByteView input);

  bool inside_pdu() const { return state_ != State::header || header_filled_ > 0; }

 private:
  enum class State { header, control_body, pdv_header, pdv_body };
  using Event = decltype(Step::event);

  bool fill_header(ByteView& rest);
  Event on_pdu_header(ByteView& rest);
  Event on_control_body(ByteView& rest);
  Event on_pdv_header(ByteView& rest);
  Event on_pdv_body(ByteView& rest);

  std::size_t control_bytes_max_;
  std::uint32_t data_bytes_max_;
  State state_ = State::header;
  std::array<std::byte, 6> header_{};  // of a PDU or a PDV
  std::size_t header_filled_ = 0;
  PduType type_{};
  std::uint32_t pdu_left_ = 0;  // bytes of the body still to come, PDV headers included
  std::uint32_t pdv_left_ = 0;
  PdvBytes pdv_;
  bool pdv_is_last_ = false;
  Bytes body_;
};

struct CommandEvent {
  std::uint8_t context = 0;
  Command command;
};

struct DataEvent {
  ByteView bytes;  // part of the PDV given
  bool ends = false;
};

class MessageReader {
 public:
  explicit MessageReader(std::size_t command_bytes_max) : command_bytes_max_(command_bytes_max) {}

  using Event = std::variant<std::monostate, CommandEvent, DataEvent, Malformed>;
  Event take(const PdvBytes& pdv);
  bool inside_message() const { return begun_ || expects_data_; }

 private:
  std::size_t command_bytes_max_;
  Bytes command_;
  std::uint8_t context_ = 0;  // of the message that has begun
  bool begun_ = false, expects_data_ = false;
};

}  // namespace inferad::ul
