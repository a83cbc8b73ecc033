// SPDX-License-Identifier: Apache-2.0
#include "server/store/schema.h"

#include <fmt/format.h>

#include "server/store/schema_joins.h"
#include "server/store/schema_reading.h"

namespace inferad::store {
namespace {

constexpr std::int64_t kApplicationId = 0x494E4644;  // "INFD": tells file(1) and us that this is a ledger

// Times are milliseconds since 1970 UTC; enumerations are stored by their number in server/core.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE study (
  id INTEGER PRIMARY KEY,
  study_uid TEXT NOT NULL UNIQUE,
  calling_ae TEXT NOT NULL,
  is_open INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0,
  images INTEGER NOT NULL DEFAULT 0,
  first_image_at INTEGER,
  last_image_at INTEGER,
  duplicates INTEGER NOT NULL DEFAULT 0,
  last_duplicate_at INTEGER,
  conflicts INTEGER NOT NULL DEFAULT 0,
  last_conflict_at INTEGER,
  order_level INTEGER,
  ai_level INTEGER,
  level INTEGER NOT NULL DEFAULT 2,
  complete_at INTEGER,
  complete_reason TEXT NOT NULL DEFAULT '',
  rule TEXT NOT NULL DEFAULT '',
  without_jobs INTEGER,
  without_jobs_reason TEXT NOT NULL DEFAULT '',
  patient_name TEXT NOT NULL DEFAULT '',
  patient_id TEXT NOT NULL DEFAULT '',
  birth_date TEXT NOT NULL DEFAULT '',
  sex TEXT NOT NULL DEFAULT '',
  age TEXT NOT NULL DEFAULT '',
  accession_number TEXT NOT NULL DEFAULT '',
  modality TEXT NOT NULL DEFAULT '',
  body_part TEXT NOT NULL DEFAULT '',
  study_description TEXT NOT NULL DEFAULT '',
  study_date TEXT NOT NULL DEFAULT '',
  study_time TEXT NOT NULL DEFAULT '',
  institution TEXT NOT NULL DEFAULT '',
  referring_physician TEXT NOT NULL DEFAULT ''
);
CREATE INDEX study_open ON study (is_open) WHERE is_open = 1;
CREATE INDEX study_latest ON study (last_image_at);
CREATE INDEX study_rule ON study (rule);

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  series_uid TEXT NOT NULL,
  modality TEXT NOT NULL,
  description TEXT NOT NULL,
  excluded_because TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL,
  UNIQUE (study_id, series_uid)
);

CREATE TABLE instance (
  spool_id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  series_id INTEGER NOT NULL REFERENCES series (id),
  instance_uid TEXT NOT NULL,
  sop_class_uid TEXT NOT NULL,
  transfer_syntax_uid TEXT NOT NULL,
  frames INTEGER NOT NULL,
  disposition INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  data_sha256 TEXT NOT NULL,
  calling_ae TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  attributes TEXT NOT NULL
);
CREATE INDEX instance_uid ON instance (study_id, instance_uid);
CREATE INDEX instance_series ON instance (series_id, disposition);

CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  pipeline TEXT NOT NULL,
  pipeline_version TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL,
  series_json TEXT NOT NULL,
  state INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  findings_at INTEGER,
  finished_at INTEGER,
  findings_json TEXT NOT NULL DEFAULT '',
  UNIQUE (study_id, revision, pipeline)
);
CREATE INDEX job_state ON job (state);

CREATE TABLE decision (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL UNIQUE REFERENCES job (id),
  study_id INTEGER NOT NULL REFERENCES study (id),
  level INTEGER NOT NULL,
  reason TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  pipeline_version TEXT NOT NULL,
  model_sha256 TEXT NOT NULL,
  score_name TEXT NOT NULL,
  score DOUBLE PRECISION,
  threshold DOUBLE PRECISION,
  decided_at INTEGER NOT NULL
);
CREATE INDEX decision_study ON decision (study_id);

CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  job_id INTEGER NOT NULL REFERENCES job (id),
  destination TEXT NOT NULL,
  kind TEXT NOT NULL,
  file TEXT NOT NULL,
  message TEXT NOT NULL,
  sop_class_uid TEXT NOT NULL,
  sop_instance_uid TEXT NOT NULL,
  transfer_syntax_uid TEXT NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  delivered_at INTEGER
);
CREATE UNIQUE INDEX delivery_object ON delivery (job_id, destination, sop_instance_uid) WHERE sop_instance_uid <> '';
CREATE INDEX delivery_undelivered ON delivery (destination, study_id, id) WHERE state <> 2;
CREATE INDEX delivery_study ON delivery (study_id);

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  at INTEGER NOT NULL,
  what TEXT NOT NULL
);
CREATE INDEX event_study ON event (study_id);
)sql";

// Version 1 knew reports by their deliveries only.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE job ADD COLUMN node_deaths INTEGER NOT NULL DEFAULT 0;

CREATE TABLE report (
  job_id INTEGER NOT NULL REFERENCES job (id),
  sop_instance_uid TEXT NOT NULL,
  PRIMARY KEY (job_id, sop_instance_uid)
);
INSERT INTO report SELECT DISTINCT job_id, sop_instance_uid FROM delivery WHERE kind = 'SR';
)sql";

// When readings start: what the reserve of the reading order counts.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE reading_start (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  at INTEGER NOT NULL,
  level INTEGER NOT NULL,
  stat_waited INTEGER NOT NULL,
  reader TEXT NOT NULL,
  released_at INTEGER
);
CREATE UNIQUE INDEX reading_study ON reading_start (study_id) WHERE released_at IS NULL;
CREATE INDEX reading_exception ON reading_start (id) WHERE released_at IS NULL AND level <> 0 AND stat_waited <> 0;
CREATE INDEX reading_at ON reading_start (at) WHERE released_at IS NULL;
)sql";

// Raises of a pipeline that raises too much: recorded, not applied.
constexpr const char* kVersion4 = R"sql(
CREATE TABLE held_raise (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL UNIQUE REFERENCES job (id),
  study_id INTEGER NOT NULL REFERENCES study (id),
  level INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX held_raise_study ON held_raise (study_id);
CREATE TABLE hold (
  pipeline TEXT PRIMARY KEY,
  since INTEGER NOT NULL
);
CREATE INDEX job_findings ON job (pipeline, findings_at) WHERE findings_at IS NOT NULL;
)sql";

// A job that joins what others say waits for them.
constexpr const char* kVersion5 = "ALTER TABLE job ADD COLUMN joins INTEGER NOT NULL DEFAULT 0;";

// What a destination gets instead of what it does not accept; reports of several kinds, and of failures.
constexpr const char* kVersion6 = R"sql(
ALTER TABLE report ADD COLUMN kind TEXT NOT NULL DEFAULT 'SR';
ALTER TABLE job ADD COLUMN failure_report INTEGER NOT NULL DEFAULT 0;
CREATE INDEX job_failure_report ON job (id) WHERE failure_report = 1;
ALTER TABLE delivery ADD COLUMN beside_class_uid TEXT NOT NULL DEFAULT '';
CREATE TABLE fallback (
  delivery_id INTEGER NOT NULL REFERENCES delivery (id),
  rank INTEGER NOT NULL,
  kind TEXT NOT NULL,
  file TEXT NOT NULL,
  sop_class_uid TEXT NOT NULL,
  sop_instance_uid TEXT NOT NULL,
  transfer_syntax_uid TEXT NOT NULL,
  beside_class_uid TEXT NOT NULL,
  PRIMARY KEY (delivery_id, rank)
);
)sql";

// What the RIS tells: orders, and readings that ended. Until now order_level was what the images say.
constexpr const char* kVersion7 = R"sql(
ALTER TABLE study ADD COLUMN header_level INTEGER;
UPDATE study SET header_level = order_level;
CREATE INDEX study_accession ON study (accession_number) WHERE accession_number <> '';
CREATE TABLE reading_finish (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  at INTEGER NOT NULL,
  source TEXT NOT NULL,
  retracted_at INTEGER
);
CREATE UNIQUE INDEX reading_finished ON reading_finish (study_id) WHERE retracted_at IS NULL;
CREATE TABLE imaging_order (
  id INTEGER PRIMARY KEY,
  study_uid TEXT NOT NULL,
  accession_number TEXT NOT NULL,
  placer_number TEXT NOT NULL,
  filler_number TEXT NOT NULL,
  placer_field TEXT NOT NULL,
  filler_field TEXT NOT NULL,
  service_field TEXT NOT NULL,
  patient_ids TEXT NOT NULL,
  location TEXT NOT NULL,
  level INTEGER,
  level_changed INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  started_by TEXT NOT NULL DEFAULT '',
  finished_by TEXT NOT NULL DEFAULT '',
  waits INTEGER NOT NULL DEFAULT 1,
  changed_at INTEGER NOT NULL
);
CREATE INDEX order_uid ON imaging_order (study_uid) WHERE study_uid <> '';
CREATE INDEX order_accession ON imaging_order (accession_number) WHERE accession_number <> '';
CREATE INDEX order_placer ON imaging_order (placer_number) WHERE placer_number <> '';
CREATE INDEX order_filler ON imaging_order (filler_number) WHERE filler_number <> '';
CREATE INDEX order_waits ON imaging_order (changed_at) WHERE waits = 1;
CREATE TABLE order_study (
  order_id INTEGER NOT NULL REFERENCES imaging_order (id),
  study_id INTEGER NOT NULL REFERENCES study (id),
  joined INTEGER NOT NULL,
  PRIMARY KEY (order_id, study_id)
);
CREATE INDEX order_study_study ON order_study (study_id);
CREATE TABLE hl7_received (
  sender TEXT NOT NULL,
  control_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (sender, control_id)
);
CREATE INDEX hl7_received_at ON hl7_received (at);
)sql";

// What readers say about an analysis. `label` and `presence`: what the pipeline said, as it stood there.
constexpr const char* kVersion8 = R"sql(
CREATE TABLE feedback (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  job_id INTEGER NOT NULL REFERENCES job (id),
  finding TEXT NOT NULL,
  label TEXT NOT NULL,
  presence TEXT NOT NULL,
  opinion INTEGER NOT NULL,
  reader TEXT NOT NULL,
  comment TEXT NOT NULL,
  pipeline_version TEXT NOT NULL,
  model_sha256 TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX feedback_study ON feedback (study_id);
CREATE INDEX feedback_job ON feedback (job_id, finding, reader);
CREATE INDEX feedback_at ON feedback (at);
)sql";

// What final reports say about findings, in codes: the truth that sensitivity is counted against.
constexpr const char* kVersion9 = R"sql(
CREATE TABLE report_statement (
  study_id INTEGER NOT NULL REFERENCES study (id),
  finding TEXT NOT NULL,
  present INTEGER NOT NULL,
  source TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (study_id, finding)
);
CREATE INDEX report_statement_at ON report_statement (at);
)sql";

// Unified Procedure Steps: reading tasks, analyses that peers asked for, who wants to know, what is still to be told.
constexpr const char* kVersion10 = R"sql(
CREATE TABLE workitem (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study (id),
  uid TEXT NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  job_id INTEGER REFERENCES job (id),
  pipeline TEXT NOT NULL DEFAULT '',
  state INTEGER NOT NULL,
  level INTEGER NOT NULL,
  ready INTEGER NOT NULL,
  transaction_uid TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  modified_at INTEGER NOT NULL
);
CREATE INDEX workitem_study ON workitem (study_id);
CREATE INDEX workitem_state ON workitem (state, level, created_at);
CREATE TABLE ups_subscription (
  ae TEXT NOT NULL,
  workitem TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  deletion_lock INTEGER NOT NULL,
  keys TEXT NOT NULL,
  until INTEGER,
  PRIMARY KEY (ae, workitem)
);
CREATE TABLE ups_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ae TEXT NOT NULL,
  workitem TEXT NOT NULL,
  type INTEGER NOT NULL,
  information TEXT NOT NULL,
  keys TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX ups_event_ae ON ups_event (ae, id);
)sql";

// Findings that somebody has to acknowledge, and how far each is escalated.
constexpr const char* kVersion11 = R"sql(
CREATE TABLE critical (
  job_id INTEGER PRIMARY KEY REFERENCES job (id),
  study_id INTEGER NOT NULL REFERENCES study (id),
  since INTEGER NOT NULL,
  steps INTEGER NOT NULL DEFAULT 0,
  last_step_at INTEGER,
  acknowledged_at INTEGER,
  acknowledged_by TEXT NOT NULL DEFAULT '',
  how TEXT NOT NULL DEFAULT ''
);
CREATE INDEX critical_open ON critical (since) WHERE acknowledged_at IS NULL;
CREATE INDEX critical_study ON critical (study_id);
)sql";

// What final reports of the RIS say about findings, kept with their orders: a report may come before its images.
constexpr const char* kVersion12 = R"sql(
CREATE TABLE order_statement (order_id INTEGER NOT NULL REFERENCES imaging_order (id), finding TEXT NOT NULL,
  present INTEGER NOT NULL, source TEXT NOT NULL, PRIMARY KEY (order_id, finding));
)sql";
// kMigrations[n] makes version n + 1 of version n
constexpr const char* kMigrations[] = {kVersion1,  kVersion2,  kVersion3,         kVersion4,   kVersion5,
                                       kVersion6,  kVersion7,  kVersion8,         kVersion9,   kVersion10,
                                       kVersion11, kVersion12, kReadingOfStudies, kRunsOfJoins};
static_assert(std::size(kMigrations) == kSchemaVersion);

Result<std::int64_t> pragma(Database& database, std::string_view sql) {
  INFERAD_TRY(const auto value, database.value<std::int64_t>(sql));
  return value.value_or(0);
}

}  // namespace

Status migrate(Database& database) {
  INFERAD_TRY(auto transaction, Transaction::begin(database, Transaction::Kind::write));
  INFERAD_TRY(const auto application, pragma(database, "PRAGMA application_id"));
  INFERAD_TRY(const auto version, pragma(database, "PRAGMA user_version"));
  INFERAD_TRY(const auto tables, pragma(database, "SELECT COUNT(*) FROM sqlite_master"));
  if (application != kApplicationId && (application != 0 || version != 0 || tables != 0))
    return Error{Errc::refused, "the file is a database of another program"};
  if (version > kSchemaVersion)
    return Error{Errc::refused,
                 fmt::format("ledger has schema version {}, this program knows up to {}: start the newer "
                             "program, or restore the copy made before the upgrade",
                             version, kSchemaVersion)};
  if (version == kSchemaVersion) return ok();
  for (auto next = version; next < kSchemaVersion; ++next) INFERAD_TRY_STATUS(database.script(kMigrations[next]));
  INFERAD_TRY_STATUS(database.script(
      fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kSchemaVersion).c_str()));
  return transaction->commit();
}

}  // namespace inferad::store
