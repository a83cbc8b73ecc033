// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include "server/base/durable.h"
#include "server/base/unique_fd.h"
#include "server/store/ledger_impl.h"
#include "server/store/schema.h"

namespace inferad::store {
namespace {

Status configure(Database& database) {
  // FULL: the commit is synced before it returns, also in WAL mode. The size limit gives disk back after a long batch.
  return database.script(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
      "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864");
}

// SQLite gives its journals the permissions of the main file: nobody else reads patient data.
Status make_private_file(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return Error{Errc::io, "cannot create " + file.string()};
  return sync_folder(file.parent_path());
}

}  // namespace

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& file) {
  const std::string doing = "cannot use " + file.string();
  INFERAD_TRY_STATUS(make_private_file(file));
  auto impl = std::make_unique<Impl>();
  INFERAD_TRY(impl->writer, Database::open(file));
  if (auto status = configure(*impl->writer); !status) return with_context(std::move(status).error(), doing);
  if (auto status = migrate(*impl->writer); !status) return with_context(std::move(status).error(), doing);
  for (int i = 0; i < Readers::kCount; ++i) {
    INFERAD_TRY(auto reader, Database::open(file));
    if (auto status = configure(*reader); !status) return with_context(std::move(status).error(), doing);
    INFERAD_TRY_STATUS(reader->script("PRAGMA query_only=ON"));
    impl->readers.add(std::move(reader));
  }
  INFERAD_TRY(impl->list_reader, Database::open(file));
  if (auto status = configure(*impl->list_reader); !status) return with_context(std::move(status).error(), doing);
  INFERAD_TRY_STATUS(impl->list_reader->script("PRAGMA query_only=ON"));
  if (auto status = impl->list.watch(*impl->writer); !status) return with_context(std::move(status).error(), doing);
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

Result<int> Ledger::recover(WallTime now) {
  return impl_->write([&](Database& db) -> Result<int> {
    INFERAD_TRY_STATUS(
        db.run("UPDATE delivery SET state = $1 WHERE state = $2", DeliveryState::waiting, DeliveryState::sending));
    return recover_jobs(db, now);
  });
}

void Ledger::set_progress(std::int64_t job_id, const std::string& stage, double fraction) {
  const std::lock_guard lock(impl_->progress_mutex);
  impl_->progress[job_id] = Progress{stage, fraction};
}

Progress Ledger::Impl::progress_of(std::int64_t job_id) {
  const std::lock_guard lock(progress_mutex);
  const auto found = progress.find(job_id);
  return found == progress.end() ? Progress{} : found->second;
}

ProgressOfJobs Ledger::Impl::progress_of_all() {
  const std::lock_guard lock(progress_mutex);
  return progress;
}

void Ledger::Impl::forget_progress(std::int64_t job_id) {
  const std::lock_guard lock(progress_mutex);
  progress.erase(job_id);
}

Status add_event(Database& database, std::int64_t study_id, WallTime at, std::string_view what) {
  return database.run("INSERT INTO event (study_id, at, what) VALUES ($1, $2, $3)", study_id, at, what);
}

// Of orders of the patient with the study's accession number whose own Study Instance UID no images have.
static Result<std::optional<Level>> level_perhaps_meant(Database& database, std::int64_t study_id) {
  std::optional<Level> level;
  INFERAD_TRY_STATUS(database.each(
      "SELECT MIN(o.level) FROM order_study j JOIN imaging_order o ON o.id = j.order_id JOIN study s ON s.id ="
      " j.study_id WHERE j.study_id = $1 AND j.joined = 0 AND o.cancelled = 0 AND o.finished_by = ''"
      " AND s.patient_id <> '' AND instr(o.patient_ids, char(10) || s.patient_id || char(10)) > 0",
      [&](Row& row) { row >> level; }, study_id));
  return level;
}

Status update_level(Database& database, std::int64_t study_id) {
  static_assert(static_cast<int>(Level::stat) == 0 && static_cast<int>(Level::routine) == 2);
  std::optional<Level> ordered, header;
  bool changed = false;
  INFERAD_TRY_STATUS(database.each(
      "SELECT s.header_level, MIN(o.level), COALESCE(MAX(o.level_changed), 0) FROM study s"
      " LEFT JOIN order_study j ON j.study_id = s.id AND j.joined = 1"
      " LEFT JOIN imaging_order o ON o.id = j.order_id WHERE s.id = $1 GROUP BY s.id, s.header_level",
      [&](Row& row) { row >> header >> ordered >> changed; }, study_id));
  // An order that was changed after the images were made knows better than they do; till then the more urgent holds.
  if (!ordered) ordered = header;
  if (header && !changed) ordered = more_urgent(*ordered, *header);
  INFERAD_TRY(const auto meant, level_perhaps_meant(database, study_id));
  if (meant && *meant < ordered.value_or(Level::routine)) ordered = meant;
  INFERAD_TRY_STATUS(database.run("UPDATE study SET order_level = $1 WHERE id = $2", ordered, study_id));
  return database.run(
      "UPDATE study SET level = CASE WHEN ai_level < COALESCE(order_level, 2) THEN ai_level"
      " ELSE COALESCE(order_level, 2) END WHERE id = $1",
      study_id);
}

}  // namespace inferad::store
