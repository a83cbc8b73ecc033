// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "server/ul/negotiation.h"
#include "server/ul/reader.h"
#include "tests/unit/ul/scenes.h"

namespace inferad::ul {
namespace {

using namespace testing;

Bytes header(std::uint8_t type, std::uint32_t length) {
  Writer out;
  out.u8(type);
  out.u8(0);
  out.u32(length);
  return out.finish();
}

// What became of `input`: 0 nothing yet, 1 something came of it, 2 malformed.
int outcome(const Bytes& input, std::size_t* consumed = nullptr) {
  PduReader reader(kRequestBytesMax, 16384);
  const auto step = reader.step(input);
  if (consumed != nullptr) *consumed = step.consumed;
  if (std::holds_alternative<Malformed>(step.event)) return 2;
  return std::holds_alternative<std::monostate>(step.event) ? 0 : 1;
}

TEST_CASE("what is not DICOM is known by its first byte") {
  for (const std::string_view probe : {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "\x16\x03\x01\x02", "\x0b", "\x08"}) {
    const ByteView bytes = as_bytes(probe);
    CHECK(outcome(Bytes(bytes.begin(), bytes.begin() + 1)) == 2);
    CHECK(outcome(Bytes(bytes.begin(), bytes.end())) == 2);
  }
  CHECK(outcome(Bytes(1)) == 2);
}

TEST_CASE("a PDU that promises too much is refused at its header") {
  for (std::uint8_t type = 1; type <= 7; ++type) {
    CHECK(outcome(header(type, 0xFFFFFFF0)) == 2);
    CHECK(outcome(header(type, 0x80000000)) == 2);
  }
  CHECK(outcome(header(1, kRequestBytesMax)) == 0);
  CHECK(outcome(header(1, kRequestBytesMax + 1)) == 2);
  CHECK(outcome(header(4, 16384)) == 0);
  CHECK(outcome(header(4, 16385)) == 2);
  CHECK(outcome(header(4, 5)) == 2);
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{3, 5, 6, 7}) {
    CHECK(outcome(header(type, 4)) == 0);
    CHECK(outcome(header(type, 3)) == 2);
    CHECK(outcome(header(type, 5)) == 2);
  }
}

TEST_CASE("a PDV must fit its PDU") {
  const struct {
    std::uint32_t length;
    int expected;
  } table[] = {{0, 2}, {1, 2}, {2, 1}, {6, 1}, {7, 2}, {0x7FFFFFFF, 2}, {0xFFFFFFF0, 2}, {0xFFFFFFFF, 2}};
  for (const auto& row : table) {
    Writer out;
    out.bytes(header(4, 10));
    out.u32(row.length);
    out.u8(3);
    out.u8(0);
    out.zeros(4);
    INFO("length " << row.length);
    CHECK(outcome(out.finish()) == row.expected);
  }
  Bytes torn = pdu_of(3, {{0, Bytes(4)}});
  torn.resize(torn.size() + 3);
  torn[5] = static_cast<std::byte>(std::to_integer<int>(torn[5]) + 3);  // three bytes more, no room for a PDV
  PduReader reader(kRequestBytesMax, 16384);
  const auto first = reader.step(torn);
  CHECK(std::holds_alternative<PdvBytes>(first.event));
  CHECK(std::holds_alternative<Malformed>(reader.step(ByteView(torn).subspan(first.consumed)).event));
}

TEST_CASE("commands and data sets must come in order, on one context, within the limit") {
  const auto pdv = [](std::uint8_t context, PdvKind kind, bool ends, ByteView bytes) {
    return PdvBytes{context, kind, ends, bytes};
  };
  const Bytes command = encode_command(store_request(1, std::string(kCt), std::string(kInstance)));
  const auto malformed = [](const MessageReader::Event& e) { return std::holds_alternative<Malformed>(e); };
  {
    MessageReader reader(1024);
    CHECK(malformed(reader.take(pdv(3, PdvKind::data, true, command))));
  }
  {
    MessageReader reader(1024);
    CHECK(std::holds_alternative<CommandEvent>(reader.take(pdv(3, PdvKind::command, true, command))));
    CHECK(reader.inside_message());
    CHECK(malformed(reader.take(pdv(3, PdvKind::command, true, command))));
  }
  {
    MessageReader reader(1024);
    reader.take(pdv(3, PdvKind::command, true, command));
    CHECK(malformed(reader.take(pdv(1, PdvKind::data, true, command))));
  }
  {
    MessageReader reader(command.size() - 1);
    CHECK(malformed(reader.take(pdv(3, PdvKind::command, true, command))));
  }
}

TEST_CASE("the sender's first transfer syntax that we know is taken; deflated and big endian only alone") {
  const struct {
    std::vector<std::string_view> offered;
    ContextResult result;
    std::string_view chosen;
  } table[] = {
      {{kExplicitVrLittleEndian, kImplicitVrLittleEndian}, ContextResult::accepted, kExplicitVrLittleEndian},
      {{kImplicitVrLittleEndian, kExplicitVrLittleEndian}, ContextResult::accepted, kImplicitVrLittleEndian},
      {{kExplicitVrBigEndian, kImplicitVrLittleEndian}, ContextResult::accepted, kImplicitVrLittleEndian},
      {{kDeflatedExplicitVrLittleEndian, kExplicitVrBigEndian},
       ContextResult::accepted,
       kDeflatedExplicitVrLittleEndian},
      {{kExplicitVrBigEndian}, ContextResult::accepted, kExplicitVrBigEndian},
      {{"1.2.3", "1.2.840.10008.1.2.4.90"}, ContextResult::accepted, "1.2.840.10008.1.2.4.90"},
      {{"1.2.3"}, ContextResult::transfer_syntaxes_unknown, {}},
      {{}, ContextResult::transfer_syntaxes_unknown, {}},
  };
  for (const auto& row : table) {
    const auto answer = answer_context(context_of(7, kCt, row.offered));
    CHECK(answer.id == 7);
    CHECK(answer.result == row.result);
    if (row.result == ContextResult::accepted) CHECK(answer.transfer_syntax == row.chosen);
  }
  CHECK(answer_context(context_of(9, kNoSuchClass, {kImplicitVrLittleEndian})).result ==
        ContextResult::abstract_syntax_unknown);
  CHECK(answer_context(context_of(9, kStudyRootFind, {kImplicitVrLittleEndian})).result ==
        ContextResult::abstract_syntax_unknown);
}

TEST_CASE("a sender that wants to be SCP of storage is told no") {
  auto request = made_request();
  request.user.roles = {{std::string(kCt), true, true}, {std::string(kNoSuchClass), true, true}};
  const auto answer = answer_request(request, 65536);
  REQUIRE(answer.user.roles.size() == 1);
  CHECK(answer.user.roles[0].scu);
  CHECK_FALSE(answer.user.roles[0].scp);
  CHECK(answer.user.pdu_bytes_max == 65536);
}

}  // namespace
}  // namespace inferad::ul
