// SPDX-License-Identifier: Apache-2.0
#include "server/store/recorder.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/store/attribute_text.h"
#include "server/store/image_classes.h"
#include "server/store/ledger_impl.h"
#include "server/store/study_columns.h"

namespace inferad::store {
namespace {

// (0040,1003): STAT, HIGH, ROUTINE, MEDIUM, LOW. MEDIUM is what the worklist calls routine.
std::optional<Level> header_level_of(const Attributes& attributes) {
  const auto text = attribute(attributes, "RequestedProcedurePriority");
  if (text.empty()) return std::nullopt;
  return level_from(text).value_or(Level::routine);
}

int open_revision(bool open, int completed) { return open ? completed + 1 : 0; }

}  // namespace

Result<Recorded> Recorder::add(const ReceivedInstance& received) {
  INFERAD_TRY(const auto earlier, known(received));
  if (earlier) return *earlier;
  INFERAD_TRY(Study* const study, study_of(received));
  INFERAD_TRY(const Disposition disposition, disposition_of(*study, received));
  Recorded recorded{study->id, disposition, 0, false};
  switch (disposition) {
    case Disposition::duplicate_identical:
      ++study->duplicates;
      study->last_duplicate_at = received.received_at;
      break;
    case Disposition::duplicate_conflict:
      ++study->conflicts;
      study->last_conflict_at = received.received_at;
      break;
    case Disposition::current: {
      INFERAD_TRY(recorded.reopened, count_image(*study, received));
      break;
    }
    case Disposition::own_result:
    case Disposition::not_image:
      break;
  }
  study->changed = true;
  recorded.revision_open = open_revision(study->open, study->revision);
  // The bytes of an identical duplicate are already there under another number.
  if (disposition != Disposition::duplicate_identical) INFERAD_TRY_STATUS(insert(study->id, received, disposition));
  return recorded;
}

Status Recorder::finish() {
  for (const auto& [uid, study] : studies_)
    if (study.changed) INFERAD_TRY_STATUS(save(study));
  for (const auto& [uid, study] : studies_)
    if (study.fresh) INFERAD_TRY_STATUS(join_orders(db_, study.id, *study.first_image_at));
  return ok();
}

Result<std::optional<Recorded>> Recorder::known(const ReceivedInstance& received) {
  std::optional<Recorded> found;
  std::string sha256;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT i.study_id, i.disposition, i.data_sha256, s.is_open, s.revision FROM instance i"
      " JOIN study s ON s.id = i.study_id WHERE i.spool_id = $1",
      [&](Row& row) {
        bool open = false;
        int revision = 0;
        found.emplace();
        row >> found->study_id >> found->disposition >> sha256 >> open >> revision;
        found->revision_open = open_revision(open, revision);
      },
      received.spool.id));
  if (found && sha256 != received.spool.data_sha256)
    return Error{Errc::invalid_input,
                 fmt::format("spool number {} was used before for other bytes", received.spool.id)};
  // The study may have been opened or closed in this very batch.
  if (found)
    if (const auto cached = studies_.find(received.header.study_uid); cached != studies_.end())
      found->revision_open = open_revision(cached->second.open, cached->second.revision);
  return found;
}

Result<Recorder::Study*> Recorder::study_of(const ReceivedInstance& received) {
  const std::string& uid = received.header.study_uid;
  if (const auto cached = studies_.find(uid); cached != studies_.end()) return &cached->second;
  Study study;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT id, is_open, revision, images, first_image_at, last_image_at, duplicates, last_duplicate_at, conflicts,"
      " last_conflict_at, header_level FROM study WHERE study_uid = $1",
      [&](Row& row) {
        row >> study.id >> study.open >> study.revision >> study.images >> study.first_image_at >>
            study.last_image_at >> study.duplicates >> study.last_duplicate_at >> study.conflicts >>
            study.last_conflict_at >> study.header_level;
      },
      uid));
  if (study.id == 0) {
    INFERAD_TRY(const auto id,
                db_.value<std::int64_t>("INSERT INTO study (study_uid, calling_ae) VALUES ($1, $2) RETURNING id", uid,
                                        received.calling_ae));
    study.id = id.value();
  }
  return &studies_.emplace(uid, std::move(study)).first->second;
}

Result<Disposition> Recorder::disposition_of(const Study& study, const ReceivedInstance& received) {
  bool same_uid = false, same_bytes = false;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT data_sha256 FROM instance WHERE study_id = $1 AND instance_uid = $2",
      [&](Row& row) {
        std::string sha256;
        row >> sha256;
        same_uid = true;
        same_bytes = same_bytes || sha256 == received.spool.data_sha256;
      },
      study.id, received.header.instance_uid));
  if (same_bytes) return Disposition::duplicate_identical;
  if (same_uid) return Disposition::duplicate_conflict;
  if (received.header.made_by_us) return Disposition::own_result;
  return is_image_class(received.header.sop_class_uid) ? Disposition::current : Disposition::not_image;
}

Result<bool> Recorder::count_image(Study& study, const ReceivedInstance& received) {
  const bool reopened = !study.open && study.revision > 0;
  if (!study.first_image_at) {
    INFERAD_TRY_STATUS(set_header(study, received));
    INFERAD_TRY_STATUS(add_event(db_, study.id, received.received_at, "first image from " + received.calling_ae));
    study.first_image_at = received.received_at;
    study.fresh = true;
  }
  if (reopened)
    INFERAD_TRY_STATUS(add_event(
        db_, study.id, received.received_at,
        fmt::format("late image after revision {}: collecting revision {}", study.revision, study.revision + 1)));
  study.open = true;
  ++study.images;
  study.last_image_at = std::max(study.last_image_at.value_or(received.received_at), received.received_at);
  if (const auto level = header_level_of(received.header.attributes))
    study.header_level = more_urgent(*level, study.header_level.value_or(*level));
  return reopened;
}

Status Recorder::set_header(const Study& study, const ReceivedInstance& received) {
  static_assert(std::size(kStudyColumns) == 13);
  const auto text = [&](std::size_t column) {
    return attribute(received.header.attributes, kStudyColumns[column].keyword);
  };
  return db_.run(
      "UPDATE study SET patient_name = $1, patient_id = $2, birth_date = $3, sex = $4, age = $5, accession_number = $6,"
      " modality = $7, body_part = $8, study_description = $9, study_date = $10, study_time = $11, institution = $12,"
      " referring_physician = $13, calling_ae = $14 WHERE id = $15",
      text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7), text(8), text(9), text(10), text(11),
      text(12), received.calling_ae, study.id);
}

Result<Recorder::Series*> Recorder::series_of(std::int64_t study_id, const InstanceHeader& header) {
  const SeriesKey key{study_id, header.series_uid};
  if (const auto cached = series_.find(key); cached != series_.end()) return &cached->second;
  Series series;
  std::string attributes;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT id, attributes FROM series WHERE study_id = $1 AND series_uid = $2",
      [&](Row& row) { row >> series.id >> attributes; }, study_id, header.series_uid));
  if (series.id != 0) {
    INFERAD_TRY(series.attributes, decode_attributes(attributes));
  } else {
    series.attributes = header.attributes;
    INFERAD_TRY(
        const auto id,
        db_.value<std::int64_t>(
            "INSERT INTO series (study_id, series_uid, modality, description, attributes) VALUES ($1, $2, $3, $4, $5)"
            " RETURNING id",
            study_id, header.series_uid, header.modality, attribute(header.attributes, "SeriesDescription"),
            encode_attributes(header.attributes)));
    series.id = id.value();
  }
  return &series_.emplace(key, std::move(series)).first->second;
}

Status Recorder::insert(std::int64_t study_id, const ReceivedInstance& received, Disposition disposition) {
  const InstanceHeader& header = received.header;
  INFERAD_TRY(const Series* const series, series_of(study_id, header));
  return db_.run(
      "INSERT INTO instance (spool_id, study_id, series_id, instance_uid, sop_class_uid, transfer_syntax_uid, frames,"
      " disposition, bytes, data_sha256, calling_ae, received_at, attributes)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
      received.spool.id, study_id, series->id, header.instance_uid, header.sop_class_uid, header.transfer_syntax_uid,
      header.frames, disposition, received.spool.bytes, received.spool.data_sha256, received.calling_ae,
      received.received_at, encode_attributes(header.attributes, series->attributes));
}

Status Recorder::save(const Study& study) {
  INFERAD_TRY_STATUS(
      db_.run("UPDATE study SET is_open = $1, images = $2, first_image_at = $3, last_image_at = $4, duplicates = $5,"
              " last_duplicate_at = $6, conflicts = $7, last_conflict_at = $8, header_level = $9 WHERE id = $10",
              study.open, study.images, study.first_image_at, study.last_image_at, study.duplicates,
              study.last_duplicate_at, study.conflicts, study.last_conflict_at, study.header_level, study.id));
  return update_level(db_, study.id);
}

}  // namespace inferad::store
