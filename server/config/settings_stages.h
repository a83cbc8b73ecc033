// SPDX-License-Identifier: Apache-2.0
// The parts "storage", "assembler" and "workers" of inferad.json. Part of settings.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace inferad::config {

struct StorageSettings {
  std::int64_t free_bytes_min = 1LL << 30;        // below: C-STORE gets A700; below half: no association
  std::int64_t quarantine_bytes_max = 1LL << 30;  // of refused objects that are kept
  int quarantine_files_max = 1000;
  bool operator==(const StorageSettings&) const = default;
};

struct AssemblerSettings {
  std::chrono::seconds quiet{10};      // no image for so long: complete
  std::chrono::seconds max_age{1800};  // since the first image: complete whatever comes
  std::string query_peer;              // asked by C-FIND how many images a study has; "" = nobody
  std::chrono::seconds query_interval{2};
  int open_studies_max = 1000;
  bool operator==(const AssemblerSettings&) const = default;
};

struct WorkerSettings {
  int count = 1;
  int threads = 0;                     // of each worker; 0 = cores / count
  std::chrono::seconds deadline{600};  // for one job; then the worker is killed
  std::string device = "cpu";          // cpu, cuda or cuda:N
  bool warm_up = true;
  std::filesystem::path program;  // inferad-worker; "" = beside inferad
  bool operator==(const WorkerSettings&) const = default;
};

}  // namespace inferad::config
