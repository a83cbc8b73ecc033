// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include "tests/unit/ul/scenes.h"

namespace inferad::ul {
namespace {

using namespace testing;

constexpr std::size_t kFixed = 68;  // in front of the items

// Offsets in an association body where a top-level item begins or the body ends.
std::set<std::size_t> item_borders(const Bytes& body) {
  std::set<std::size_t> out{kFixed};
  Cursor cursor(ByteView(body).subspan(kFixed));
  while (cursor.left() > 0) {
    cursor.skip(2);
    const std::size_t length = cursor.u16();
    cursor.skip(length);
    out.insert(body.size() - cursor.left());
  }
  return out;
}

// `request` with `count` sub-items of `type` more in its user information, which is the last item.
Bytes body_with_sub_items(const AssociateRq& request, std::uint8_t type, const Bytes& content, int count) {
  const Bytes body = body_of(encode(request));
  const auto borders = item_borders(body);
  const std::size_t at = *std::prev(borders.end(), 2);
  Writer out;
  out.bytes(body);
  for (int i = 0; i < count; ++i) {
    out.u8(type);
    out.u8(0);
    out.u16(static_cast<std::uint16_t>(content.size()));
    out.bytes(content);
  }
  out.set_length(at + 2, 2);
  return out.finish();
}

TEST_CASE("an association request survives its encoding") {
  auto request = made_request(65536);
  request.user.roles = {{std::string(kCt), true, false}, {std::string(kVerificationSopClass), false, true}};
  const auto again = decode_associate_rq(body_of(encode(request)));
  REQUIRE(again);
  CHECK(again->protocol_version == 1);
  CHECK(again->calling_ae == "SENDER");
  CHECK(again->called_ae == "INFERAD");
  CHECK(again->application_context == kApplicationContext);
  REQUIRE(again->contexts.size() == 2);
  CHECK(again->contexts[1].id == 3);
  CHECK(again->contexts[1].abstract_syntax == kCt);
  CHECK(again->contexts[1].transfer_syntaxes == request.contexts[1].transfer_syntaxes);
  CHECK(again->user.pdu_bytes_max == 65536);
  CHECK(again->user.implementation_class_uid == "1.2.3.4");
  CHECK(again->user.implementation_version == "MADE");
  REQUIRE(again->user.roles.size() == 2);
  CHECK(again->user.roles[1].sop_class == kVerificationSopClass);
  CHECK_FALSE(again->user.roles[1].scu);
  CHECK(again->user.roles[1].scp);
}

TEST_CASE("answer, reject and abort survive their encoding") {
  AssociateAc answer;
  answer.contexts = {{1, ContextResult::accepted, "1.2.840.10008.1.2"},
                     {5, ContextResult::abstract_syntax_unknown, "1.2.840.10008.1.2"}};
  const auto again = decode_associate_ac(body_of(encode(answer)));
  REQUIRE(again);
  REQUIRE(again->contexts.size() == 2);
  CHECK(again->contexts[0].transfer_syntax == "1.2.840.10008.1.2");
  CHECK(again->contexts[1].result == ContextResult::abstract_syntax_unknown);

  for (const auto& reject : {kRejectCalledAe, kRejectCallingAe, kRejectLocalLimit, kRejectCongestion}) {
    CHECK(decode_associate_rj(body_of(encode(reject))).value_or(AssociateRj{9, 9, 9}) == reject);
  }
  const auto abort = decode_abort(body_of(encode(Abort{2, AbortReason::unexpected_pdu})));
  REQUIRE(abort);
  CHECK(abort->source == 2);
  CHECK(abort->reason == AbortReason::unexpected_pdu);
  CHECK_FALSE(decode_abort(Bytes(3)));
  CHECK_FALSE(decode_associate_rj(Bytes(5)));
}

TEST_CASE("an association request that is cut inside an item is refused, wherever it is cut") {
  const Bytes body = body_of(encode(made_request()));
  const auto borders = item_borders(body);
  const std::size_t first_context_ends = *std::next(borders.begin(), 2);
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const Bytes cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    INFO("cut at " << size << " of " << body.size());
    CHECK(decode_associate_rq(cut).has_value() == (borders.contains(size) && size >= first_context_ends));
  }
}

TEST_CASE("whatever byte of a request changes, what is decoded has distinct odd contexts") {
  const Bytes body = body_of(encode(made_request()));
  int refused = 0;
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x58, 0x7F, 0xFF}) {
      Bytes changed = body;
      changed[at] = static_cast<std::byte>(value);
      const auto request = decode_associate_rq(changed);
      if (!request) {
        ++refused;
        continue;
      }
      std::set<int> ids;
      for (const auto& context : request->contexts) ids.insert(context.id);
      if (ids.size() != request->contexts.size()) FAIL_CHECK("repeated context id, byte " << at);
      for (const int id : ids) {
        if (id % 2 == 0) FAIL_CHECK("even context id, byte " << at);
      }
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("a length beyond its container is refused at every item") {
  const Bytes body = body_of(encode(made_request()));
  for (const std::size_t at : item_borders(body)) {
    if (at == body.size()) continue;
    Bytes changed = body;
    changed[at + 2] = changed[at + 3] = std::byte{0xFF};
    CHECK_FALSE(decode_associate_rq(changed));
  }
}

TEST_CASE("one user identity is taken, more than one are refused") {
  const Bytes identity{std::byte{2}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{'a'}, std::byte{0}};
  const auto once = decode_associate_rq(body_with_sub_items(made_request(), 0x58, identity, 1));
  REQUIRE(once);
  CHECK(once->user.has_user_identity);
  CHECK_FALSE(decode_associate_rq(body_with_sub_items(made_request(), 0x58, identity, 2)));
  CHECK_FALSE(decode_associate_rq(body_with_sub_items(made_request(), 0x58, identity, 6000)));
  CHECK_FALSE(decode_associate_rq(body_with_sub_items(made_request(), 0x51, Bytes(4), 1)));
  CHECK_FALSE(decode_associate_rq(body_with_sub_items(made_request(), 0x53, Bytes(4), 2)));
  CHECK(decode_associate_rq(body_with_sub_items(made_request(), 0x56, Bytes(4), 2)));
}

TEST_CASE("contexts must have distinct odd identifiers, and there must be one") {
  auto request = made_request();
  request.contexts[1].id = 1;
  CHECK_FALSE(decode_associate_rq(body_of(encode(request))));
  request.contexts[1].id = 4;
  CHECK_FALSE(decode_associate_rq(body_of(encode(request))));
  request.contexts.clear();
  CHECK_FALSE(decode_associate_rq(body_of(encode(request))));
}

TEST_CASE("more transfer syntaxes than the standard has are refused") {
  auto request = made_request();
  request.contexts[1].transfer_syntaxes.assign(64, "1.2.840.10008.1.2");
  CHECK(decode_associate_rq(body_of(encode(request))));
  request.contexts[1].transfer_syntaxes.assign(65, "1.2.840.10008.1.2");
  CHECK_FALSE(decode_associate_rq(body_of(encode(request))));
}

TEST_CASE("commands survive their encoding") {
  auto command = store_request(700, std::string(kCt), std::string(kInstance));
  command.priority = 1;
  command.move_originator_ae = "MOVER";
  command.move_originator_id = 12;
  const auto again = decode_command(encode_command(command));
  REQUIRE(again);
  CHECK(again->field == kStoreRq);
  CHECK(again->message_id == 700);
  CHECK(again->priority == 1);
  CHECK(again->has_data_set());
  CHECK(again->sop_class_uid == kCt);
  CHECK(again->sop_instance_uid == kInstance);
  CHECK(again->move_originator_ae == "MOVER");
  CHECK(again->move_originator_id == 12);

  auto response = response_to(command, status::out_of_resources);
  response.error_comment = std::string(100, 'x');
  const auto answer = decode_command(encode_command(response));
  REQUIRE(answer);
  CHECK(answer->field == kStoreRsp);
  CHECK(answer->message_id == 700);
  CHECK(answer->status == 0xA700);
  CHECK(answer->error_comment == std::string(64, 'x'));
  CHECK_FALSE(answer->has_data_set());
}

TEST_CASE("a command set that is cut inside an element, or before what it must have, is refused") {
  const Bytes bytes = encode_command(store_request(1, std::string(kCt), std::string(kInstance)));
  std::set<std::size_t> borders;
  std::size_t needed = 0;
  Cursor cursor(bytes, Endian::little);
  while (cursor.left() > 0) {
    cursor.skip(2);
    const auto element = cursor.u16();
    cursor.skip(cursor.u32());
    borders.insert(bytes.size() - cursor.left());
    if (element == 0x0800) needed = bytes.size() - cursor.left();
  }
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    INFO("cut at " << size);
    CHECK(decode_command(cut).has_value() == (borders.contains(size) && size >= needed));
  }
}

TEST_CASE("a command element may not promise 4 GiB, nor belong to another group") {
  Bytes bytes = encode_command(echo_request(1));
  for (std::size_t i = 4; i < 8; ++i) bytes[i] = std::byte{0xF0};
  CHECK_FALSE(decode_command(bytes));
  bytes = encode_command(echo_request(1));
  bytes[0] = std::byte{8};
  CHECK_FALSE(decode_command(bytes));
}

TEST_CASE("fragments fit what the peer receives and are even but for the last") {
  CHECK(fragment_bytes_max(16384) == 16378);
  CHECK(fragment_bytes_max(0) == (256U << 10) - 6);
  CHECK(fragment_bytes_max(0xFFFFFFFF) == (256U << 10) - 6);
  CHECK(fragment_bytes_max(1) == 10);
  CHECK(fragment_bytes_max(17) == 10);
  Bytes stream;
  append_fragments(stream, 3, PdvKind::data, made_data(101), 32);
  const auto pdus = split(stream);
  REQUIRE(pdus.size() == 4);
  for (std::size_t i = 0; i < pdus.size(); ++i) {
    CHECK(pdus[i].size() <= kPduHeaderBytes + 32);
    CHECK(std::to_integer<int>(pdus[i].at(11)) == (i + 1 == pdus.size() ? 2 : 0));
    if (i + 1 < pdus.size()) CHECK((pdus[i].size() - kFragmentHeaderBytes) % 2 == 0);
  }
  Bytes empty;
  append_fragments(empty, 3, PdvKind::data, {}, 32);
  CHECK(empty.size() == kFragmentHeaderBytes);
}

}  // namespace
}  // namespace inferad::ul
