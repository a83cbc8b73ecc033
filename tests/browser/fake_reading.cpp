// SPDX-License-Identifier: Apache-2.0
// The made-up node's list: what waits in its order, then what is being read; and what readers say.
#include <algorithm>

#include "tests/browser/fake_node.h"

namespace inferad::web {

Result<std::shared_ptr<const ReadingList>> FakeNode::worklist() {
  std::lock_guard lock(mutex_);
  if (scene_ == "error") return Error{Errc::io, "The ledger cannot be read: disk I/O error."};
  const auto waits = [](const auto& entry) { return !entry->reading_started_at; };
  ReadingList list;
  for (const auto& entry : entries_) list.entries.push_back(std::make_shared<const WorklistEntry>(entry));
  const auto end = std::stable_partition(list.entries.begin(), list.entries.end(), waits);
  list.waiting = static_cast<std::size_t>(end - list.entries.begin());
  list.targets = reading_targets();
  list.starts_recorded = list.waiting < list.entries.size();
  return std::make_shared<const ReadingList>(std::move(list));
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
