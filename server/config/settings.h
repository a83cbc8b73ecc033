// SPDX-License-Identifier: Apache-2.0
// config/inferad.json as values: what the node is told once and then only reads. The defaults here are the ones of
// config/schema/inferad.schema.json (a test compares them); config/README.md explains each. Copyable, comparable.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/problem.h"
#include "server/config/hl7_settings.h"
#include "server/config/notices.h"
#include "server/config/peers.h"
#include "server/config/reading_settings.h"
#include "server/config/result_settings.h"
#include "server/config/settings_stages.h"
#include "server/config/settings_ups.h"
#include "server/core/priority.h"

namespace inferad::config {

struct SiteSettings {
  std::string institution, viewer_url;  // "" = as in the images; no link on the pages (viewer_url.h)
  std::string timezone = "local";       // of dates and times in results: the machine's, or a fixed offset like "+0100"
  bool operator==(const SiteSettings&) const = default;
};

struct DicomSettings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 11112;                    // 0 = the system chooses
  int associations_max = 64;                     // open at the same time, from all peers
  std::uint32_t pdu_bytes_max = 131072;          // what we announce (PS3.8 D.1)
  std::int64_t object_bytes_max = 4294967295;    // one data set; a larger one gets A700
  std::chrono::seconds association_timeout{30};  // for the request, and for the release (ARTIM, PS3.8 9.1.5)
  std::chrono::seconds pdu_timeout{30};          // for one PDU from its first byte
  std::chrono::seconds idle_timeout{60};         // between two messages
  int bytes_per_second_min = 8192;               // a slower sender is aborted
  bool operator==(const DicomSettings&) const = default;
};

struct HttpSettings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8080;
  std::vector<std::string> hostnames;  // further names that browsers may call us by
  bool operator==(const HttpSettings&) const = default;
};

struct RetrySettings {
  std::chrono::seconds first{5}, longest{300};  // doubled from attempt to attempt
  double jitter = 0.2;                          // each wait is longer or shorter by up to this part
  int attempts_max = 0;                         // then the delivery is parked; 0 = never
  std::chrono::hours age_max{0};                // the same by age; 0 = never
  bool operator==(const RetrySettings&) const = default;
};

struct Settings {
  std::string ae_title = "INFERAD";
  std::filesystem::path data_folder, pipelines_folder, models_folder, routing_file;  // absolute after loading
  bool insecure_plaintext = false;  // allows listening beyond loopback without TLS
  log::Level log_level = log::Level::info;
  SiteSettings site;
  DicomSettings dicom;
  HttpSettings http;
  StorageSettings storage;
  AssemblerSettings assembler;
  WorkerSettings workers;
  RetrySettings retry;
  WorklistSettings worklist;
  EvidenceSettings evidence;
  SegmentationSettings segmentation;
  std::vector<Peer> peers;
  std::vector<ResultDestination> results;
  std::vector<Hl7Destination> hl7;
  Hl7ListenerSettings hl7_listener;
  NoticeSettings notices;
  std::vector<UpsDestination> ups;

  const Peer* peer(std::string_view name) const;  // nullptr: none of that name
  bool operator==(const Settings&) const = default;
};

// Reads and checks a settings file; every mistake is added to `problems`. With a mistake the values are not to be used.
// Paths in the file are relative to the folder of the file, so its meaning does not depend on where a command runs.
Settings read_settings(const std::filesystem::path& file, Problems& problems);

// (0008,0201) for `time`: "+0100". Empty when the machine's zone cannot be told.
std::string timezone_offset(const SiteSettings& site, WallTime time);

}  // namespace inferad::config
