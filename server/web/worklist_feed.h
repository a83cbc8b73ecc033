// SPDX-License-Identifier: Apache-2.0
// The reading list as the API answers it: whole, or what changed since an earlier answer (ADR 27). Thread-safe.
//
// A revision names the node's run and counts changes of the list: "5f0c9d2e-17". Of each study the feed keeps its JSON
// text and two revisions: when the text last changed, and when its place did. Who asks with a revision gets the studies
// and places of later ones; with none, one of another run, or one that is too old or unknown, the whole list. Place:
// a study keeps it when it stays in the longest sequence of studies that kept their order, so one that moves up does
// not move the thousands below it. That time passes changes nothing here.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/base/result.h"
#include "server/core/views.h"

namespace inferad::web {

class WorklistFeed {
 public:
  // Of this run of the node: no other run may have the same.
  explicit WorklistFeed(std::string run) : run_(std::move(run)) {}

  // {"generated_at", "revision", "targets_minutes", "starts_recorded", and
  //    whole:    "entries": […]} in order, each with "position" and "deadline_at"
  //    changes:  "since", "waiting": n, "total": n, "changed": [entry…], "placed": [[id, index]…] by index, "gone":
  //    [id…]}
  // Who takes away what is gone or placed, and puts what is placed at its index of the whole list, has its order.
  // `read` is called one at a time, so that a later list is never taken before an earlier one.
  using Read = std::function<Result<std::shared_ptr<const ReadingList>>()>;
  Result<std::string> answer(const Read& read, std::string_view since, WallTime now);

 private:
  struct Listed {
    std::shared_ptr<const WorklistEntry> entry;
    std::string json;
    std::int64_t changed = 0, placed = 0;  // at which revision
    std::size_t index = 0;
  };
  void take(const std::shared_ptr<const ReadingList>& list);
  bool take_entries(const ReadingList& list, std::int64_t revision);
  bool take_order(std::int64_t revision);
  bool forget_gone(const ReadingList& list, std::int64_t revision);
  std::optional<std::int64_t> known(std::string_view since) const;
  std::string whole(WallTime now) const;
  std::string changes(std::int64_t since, WallTime now) const;
  std::string head(WallTime now) const;

  const std::string run_;
  std::mutex mutex_;
  std::shared_ptr<const ReadingList> list_;
  std::int64_t revision_ = 0;
  std::int64_t oldest_ = 0;  // what is gone since then is known
  std::unordered_map<std::int64_t, Listed> listed_;
  std::vector<Listed*> order_;
  std::deque<std::pair<std::int64_t, std::int64_t>> gone_;  // study and revision, oldest first
};

}  // namespace inferad::web
