// SPDX-License-Identifier: Apache-2.0
// Builders for the tests of the store.
#pragma once

#include <fmt/format.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/base/hash.h"
#include "server/store/ledger.h"

namespace inferad::store {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "inferad-store-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline constexpr std::string_view kCtClass = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr std::string_view kSrClass = "1.2.840.10008.5.1.4.1.1.88.34";
inline const WallTime kStart = from_unix_ms(1'790'000'000'000);
inline WallTime at(int seconds) { return kStart + std::chrono::seconds(seconds); }

// Instance `number` of a CT series; spool id, UIDs and bytes follow from the arguments.
inline ReceivedInstance ct_image(std::int64_t spool_id, int number, const std::string& study = "1.2.3",
                                 const std::string& series = "1.2.3.1") {
  ReceivedInstance received;
  received.spool = {spool_id, 526'000, sha256_hex(fmt::format("{} {}", series, number))};
  InstanceHeader& header = received.header;
  header.study_uid = study;
  header.series_uid = series;
  header.instance_uid = fmt::format("{}.{}", series, number);
  header.sop_class_uid = kCtClass;
  header.transfer_syntax_uid = "1.2.840.10008.1.2.1";
  header.modality = "CT";
  header.attributes = {{"Modality", "CT"},
                       {"PatientName", "Doe^Jane"},
                       {"PatientID", "4711"},
                       {"StudyInstanceUID", study},
                       {"SeriesInstanceUID", series},
                       {"SOPInstanceUID", header.instance_uid},
                       {"SeriesDescription", "Lung 1.0"},
                       {"StudyDescription", "Chest"},
                       {"BodyPartExamined", "CHEST"},
                       {"InstanceNumber", std::to_string(number)},
                       {"ImagePositionPatient", fmt::format("-180\\-180\\{}", number)}};
  received.calling_ae = "PACS";
  received.association = 7;
  received.received_at = at(number);
  return received;
}

inline std::vector<ReceivedInstance> ct_series(int images, std::int64_t first_spool_id = 1,
                                               const std::string& study = "1.2.3") {
  std::vector<ReceivedInstance> instances;
  for (int i = 0; i < images; ++i) instances.push_back(ct_image(first_spool_id + i, i + 1, study, study + ".1"));
  return instances;
}

inline std::unique_ptr<Ledger> open_ledger(const std::filesystem::path& file) {
  auto ledger = Ledger::open(file);
  if (!ledger) FAIL(ledger.error().what);
  return std::move(ledger).value();
}

// The value of a Result that must be one.
template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().what);
  return std::move(result).value();
}

// Records a series and completes it with one job of pipeline "lung". Returns the study id.
inline std::int64_t complete_study(Ledger& ledger, const std::string& study = "1.2.3", std::int64_t first_spool_id = 1,
                                   int images = 3) {
  const auto recorded = must(ledger.record_instances(ct_series(images, first_spool_id, study)));
  StudyComplete complete;
  complete.study_id = recorded.front().study_id;
  complete.reason = "quiet for 10 s";
  complete.rule = "chest-ct";
  complete.jobs = {{"lung", R"([{"uid":"1.2.3.1"}])"}};
  must(ledger.complete_study(complete, at(100)));
  return complete.study_id;
}

inline JobLease leased(Ledger& ledger, int second) {
  auto lease = must(ledger.lease_job(at(second)));
  REQUIRE(lease);
  return *lease;
}

inline void next_revision(Ledger& ledger, std::int64_t study_id, std::int64_t spool_id,
                          const std::string& study = "1.2.3") {
  must(ledger.record_instances(std::vector{ct_image(spool_id, static_cast<int>(spool_id), study, study + ".1")}));
  StudyComplete complete;
  complete.study_id = study_id;
  complete.rule = "chest-ct";
  complete.jobs = {{"lung", "[]"}};
  must(ledger.complete_study(complete, at(500)));
}

inline NewDelivery dicom_delivery(const std::string& kind, const std::string& uid, const std::string& to = "pacs") {
  return {to, kind, "jobs/1/" + kind + ".dcm", "", std::string(kSrClass), uid, "1.2.840.10008.1.2.1"};
}

inline PriorityDecision decision(Level level, const std::string& reason) {
  PriorityDecision made;
  made.level = level;
  made.reason = reason;
  made.pipeline = "lung";
  made.pipeline_version = "1.0.0";
  made.model_sha256 = std::string(64, 'a');
  made.score = 31.2;
  made.threshold = 25.0;
  made.score_name = "LAA-950 %";
  made.decided_at = at(120);
  return made;
}

}  // namespace inferad::store
