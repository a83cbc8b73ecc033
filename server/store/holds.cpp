// SPDX-License-Identifier: Apache-2.0
// How often a pipeline raises, and whether its raises are held.
#include "server/store/ledger_impl.h"

namespace inferad::store {

Result<RaiseRate> Ledger::raise_rate(const std::string& pipeline, int results) {
  return impl_->read([&](Database& db) -> Result<RaiseRate> {
    RaiseRate rate;
    INFERAD_TRY_STATUS(db.each(
        "SELECT COUNT(*), COALESCE(SUM(raises), 0) FROM (SELECT CASE WHEN"
        "  EXISTS (SELECT 1 FROM held_raise h WHERE h.job_id = j.id)"
        "  OR EXISTS (SELECT 1 FROM decision d JOIN study s ON s.id = d.study_id WHERE d.job_id = j.id"
        "   AND d.level < COALESCE(s.order_level, $1)) THEN 1 ELSE 0 END AS raises"
        " FROM job j WHERE j.pipeline = $2 AND j.findings_at IS NOT NULL AND j.state IN ($3, $4)"
        " ORDER BY j.findings_at DESC, j.id DESC LIMIT $5) latest",
        [&](Row& row) { row >> rate.results >> rate.raises; }, Level::routine, pipeline, AiState::running,
        AiState::done, results));
    INFERAD_TRY(const auto held, db.value<int>("SELECT 1 FROM hold WHERE pipeline = $1", pipeline));
    rate.held = held.has_value();
    return rate;
  });
}

Status Ledger::set_hold(const std::string& pipeline, bool held, WallTime now) {
  return impl_->write([&](Database& db) -> Status {
    if (!held) return db.run("DELETE FROM hold WHERE pipeline = $1", pipeline);
    return db.run("INSERT INTO hold (pipeline, since) VALUES ($1, $2) ON CONFLICT DO NOTHING", pipeline, now);
  });
}

}  // namespace inferad::store
