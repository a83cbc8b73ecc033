// SPDX-License-Identifier: Apache-2.0
#include "server/ul/requestor.h"

#include <catch2/catch.hpp>

#include "server/ul/negotiation.h"
#include "tests/unit/ul/scenes.h"
#include "tests/unit/ul/transcript.h"

namespace inferad::ul {
namespace {

using namespace testing;
using std::chrono::seconds;
using Reason = RequestorClosed::Reason;

constexpr SteadyTime kStart{};

RequestorOptions made_options() {
  RequestorOptions options;
  options.calling_ae = "INFERAD";
  options.called_ae = "PACS";
  options.contexts = {context_of(1, kVerificationSopClass, {kImplicitVrLittleEndian}),
                      context_of(3, kCt, {kExplicitVrLittleEndian})};
  options.data_set_bytes_max = 1000;
  return options;
}

// A requestor, and what it asked of its driver.
struct Caller {
  explicit Caller(const RequestorOptions& options = made_options()) : scu(options, kStart) { hear({}); }

  void hear(const Bytes& bytes) {
    ByteView rest(bytes);
    for (;;) {
      auto step = scu.step(rest, now);
      rest = rest.subspan(step.consumed);
      if (std::holds_alternative<NeedInput>(step.action)) break;
      REQUIRE_FALSE(closed);
      if (auto* send = std::get_if<Send>(&step.action)) append(sent, send->bytes);
      if (std::holds_alternative<PeerAccepted>(step.action)) accepted = true;
      if (auto* response = std::get_if<Response>(&step.action)) responses.push_back(*response);
      if (auto* end = std::get_if<RequestorClosed>(&step.action)) closed = *end;
    }
    CHECK(rest.empty());
  }
  // The peer accepts what it serves, and receives at most `pdu_bytes_max`.
  void associate(std::uint32_t pdu_bytes_max = 16384) {
    AssociateAc answer;
    for (const auto& context : made_options().contexts) answer.contexts.push_back(answer_context(context));
    answer.user.pdu_bytes_max = pdu_bytes_max;
    hear(encode(answer));
    REQUIRE(accepted);
    sent.clear();
  }
  void ask_echo() {
    scu.send_command(*scu.find_context(kVerificationSopClass, kImplicitVrLittleEndian),
                     echo_request(scu.next_message_id()), now);
    hear({});
  }
  bool ended(Reason reason) const { return closed && closed->reason == reason; }

  SteadyTime now = kStart;
  Requestor scu;
  Bytes sent;
  bool accepted = false;
  std::vector<Response> responses;
  std::optional<RequestorClosed> closed;
};

TEST_CASE("our two machines understand each other, whatever the acceptor receives at most") {
  for (const std::uint32_t most : {16U, 64U, 1000U, 16384U}) {
    AcceptorLimits limits;
    limits.pdu_bytes_max = most;
    Acceptor acceptor(
        limits, [](const AssociateRq&) { return std::nullopt; }, kStart);
    Driver peer(acceptor);
    Caller caller;
    std::size_t heard = 0;
    const auto exchange = [&] {
      REQUIRE(peer.feed(std::exchange(caller.sent, {})));
      caller.hear(Bytes(peer.out.sent.begin() + static_cast<std::ptrdiff_t>(heard), peer.out.sent.end()));
      heard = peer.out.sent.size();
    };
    exchange();
    REQUIRE(caller.accepted);
    const Bytes data = made_data(777);
    caller.scu.send_command(*caller.scu.find_context(kCt, kExplicitVrLittleEndian),
                            store_request(caller.scu.next_message_id(), std::string(kCt), std::string(kInstance)),
                            kStart);
    caller.scu.send_data_set(data, kStart);
    caller.hear({});
    exchange();
    REQUIRE(caller.responses.size() == 1);
    CHECK(caller.responses[0].command.status == 0);
    REQUIRE(peer.out.objects.size() == 1);
    CHECK(peer.out.objects[0] == data);
    caller.scu.release(kStart);
    caller.hear({});
    exchange();
    CHECK(caller.ended(Reason::released));
    CHECK(peer.out.reason == Closed::Reason::released);
  }
}

TEST_CASE("only pairs that were proposed and accepted are found") {
  AssociateAc answer;
  answer.contexts = {{1, ContextResult::transfer_syntaxes_unknown, std::string(kImplicitVrLittleEndian)},
                     {3, ContextResult::accepted, std::string(kImplicitVrLittleEndian)},  // not proposed
                     {9, ContextResult::accepted, std::string(kImplicitVrLittleEndian)}};
  Caller caller;
  caller.hear(encode(answer));
  CHECK(caller.accepted);
  CHECK(caller.scu.contexts().empty());
  CHECK(caller.scu.find_context(kCt, kImplicitVrLittleEndian) == nullptr);
}

TEST_CASE("a rejection carries its reason") {
  Caller caller;
  caller.hear(encode(kRejectCalledAe));
  CHECK(caller.ended(Reason::rejected));
  CHECK(caller.closed->reject == kRejectCalledAe);
  CHECK(caller.scu.deadline() == SteadyTime::max());
}

TEST_CASE("a peer that breaks the protocol while we associate is aborted") {
  for (const Bytes& bytes :
       {encode(made_request()), encode_release_rq(), encode_release_rp(), echo(1), Bytes{std::byte{'H'}},
        Bytes{std::byte{2}, std::byte{0}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0xF0}}}) {
    Caller caller;
    caller.sent.clear();
    caller.hear(bytes);
    CHECK(caller.ended(Reason::protocol_error));
    REQUIRE_FALSE(caller.sent.empty());
    CHECK(caller.sent[0] == std::byte{7});
  }
}

TEST_CASE("answers nobody asked for end the association") {
  const auto response = [](std::uint16_t id, std::uint16_t field = kEchoRsp) {
    Command command = response_to(echo_request(id), 0);
    command.field = field;
    return command;
  };
  const Bytes table[] = {message(1, response(2)), message(1, response(1, kStoreRsp)),
                         message(3, response(1)), echo(1),
                         encode(AssociateAc{}),   encode_release_rp()};
  for (const auto& bytes : table) {
    INFO("row " << &bytes - table);
    Caller caller;
    caller.associate();
    caller.ask_echo();
    caller.hear(bytes);
    CHECK(caller.ended(Reason::protocol_error));
    CHECK(caller.responses.empty());
  }
  Caller idle;
  idle.associate();
  idle.hear(message(1, response(1)));
  CHECK(idle.ended(Reason::protocol_error));
}

TEST_CASE("pending answers go on, their data sets are bounded") {
  const auto pending = [](std::size_t bytes) {
    Command command = response_to(find_request(1, std::string(kVerificationSopClass)), status::pending);
    command.data_set_type = kHasDataSet;
    return message(1, command, made_data(bytes), 256);
  };
  const auto ask = [](Caller& caller) {
    caller.scu.send_command(*caller.scu.find_context(kVerificationSopClass, kImplicitVrLittleEndian),
                            find_request(1, std::string(kVerificationSopClass)), kStart);
    caller.scu.send_data_set(made_data(20), kStart);
    caller.hear({});
  };
  Caller caller;
  caller.associate();
  ask(caller);
  caller.hear(joined({pending(1000), pending(10)}));
  REQUIRE(caller.responses.size() == 2);
  CHECK(caller.responses[0].data_set == made_data(1000));
  CHECK(caller.responses[1].data_set == made_data(10));
  caller.hear(message(1, response_to(find_request(1, std::string(kVerificationSopClass)), status::success)));
  CHECK(caller.responses.size() == 3);
  CHECK(caller.scu.deadline() == SteadyTime::max());

  Caller flooded;
  flooded.associate();
  ask(flooded);
  flooded.hear(pending(1001));
  CHECK(flooded.ended(Reason::protocol_error));
}

TEST_CASE("every wait for the peer has an end") {
  Caller caller;
  CHECK(caller.scu.deadline() == kStart + seconds(30));
  caller.scu.expire(kStart + seconds(29));
  caller.hear({});
  CHECK_FALSE(caller.closed);
  caller.associate();
  CHECK(caller.scu.deadline() == SteadyTime::max());
  caller.ask_echo();
  CHECK(caller.scu.deadline() == kStart + seconds(120));
  caller.hear(message(1, response_to(echo_request(1), 0)));
  caller.scu.release(kStart);
  caller.hear({});
  CHECK(caller.scu.deadline() == kStart + seconds(10));
  caller.scu.expire(kStart + seconds(10));
  caller.hear({});
  CHECK(caller.ended(Reason::timeout));
  caller.scu.expire(kStart + seconds(999));
  caller.scu.abort();
  caller.scu.release(kStart);
  caller.hear({});  // nothing follows the end: hear() looks
}

TEST_CASE("who releases or aborts when") {
  Caller both;  // both ask at once
  both.associate();
  both.scu.release(kStart);
  both.hear(encode_release_rq());
  CHECK_FALSE(both.closed);
  both.hear(encode_release_rp());
  CHECK(both.ended(Reason::released));

  Caller waiting;  // the peer goes while it owes us an answer
  waiting.associate();
  waiting.ask_echo();
  waiting.hear(encode_release_rq());
  CHECK(waiting.ended(Reason::peer_aborted));

  Caller aborted;
  aborted.associate();
  aborted.hear(encode(Abort{}));
  CHECK(aborted.ended(Reason::peer_aborted));
  CHECK(aborted.sent.empty());

  Caller ours;
  ours.associate();
  ours.scu.abort();
  ours.hear({});
  CHECK(ours.ended(Reason::local_abort));
  CHECK(ours.sent == encode(Abort{0, AbortReason::not_specified}));
}

}  // namespace
}  // namespace inferad::ul
