// SPDX-License-Identifier: Apache-2.0
// What is reported beside states (PS3.4 table CC.2.4-1, CC.2.4.3): progress, to whom a step is assigned, the node
// itself.
#include <cmath>
#include <set>

#include "server/store/workitem_rows.h"

namespace inferad::store {
namespace {

constexpr std::chrono::hours kToldKept{1};  // longer than a job reports nothing

DataSet only(const DataSet& from, std::initializer_list<std::uint32_t> wanted) {
  DataSet out;
  for (const auto each : wanted)
    if (const auto found = from.elements.find(each); found != from.elements.end() && from.has_value(each))
      out.elements.insert(*found);
  return out;
}

DataSet progress_of(const DataSet& attributes) {
  return only(attributes.item(tag::progress_information),
              {tag::progress, tag::progress_description, tag::progress_parameters, tag::communications});
}

// Whom table CC.2.4-1 names, from the Scheduled Human Performers.
DataSet assignment_of(const DataSet& attributes) {
  DataSet out = only(attributes, {tag::station_name});
  std::vector<DataSet> codes;
  const auto& performers = attributes.items(tag::human_performers);
  for (const auto& each : performers)
    for (const auto& code : each.items(tag::human_performer_codes)) codes.push_back(code);
  if (!codes.empty()) out.set_items(tag::human_performer_codes, std::move(codes));
  if (performers.size() == 1) {
    const auto organization = performers[0].text(tag::human_performer_organization);
    if (!organization.empty()) out.set(tag::human_performer_organization, organization);
  }
  return out;
}

// Instead of one that still waits: nobody needs to hear of 10 % after 90 %.
Status announce_progress(Database& db, const Workitem& item, DataSet progress, WallTime now) {
  DataSet information;
  information.set_items(tag::progress_information, {std::move(progress)});
  INFERAD_TRY_STATUS(db.run("DELETE FROM ups_event WHERE workitem = $1 AND type = $2", item.uid, ups::progress_report));
  return announce(db, item, ups::progress_report, information, now);
}

}  // namespace

Status announce_changes(Database& db, const DataSet& before, const Workitem& item, WallTime now) {
  auto progress = progress_of(item.attributes);
  if (!progress.elements.empty() && !(progress == progress_of(before)))
    INFERAD_TRY_STATUS(announce_progress(db, item, std::move(progress), now));
  const auto assignment = assignment_of(item.attributes);
  if (assignment == assignment_of(before)) return ok();
  return announce(db, item, ups::assigned, assignment, now);
}

bool Workitems::is_news(std::int64_t workitem_id, const Told& progress) {
  if (progress.percent == 0 && progress.stage.empty()) return false;
  const std::lock_guard lock(told_mutex_);
  std::erase_if(told_, [&](const auto& pair) { return progress.at - pair.second.at > kToldKept; });
  const auto found = told_.find(workitem_id);
  if (found != told_.end()) {
    const auto& last = found->second;
    const bool same = last.percent == progress.percent && last.stage == progress.stage;
    const bool just_now = progress.at >= last.at && progress.at - last.at < kProgressEvery;
    if (same || just_now) return false;
  }
  told_[workitem_id] = progress;
  return true;
}

Result<int> Workitems::report_progress(std::int64_t study_id, WallTime now) {
  static const std::string kRunning = kWorkitemColumns +
                                      "WHERE w.study_id = $1 AND w.kind = 1 AND w.state = 1 AND w.job_id IS NOT NULL"
                                      " AND EXISTS (SELECT 1 FROM ups_subscription)";
  std::vector<Workitem> running;
  INFERAD_TRY_STATUS(ledger_.impl_->read([&](Database& db) {
    return db.each(
        kRunning,
        [&](Row& row) {
          if (auto read = workitem_of(row)) running.push_back(*std::move(read));
        },
        study_id);
  }));
  int reported = 0;
  for (const auto& item : running) {
    const auto [stage, fraction] = ledger_.impl_->progress_of(*item.job_id);
    const Told progress{now, static_cast<int>(std::lround(fraction * 100)), stage};
    if (!is_news(item.id, progress)) continue;
    DataSet information;
    information.set(tag::progress, std::to_string(progress.percent));
    if (!stage.empty()) information.set(tag::progress_description, stage);
    INFERAD_TRY_STATUS(
        ledger_.impl_->write([&](Database& db) { return announce_progress(db, item, std::move(information), now); }));
    ++reported;
  }
  return reported;
}

Status Workitems::report_scp_status(std::string_view word, std::span<const std::string> fallback, WallTime now) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    // Subscriptions and workitems are those of before, in the ledger; unless this is a new one.
    INFERAD_TRY(const auto known, db.value<int>("SELECT 1 FROM workitem LIMIT 1"));
    const std::string_view list = known ? "WARM START" : "COLD START";
    DataSet information;
    information.set(tag::scp_status, word)
        .set(tag::subscription_list_status, list)
        .set(tag::workitem_list_status, list);
    const auto text = data_set_to_json(information);
    INFERAD_TRY_STATUS(db.run("DELETE FROM ups_event WHERE type = $1", ups::scp_status));
    std::set<std::string> receivers(fallback.begin(), fallback.end());
    INFERAD_TRY_STATUS(db.each("SELECT DISTINCT ae FROM ups_subscription WHERE wanted = 1", [&](Row& row) {
      std::string ae;
      row >> ae;
      receivers.insert(std::move(ae));
    }));
    for (const auto& ae : receivers)
      INFERAD_TRY_STATUS(
          db.run("INSERT INTO ups_event (ae, workitem, type, information, keys, created_at)"
                 " VALUES ($1, $2, $3, $4, '{}', $5)",
                 ae, ups::global, ups::scp_status, text, now));
    return ok();
  });
}

Result<int> Workitems::waiting(std::uint16_t type) {
  return ledger_.impl_->read([&](Database& db) -> Result<int> {
    INFERAD_TRY(const auto count, db.value<int>("SELECT COUNT(*) FROM ups_event WHERE type = $1", type));
    return count.value_or(0);
  });
}

}  // namespace inferad::store
