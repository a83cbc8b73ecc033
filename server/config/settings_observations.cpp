// SPDX-License-Identifier: Apache-2.0
// What coded observations of final reports say, as the site's RIS codes them: hl7_listener.observations.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "server/config/settings_read.h"

namespace inferad::config {

namespace {

constexpr std::size_t kTextMax = 64, kObservationsMax = 256, kValuesMax = 64;

// As it stands in a message after its escapes are undone: no control characters, no spaces around it.
void read_value(const JsonNode& node, std::string& out) {
  constexpr std::string_view kExpected = "a text of 1 to 64 bytes without spaces around it";
  const auto text = node.text(kExpected);
  if (!text) return;
  const bool control = std::any_of(text->begin(), text->end(), [](unsigned char c) { return std::iscntrl(c) != 0; });
  const bool fits = !text->empty() && text->size() <= kTextMax && text->front() != ' ' && text->back() != ' ';
  if (control || !fits) return node.fail_expected(kExpected);
  out = *text;
}

void read_values(JsonObject& object, const char* name, std::vector<std::string>& out) {
  const auto node = object.find(name);
  if (!node) return;
  for (const auto& element : node->elements(1, kValuesMax)) {
    std::string value;
    read_value(element, value);
    if (std::find(out.begin(), out.end(), value) != out.end() && !value.empty())
      element.fail(fmt::format("{} stands here twice: remove one", element.found()));
    out.push_back(std::move(value));
  }
}

ObservationMapping read_observation(const JsonNode& node) {
  ObservationMapping out;
  JsonObject object(node);
  if (const auto code = object.require("code")) read_value(*code, out.code);
  if (const auto system = object.find("system")) read_value(*system, out.system);
  if (const auto finding = object.require("finding")) read_value(*finding, out.finding);
  read_values(object, "present", out.present);
  read_values(object, "absent", out.absent);
  if (const auto least = object.find("present_at_least")) out.present_at_least = least->number(-1e9, 1e9);
  if (!object.has("present") && !object.has("absent") && !object.has("present_at_least"))
    node.fail(R"(says nothing: expected "present" or "absent" with values of OBX-5, or "present_at_least" (numbers))");
  for (const auto& value : out.absent)
    if (!value.empty() && std::find(out.present.begin(), out.present.end(), value) != out.present.end())
      node.fail(fmt::format("\"{}\" stands in \"present\" and in \"absent\": remove it from one", value));
  return out;
}

}  // namespace

void read_observations(const JsonNode& node, std::vector<ObservationMapping>& out) {
  out.clear();
  for (const auto& element : node.elements(0, kObservationsMax)) {
    auto one = read_observation(element);
    const auto same = [&](const auto& other) {
      return other.code == one.code && other.system == one.system && other.finding == one.finding;
    };
    if (!one.code.empty() && std::any_of(out.begin(), out.end(), same))
      element.fail(
          fmt::format("the observation {} of {} stands here twice: put its values together", one.code, one.finding));
    out.push_back(std::move(one));
  }
}

}  // namespace inferad::config
