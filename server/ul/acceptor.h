// SPDX-License-Identifier: Apache-2.0
// The association acceptor of PS3.8 (our SCP side: verification and storage), sans I/O: bytes and time in, actions out.
// Data sets are never held: ObjectBytes points into the input. Everything the peer may send is bounded
// (AcceptorLimits); a breach ends in A-ABORT and Closed. Not thread-safe; knows no socket, no file.
//
// The driver calls step() with what it received and drops `consumed` bytes, until NeedInput or NeedReply:
//   Accepted → ObjectBegin → ObjectBytes… → ObjectEnd → NeedReply … the driver calls reply() … → Send → …  → Closed
// It calls expire() at deadline(), which may move with each step.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/base/clock.h"
#include "server/ul/actions.h"
#include "server/ul/negotiation.h"
#include "server/ul/reader.h"

namespace inferad::ul {

struct AcceptorLimits {
  std::uint32_t pdu_bytes_max = 256 << 10;  // announced; a longer P-DATA-TF is refused
  std::size_t request_bytes_max = kRequestBytesMax;
  std::size_t command_bytes_max = 16 << 10;
  std::size_t message_bytes_max = 256 << 10;          // data set of any request but C-STORE; above: 0213
  std::uint64_t object_bytes_max = (4ULL << 30) - 1;  // above: A700; as much again is skipped, then A-ABORT
  Millis request_deadline{30'000};                    // connection to complete A-ASSOCIATE-RQ
  Millis pdu_deadline{30'000};                        // first to last byte of one PDU
  Millis idle_deadline{60'000};                       // between messages, and between the PDUs of one
  Millis rate_window{30'000};                         // inside a message at least …
  std::uint64_t rate_bytes_per_second_min = 8000;     // … on the average of each window
};

struct Accepted {};   // association() is known; the A-ASSOCIATE-AC follows as Send
struct ObjectBegin {  // a C-STORE-RQ with valid UIDs on an accepted storage context; refuse_object() may follow
  std::string sop_class_uid, sop_instance_uid, transfer_syntax_uid;
};
struct ObjectBytes {
  ByteView bytes;  // part of the input
};
struct ObjectEnd {};      // complete: reply() is due
struct ObjectDropped {};  // the object passed its limit: forget what came of it; the machine answers A700 itself
struct Answered {         // any request was answered, by us or by reply(): the response follows as Send
  std::uint16_t field = 0, status = 0;
  std::uint64_t object_bytes = 0;
};
struct Request {  // a complete request of a service other than storage (Services): answer() is due
  Command command;
  Bytes data_set;  // small, empty when none
  std::string abstract_syntax, transfer_syntax;
};
struct NeedReply {};  // nothing is consumed before reply()
struct RequestAnswer {
  std::uint16_t status = 0;
  std::string error_comment, sop_instance_uid;  // sop_instance_uid: "" = that of the request
  std::optional<Bytes> data_set = {};
};
struct Closed {  // the last action: close the connection after what was sent
  enum class Reason { released, rejected, peer_aborted, protocol_error, timeout, too_slow, local_abort };
  Reason reason = Reason::released;
  std::string_view what;  // a literal, for the log
};

std::string_view to_string(Closed::Reason reason);

// nullopt: admitted. Titles are valid AE titles without padding.
using Admit = std::function<std::optional<AssociateRj>(const AssociateRq& request)>;

class Acceptor {
 public:
  Acceptor(AcceptorLimits limits, Admit admit, SteadyTime now);

  using Action = std::variant<NeedInput, Send, Accepted, ObjectBegin, ObjectBytes, ObjectEnd, ObjectDropped, Answered,
                              Request, NeedReply, Closed>;
  struct Step {
    std::size_t consumed = 0;
    Action action;
  };
  Step step(ByteView input, SteadyTime now);

  void serve(Services services) { services_ = services; }  // from within admit: what this caller may use

  // After ObjectBegin: the rest of this object is skipped and then answered with `status`; no ObjectEnd comes.
  void refuse_object(std::uint16_t status, std::string_view comment);
  // After ObjectEnd, once: step() yields the C-STORE-RSP.
  void reply(std::uint16_t status, std::string_view comment, SteadyTime now);
  // After Request, once: the responses in order; all but the last are pending ones of C-FIND.
  void answer(const std::vector<RequestAnswer>& answers, SteadyTime now);

  SteadyTime deadline() const;  // SteadyTime::max(): none (while a reply is awaited, and after Closed)
  void expire(SteadyTime now);  // before deadline() nothing happens
  void abort();                 // ours, at shutdown: step() yields A-ABORT, then Closed

  bool idle() const;  // open, and between messages
  const AssociateRq& association() const { return request_; }
  const std::map<std::uint8_t, NegotiatedContext>& contexts() const { return contexts_; }

 private:
  enum class State { awaiting_request, open, closed };
  enum class Object { none, receiving, skipping, complete, awaiting_reply, collecting, awaiting_answer };

  void take(const PduReader::Step& step, SteadyTime now);
  void on_control(const ControlPdu& pdu);
  void on_request(ByteView body);
  void on_pdv(const PdvBytes& pdv, SteadyTime now);
  void on_command(CommandEvent event);
  void on_store(const NegotiatedContext& context);
  void on_request(const NegotiatedContext& context);
  void hand_over();
  bool awaits() const { return object_ == Object::awaiting_reply || object_ == Object::awaiting_answer; }
  void on_data(const DataEvent& data);
  void skip(std::uint16_t status, std::string_view comment);
  void answer(std::uint16_t status, std::string_view comment);
  void fail(AbortReason reason, Closed::Reason why, std::string_view what);
  void close(Closed::Reason reason, std::string_view what);
  bool inside_message() const;
  SteadyTime window_end() const;

  const AcceptorLimits limits_;
  const Admit admit_;
  PduReader pdus_;
  MessageReader messages_;
  State state_ = State::awaiting_request;
  AssociateRq request_;
  std::map<std::uint8_t, NegotiatedContext> contexts_;
  std::deque<Action> queued_;
  Object object_ = Object::none;
  std::uint8_t context_ = 0;  // of the message that is being received or answered
  Command command_;
  std::uint16_t skip_status_ = 0;  // the answer after skipping
  std::string skip_comment_;
  std::uint64_t object_bytes_ = 0;
  Services services_;
  Bytes message_;                          // data set of a request that is being collected
  SteadyTime quiet_since_, window_began_;  // last end of a PDU or of our own work; start of the rate window
  std::optional<SteadyTime> pdu_began_;
  std::uint64_t window_bytes_ = 0;
};

}  // namespace inferad::ul
