// SPDX-License-Identifier: Apache-2.0
// Part of settings.h: whom a priority decision is told besides the HL7 receivers. config/README.md explains each
// member. Copyable, comparable.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "server/core/priority.h"

namespace inferad::config {

// What is told of the study: the receiver's name for it → keyword of the attribute (core/attributes.h).
using StudyFields = std::map<std::string, std::string>;

struct Webhook {
  std::string name, url;
  std::filesystem::path secret_file;  // key of the signature; "" = unsigned
  std::filesystem::path ca_file;      // PEM of who may certify the receiver; "" = the system's
  StudyFields study{{"accession_number", "AccessionNumber"},
                    {"modality", "Modality"},
                    {"study_description", "StudyDescription"},
                    {"study_instance_uid", "StudyInstanceUID"}};
  bool priority_changes = true;     // false: gets only what is sent to it by name
  Level least_level = Level::high;  // less urgent decisions are not sent
  std::chrono::seconds timeout{30};
  bool operator==(const Webhook&) const = default;
};

enum class FhirResource { task, service_request };

struct FhirServer {
  std::string name, base_url;        // as https://host/fhir
  std::filesystem::path token_file;  // of the bearer; "" = none is sent
  std::filesystem::path ca_file;     // as Webhook::ca_file
  FhirResource resource = FhirResource::task;
  std::string accession_system, patient_system;  // systems of the identifiers; "" = none is named
  std::string high = "asap";                     // what HIGH is called there: asap or urgent
  Level least_level = Level::high;
  std::chrono::seconds timeout{30};
  bool operator==(const FhirServer&) const = default;
};

struct WorklistFolder {
  std::string name;
  std::filesystem::path folder;
  std::array<std::string, 4> words{"STAT", "HIGH", "ROUTINE", "LOW"};  // of (0040,1003), by level
  bool create = true;                                                  // an entry for a study that has none
  std::string station_ae_title = "ANY";                                // (0040,0001) of those
  std::chrono::hours keep{7 * 24};  // those are removed when nobody touched them for so long
  Level least_level = Level::high;
  bool operator==(const WorklistFolder&) const = default;
};

// E-mail: gets only what is sent to it by name.
struct MailDestination {
  std::string name, host;
  std::uint16_t port = 25;
  bool starttls = false;
  std::filesystem::path ca_file;  // as Webhook::ca_file
  std::string from;
  std::vector<std::string> to;
  std::string link;  // address of our pages, as people reach them; "" = none is given
  StudyFields study{{"accession_number", "AccessionNumber"}};
  std::chrono::seconds timeout{30};
  bool operator==(const MailDestination&) const = default;
};

struct EscalationStep {
  std::chrono::milliseconds after{0};  // the time for acknowledging is over
  std::vector<std::string> to;         // names of destinations
  bool operator==(const EscalationStep&) const = default;
};

struct CriticalSettings {
  std::chrono::milliseconds acknowledge_within{0};  // since the finding; 0 = nobody has to acknowledge
  Level least_level = Level::stat;                  // of the findings that somebody has to acknowledge
  std::vector<EscalationStep> steps;                // by `after`; empty = the page and the history only
  std::chrono::milliseconds repeat{15 * 60'000};    // of the last step, until somebody acknowledges
  bool operator==(const CriticalSettings&) const = default;
};

struct NoticeSettings {
  std::vector<Webhook> webhooks;
  std::vector<FhirServer> fhir;
  std::vector<WorklistFolder> worklist_folders;
  std::vector<MailDestination> mail;
  CriticalSettings critical;
  bool operator==(const NoticeSettings&) const = default;
};

}  // namespace inferad::config
