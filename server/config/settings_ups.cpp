// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "server/config/settings_read.h"

namespace inferad::config {
namespace {

using Word = std::string_view;

constexpr std::array<std::pair<Word, UpsKey>, 2> kKeys{
    {{"study_uid", UpsKey::study_uid}, {"accession_number", UpsKey::accession_number}}};
constexpr std::array<std::pair<Word, Level>, 4> kLevels{
    {{"STAT", Level::stat}, {"HIGH", Level::high}, {"ROUTINE", Level::routine}, {"LOW", Level::low}}};
constexpr std::array<std::pair<Word, Word>, 3> kPriorities{{{"HIGH", "HIGH"}, {"MEDIUM", "MEDIUM"}, {"LOW", "LOW"}}};

void read_keys(const JsonNode& node, std::vector<UpsKey>& out) {
  out.clear();
  for (const auto& element : node.elements(1, kKeys.size())) {
    const auto key = choose<UpsKey>(element, kKeys);
    if (!key) continue;
    if (std::find(out.begin(), out.end(), *key) != out.end()) element.fail("given twice: remove one");
    out.push_back(*key);
  }
}

// A more urgent level must never become a lower priority than a less urgent one.
void read_priorities(const JsonNode& node, std::array<std::string, 4>& out) {
  JsonObject object(node);
  for (const auto& [word, level] : kLevels) {
    const auto member = object.find(word.data());
    if (!member) continue;
    if (const auto chosen = choose<Word>(*member, kPriorities)) out[static_cast<std::size_t>(level)] = *chosen;
  }
  const auto rank = [](const std::string& text) { return text == "HIGH" ? 0 : text == "MEDIUM" ? 1 : 2; };
  for (std::size_t i = 0; i + 1 < out.size(); ++i)
    if (rank(out[i]) > rank(out[i + 1]))
      return node.fail("a more urgent level gets a lower priority than a less urgent one: order them");
}

void read_code(const JsonNode& node, CodedText& out) {
  JsonObject object(node);
  if (object.require("value")) object.read("value", out.value, 16);
  if (object.require("scheme")) object.read("scheme", out.scheme, 16);
  if (object.require("meaning")) object.read("meaning", out.meaning, 64);
}

}  // namespace

void read_ups(const JsonNode& node, std::vector<UpsDestination>& out) {
  for (const auto& element : node.elements(0, 16)) {
    auto& destination = out.emplace_back();
    JsonObject object(element);
    if (const auto name = object.require("name")) read_name(*name, destination.name);
    if (const auto peer = object.require("peer")) read_name(*peer, destination.peer);
    if (const auto keys = object.find("find_by")) read_keys(*keys, destination.find_by);
    object.read("create_if_missing", destination.create_if_missing);
    if (const auto level = object.find("least_level"))
      destination.least_level = choose<Level>(*level, kLevels).value_or(destination.least_level);
    if (const auto priorities = object.find("priorities")) read_priorities(*priorities, destination.priorities);
    object.read("worklist_label", destination.worklist_label, 64);
    object.read("procedure_label", destination.procedure_label, 64);
    if (destination.procedure_label.empty())
      object.node().member("procedure_label")->fail("found the text \"\", expected 1 to 64 characters");
    if (const auto code = object.find("workitem_code")) read_code(*code, destination.workitem_code);
  }
}

}  // namespace inferad::config
