// SPDX-License-Identifier: Apache-2.0
// The lists of inferad.json that name others: peers, where results go, HL7 receivers.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/config/settings_read.h"

namespace inferad::config {

namespace {

using Word = std::string_view;

constexpr std::array<std::pair<Word, PeerRole>, 5> kRoles{{{"send", PeerRole::send},
                                                           {"receive_results", PeerRole::receive_results},
                                                           {"query", PeerRole::query},
                                                           {"ups", PeerRole::ups},
                                                           {"worklist", PeerRole::worklist}}};
constexpr std::array<std::pair<Word, Hl7Message>, 3> kMessages{
    {{"OMI^O23", Hl7Message::omi_o23}, {"ORM^O01", Hl7Message::orm_o01}, {"ORU^R01", Hl7Message::oru_r01}}};
constexpr std::array<std::pair<Word, Word>, 3> kProcessing{{{"P", "P"}, {"T", "T"}, {"D", "D"}}};
constexpr std::array<std::pair<Word, Word>, 3> kControl{{{"XO", "XO"}, {"XX", "XX"}, {"SC", "SC"}}};

template <class T, std::size_t n>
void read_choice(JsonObject& object, const char* name, const std::array<std::pair<Word, T>, n>& words, auto& out) {
  if (const auto node = object.find(name)) {
    if (const auto value = choose<T>(*node, words)) out = *value;
  }
}

// A list of different words.
template <class T, std::size_t n>
void read_set(const JsonNode& node, const std::array<std::pair<Word, T>, n>& words, std::vector<T>& out) {
  out.clear();
  for (const auto& element : node.elements(1, n)) {
    const auto value = choose<T>(element, words);
    if (!value) continue;
    if (std::find(out.begin(), out.end(), *value) != out.end()) element.fail("given twice: remove one");
    out.push_back(*value);
  }
}

// Adds the kind that `node` names to `wish`. `seen`: what the destination gets already.
void read_kind(const JsonNode& node, Wish& wish, std::vector<ResultKind>& seen) {
  std::vector<std::pair<Word, ResultKind>> words;
  for (const auto& facts : result_kinds()) words.emplace_back(facts.name, facts.kind);
  const auto kind = choose<ResultKind>(node, words);
  if (!kind) return;
  if (std::find(seen.begin(), seen.end(), *kind) != seen.end()) node.fail("given twice: remove one");
  seen.push_back(*kind);
  wish.push_back(*kind);
}

// Kinds, or lists of kinds of which the destination gets the first that it accepts.
void read_wishes(const JsonNode& node, std::vector<Wish>& out) {
  out.clear();
  std::vector<ResultKind> seen;
  for (const auto& element : node.elements(1, result_kinds().size())) {
    auto& wish = out.emplace_back();
    if (!element.is_array()) {
      read_kind(element, wish, seen);
      continue;
    }
    for (const auto& kind : element.elements(1, result_kinds().size())) read_kind(kind, wish, seen);
  }
}

// Who only sorts work gets a priority and a report that says whether, never where.
void read_triage_only(JsonObject& object, ResultDestination& out) {
  bool triage_only = false;
  object.read("triage_only", triage_only);
  if (!triage_only) return;
  if (object.has("send")) object.node().fail("\"send\" stands beside \"triage_only\": remove one of them");
  out.send = {{ResultKind::sr_triage}};
}

// What the roles of a peer need.
void check_peer(const JsonObject& object, const Peer& peer) {
  const auto need = [&](bool given, const char* member, const char* role) {
    if (!given)
      object.node().fail(fmt::format("\"{}\" is missing: a peer with the role \"{}\" needs it", member, role));
  };
  if (peer.has(PeerRole::send)) need(object.has("addresses"), "addresses", "send");
  if (peer.has(PeerRole::worklist)) need(object.has("addresses"), "addresses", "worklist");
  for (const auto& [word, role] : kRoles) {
    if (role == PeerRole::send || !peer.has(role)) continue;
    if (role != PeerRole::worklist) {  // without host and port it gets no event reports
      need(object.has("host"), "host", word.data());
      need(object.has("port"), "port", word.data());
    }
    if (peer.ae_title == kAnyAeTitle) object.node().fail("the AE title \"*\" is for the role \"send\" only: name one");
  }
}

void read_fields(const JsonNode& node, Hl7Destination& out) {
  JsonObject object(node);
  object.read("TQ1-9", out.tq1_9);
  object.read("ORC-7.6", out.orc_7_6);
  object.read("OBR-5", out.obr_5);
  object.read("OBR-27.6", out.obr_27_6);
  if (!out.tq1_9 && !out.orc_7_6 && !out.obr_5 && !out.obr_27_6) {
    node.fail("the priority stands in no field of the message: set at least one to true");
  }
}

Hl7Destination read_hl7_destination(const JsonNode& node, const std::filesystem::path& folder) {
  Hl7Destination out;
  JsonObject object(node);
  if (const auto name = object.require("name")) read_name(*name, out.name);
  if (const auto host = object.require("host")) read_host(*host, out.host);
  object.read("port", out.port, 1, 65535);
  read_choice(object, "message", kMessages, out.message);
  object.read("sending_application", out.sending_application, 64);
  object.read("sending_facility", out.sending_facility, 64);
  object.read("receiving_application", out.receiving_application, 64);
  object.read("receiving_facility", out.receiving_facility, 64);
  read_choice(object, "processing_id", kProcessing, out.processing_id);
  read_choice(object, "order_control", kControl, out.order_control);
  object.read("enhanced_acknowledgement", out.enhanced_acknowledgement);
  object.read("application_acknowledgement", out.application_acknowledgement);
  if (const auto tls = object.find("tls")) read_tls(*tls, folder, out.tls);
  if (const auto fields = object.find("priority_fields")) read_fields(*fields, out);
  read_level(object, "least_level", out.least_level);
  object.read("timeout_s", out.timeout, 1, 600);
  return out;
}

}  // namespace

void read_addresses(const JsonNode& node, std::vector<std::string>& out) {
  for (const auto& element : node.elements(0, 256)) {
    constexpr Word kExpected = "a text with an IP address or network";
    const auto text = element.text(kExpected);
    if (!text) continue;
    const auto network = IpNetwork::parse(*text);
    if (!network) element.fail(fmt::format("found {}: {}", element.found(), network.error().what));
    out.push_back(*text);
  }
}

void read_peers(const JsonNode& node, std::vector<Peer>& out) {
  for (const auto& element : node.elements(0, 256)) {
    Peer& peer = out.emplace_back();
    JsonObject object(element);
    if (const auto name = object.require("name")) read_name(*name, peer.name);
    if (const auto ae_title = object.require("ae_title")) read_ae_title(*ae_title, peer.ae_title);
    if (const auto roles = object.require("roles")) read_set(*roles, kRoles, peer.roles);
    if (const auto addresses = object.find("addresses")) read_addresses(*addresses, peer.addresses);
    if (const auto host = object.find("host")) read_host(*host, peer.host);
    object.read("port", peer.port, 1, 65535);
    check_peer(object, peer);
  }
}

void read_results(const JsonNode& node, std::vector<ResultDestination>& out) {
  for (const auto& element : node.elements(0, 16)) {
    ResultDestination& destination = out.emplace_back();
    JsonObject object(element);
    if (const auto peer = object.require("peer")) read_name(*peer, destination.peer);
    if (const auto send = object.find("send")) read_wishes(*send, destination.send);
    read_triage_only(object, destination);
    if (const auto encodings = object.find("encodings")) read_encodings(*encodings, destination);
  }
}

void read_hl7(const JsonNode& node, const std::filesystem::path& folder, std::vector<Hl7Destination>& out) {
  for (const auto& element : node.elements(0, 16)) out.push_back(read_hl7_destination(element, folder));
}

}  // namespace inferad::config
