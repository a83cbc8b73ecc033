// SPDX-License-Identifier: Apache-2.0
// Requests of services with small data sets: DIMSE-N commands, and what the acceptor makes of them.
#include <catch2/catch.hpp>

#include "server/core/ups.h"
#include "server/ul/acceptor.h"
#include "tests/unit/ul/scenes.h"

namespace inferad::ul {
namespace {

using namespace testing;

Command n_command(std::uint16_t field) {
  Command command;
  command.field = field;
  command.message_id = 7;
  command.sop_class_uid = ups::push;
  command.sop_instance_uid = "1.2.3";
  return command;
}

AssociateRq worklist_request() {
  auto request = made_request();
  request.contexts.push_back(context_of(5, ups::pull, {kExplicitVrBigEndian, kExplicitVrLittleEndian}));
  return request;
}

// An acceptor with a caller that may use the worklist, and what it asked of its driver since.
struct Desk {
  Acceptor acceptor{limits(),
                    [this](const AssociateRq&) -> std::optional<AssociateRj> {
                      acceptor.serve({.storage = true, .worklist = true});
                      return std::nullopt;
                    },
                    {}};
  std::vector<Request> requests;
  Bytes sent;
  std::string end;

  static AcceptorLimits limits() {
    AcceptorLimits limits;
    limits.message_bytes_max = 1000;
    return limits;
  }
  void hear(const Bytes& bytes) {
    ByteView rest(bytes);
    for (;;) {
      auto step = acceptor.step(rest, {});
      rest = rest.subspan(step.consumed);
      if (auto* request = std::get_if<Request>(&step.action)) requests.push_back(std::move(*request));
      if (auto* send = std::get_if<Send>(&step.action)) append(sent, send->bytes);
      if (const auto* closed = std::get_if<Closed>(&step.action)) end = to_string(closed->reason);
      if (std::holds_alternative<NeedInput>(step.action) || std::holds_alternative<NeedReply>(step.action)) return;
    }
  }
  // Commands and data sets in `sent`, which is emptied.
  std::vector<std::pair<Command, Bytes>> answers() {
    std::vector<std::pair<Command, Bytes>> out;
    MessageReader messages(16 << 10);
    PduReader reader(kRequestBytesMax, 1 << 20);
    ByteView rest(sent);
    for (;;) {
      const auto step = reader.step(rest);
      rest = rest.subspan(step.consumed);
      if (std::holds_alternative<std::monostate>(step.event)) break;
      const auto* pdv = std::get_if<PdvBytes>(&step.event);
      if (pdv == nullptr) continue;
      const auto event = messages.take(*pdv);
      if (const auto* command = std::get_if<CommandEvent>(&event)) out.emplace_back(command->command, Bytes{});
      if (const auto* data = std::get_if<DataEvent>(&event))
        out.back().second.insert(out.back().second.end(), data->bytes.begin(), data->bytes.end());
    }
    sent.clear();
    return out;
  }
};

TEST_CASE("DIMSE-N commands come back from their bytes, requested or affected as PS3.7 section 10 says") {
  for (const auto field : {kEventReportRq, kNGetRq, kNSetRq, kNActionRq, kNCreateRq}) {
    auto command = n_command(field);
    if (field == kEventReportRq) command.event_type = 3;
    if (field == kNActionRq) command.action_type = 1;
    if (field == kNGetRq) command.attributes = {0x00741000, 0x0040A370};
    const auto bytes = encode_command(command);
    const bool requested = field == kNGetRq || field == kNSetRq || field == kNActionRq;
    CHECK(std::to_integer<int>(bytes.at(14)) == (requested ? 3 : 2));  // the element after the group length
    const auto read = decode_command(bytes);
    REQUIRE(read);
    CHECK(read->sop_class_uid == ups::push);
    CHECK(read->sop_instance_uid == "1.2.3");
    CHECK(read->event_type == command.event_type);
    CHECK(read->action_type == command.action_type);
    CHECK(read->attributes == command.attributes);
    CHECK(std::to_integer<int>(encode_command(response_to(*read, 0)).at(14)) == 2);
  }
}

TEST_CASE("a request with its data set is handed over whole, and answered in order") {
  Desk desk;
  desk.hear(encode(worklist_request()));
  desk.sent.clear();
  auto command = n_command(kFindRq);
  command.data_set_type = kHasDataSet;
  desk.hear(message(5, command, made_data(900), 128));
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0].data_set == made_data(900));
  CHECK(desk.requests[0].abstract_syntax == ups::pull);
  CHECK(desk.requests[0].transfer_syntax == kExplicitVrLittleEndian);  // big endian is not decoded
  CHECK(desk.acceptor.deadline() == SteadyTime::max());

  desk.acceptor.answer({{status::pending, "", "", made_data(20)}, {status::success, "", "1.9"}}, {});
  desk.hear({});
  const auto answers = desk.answers();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].first.status == status::pending);
  CHECK(answers[0].second == made_data(20));
  CHECK(answers[1].first.status == status::success);
  CHECK(answers[1].first.message_id == 7);
  CHECK(answers[1].first.sop_instance_uid == "1.9");
  CHECK_FALSE(answers[1].first.has_data_set());

  desk.hear(message(5, n_command(kNGetRq)));  // the association goes on
  CHECK(desk.requests.size() == 2);
}

TEST_CASE("a data set beyond the limit is answered with 0213 and never handed over") {
  Desk desk;
  desk.hear(encode(worklist_request()));
  desk.sent.clear();
  auto command = n_command(kNCreateRq);
  command.data_set_type = kHasDataSet;
  desk.hear(message(5, command, made_data(1001)));
  CHECK(desk.requests.empty());
  const auto answers = desk.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].first.status == status::resource_limitation);
}

TEST_CASE("what a caller may not use is not negotiated") {
  const auto request = worklist_request().contexts[2];
  CHECK(answer_context(request, {}).result == ContextResult::abstract_syntax_unknown);
  CHECK(answer_context(request, {.storage = false, .worklist = true}).result == ContextResult::accepted);
  CHECK(answer_context(made_request().contexts[1], {.storage = false, .worklist = true}).result ==
        ContextResult::abstract_syntax_unknown);
  CHECK(answer_context(context_of(5, ups::push, {kExplicitVrBigEndian}), {.worklist = true}).result ==
        ContextResult::transfer_syntaxes_unknown);

  Desk desk;  // a request of the service in a storage context
  desk.hear(encode(worklist_request()));
  desk.sent.clear();
  desk.hear(message(3, n_command(kNGetRq)));
  CHECK(desk.requests.empty());
  CHECK(desk.answers().at(0).first.status == status::unrecognized_operation);
}

}  // namespace
}  // namespace inferad::ul
