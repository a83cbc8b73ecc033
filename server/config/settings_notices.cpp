// SPDX-License-Identifier: Apache-2.0
// The lists of inferad.json that say whom a decision is told besides the HL7 receivers.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/config/settings_read.h"
#include "server/core/attributes.h"

namespace inferad::config {

namespace {

constexpr std::size_t kDestinationsMax = 16;

constexpr std::array<std::pair<std::string_view, Level>, 4> kLevels{
    {{"STAT", Level::stat}, {"HIGH", Level::high}, {"ROUTINE", Level::routine}, {"LOW", Level::low}}};

// Relative to the folder of the settings file; "" when absent.
void read_file_name(JsonObject& object, const char* name, const Surroundings& around, std::filesystem::path& out) {
  std::string text;
  object.read(name, text, 4096);
  if (!text.empty()) out = (around.folder / text).lexically_normal();
}

std::string_view host_of(std::string_view url) {
  const auto rest = url.substr(url.find("://") + 3);
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find_first_of(":/?#"));
}

bool is_url(std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) return false;
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; });
  return printable && url.size() <= 2048 && !host_of(url).empty() && url.find('@') == std::string_view::npos;
}

bool is_loopback(std::string_view host) {
  const auto address = IpAddress::parse(std::string(host));
  return host == "localhost" || (address && address->is_loopback());
}

// Patient data and tokens do not travel readably, unless the site says that its network allows it.
void read_url(JsonObject& object, const char* name, const Surroundings& around, std::string& out) {
  constexpr std::string_view kExpected = "a text with an address like https://host/path, without user or password";
  const auto node = object.require(name);
  const auto text = node ? node->text(kExpected) : std::nullopt;
  if (!text) return;
  if (!is_url(*text)) return node->fail_expected(kExpected);
  if (text->starts_with("http://") && !is_loopback(host_of(*text)) && !around.insecure_plaintext)
    return node->fail(
        "found http://, expected https://: patient data would travel readably; to accept that in a "
        "protected network, set \"insecure_plaintext\": true");
  out = *text;
}

void read_study_fields(const JsonNode& node, StudyFields& out) {
  if (!node.is_object()) return node.fail_expected("an object like {\"accession\": \"AccessionNumber\"}");
  out.clear();
  std::vector<std::string> known;
  for (const auto& info : header_attributes()) known.emplace_back(info.keyword);
  for (const auto& name : node.member_names()) {
    const auto member = *node.member(name);
    const auto keyword = member.text("the keyword of an attribute, as AccessionNumber");
    if (!keyword) continue;
    const auto near = nearest_word(*keyword, known);
    if (find_attribute(*keyword) == nullptr)
      member.fail(fmt::format("{} is not kept of the images{}; those that are: server/core/attributes.cpp",
                              member.found(), near.empty() ? "" : ": did you mean \"" + near + "\"?"));
    else
      out[name] = *keyword;
  }
}

Webhook read_webhook(const JsonNode& node, const Surroundings& around) {
  Webhook out;
  JsonObject object(node);
  if (const auto name = object.require("name")) read_name(*name, out.name);
  read_url(object, "url", around, out.url);
  read_file_name(object, "secret_file", around, out.secret_file);
  read_file_name(object, "ca_file", around, out.ca_file);
  if (const auto study = object.find("study")) read_study_fields(*study, out.study);
  object.read("priority_changes", out.priority_changes);
  read_level(object, "least_level", out.least_level);
  object.read("timeout_s", out.timeout, 1, 600);
  return out;
}

constexpr std::array<std::pair<std::string_view, FhirResource>, 2> kResources{
    {{"Task", FhirResource::task}, {"ServiceRequest", FhirResource::service_request}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kHigh{{{"asap", "asap"}, {"urgent", "urgent"}}};

FhirServer read_fhir_server(const JsonNode& node, const Surroundings& around) {
  FhirServer out;
  JsonObject object(node);
  if (const auto name = object.require("name")) read_name(*name, out.name);
  read_url(object, "base_url", around, out.base_url);
  while (out.base_url.ends_with('/')) out.base_url.pop_back();
  read_file_name(object, "token_file", around, out.token_file);
  read_file_name(object, "ca_file", around, out.ca_file);
  if (const auto resource = object.find("resource"))
    out.resource = choose<FhirResource>(*resource, kResources).value_or(out.resource);
  object.read("accession_system", out.accession_system);
  object.read("patient_system", out.patient_system);
  if (const auto high = object.find("high")) out.high = choose<std::string_view>(*high, kHigh).value_or(out.high);
  read_level(object, "least_level", out.least_level);
  object.read("timeout_s", out.timeout, 1, 600);
  return out;
}

// One value of VR SH or CS each, all different, so that what stands in a file can be read back.
void read_words(const JsonNode& node, std::array<std::string, 4>& out) {
  JsonObject object(node);
  for (const auto& [level, number] : kLevels) {
    auto& word = out.at(static_cast<std::size_t>(number));
    object.read(std::string(level).c_str(), word, 16);
    if (word.empty() || word.find('\\') != std::string::npos)
      node.fail(fmt::format("\"{}\" needs a word without backslash", level));
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (out.at(i) == out.at(j)) node.fail(fmt::format("\"{}\" stands for two levels: give each its own", out.at(i)));
}

WorklistFolder read_worklist_folder(const JsonNode& node, const Surroundings& around) {
  WorklistFolder out;
  JsonObject object(node);
  if (const auto name = object.require("name")) read_name(*name, out.name);
  if (object.require("folder")) read_file_name(object, "folder", around, out.folder);
  if (const auto words = object.find("words")) read_words(*words, out.words);
  object.read("create", out.create);
  if (const auto station = object.find("station_ae_title")) read_ae_title(*station, out.station_ae_title);
  std::int64_t days = out.keep.count() / 24;
  object.read("keep_days", days, 1, 365);
  out.keep = std::chrono::hours(24 * days);
  read_level(object, "least_level", out.least_level);
  return out;
}

// A plain one: no comment, no quotes, nothing that a header could end with.
void read_mail_address(const JsonNode& node, std::string& out) {
  constexpr std::string_view kExpected = "a text with a mail address, as duty@example.org";
  const auto text = node.text(kExpected);
  if (!text) return;
  const auto at = text->find('@');
  const bool good = at != std::string::npos && at > 0 && at + 1 < text->size() && text->size() <= 254 &&
                    text->find('@', at + 1) == std::string::npos && std::all_of(text->begin(), text->end(), [](char c) {
                      return c > ' ' && c < 127 && std::string_view("<>(),;:\"\\[]").find(c) == std::string_view::npos;
                    });
  if (good)
    out = *text;
  else
    node.fail_expected(kExpected);
}

MailDestination read_mail_destination(const JsonNode& node, const Surroundings& around) {
  MailDestination out;
  JsonObject object(node);
  if (const auto name = object.require("name")) read_name(*name, out.name);
  if (const auto host = object.require("host")) read_host(*host, out.host);
  object.read("port", out.port, 1, 65535);
  object.read("starttls", out.starttls);
  read_file_name(object, "ca_file", around, out.ca_file);
  if (const auto from = object.require("from")) read_mail_address(*from, out.from);
  if (const auto to = object.require("to"))
    for (const auto& element : to->elements(1, 32)) read_mail_address(element, out.to.emplace_back());
  object.read("link", out.link);
  while (out.link.ends_with('/')) out.link.pop_back();
  if (const auto study = object.find("study")) read_study_fields(*study, out.study);
  object.read("timeout_s", out.timeout, 1, 600);
  if (!out.starttls && !is_loopback(out.host) && !around.insecure_plaintext && !out.host.empty())
    node.fail(
        "mail would travel readably: set \"starttls\": true, use a mail server on this machine, or set "
        "\"insecure_plaintext\": true");
  return out;
}

void read_minutes(JsonObject& object, const char* name, std::chrono::milliseconds& out, double least, double most) {
  constexpr double kPerMinute = 60'000;
  double minutes = static_cast<double>(out.count()) / kPerMinute;
  object.read(name, minutes, least, most);
  out = std::chrono::milliseconds(static_cast<std::int64_t>(minutes * kPerMinute + 0.5));
}

void read_critical(const JsonNode& node, CriticalSettings& out) {
  JsonObject object(node);
  read_minutes(object, "acknowledge_within_minutes", out.acknowledge_within, 0, 1440);
  read_level(object, "least_level", out.least_level);
  read_minutes(object, "repeat_minutes", out.repeat, 0.05, 1440);
  const auto steps = object.find("steps");
  if (!steps) return;
  for (const auto& element : steps->elements(0, 10)) {
    auto& step = out.steps.emplace_back();
    JsonObject members(element);
    read_minutes(members, "after_minutes", step.after, 0, 1440);
    if (const auto to = members.require("to"))
      for (const auto& name : to->elements(1, kDestinationsMax)) read_name(name, step.to.emplace_back());
    if (out.steps.size() > 1 && step.after < out.steps[out.steps.size() - 2].after)
      element.fail("\"after_minutes\" is less than that of the step before: put the steps in order");
  }
  if (!out.steps.empty() && out.acknowledge_within.count() == 0)
    steps->fail("these steps never come: set \"acknowledge_within_minutes\"");
}

template <class Destination, class Read>
void read_list(JsonObject& object, const char* name, std::vector<Destination>& out, Read read) {
  const auto node = object.find(name);
  if (!node) return;
  for (const auto& element : node->elements(0, kDestinationsMax)) out.push_back(read(element));
}

}  // namespace

void read_level(JsonObject& object, const char* name, Level& out) {
  if (const auto node = object.find(name)) out = choose<Level>(*node, kLevels).value_or(out);
}

void read_notices(JsonObject& object, const Surroundings& around, NoticeSettings& out) {
  read_list(object, "webhooks", out.webhooks, [&](const JsonNode& node) { return read_webhook(node, around); });
  read_list(object, "fhir", out.fhir, [&](const JsonNode& node) { return read_fhir_server(node, around); });
  read_list(object, "worklist_folders", out.worklist_folders,
            [&](const JsonNode& node) { return read_worklist_folder(node, around); });
  read_list(object, "mail", out.mail, [&](const JsonNode& node) { return read_mail_destination(node, around); });
  if (const auto node = object.find("critical")) read_critical(*node, out.critical);
}

void check_escalation(const JsonNode& root, const Settings& settings) {
  std::vector<std::string> known;
  for (const auto& each : settings.hl7) known.push_back(each.name);
  for (const auto& each : settings.notices.webhooks) known.push_back(each.name);
  for (const auto& each : settings.notices.mail) known.push_back(each.name);
  const auto critical = root.member("critical");
  const auto steps = critical && critical->is_object() ? critical->member("steps") : std::nullopt;
  if (!steps || !steps->is_array()) return;
  for (const auto& step : steps->elements(0, SIZE_MAX)) {
    const auto to = step.is_object() ? step.member("to") : std::nullopt;
    if (!to || !to->is_array()) continue;
    for (const auto& name : to->elements(0, SIZE_MAX)) {
      if (!name.is_text() || std::find(known.begin(), known.end(), *name.text()) != known.end()) continue;
      name.fail(fmt::format("found {}, expected the name of an entry of \"hl7\", \"webhooks\" or \"mail\"{}{}",
                            name.found(), known.empty() ? "" : ": ", list_of(known)));
    }
  }
}

}  // namespace inferad::config
