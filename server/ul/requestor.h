// SPDX-License-Identifier: Apache-2.0
// The association requestor of PS3.8 (our SCU side), sans I/O: bytes and time in, actions out. The driver calls step()
// with what it received until it answers NeedInput, writes what Send carries (one write a Send), and calls expire() at
// deadline(). One request is outstanding at a time. Not thread-safe; knows no socket.
//
//   Requestor scu(options, steady_now());          // step() yields the A-ASSOCIATE-RQ first
//   … Associated …  if (const auto* c = scu.find_context(sop_class, transfer_syntax))
//     scu.send_command(*c, store_request(scu.next_message_id(), class, instance), now);
//     write, in pieces of at most fragment_bytes(): data_header(last, n) then n bytes of the data set; then
//     data_sent(now)
//   … Response …    scu.release(now);  … Closed
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "server/base/clock.h"
#include "server/ul/actions.h"
#include "server/ul/reader.h"

namespace inferad::ul {

struct RequestorOptions {
  std::string calling_ae, called_ae;
  std::vector<ProposedContext> contexts;  // odd, distinct ids; at most 128
  std::vector<RoleSelection> roles;
  std::uint32_t pdu_bytes_max = 131072;  // what we receive
  std::size_t command_bytes_max = 16 << 10;
  std::size_t data_set_bytes_max = 1 << 20;  // of a response: C-FIND identifiers
  Millis associate_deadline{30'000}, response_deadline{120'000}, release_deadline{10'000};
};

struct PeerAccepted {};
struct Response {
  std::uint8_t context = 0;
  Command command;
  Bytes data_set;  // in the transfer syntax of the context; empty when none
};
struct RequestorClosed {  // the last action; the connection is to be closed after what was sent
  enum class Reason { released, rejected, peer_aborted, protocol_error, timeout, local_abort };
  Reason reason = Reason::released;
  AssociateRj reject;  // when rejected
  std::string what;    // for the log
};

class Requestor {
 public:
  Requestor(RequestorOptions options, SteadyTime now);

  using Action = std::variant<NeedInput, Send, PeerAccepted, Response, RequestorClosed>;
  struct Step {
    std::size_t consumed = 0;
    Action action;
  };
  Step step(ByteView input, SteadyTime now);

  SteadyTime deadline() const { return deadline_; }  // SteadyTime::max(): none
  void expire(SteadyTime now);                       // at or after deadline(): step() then yields A-ABORT and the end

  // After PeerAccepted. nullptr: the peer did not accept this pair.
  const NegotiatedContext* find_context(std::string_view sop_class, std::string_view transfer_syntax) const;
  const std::map<std::uint8_t, NegotiatedContext>& contexts() const { return contexts_; }
  const AssociateAc& accepted() const { return accepted_; }

  std::uint16_t next_message_id() { return next_message_id_++; }
  // Queues the command as Send. A command with a data set is followed by the driver's own writes (data_header) or by
  // send_data_set(). Only while no request is outstanding.
  void send_command(const NegotiatedContext& context, const Command& command, SteadyTime now);
  void send_data_set(ByteView data_set, SteadyTime now);  // a small one: queues all of it

  std::size_t fragment_bytes() const { return fragment_bytes_max(accepted_.user.pdu_bytes_max); }
  Bytes data_header(bool last, std::size_t bytes) const;  // in front of `bytes` bytes of the outstanding data set
  void data_sent(SteadyTime now);                         // the driver wrote the last piece: the answer is due

  void release(SteadyTime now);  // queues A-RELEASE-RQ
  void abort();                  // queues A-ABORT (user); the end follows

 private:
  enum class State { associating, open, releasing, closed };

  void on_pdu(const ControlPdu& pdu);
  void on_accept(ByteView body);
  void on_message(const PdvBytes& pdv, SteadyTime now);
  void on_command(CommandEvent event);
  void finish_response(SteadyTime now);
  void fail(AbortReason reason, std::string_view what, RequestorClosed::Reason why);
  void close(RequestorClosed::Reason reason, std::string_view what, AssociateRj reject = {});

  RequestorOptions options_;
  PduReader pdus_;
  MessageReader messages_;
  State state_ = State::associating;
  SteadyTime deadline_;
  AssociateAc accepted_;
  std::map<std::uint8_t, NegotiatedContext> contexts_;
  std::deque<Action> queued_;
  std::uint16_t next_message_id_ = 1;
  std::uint8_t context_ = 0;  // of the outstanding request
  std::uint16_t outstanding_id_ = 0, outstanding_field_ = 0;
  bool outstanding_ = false;
  Response response_;  // being received
};

}  // namespace inferad::ul
