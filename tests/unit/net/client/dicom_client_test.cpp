// SPDX-License-Identifier: Apache-2.0
// The DICOM client against peers that answer as a test tells them: what each failure is called, and how long it takes.
#include "server/net/dicom_client.h"

#include <catch2/catch.hpp>

#include "objects.h"
#include "scripted_peer.h"

using namespace inferad;
using namespace inferad::net;
using namespace std::chrono_literals;
using test::Objects;
using test::ScriptedPeer;

namespace {

constexpr std::uint32_t kStudyInstances = 0x00201208;

DicomClientOptions hurried() {
  DicomClientOptions options;
  options.release_deadline = 50ms;
  options.associate_deadline = options.response_deadline = options.query_deadline = options.write_deadline = 400ms;
  return options;
}

ul::Command store_response(std::uint16_t message_id, std::uint16_t status) {
  return ul::response_to(ul::store_request(message_id, "1.2.840.10008.5.1.4.1.1.7", "1.2.3"), status);
}

ul::Command find_response(std::uint16_t status) {
  auto response = ul::response_to(ul::find_request(1, std::string(kStudyRootFind)), status);
  if (ul::status::is_pending(status)) response.data_set_type = ul::kHasDataSet;
  return response;
}

ul::Bytes identifier(std::string_view count, std::uint32_t tag = kStudyInstances) {
  ul::Writer out(ul::Endian::little);
  out.u32(0x000D0020), out.u32(8), out.text("1.2.3.40");
  out.u16(static_cast<std::uint16_t>(tag >> 16)), out.u16(static_cast<std::uint16_t>(tag & 0xFFFF));
  out.u32(static_cast<std::uint32_t>(count.size())), out.text(count);
  return out.finish();
}

// What the client makes of a peer that answers the query with these.
Result<std::optional<int>> count_from(std::vector<std::pair<ul::Command, ul::Bytes>> responses) {
  ScriptedPeer pacs([&](ScriptedPeer& peer) {
    peer.accept_association();
    peer.read_message();
    for (const auto& [command, data_set] : responses) peer.respond(command, data_set);
    peer.wait_for_end();
  });
  return DicomClient(hurried()).count_instances(pacs.peer, "1.2.3.40", {});
}

Errc error_of(const ScriptedPeer& pacs, std::span<const flow::OutgoingObject> objects, std::stop_token stop = {}) {
  const auto begin = steady_now();
  const auto answers = DicomClient(hurried()).send(pacs.peer, objects, stop);
  CHECK(steady_now() - begin < 3s);
  REQUIRE(answers.size() == objects.size());
  for (const auto& answer : answers) REQUIRE_FALSE(answer.has_value());
  INFO(answers[0].error().what);
  CHECK(answers[0].error().what.starts_with("pacs: "));
  return answers[0].error().code;
}

}  // namespace

TEST_CASE("the answers of the peer come back object by object, failures too") {
  const std::vector<std::uint16_t> statuses{0x0000, 0xB007, 0xA700, 0xC000, 0x0124, 0x0111};
  ScriptedPeer pacs([&](ScriptedPeer& peer) {
    peer.accept_association();
    std::uint16_t message_id = 0;
    for (const auto status : statuses) {
      if (!peer.read_message()) return;
      peer.respond(store_response(++message_id, status));
    }
    if (peer.read_pdu() == ul::encode_release_rq()) peer.send(ul::encode_release_rp());
  });
  Objects objects;
  std::vector<flow::OutgoingObject> outgoing;
  for (std::size_t i = 0; i < statuses.size(); ++i) outgoing.push_back(objects.make("1.2.3." + std::to_string(i)));
  const auto answers = DicomClient(hurried()).send(pacs.peer, outgoing, {});
  REQUIRE(answers.size() == statuses.size());
  for (std::size_t i = 0; i < statuses.size(); ++i) CHECK(answers[i].value().status == statuses[i]);
}

TEST_CASE("an object whose context is refused is refused, the others still go") {
  ScriptedPeer pacs([](ScriptedPeer& peer) {
    peer.accept_association(1);
    std::uint16_t message_id = 0;
    while (peer.read_message()) peer.respond(store_response(++message_id, 0));
  });
  Objects objects;
  const std::vector outgoing{objects.make("1.2.3.1"), objects.make("1.2.3.2", 64, "1.2.840.10008.5.1.4.1.1.66.4"),
                             objects.make("1.2.3.3")};
  const auto answers = DicomClient(hurried()).send(pacs.peer, outgoing, {});
  CHECK(answers[0].value().status == 0);
  CHECK(answers[1].error().code == Errc::refused);
  CHECK(answers[1].error().what == "the peer does not accept Segmentation Storage in Explicit VR Little Endian");
  CHECK(answers[2].value().status == 0);
}

TEST_CASE("the first class that the peer accepts goes, also when it takes the context and refuses the object") {
  std::size_t contexts = 0;
  std::vector<std::pair<std::uint8_t, std::uint16_t>> statuses;  // of the context with this id
  ScriptedPeer pacs([&](ScriptedPeer& peer) {
    peer.accept_association(contexts);
    std::uint16_t message_id = 0;
    for (const auto& [context, status] : statuses) {
      if (!peer.read_message()) return;
      peer.respond(store_response(++message_id, status), {}, context);
    }
    if (peer.read_pdu() == ul::encode_release_rq()) peer.send(ul::encode_release_rp());
  });
  Objects objects;
  auto labelmap = objects.make("1.2.3.1", 64, "1.2.840.10008.5.1.4.1.1.66.7");
  auto report = objects.make("1.2.3.3", 64, "1.2.840.10008.5.1.4.1.1.88.34");
  labelmap.fallbacks = {objects.make("1.2.3.2", 64, "1.2.840.10008.5.1.4.1.1.66.4")};
  report.fallbacks = {objects.make("1.2.3.4", 64, "1.2.840.10008.5.1.4.1.1.88.33")};
  SECTION("the contexts decide") {
    contexts = 3;  // both segmentations and Comprehensive 3D SR
    statuses = {{1, 0}, {5, 0}};
    const auto answers = DicomClient(hurried()).send(pacs.peer, std::vector{labelmap, report}, {});
    CHECK(answers[0].value().choice == 0);
    CHECK(answers[1].value().choice == 0);
  }
  SECTION("the status decides") {
    contexts = 4;
    statuses = {{1, 0x0122}, {3, 0}, {5, 0x0122}, {7, 0x0122}};
    const auto answers = DicomClient(hurried()).send(pacs.peer, std::vector{labelmap, report}, {});
    CHECK(answers[0].value().choice == 1);
    CHECK(answers[0].value().status == 0);
    CHECK(answers[1].value().status == 0x0122);
  }
  SECTION("what a report refers to has to be accepted too") {
    contexts = 2;  // Label Map and Comprehensive 3D SR
    statuses = {{1, 0}, {3, 0}};
    auto beside_seg = report;
    beside_seg.beside_class_uid = "1.2.840.10008.5.1.4.1.1.66.4";
    beside_seg.fallbacks = {report};
    beside_seg.fallbacks[0].fallbacks.clear();
    beside_seg.fallbacks[0].beside_class_uid = labelmap.sop_class_uid;
    labelmap.fallbacks.clear();
    const auto answers = DicomClient(hurried()).send(pacs.peer, std::vector{labelmap, beside_seg}, {});
    CHECK(answers[0].value().choice == 0);
    CHECK(answers[1].value().choice == 1);
  }
  SECTION("nothing is accepted") {
    contexts = 2;
    statuses = {{1, 0}};
    const auto answers = DicomClient(hurried()).send(pacs.peer, std::vector{labelmap, report}, {});
    CHECK(answers[0].value().choice == 0);
    CHECK(answers[1].error().code == Errc::refused);
    CHECK(answers[1].error().what ==
          "the peer accepts none of Comprehensive 3D SR Storage in Explicit VR Little Endian, Comprehensive SR Storage "
          "in "
          "Explicit VR Little Endian");
  }
}

TEST_CASE("a rejected association is tried again later, whatever the reason") {
  Objects objects;
  const std::vector outgoing{objects.make("1.2.3.1"), objects.make("1.2.3.2")};
  for (const auto& rejection : {ul::kRejectCalledAe, ul::kRejectLocalLimit, ul::kRejectCongestion}) {
    ScriptedPeer pacs([&](ScriptedPeer& peer) {
      peer.read_pdu();
      peer.send(ul::encode(rejection));
    });
    CHECK(error_of(pacs, outgoing) == Errc::unavailable);
  }
}

TEST_CASE("nobody listens, or something else does") {
  Objects objects;
  const std::vector outgoing{objects.make("1.2.3.1")};
  ScriptedPeer web([](ScriptedPeer& peer) {
    peer.read_pdu();
    peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.wait_for_end();
  });
  CHECK(error_of(web, outgoing) == Errc::unavailable);
  ScriptedPeer silent([](ScriptedPeer& peer) { peer.wait_for_end(); });
  CHECK(error_of(silent, outgoing) == Errc::timeout);
  std::uint16_t port = 0;
  const auto bound = test::bound_socket(port, false);
  auto nobody = silent.peer;
  nobody.port = port;
  CHECK(DicomClient(hurried()).echo(nobody, {}).error().code == Errc::unavailable);
}

TEST_CASE("an association that breaks in the middle leaves later objects untried") {
  Objects objects;
  const std::vector outgoing{objects.make("1.2.3.1"), objects.make("1.2.3.2"), objects.make("1.2.3.3")};
  ScriptedPeer aborts([](ScriptedPeer& peer) {
    peer.accept_association();
    peer.read_message();
    peer.respond(store_response(1, 0));
    peer.read_pdu();
    peer.send(ul::encode(ul::Abort{}));
    peer.wait_for_end();
  });
  const auto answers = DicomClient(hurried()).send(aborts.peer, outgoing, {});
  CHECK(answers[0].value().status == 0);
  CHECK(answers[1].error().code == Errc::unavailable);
  CHECK(answers[2].error().what == "not tried: the association ended before");
  ScriptedPeer closes([](ScriptedPeer& peer) {
    peer.accept_association();
    peer.read_message();
    peer.close();
  });
  CHECK(error_of(closes, outgoing) == Errc::unavailable);
}

TEST_CASE("an answer that does not come, does not fit, or a peer that stops reading ends the wait") {
  Objects objects;
  const std::vector outgoing{objects.make("1.2.3.1", 32 << 20)};
  ScriptedPeer silent([](ScriptedPeer& peer) {
    peer.accept_association();
    peer.read_message();
    peer.wait_for_end();
  });
  CHECK(error_of(silent, outgoing) == Errc::timeout);
  ScriptedPeer confused([](ScriptedPeer& peer) {
    peer.accept_association();
    peer.read_message();
    peer.respond(store_response(77, 0));
    peer.wait_for_end();
  });
  CHECK(error_of(confused, outgoing) == Errc::unavailable);
  std::atomic<bool> done = false;
  ScriptedPeer full([&](ScriptedPeer& peer) {
    peer.accept_association();
    while (!done) std::this_thread::sleep_for(10ms);
  });
  CHECK(error_of(full, outgoing) == Errc::timeout);
  done = true;
}

TEST_CASE("stop ends a send at once") {
  Objects objects;
  const std::vector outgoing{objects.make("1.2.3.1")};
  ScriptedPeer silent([](ScriptedPeer& peer) {
    peer.accept_association();
    peer.wait_for_end();
  });
  std::stop_source stop;
  const std::jthread trigger([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const auto begin = steady_now();
  const auto answers = DicomClient().send(silent.peer, outgoing, stop.get_token());
  CHECK(answers[0].error().code == Errc::cancelled);
  CHECK(steady_now() - begin < 1s);
}

TEST_CASE("a file of ours that is missing or no DICOM harms nobody else's object") {
  Objects objects;
  std::ofstream(objects.folder() / "bad.dcm") << std::string(500, 'x');
  ScriptedPeer pacs([](ScriptedPeer& peer) {
    peer.accept_association();
    std::uint16_t message_id = 0;
    while (peer.read_message()) peer.respond(store_response(++message_id, 0));
  });
  auto bad = objects.make("1.2.3.1");
  bad.file = objects.folder() / "bad.dcm";
  const auto answers = DicomClient(hurried()).send(pacs.peer, std::vector{bad, objects.make("1.2.3.2")}, {});
  CHECK(answers[0].error().code == Errc::invalid_input);
  CHECK(answers[1].value().status == 0);
}

TEST_CASE("the count of a study is read from the answer of the peer, and only when it tells") {
  const auto pending = find_response(ul::status::pending);
  const auto success = find_response(ul::status::success);
  CHECK(count_from({{pending, identifier("120 ")}, {success, {}}}).value() == 120);
  CHECK(count_from({{find_response(0xFF01), identifier("7 ")}, {success, {}}}).value() == 7);
  CHECK(count_from({{success, {}}}).value() == std::nullopt);                             // no such study
  CHECK(count_from({{pending, identifier("")}, {success, {}}}).value() == std::nullopt);  // left empty
  CHECK(count_from({{pending, identifier("5 ", 0x00201206)}, {success, {}}}).value() == std::nullopt);
  CHECK(count_from({{pending, identifier("many")}, {success, {}}}).value() == std::nullopt);
  CHECK(count_from({{pending, identifier("-3")}, {success, {}}}).value() == std::nullopt);
  CHECK(count_from({{pending, identifier("99999999999 ")}, {success, {}}}).value() == std::nullopt);
}

TEST_CASE("a query that fails is an error with the right name") {
  CHECK(count_from({{find_response(0xA700), {}}}).error().code == Errc::unavailable);
  CHECK(count_from({}).error().code == Errc::timeout);
  std::vector<std::pair<ul::Command, ul::Bytes>> endless(200, {find_response(ul::status::pending), identifier("1 ")});
  CHECK(count_from(endless).error().code == Errc::invalid_input);
  ul::Bytes lying = identifier("12");
  lying[lying.size() - 6] = std::byte{200};
  CHECK(count_from({{find_response(ul::status::pending), lying}, {find_response(0), {}}}).value() == std::nullopt);
  ScriptedPeer refuses([](ScriptedPeer& peer) {
    peer.accept_association(0);
    peer.wait_for_end();
  });
  CHECK(DicomClient(hurried()).count_instances(refuses.peer, "1.2", {}).error().code == Errc::refused);
}
