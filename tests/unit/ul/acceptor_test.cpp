// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/ul/scenes.h"
#include "tests/unit/ul/transcript.h"

namespace inferad::ul {
namespace {

using namespace testing;

std::optional<AssociateRj> admit_all(const AssociateRq& /*request*/) { return std::nullopt; }

struct Scene {
  explicit Scene(AcceptorLimits limits = {}, Admit admit = admit_all) : acceptor(limits, std::move(admit), {}) {}

  Transcript& hear(const Bytes& bytes) {
    REQUIRE(driver.feed(bytes));
    return driver.out;
  }
  // The statuses of all responses that were sent, read back from the bytes.
  std::vector<int> statuses() const {
    std::vector<int> out;
    MessageReader messages(16 << 10);
    for (const auto& pdu : split(driver.out.sent)) {
      if (pdu.at(0) != std::byte{4}) continue;
      PduReader reader(kRequestBytesMax, 1 << 20);
      const auto step = reader.step(pdu);
      const auto event = messages.take(std::get<PdvBytes>(step.event));
      if (const auto* command = std::get_if<CommandEvent>(&event)) out.push_back(command->command.status);
    }
    return out;
  }
  // Reason of the A-ABORT that was sent last; -1: none was.
  int abort_reason() const {
    const auto pdus = split(driver.out.sent);
    if (pdus.empty() || pdus.back().at(0) != std::byte{7}) return -1;
    return std::to_integer<int>(pdus.back().at(9));
  }

  Acceptor acceptor;
  Driver driver{acceptor};
};

const Bytes& hello() {
  static const Bytes bytes = encode(made_request());
  return bytes;
}

TEST_CASE("verification, storage and release in order") {
  Scene scene;
  const Bytes data = made_data(1001);
  const auto& out = scene.hear(joined({hello(), echo(5), store(data), encode_release_rq()}));
  const std::vector<std::string> expected{
      "accepted",
      "send 2",
      "answered 48 0 0",
      "send 4",
      "begin " + std::string(kCt) + " " + std::string(kInstance) + " " + std::string(kExplicitVrLittleEndian),
      "bytes 1001",
      "end",
      "answered 1 0 1001",
      "send 4",
      "send 6",
      "closed released"};
  CHECK(out.lines == expected);
  REQUIRE(out.objects.size() == 1);
  CHECK(out.objects[0] == data);
  CHECK(scene.statuses() == std::vector<int>{0, 0});
}

TEST_CASE("however the bytes of a C-STORE are cut, the same happens") {
  const Bytes all = joined({hello(), store(made_data(333), 128), echo(2), encode_release_rq()});
  Scene whole;
  whole.hear(all);
  REQUIRE(whole.driver.out.closed);
  const auto same = [&](const Scene& other) {
    return other.driver.out.lines == whole.driver.out.lines && other.driver.out.objects == whole.driver.out.objects &&
           other.driver.out.sent == whole.driver.out.sent;
  };
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    Scene scene;
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(cut);
    bool fed = scene.driver.feed(Bytes(all.begin(), middle));
    fed = fed && scene.driver.feed(Bytes(middle, all.end()));
    if (!fed || !same(scene)) FAIL_CHECK("cut at " << cut);
  }
  for (std::size_t piece = 1; piece < 40; ++piece) {
    Scene scene;
    bool fed = true;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      const ByteView part = ByteView(all).subspan(at, std::min(piece, all.size() - at));
      fed = fed && scene.driver.feed(Bytes(part.begin(), part.end()));
    }
    if (!fed || !same(scene)) FAIL_CHECK("pieces of " << piece);
  }
}

TEST_CASE("command and data set may share a PDU, in several PDVs") {
  const Bytes command = encode_command(store_request(1, std::string(kCt), std::string(kInstance)));
  const Bytes data = made_data(60);
  const Bytes head(command.begin(), command.begin() + 20), tail(command.begin() + 20, command.end());
  const Bytes one(data.begin(), data.begin() + 10), two(data.begin() + 10, data.begin() + 10),
      three(data.begin() + 10, data.end());
  Scene scene;
  const auto& out = scene.hear(joined({hello(), pdu_of(3, {{1, head}, {3, tail}, {0, one}, {0, two}, {2, three}})}));
  REQUIRE(out.objects.size() == 1);
  CHECK(out.objects[0] == data);
  CHECK(scene.statuses() == std::vector<int>{0});

  Scene ends_empty;  // the last fragment may carry nothing
  ends_empty.hear(joined({hello(), pdu_of(3, {{3, command}, {0, data}}), pdu_of(3, {{2, {}}})}));
  REQUIRE(ends_empty.driver.out.objects.size() == 1);
  CHECK(ends_empty.driver.out.objects[0] == data);
}

TEST_CASE("contexts that are not served are answered 3 and 4, and must not be used") {
  auto request = made_request();
  request.contexts = {context_of(1, kNoSuchClass, {kImplicitVrLittleEndian}), context_of(3, kCt, {"1.2.3"}),
                      context_of(5, kVerificationSopClass, {kImplicitVrLittleEndian})};
  Scene scene;
  scene.hear(encode(request));
  const auto answer = decode_associate_ac(body_of(split(scene.driver.out.sent).at(0)));
  REQUIRE(answer);
  REQUIRE(answer->contexts.size() == 3);
  CHECK(answer->contexts[0].result == ContextResult::abstract_syntax_unknown);
  CHECK(answer->contexts[1].result == ContextResult::transfer_syntaxes_unknown);
  CHECK(answer->contexts[2].result == ContextResult::accepted);
  scene.hear(store(made_data(10)));
  CHECK(scene.driver.out.lines.back() == "closed protocol_error");
  CHECK(scene.abort_reason() == 6);
  CHECK(scene.driver.out.objects.empty());
}

TEST_CASE("a peer with a small maximum gets its answers in pieces that fit") {
  for (const std::uint32_t most : {1U, 16U, 17U, 40U, 100U}) {
    Scene scene;
    scene.hear(joined({encode(made_request(most)), store(made_data(50))}));
    int pieces = 0;
    for (const auto& pdu : split(scene.driver.out.sent)) {
      if (pdu.at(0) != std::byte{4}) continue;
      ++pieces;
      CHECK(pdu.size() - kPduHeaderBytes <= std::max(most, 16U));
    }
    CHECK(pieces > 1);
    CHECK(scene.statuses() == std::vector<int>{0});
  }
}

TEST_CASE("requests that are ill-formed or not admitted are rejected with the standard's reasons") {
  const auto rejected = [](const AssociateRq& request, Admit admit = admit_all) {
    Scene scene({}, std::move(admit));
    scene.hear(encode(request));
    CHECK(scene.driver.out.lines == std::vector<std::string>{"send 3", "closed rejected"});
    return decode_associate_rj(body_of(scene.driver.out.sent)).value_or(AssociateRj{0, 0, 0});
  };
  auto request = made_request();
  request.application_context = "1.2.3";
  CHECK(rejected(request) == kRejectApplicationContext);
  request = made_request();
  request.called_ae.clear();
  CHECK(rejected(request) == kRejectCalledAe);
  request = made_request();
  request.calling_ae = "A\\B";
  CHECK(rejected(request) == kRejectCallingAe);
  CHECK(rejected(made_request(), [](const AssociateRq&) { return std::optional(kRejectLocalLimit); }) ==
        kRejectLocalLimit);

  Bytes old = hello();
  old.at(7) = std::byte{2};  // protocol version 2 only
  Scene scene;
  scene.hear(old);
  CHECK(decode_associate_rj(body_of(scene.driver.out.sent)).value_or(AssociateRj{}) == kRejectProtocolVersion);
}

TEST_CASE("what does not belong here ends in an abort and nothing after it") {
  const Bytes data = made_data(100);
  const Bytes command = encode_command(store_request(1, std::string(kCt), std::string(kInstance)));
  const Bytes half = pdu_of(3, {{3, command}, {0, data}});
  const Command response = response_to(echo_request(1), 0);
  const Bytes http{std::byte{'G'}, std::byte{'E'}, std::byte{'T'}}, tls{std::byte{0x16}, std::byte{3}};
  const struct {
    Bytes bytes;
    int reason;
  } table[] = {
      {http, 1},
      {tls, 1},
      {echo(1), 2},
      {encode_release_rq(), 2},
      {joined({hello(), hello()}), 2},
      {joined({hello(), encode_release_rp()}), 2},
      {joined({hello(), half, encode_release_rq()}), 2},
      {joined({hello(), half, hello()}), 2},
      {joined({hello(), half, pdu_of(1, {{0, data}})}), 5},
      {joined({hello(), pdu_of(3, {{0, data}})}), 5},
      {joined({hello(), pdu_of(3, {{3, data}})}), 6},
      {joined({hello(), pdu_of(2, {{3, command}})}), 6},
      {joined({hello(), pdu_of(3, {{1, Bytes(17 << 10)}})}), 6},
      {joined({hello(), message(1, response)}), 0},
  };
  for (const auto& row : table) {
    Scene scene;
    scene.hear(joined({row.bytes, row.bytes}));
    INFO("row " << &row - table);
    REQUIRE(scene.driver.out.closed);
    CHECK(scene.driver.out.lines.back() == "closed protocol_error");
    CHECK(scene.abort_reason() == row.reason);
    CHECK(scene.driver.out.objects.empty());
    CHECK(scene.acceptor.deadline() == SteadyTime::max());
  }
}

TEST_CASE("a peer that aborts inside an object leaves no object") {
  const Bytes command = encode_command(store_request(1, std::string(kCt), std::string(kInstance)));
  Scene scene;
  scene.hear(joined({hello(), pdu_of(3, {{3, command}, {0, made_data(9)}}), encode(Abort{0, AbortReason{}})}));
  CHECK(scene.driver.out.lines.back() == "closed peer_aborted");
  CHECK(scene.driver.out.objects.empty());
}

TEST_CASE("the answer to a C-STORE is that of the driver, and the association goes on") {
  for (const int status : {0x0000, 0xA700, 0xC000, 0xA900, 0x0124}) {
    Scene scene;
    scene.driver.reply_status = static_cast<std::uint16_t>(status);
    scene.hear(joined({hello(), store(made_data(10)), echo(2)}));
    CHECK(scene.statuses() == std::vector<int>{status, 0});
    CHECK(scene.acceptor.idle());
  }
  Scene refused;
  refused.driver.refuse_status = status::out_of_resources;
  refused.hear(joined({hello(), store(made_data(1000), 100), echo(2)}));
  CHECK(refused.statuses() == std::vector<int>{0xA700, 0});
  CHECK(refused.driver.out.objects.empty());
}

TEST_CASE("senseless requests get the standard's status and do not end the association") {
  const Bytes data = made_data(30);
  auto without_data = store_request(1, std::string(kCt), std::string(kInstance));
  without_data.data_set_type = kNoDataSet;
  const struct {
    Bytes bytes;
    int status;
  } table[] = {
      {message(3, store_request(1, "1.2.840.10008.5.1.4.1.1.4", std::string(kInstance)), data), 0x0122},
      {message(1, store_request(1, std::string(kVerificationSopClass), std::string(kInstance)), data), 0x0122},
      {message(3, store_request(1, std::string(kCt), "1.2..3"), data), 0xC000},
      {message(3, store_request(1, std::string(kCt), std::string(70, '1')), data), 0xC000},
      {message(3, without_data), 0xC000},
      {message(3, find_request(1, std::string(kStudyRootFind)), data), 0x0211},
  };
  for (const auto& row : table) {
    Scene scene;
    scene.hear(joined({hello(), row.bytes, echo(2)}));
    INFO("row " << &row - table);
    CHECK(scene.statuses() == std::vector<int>{row.status, 0});
    CHECK(scene.driver.out.objects.empty());
  }
}

TEST_CASE("an object over the limit is answered A700 and skipped; one without end is cut off") {
  AcceptorLimits limits;
  limits.object_bytes_max = 1000;
  Scene exact(limits);
  exact.hear(joined({hello(), store(made_data(1000), 64)}));
  CHECK(exact.driver.out.objects.size() == 1);

  Scene over(limits);
  over.hear(joined({hello(), store(made_data(1001), 64), echo(2)}));
  CHECK(over.driver.out.has("dropped"));
  CHECK(over.driver.out.objects.empty());
  CHECK(over.statuses() == std::vector<int>{0xA700, 0});

  Scene endless(limits);
  endless.hear(joined({hello(), store(made_data(5000), 64)}));
  CHECK(endless.driver.out.lines.back() == "closed protocol_error");
  CHECK(endless.statuses().empty());
}

}  // namespace
}  // namespace inferad::ul
