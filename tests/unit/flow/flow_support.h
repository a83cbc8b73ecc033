// SPDX-License-Identifier: Apache-2.0
// A node in a temporary folder for the tests of the flow: real ledger and spool, everything outside faked. A data set
// is a few lines of text here; TextHeaderReader is the scan that understands it.
#pragma once

#include <fmt/format.h>
#include <stdlib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/base/durable.h"
#include "server/base/hash.h"
#include "server/flow/events.h"
#include "server/flow/ports.h"
#include "server/store/ledger.h"
#include "server/store/spool.h"
#include "server/telemetry/metrics.h"

namespace inferad::flow::testing {

inline constexpr std::string_view kCtClass = "1.2.840.10008.5.1.4.1.1.2", kSegClass = "1.2.840.10008.5.1.4.1.1.66.4",
                                  kSrClass = "1.2.840.10008.5.1.4.1.1.88.34";

class TempFolder {
 public:
  explicit TempFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "inferad-flow-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().what);
  return std::move(result).value();
}

inline std::string data_set(const InstanceHeader& h) {
  return fmt::format("DATA\n{}\n{}\n{}\n{}\n{}\n{}\n", h.study_uid, h.series_uid, h.instance_uid, h.sop_class_uid,
                     h.modality, h.made_by_us ? "ours" : "theirs");
}

inline InstanceHeader ct_header(const std::string& study, int number) {
  InstanceHeader h;
  h.study_uid = study;
  h.series_uid = study + ".1";
  h.instance_uid = fmt::format("{}.1.{}", study, number);
  h.sop_class_uid = kCtClass;
  h.transfer_syntax_uid = "1.2.840.10008.1.2.1";
  h.modality = "CT";
  h.attributes = {{"Modality", "CT"},
                  {"PatientID", "4711"},
                  {"BodyPartExamined", "CHEST"},
                  {"AccessionNumber", "A1"},
                  {"InstanceNumber", std::to_string(number)},
                  {"ImageOrientationPatient", "1\\0\\0\\0\\1\\0"},
                  {"ImagePositionPatient", fmt::format("0\\0\\{}", number * 2)}};
  return h;
}

// invalid_input for everything that data_set() did not write, as the scan of dicom/.
class TextHeaderReader final : public HeaderReader {
 public:
  Result<InstanceHeader> read(const std::filesystem::path& file) override {
    const auto bytes = read_file(file, 1 << 20);
    if (!bytes) return bytes.error();
    const auto start = bytes->find("DATA\n");
    if (start == std::string::npos) return Error{Errc::invalid_input, "not a data set"};
    std::istringstream lines(bytes->substr(start + 5));
    InstanceHeader h;
    std::string origin;
    for (std::string* field : {&h.study_uid, &h.series_uid, &h.instance_uid, &h.sop_class_uid, &h.modality, &origin})
      if (!std::getline(lines, *field) || field->empty()) return Error{Errc::invalid_input, "a UID is missing"};
    h.made_by_us = origin == "ours";
    const auto number = h.instance_uid.substr(h.instance_uid.rfind('.') + 1);
    h.attributes = ct_header(h.study_uid, std::atoi(number.c_str())).attributes;
    h.transfer_syntax_uid = "1.2.840.10008.1.2.1";
    return h;
  }
};

inline ReceivedInstance received(std::int64_t spool_id, const InstanceHeader& header, WallTime at = wall_now()) {
  const auto text = data_set(header);
  return {{spool_id, static_cast<std::int64_t>(text.size()), sha256_hex(text)}, header, "PACS", 7, at};
}

struct Node {
  TempFolder folder;
  Metrics metrics{"test"};
  Bells bells;
  TextHeaderReader reader;
  std::unique_ptr<store::Spool> spool;
  std::unique_ptr<store::Ledger> ledger;
  std::atomic<int> changes = 0;

  explicit Node(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) : folder(parent) {
    restart();
  }
  void restart() {
    ledger.reset();
    spool.reset();
    store::SpoolOptions options;
    options.data_folder = folder.path();
    spool = must(store::Spool::open(options));
    ledger = must(store::Ledger::open(folder.path() / "ledger.db"));
    must(ledger->recover(wall_now()));
  }
  StudyChanged changed() {
    return [this](std::int64_t) { ++changes; };
  }

  // A complete study with one job; gives the study's id.
  std::int64_t study_with_job(const std::string& uid, int images = 3, std::int64_t first_spool_id = 1) {
    std::vector<ReceivedInstance> instances;
    for (int i = 0; i < images; ++i) instances.push_back(received(first_spool_id + i, ct_header(uid, i + 1)));
    const auto recorded = must(ledger->record_instances(instances));
    complete(recorded[0].study_id, uid, first_spool_id);
    return recorded[0].study_id;
  }
  int complete(std::int64_t study, const std::string& uid, std::int64_t spool_id) {
    const store::NewJob job{"ct-lung-density", fmt::format(R"([{{"uid":"{}.1","objects":[{}]}}])", uid, spool_id)};
    return must(ledger->complete_study({study, "quiet for 10 s", "chest", {job}, {}, "", {}}, wall_now()));
  }
  StudyDetail detail(std::int64_t study) { return *must(ledger->study_detail(study)); }
};

inline void write_object(const std::filesystem::path& file, const InstanceHeader& header) {
  std::ofstream(file, std::ios::binary) << store::encode_file_meta({header.sop_class_uid, header.instance_uid,
                                                                    "1.2.840.10008.1.2.1", "INFERAD"})
                                        << data_set(header);
}

}  // namespace inferad::flow::testing
