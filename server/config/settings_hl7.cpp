// SPDX-License-Identifier: Apache-2.0
// The HL7 listener of inferad.json, and the files of TLS.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <regex>

#include "server/config/settings_read.h"

namespace inferad::config {

namespace {

using Word = std::string_view;

constexpr std::array<std::pair<Word, Word>, 3> kProcessing{{{"P", "P"}, {"T", "T"}, {"D", "D"}}};
constexpr std::array<std::pair<Word, Level>, 4> kLevels{
    {{"STAT", Level::stat}, {"HIGH", Level::high}, {"ROUTINE", Level::routine}, {"LOW", Level::low}}};
constexpr std::array<std::pair<Word, Word>, 18> kCharacterSets{{{"", ""},
                                                                {"ASCII", ""},
                                                                {"8859/1", ""},
                                                                {"8859/2", ""},
                                                                {"8859/3", ""},
                                                                {"8859/4", ""},
                                                                {"8859/5", ""},
                                                                {"8859/6", ""},
                                                                {"8859/7", ""},
                                                                {"8859/8", ""},
                                                                {"8859/9", ""},
                                                                {"8859/15", ""},
                                                                {"ISO IR14", ""},
                                                                {"ISO IR87", ""},
                                                                {"ISO IR159", ""},
                                                                {"KS X 1001", ""},
                                                                {"GB 18030-2000", ""},
                                                                {"UNICODE UTF-8", ""}}};
constexpr const char* kPlace = "[A-Z][A-Z0-9]{2}-[1-9][0-9]?([.][1-9][0-9]?)?";

void read_places(JsonObject& object, const char* name, std::vector<std::string>& out) {
  const auto node = object.find(name);
  if (!node) return;
  constexpr Word kExpected = "a text with a place in a message, as OBR-18 or ORC-7.6";
  out.clear();
  for (const auto& element : node->elements(1, 8)) {
    const auto text = element.text(kExpected);
    if (!text) continue;
    if (!std::regex_match(std::string(*text), std::regex(kPlace))) element.fail_expected(kExpected);
    out.emplace_back(*text);
  }
}

void read_statuses(JsonObject& object, const char* name, std::vector<Hl7Status>& out) {
  const auto node = object.find(name);
  if (!node) return;
  constexpr Word kExpected = "a text with a place and a code, as ORC-5=CM";
  out.clear();
  for (const auto& element : node->elements(0, 16)) {
    const auto text = element.text(kExpected);
    if (!text) continue;
    std::smatch parts;
    const std::string whole(*text);
    if (std::regex_match(whole, parts, std::regex(fmt::format("({})=([A-Za-z0-9_]{{1,20}})", kPlace))))
      out.push_back({parts[1], parts[3]});
    else
      element.fail_expected(kExpected);
  }
}

void read_codes(const JsonNode& node, std::map<std::string, Level>& out) {
  JsonObject codes(node);
  for (const auto& code : node.member_names()) {
    std::string upper = code;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    if (const auto level = codes.find(code.c_str())) {
      if (const auto value = choose<Level>(*level, kLevels)) out[upper] = *value;
    }
  }
}

}  // namespace

void read_tls(const JsonNode& node, const std::filesystem::path& folder, TlsSettings& out) {
  JsonObject object(node);
  const auto read = [&](const char* name, std::filesystem::path& file) {
    const auto member = object.require(name);
    if (!member) return;
    constexpr Word kExpected = "a text with the path of a readable PEM file";
    const auto text = member->text(kExpected);
    if (!text) return;
    file = (folder / std::string(*text)).lexically_normal();
    if (!std::ifstream(file)) member->fail(fmt::format("cannot read {}, expected {}", file.string(), kExpected));
  };
  read("certificate", out.certificate);
  read("key", out.key);
  read("ca", out.ca);
}

void read_hl7_listener(const JsonNode& node, const std::filesystem::path& folder, Hl7ListenerSettings& out) {
  JsonObject object(node);
  object.read("enabled", out.enabled);
  if (const auto bind = object.find("bind")) read_ip_address(*bind, out.bind);
  object.read("port", out.port, 0, 65535);
  if (const auto addresses = object.find("addresses")) {
    out.addresses.clear();
    read_addresses(*addresses, out.addresses);
  }
  object.read("connections_max", out.connections_max, 1, 1000);
  object.read("frame_bytes_max", out.frame_bytes_max, 4096, 64 << 20);
  object.read("idle_timeout_s", out.idle_timeout, 1, 86'400);
  if (const auto id = object.find("processing_id")) {
    if (const auto value = choose<Word>(*id, kProcessing)) out.processing_id = *value;
  }
  if (const auto set = object.find("character_set")) {
    if (choose<Word>(*set, kCharacterSets)) out.character_set = *set->text();
  }
  read_places(object, "accession_fields", out.accession_fields);
  read_places(object, "priority_fields", out.priority_fields);
  if (const auto codes = object.find("priority_codes")) read_codes(*codes, out.priority_codes);
  read_statuses(object, "reading_started", out.started_statuses);
  read_statuses(object, "reading_finished", out.finished_statuses);
  if (const auto all = object.find("observations")) read_observations(*all, out.observations);
  if (const auto tls = object.find("tls")) read_tls(*tls, folder, out.tls);
}

}  // namespace inferad::config
