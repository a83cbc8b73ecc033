// SPDX-License-Identifier: Apache-2.0
// The made-up node's list: what waits in its order, then what is being read; and what readers say.
#include <algorithm>

#include "tests/browser/fake_node.h"

namespace inferad::web {

Result<std::vector<WorklistEntry>> FakeNode::worklist() {
  std::lock_guard lock(mutex_);
  if (scene_ == "error") return Error{Errc::io, "The ledger cannot be read: disk I/O error."};
  auto list = entries_;
  std::stable_partition(list.begin(), list.end(), [](const auto& entry) { return !entry.reading_started_at; });
  int position = 0;
  for (auto& entry : list) {
    if (entry.reading_started_at) break;
    entry.position = ++position;
    entry.position_reason = "Place " + std::to_string(position) + " by the fake node";
  }
  return list;
}

bool FakeNode::starts_recorded() {
  std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) { return entry.reading_started_at; });
}

Status FakeNode::start_reading(std::int64_t study, const std::string& reader) {
  std::lock_guard lock(mutex_);
  for (auto& entry : entries_) {
    if (entry.id != study) continue;
    if (entry.reading_started_at) return Error{Errc::refused, "reading of this study has already started"};
    entry.reading_started_at = wall_now();
    entry.reading_by = reader;
    return ok();
  }
  return Error{Errc::not_found, "no such study"};
}

Status FakeNode::acknowledge(std::int64_t study, const std::string& reader) {
  const std::lock_guard lock(mutex_);
  for (auto& entry : entries_) {
    if (entry.id != study || !entry.critical_since) continue;
    entry.critical_since.reset();
    entry.acknowledged_at = wall_now();
    entry.acknowledged_by = reader;
    return ok();
  }
  return Error{Errc::refused, "nothing of this study waits to be acknowledged"};
}

Status FakeNode::release_reading(std::int64_t study) {
  std::lock_guard lock(mutex_);
  for (auto& entry : entries_) {
    if (entry.id != study) continue;
    if (!entry.reading_started_at) return Error{Errc::refused, "reading of this study has not started"};
    entry.reading_started_at.reset();
    return ok();
  }
  return Error{Errc::not_found, "no such study"};
}

Result<std::int64_t> FakeNode::give_feedback(const Feedback& said) {
  std::lock_guard lock(mutex_);
  if (said.comment == "fail") return Error{Errc::io, "The ledger cannot be written: disk I/O error."};
  Feedback one = said;
  one.id = static_cast<std::int64_t>(feedback_.size()) + 1;
  one.label = said.finding == "emphysema" ? "Pulmonary emphysema" : said.finding;
  one.pipeline = "ct-lung-density";
  one.pipeline_version = "1.0.0";
  one.at = wall_now();
  for (auto& before : feedback_) {
    const bool same = before.job_id == one.job_id && before.finding == one.finding && before.reader == one.reader;
    if (same && before.superseded_by == 0) before.superseded_by = one.id;
  }
  feedback_.push_back(one);
  return one.id;
}

Result<std::vector<Feedback>> FakeNode::feedback(std::int64_t study) {
  std::lock_guard lock(mutex_);
  auto of_study = feedback_;
  std::erase_if(of_study, [&](const Feedback& one) { return one.study_id != study; });
  return of_study;
}

}  // namespace inferad::web
