// SPDX-License-Identifier: Apache-2.0
#include "server/store/evidence.h"

#include <fmt/format.h>

#include "server/store/attribute_text.h"
#include "server/store/ledger_impl.h"

namespace inferad::store {

Result<std::vector<AnalysedStudy>> EvidenceLedger::analysed(WallTime since) {
  return ledger_.impl_->read([&](Database& db) -> Result<std::vector<AnalysedStudy>> {
    std::vector<AnalysedStudy> out;
    // Pipeline by pipeline, so that the index serves and no findings are touched.
    INFERAD_TRY_STATUS(db.each(
        "SELECT j.id, j.study_id, j.pipeline, j.pipeline_version, s.institution, s.sex, s.age, s.birth_date,"
        " s.study_date, s.first_image_at, d.id IS NOT NULL OR h.id IS NOT NULL,"
        " d.id IS NOT NULL AND d.level < COALESCE(s.order_level, $1)"
        " FROM (SELECT DISTINCT pipeline FROM job WHERE findings_at IS NOT NULL) p"
        " JOIN job j ON j.pipeline = p.pipeline AND j.findings_at > $2 JOIN study s ON s.id = j.study_id"
        " LEFT JOIN decision d ON d.job_id = j.id LEFT JOIN held_raise h ON h.job_id = j.id"
        " WHERE s.first_image_at IS NOT NULL ORDER BY j.id",
        [&](Row& row) {
          auto& one = out.emplace_back();
          row >> one.job_id >> one.study_id >> one.pipeline >> one.pipeline_version >> one.institution >> one.sex >>
              one.age >> one.birth_date >> one.study_date >> one.arrived_at >> one.asked >> one.raised;
        },
        Level::routine, since));
    return out;
  });
}

Result<AnalysisFacts> EvidenceLedger::facts(std::int64_t job_id) {
  AnalysisFacts facts;
  std::string series;
  INFERAD_TRY_STATUS(ledger_.impl_->read([&](Database& db) {
    return db.each(
        "SELECT j.findings_json, COALESCE((SELECT e.attributes FROM series e WHERE e.study_id = j.study_id AND EXISTS ("
        "  SELECT 1 FROM instance i WHERE i.series_id = e.id AND i.disposition = 0) ORDER BY e.id LIMIT 1), '{}')"
        " FROM job j WHERE j.id = $1",
        [&](Row& row) { row >> facts.findings_json >> series; }, job_id);
  }));
  if (series.empty()) return no_such("job");
  INFERAD_TRY(const auto attributes, decode_attributes(series));
  facts.manufacturer = attribute(attributes, "Manufacturer");
  return facts;
}

Status record_statement(Database& db, std::int64_t study_id, const std::string& finding, bool present,
                        const std::string& source, WallTime now) {
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO report_statement (study_id, finding, present, source, at)"
             " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (study_id, finding)"
             " DO UPDATE SET present = $3, source = $4, at = $5",
             study_id, finding, present, source, now));
  return add_event(db, study_id, now,
                   fmt::format("the report says: {} {} ({})", finding, present ? "present" : "absent", source));
}

Status EvidenceLedger::record_statements(std::int64_t study_id, std::span<const ReportStatement> statements,
                                         const std::string& source, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const auto found, db.value<int>("SELECT 1 FROM study WHERE id = $1", study_id));
    if (!found) return no_such("study");
    for (const auto& one : statements)
      INFERAD_TRY_STATUS(record_statement(db, study_id, one.finding, one.present, source, now));
    return ok();
  });
}

Result<std::vector<std::int64_t>> EvidenceLedger::studies_known_as(const std::string& name) {
  return ledger_.impl_->read([&](Database& db) -> Result<std::vector<std::int64_t>> {
    std::vector<std::int64_t> out;
    INFERAD_TRY_STATUS(db.each(
        "SELECT id FROM study WHERE study_uid = $1 AND first_image_at IS NOT NULL UNION"
        " SELECT id FROM study WHERE accession_number = $1 AND accession_number <> '' AND first_image_at IS NOT NULL",
        [&](Row& row) { row >> out.emplace_back(); }, name));
    return out;
  });
}

Result<std::vector<ReportStatement>> EvidenceLedger::statements(WallTime since) {
  return ledger_.impl_->read([&](Database& db) -> Result<std::vector<ReportStatement>> {
    std::vector<ReportStatement> out;
    INFERAD_TRY_STATUS(db.each(
        "SELECT study_id, finding, present FROM report_statement WHERE at > $1 ORDER BY study_id, finding",
        [&](Row& row) {
          auto& one = out.emplace_back();
          row >> one.study_id >> one.finding >> one.present;
        },
        since));
    return out;
  });
}

}  // namespace inferad::store
