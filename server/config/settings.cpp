// SPDX-License-Identifier: Apache-2.0
#include "server/config/settings.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <map>

#include "server/config/settings_read.h"

namespace inferad::config {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, log::Level>, 4> kLogLevels{{{"debug", log::Level::debug},
                                                                             {"info", log::Level::info},
                                                                             {"warning", log::Level::warning},
                                                                             {"error", log::Level::error}}};

// The member `name` as a path, or `standard`; relative to the folder of the settings file.
fs::path read_path(JsonObject& object, const char* name, const char* standard, const fs::path& folder) {
  std::string text = standard;
  object.read(name, text, 4096);
  if (text.empty()) object.node().member(name)->fail("found the text \"\", expected a path");
  return (folder / text).lexically_normal();
}

void check_bind(const JsonNode& root, const char* part, const std::string& bind, bool insecure_plaintext) {
  const auto address = IpAddress::parse(bind);
  if (!address || address->is_loopback() || insecure_plaintext) return;
  const auto section = root.member(part);
  const auto member = section ? section->member("bind") : std::nullopt;
  if (!member) return;
  member->fail(
      fmt::format("found {}, expected a loopback address: traffic would be neither encrypted nor authenticated; "
                  "to accept that in a protected network, set \"insecure_plaintext\": true",
                  member->found()));
}

// A name may stand once among peers and destinations of messages: deliveries and metrics go by it.
void check_names(const JsonNode& root) {
  std::map<std::string, std::string> pointers;
  for (const char* list : {"peers", "hl7", "webhooks", "fhir", "worklist_folders", "ups", "mail"}) {
    const auto node = root.member(list);
    if (!node || !node->is_array()) continue;
    for (const auto& element : node->elements(0, SIZE_MAX)) {
      const auto name = element.member("name");
      if (!name || !name->is_text()) continue;
      const auto [first, fresh] = pointers.emplace(*name->text(), name->pointer());
      if (!fresh) name->fail(fmt::format("the name is already used at {}: choose another", first->second));
    }
  }
}

// `node` names a peer that must exist and have the role.
void check_reference(const JsonNode& node, const Settings& settings, PeerRole role, std::string_view role_word) {
  if (!node.is_text()) return;
  const Peer* peer = settings.peer(*node.text());
  if (peer && peer->has(role)) return;
  if (peer)
    return node.fail(fmt::format("this peer does not have the role \"{}\": add it to its \"roles\"", role_word));
  std::vector<std::string> names;
  for (const auto& known : settings.peers) names.push_back(known.name);
  node.fail(fmt::format("found {}, expected the name of a peer{}{}", node.found(), names.empty() ? "" : ": ",
                        list_of(names)));
}

void check_references(const JsonNode& root, const Settings& settings) {
  if (const auto assembler = root.member("assembler")) {
    if (const auto peer = assembler->member("query_peer")) check_reference(*peer, settings, PeerRole::query, "query");
  }
  if (const auto ups = root.member("ups"); ups && ups->is_array()) {
    for (const auto& element : ups->elements(0, SIZE_MAX))
      if (const auto peer = element.member("peer")) check_reference(*peer, settings, PeerRole::ups, "ups");
  }
  const auto results = root.member("results");
  if (!results || !results->is_array()) return;
  std::vector<std::string> seen;
  for (const auto& element : results->elements(0, SIZE_MAX)) {
    const auto peer = element.member("peer");
    if (!peer || !peer->is_text()) continue;
    check_reference(*peer, settings, PeerRole::receive_results, "receive_results");
    if (std::find(seen.begin(), seen.end(), *peer->text()) != seen.end()) peer->fail("this peer is listed twice");
    seen.push_back(*peer->text());
  }
}

void read_parts(JsonObject& object, const fs::path& folder, Settings& out) {
  if (const auto node = object.find("site")) read_site(*node, out.site);
  if (const auto node = object.find("dicom")) read_dicom(*node, out.dicom);
  if (const auto node = object.find("http")) read_http(*node, out.http);
  if (const auto node = object.find("storage")) read_storage(*node, out.storage);
  if (const auto node = object.find("assembler")) read_assembler(*node, out.assembler);
  if (const auto node = object.find("workers")) read_workers(*node, out.workers);
  if (const auto node = object.find("retry")) read_retry(*node, out.retry);
  if (const auto node = object.find("worklist")) read_worklist(*node, out.worklist);
  if (const auto node = object.find("evidence")) read_evidence(*node, out.evidence);
  if (const auto node = object.find("peers")) read_peers(*node, out.peers);
  if (const auto node = object.find("results")) read_results(*node, out.results);
  if (const auto node = object.find("segmentation")) read_segmentation(*node, out.segmentation);
  if (const auto node = object.find("ups")) read_ups(*node, out.ups);
  if (const auto node = object.find("hl7")) read_hl7(*node, folder, out.hl7);
  if (const auto node = object.find("hl7_listener")) read_hl7_listener(*node, folder, out.hl7_listener);
}

}  // namespace

const Peer* Settings::peer(std::string_view name) const {
  const auto found = std::find_if(peers.begin(), peers.end(), [&](const Peer& peer) { return peer.name == name; });
  return found == peers.end() ? nullptr : &*found;
}

Settings read_settings(const fs::path& file, Problems& problems) {
  Settings out;
  const auto document = JsonDocument::load(file, problems);
  if (!document) return out;
  const JsonNode root = document->root();
  const fs::path folder = fs::absolute(file).parent_path();
  JsonObject object(root);
  object.allow("$schema");
  if (const auto ae_title = object.find("ae_title")) read_ae_title(*ae_title, out.ae_title);
  out.data_folder = read_path(object, "data_folder", "../var", folder);
  out.pipelines_folder = read_path(object, "pipelines_folder", "../pipelines/catalog", folder);
  out.models_folder = read_path(object, "models_folder", "../models", folder);
  out.routing_file = read_path(object, "routing_file", "routing.json", folder);
  object.read("insecure_plaintext", out.insecure_plaintext);
  if (const auto level = object.find("log_level")) {
    out.log_level = choose<log::Level>(*level, kLogLevels).value_or(out.log_level);
  }
  read_parts(object, folder, out);
  read_notices(object, {folder, out.insecure_plaintext}, out.notices);
  if (!out.workers.program.empty()) out.workers.program = (folder / out.workers.program).lexically_normal();
  check_bind(root, "dicom", out.dicom.bind, out.insecure_plaintext);
  check_bind(root, "http", out.http.bind, out.insecure_plaintext);
  check_bind(root, "hl7_listener", out.hl7_listener.bind, out.insecure_plaintext || out.hl7_listener.tls.on());
  check_names(root);
  check_references(root, out);
  check_escalation(root, out);
  return out;
}

std::string timezone_offset(const SiteSettings& site, WallTime time) {
  if (site.timezone != "local") return site.timezone;
  const time_t seconds = static_cast<time_t>(to_unix_ms(time) / 1000);
  tm local{};
  if (!localtime_r(&seconds, &local)) return {};
  const long minutes = local.tm_gmtoff / 60;
  return fmt::format("{}{:02}{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
}

}  // namespace inferad::config
