// SPDX-License-Identifier: Apache-2.0
// One function for each part of the settings file. Internal to config/: settings.cpp joins them.
#pragma once

#include "server/base/json_document.h"
#include "server/config/settings.h"

namespace inferad::config {

// What a part of the file has to know of the rest.
struct Surroundings {
  std::filesystem::path folder;  // of the settings file: paths are relative to it
  bool insecure_plaintext = false;
};

// Texts of a certain form; another one is a problem and leaves `out` as it is.
void read_ae_title(const JsonNode& node, std::string& out);
void read_ip_address(const JsonNode& node, std::string& out);
void read_host(const JsonNode& node, std::string& out);  // name or IP address
void read_name(const JsonNode& node, std::string& out);  // ours, safe for logs, metrics and paths

void read_site(const JsonNode& node, SiteSettings& out);
void read_dicom(const JsonNode& node, DicomSettings& out);
void read_http(const JsonNode& node, HttpSettings& out);
void read_storage(const JsonNode& node, StorageSettings& out);
void read_assembler(const JsonNode& node, AssemblerSettings& out);
void read_workers(const JsonNode& node, WorkerSettings& out);
void read_retry(const JsonNode& node, RetrySettings& out);
void read_worklist(const JsonNode& node, WorklistSettings& out);
void read_evidence(const JsonNode& node, EvidenceSettings& out);
void read_peers(const JsonNode& node, std::vector<Peer>& out);
void read_results(const JsonNode& node, std::vector<ResultDestination>& out);
void read_encodings(const JsonNode& node, ResultDestination& out);  // after out.send: it must have what suits them
void read_segmentation(const JsonNode& node, SegmentationSettings& out);
void read_ups(const JsonNode& node, std::vector<UpsDestination>& out);
void read_addresses(const JsonNode& node, std::vector<std::string>& out);  // IP addresses and networks
// `folder`: what paths are relative to.
void read_tls(const JsonNode& node, const std::filesystem::path& folder, TlsSettings& out);
void read_hl7_listener(const JsonNode& node, const std::filesystem::path& folder, Hl7ListenerSettings& out);
void read_observations(const JsonNode& node, std::vector<ObservationMapping>& out);
void read_hl7(const JsonNode& node, const std::filesystem::path& folder, std::vector<Hl7Destination>& out);
void read_level(JsonObject& object, const char* name, Level& out);
void read_notices(JsonObject& object, const Surroundings& around, NoticeSettings& out);  // several members of the root
void check_escalation(const JsonNode& root, const Settings& settings);  // its steps go to whom there is

}  // namespace inferad::config
