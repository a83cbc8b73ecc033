// SPDX-License-Identifier: Apache-2.0
// What the ledger knows of analyses after they were used: for evidence. Patient data stays in the ledger, but for what
// groups are made of.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "server/store/ledger.h"

namespace inferad::store {

// A job whose findings were recorded.
struct AnalysedStudy {
  std::int64_t job_id = 0, study_id = 0;
  std::string pipeline, pipeline_version;
  std::string institution, sex, age, birth_date, study_date;  // as in the headers
  WallTime arrived_at{};
  bool asked = false;   // for a priority, also when that was held
  bool raised = false;  // applied, and more urgent than the order
};

// What does not change once findings are recorded.
struct AnalysisFacts {
  std::string findings_json, manufacturer;
};

// What the final report of a study says about one finding, in codes that leave nothing to guess.
struct ReportStatement {
  std::int64_t study_id = 0;
  std::string finding;  // id or name of a finding, as pipelines call it
  bool present = false;
};

// Over a ledger, which outlives it; durable, thread-safe and with the errors of one.
class EvidenceLedger {
 public:
  explicit EvidenceLedger(Ledger& ledger) : ledger_(ledger) {}

  // Jobs whose findings were recorded after `since`, oldest first: each revision of a study. A snapshot.
  Result<std::vector<AnalysedStudy>> analysed(WallTime since);
  Result<AnalysisFacts> facts(std::int64_t job_id);
  // Known by its Study Instance UID or its accession number; several studies may share one.
  Result<std::vector<std::int64_t>> studies_known_as(const std::string& name);
  // A later statement on the same finding replaces the earlier one (a corrected report). `source`: who says so, for
  // people, without patient data. The study ids of `statements` are not looked at. not_found: no such study.
  Status record_statements(std::int64_t study_id, std::span<const ReportStatement> statements,
                           const std::string& source, WallTime now);
  Result<std::vector<ReportStatement>> statements(WallTime since);

 private:
  Ledger& ledger_;
};

}  // namespace inferad::store
