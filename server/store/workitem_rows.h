// SPDX-License-Identifier: Apache-2.0
// Rows of workitems and their events, shared by the sources of this folder.
#pragma once

#include "server/store/ledger_impl.h"
#include "server/store/workitems.h"

namespace inferad::store {

inline const std::string kWorkitemColumns =
    "SELECT w.id, w.study_id, w.uid, w.kind, w.job_id, w.pipeline, w.state, w.level, w.ready, w.transaction_uid,"
    " w.attributes, w.created_at, w.modified_at FROM workitem w ";

Result<Workitem> workitem_of(Row& row);
// The latest reading task of a study.
Result<std::optional<Workitem>> reading_task(Database& db, std::int64_t study_id);
Status update_workitem(Database& db, const Workitem& workitem, WallTime now);
// An event for each subscriber of the workitem.
Status announce(Database& db, const Workitem& workitem, std::uint16_t type, const DataSet& information, WallTime now);
Status announce_state(Database& db, const Workitem& workitem, WallTime now);
// Progress and assignment, where the attributes say something else than `before`.
Status announce_changes(Database& db, const DataSet& before, const Workitem& workitem, WallTime now);
Status sync_study(Database& db, std::int64_t study_id, WallTime now);

}  // namespace inferad::store
