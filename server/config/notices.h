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

struct NoticeSettings {
  std::vector<Webhook> webhooks;
  bool operator==(const NoticeSettings&) const = default;
};

}  // namespace inferad::config
