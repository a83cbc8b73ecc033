// SPDX-License-Identifier: Apache-2.0
#include "server/web/worklist_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/web/encode.h"

namespace inferad::web {
namespace {

constexpr std::size_t kGoneMax = 10'000;
constexpr std::size_t kNew = SIZE_MAX;  // an index of before: it had none

// Which of `values` stay in a longest increasing sequence; kNew never does.
std::vector<bool> longest_increasing(const std::vector<std::size_t>& values) {
  std::vector<std::size_t> ends, before(values.size(), kNew);  // the least end of a sequence of each length
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == kNew) continue;
    const auto at = std::lower_bound(ends.begin(), ends.end(), values[i],
                                     [&](std::size_t end, std::size_t value) { return values[end] < value; });
    if (at != ends.begin()) before[i] = *std::prev(at);
    if (at == ends.end())
      ends.push_back(i);
    else
      *at = i;
  }
  std::vector<bool> stays(values.size(), false);
  for (std::size_t i = ends.empty() ? kNew : ends.back(); i != kNew; i = before[i]) stays[i] = true;
  return stays;
}

}  // namespace

Result<std::string> WorklistFeed::answer(const Read& read, std::string_view since, WallTime now) {
  const std::lock_guard lock(mutex_);
  INFERAD_TRY(const auto list, read());
  take(list);
  const auto from = known(since);
  return from ? changes(*from, now) : whole(now);
}

std::optional<std::int64_t> WorklistFeed::known(std::string_view since) const {
  if (!since.starts_with(run_ + "-")) return std::nullopt;
  const auto digits = since.substr(run_.size() + 1);
  std::int64_t revision = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), revision);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (revision < oldest_ || revision > revision_) return std::nullopt;
  return revision;
}

void WorklistFeed::take(const std::shared_ptr<const ReadingList>& list) {
  if (list == list_) return;
  const auto next = revision_ + 1;
  const bool gone = forget_gone(*list, next);
  const bool changed = take_entries(*list, next);
  const bool moved = take_order(next);
  list_ = list;
  if (gone || changed || moved || revision_ == 0) revision_ = next;
}

bool WorklistFeed::forget_gone(const ReadingList& list, std::int64_t revision) {
  std::unordered_map<std::int64_t, bool> stays;
  for (const auto& entry : list.entries) stays.emplace(entry->id, true);
  std::vector<std::int64_t> gone;
  for (const auto& [id, listed] : listed_) {
    if (stays.count(id) == 0) gone.push_back(id);
  }
  for (const auto id : gone) {
    listed_.erase(id);
    gone_.emplace_back(id, revision);
  }
  for (; gone_.size() > kGoneMax; gone_.pop_front()) oldest_ = gone_.front().second;
  return !gone.empty();
}

// Leaves the new order in order_, and in each Listed the index it had before.
bool WorklistFeed::take_entries(const ReadingList& list, std::int64_t revision) {
  bool any = false;
  order_.clear();
  for (const auto& entry : list.entries) {
    const auto [at, is_new] = listed_.try_emplace(entry->id);
    Listed& listed = at->second;
    order_.push_back(&listed);
    if (is_new) listed.index = kNew;
    if (listed.entry == entry) continue;
    listed.entry = entry;
    auto json = entry_json(*entry);
    if (json == listed.json) continue;
    listed.json = std::move(json);
    listed.changed = revision;
    any = true;
  }
  return any;
}

bool WorklistFeed::take_order(std::int64_t revision) {
  std::vector<std::size_t> before;
  before.reserve(order_.size());
  for (const Listed* listed : order_) before.push_back(listed->index);
  const auto stays = longest_increasing(before);
  bool any = false;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    order_[i]->index = i;
    if (stays[i]) continue;
    order_[i]->placed = revision;
    any = true;
  }
  return any;
}

// Without the last brace.
std::string WorklistFeed::head(WallTime now) const {
  auto text = worklist_head_json(*list_, now);
  text.pop_back();
  return text + fmt::format(",\"revision\":\"{}-{}\"", run_, revision_);
}

std::string WorklistFeed::whole(WallTime now) const {
  std::string out = head(now) + ",\"entries\":[";
  std::size_t size = out.size() + 3;
  for (const Listed* listed : order_) size += listed->json.size() + 80;
  out.reserve(size);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const WorklistEntry& entry = *order_[i]->entry;
    const bool waits = i < list_->waiting;
    const auto deadline = entry.arrived_at + list_->targets[static_cast<std::size_t>(entry.level)];
    out += i == 0 ? "{" : ",{";
    out += waits ? fmt::format("\"position\":{},\"deadline_at\":\"{}\",", i + 1, to_iso8601(deadline))
                 : "\"position\":null,\"deadline_at\":null,";
    out.append(order_[i]->json, 1);
  }
  return out + "]}\n";
}

std::string WorklistFeed::changes(std::int64_t since, WallTime now) const {
  std::string changed, placed, gone;
  const auto add = [](std::string& list, std::string_view item) { (list += list.empty() ? "" : ",") += item; };
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const Listed& listed = *order_[i];
    if (listed.changed > since) add(changed, listed.json);
    if (listed.placed > since) add(placed, fmt::format("[{},{}]", listed.entry->id, i));
  }
  for (auto at = gone_.rbegin(); at != gone_.rend() && at->second > since; ++at) {
    if (listed_.count(at->first) == 0) add(gone, std::to_string(at->first));
  }
  return fmt::format(
      "{},\"since\":\"{}-{}\",\"waiting\":{},\"total\":{},\"changed\":[{}],\"placed\":[{}],\"gone\":[{}]}}\n",
      head(now), run_, since, list_->waiting, order_.size(), changed, placed, gone);
}

}  // namespace inferad::web
