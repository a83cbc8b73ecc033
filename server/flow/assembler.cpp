// SPDX-License-Identifier: Apache-2.0
#include "server/flow/assembler.h"

#include <fmt/format.h>

#include <algorithm>

namespace inferad::flow {
namespace {

using Kind = AssemblerAction::Kind;

// Equal counts could be a chance meeting with a PACS that is itself still receiving, more so while an association is
// open.
constexpr Millis kCountSettle{300}, kCountSettleCarried{500};
// A sender that uses several associations one after the other pauses less than this between them.
constexpr Millis kGeometrySettle{2000}, kExamineAfter{1000};
constexpr Millis kPauseBeforeAsk{250};   // an open association that pauses may be at its end
constexpr Millis kConfirmDistance{100};  // between two asks when the last answer is reached by now
constexpr Millis kAnswerWait{30000};     // an ask without an answer is forgotten
constexpr int kMoreExpectedFactor = 3;   // of the quiet period
constexpr int kDoublingsMax = 5;         // of the ask interval
constexpr std::size_t kEndedAssociationsMax = 4096;
constexpr int kWholeVolumeImages = 10;

std::string images_text(int images) { return images == 1 ? "1 image" : fmt::format("{} images", images); }
std::string seconds_text(Millis time) { return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000); }

}  // namespace

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::count:
      return "count";
    case Evidence::objects:
      return "objects";
    case Evidence::geometry:
      return "geometry";
    case Evidence::quiet:
      return "quiet";
    case Evidence::age:
      return "age";
    case Evidence::limit:
      return "limit";
  }
  return "limit";
}

// Gives at most one action, and when to look again. Times in the past mean "at the next event".
struct Assembler::Step {
  const config::AssemblerSettings& settings;
  Study& study;
  const std::int64_t id;
  const SteadyTime now;
  SteadyTime next = SteadyTime::max();

  std::optional<AssemblerAction> decide() {
    if (study.completing) return std::nullopt;
    if (reached(study.opened_at + settings.max_age))
      return complete(Evidence::age, fmt::format("maximum age of {} reached ({})", seconds_text(settings.max_age),
                                                 images_text(study.images)));
    if (auto action = by_count()) return action;
    if (auto action = by_content()) return action;
    return by_quiet();
  }

 private:
  // Remembers the earliest time that is still to come.
  bool reached(SteadyTime time) {
    if (time <= now) return true;
    next = std::min(next, time);
    return false;
  }

  AssemblerAction complete(Evidence evidence, std::string reason) {
    study.completing = true;
    return {Kind::complete, id, evidence, std::move(reason)};
  }

  bool asks() const { return !settings.query_peer.empty(); }
  bool carried() const { return !study.associations.empty(); }
  bool answer_is_fresh() const { return study.reported && study.asked_at && *study.asked_at >= study.last_at; }
  // The PACS also counts objects that are no images, and results of ours that came back to it.
  bool count_matches() const {
    return study.reported && *study.reported >= study.images &&
           *study.reported <= study.images + study.others + study.own_results;
  }
  bool more_expected() const {
    return study.reported && *study.reported > study.images + study.others + study.own_results;
  }

  std::optional<AssemblerAction> by_count() {
    if (!asks()) return std::nullopt;
    if (study.asking) {
      if (!reached(*study.asked_at + kAnswerWait)) return std::nullopt;
      study.asking = false;
      study.failing = true;
    }
    if (answer_is_fresh() && count_matches()) {
      if (!reached(study.last_at + (carried() ? kCountSettleCarried : kCountSettle))) return std::nullopt;
      return complete(Evidence::count,
                      fmt::format("count reported by PACS ({} of {})", *study.reported, *study.reported));
    }
    if (!reached(next_ask())) return std::nullopt;
    study.asking = true;
    study.asked_at = now;
    return AssemblerAction{Kind::ask_count, id, Evidence::count, {}};
  }

  SteadyTime next_ask() const {
    const Millis interval = settings.query_interval;
    const SteadyTime paused = carried() ? study.last_at + kPauseBeforeAsk : study.last_at;
    if (!study.asked_at) return paused;
    if (*study.asked_at >= study.last_at || study.failing)  // nothing new, or a peer in trouble: ever more rarely
      return *study.asked_at + interval * (1 << std::min(study.idle_asks, kDoublingsMax));
    if (count_matches()) return *study.asked_at + kConfirmDistance;
    return std::max(paused, *study.asked_at + interval / 4);
  }

  std::optional<AssemblerAction> by_content() {
    if (carried()) return std::nullopt;
    const SteadyTime idle_since = std::max(study.last_at, study.ended_at);
    const Millis settle = std::min<Millis>(kGeometrySettle, settings.quiet);
    if (!study.examined) {
      if (study.examining || !reached(idle_since + std::min(kExamineAfter, settle))) return std::nullopt;
      study.examining = true;
      return AssemblerAction{Kind::examine, id, Evidence::geometry, {}};
    }
    const bool whole = study.whole == Wholeness::counted || study.whole == Wholeness::contiguous;
    if (!whole || study.asking || (answer_is_fresh() && more_expected())) return std::nullopt;
    // A prefix of a series lies evenly as well.
    const bool cut_off = study.interrupted && study.whole == Wholeness::contiguous;
    if (!reached(idle_since + (cut_off ? Millis(settings.quiet) : settle))) return std::nullopt;
    if (study.whole == Wholeness::counted)
      return complete(Evidence::objects, fmt::format("counts in the objects ({})", images_text(study.images)));
    return complete(Evidence::geometry, fmt::format("geometry contiguous ({})", images_text(study.images)));
  }

  std::optional<AssemblerAction> by_quiet() {
    const bool wait_longer = carried() || more_expected();
    const Millis quiet = settings.quiet * (wait_longer ? kMoreExpectedFactor : 1);
    if (!reached(study.last_at + quiet)) return std::nullopt;
    if (more_expected())
      return complete(Evidence::quiet, fmt::format("quiet for {} ({} of {} reported by PACS)", seconds_text(quiet),
                                                   study.images, *study.reported));
    return complete(Evidence::quiet, fmt::format("quiet for {} ({})", seconds_text(quiet), images_text(study.images)));
  }
};

void Assembler::open(std::int64_t study_id, const Opening& opening, SteadyTime now) {
  Study study;
  study.images = opening.images;
  study.others = opening.others;
  study.own_results = opening.own_results;
  study.opened_at = now - std::clamp<Millis>(opening.age, Millis(0), settings_.max_age);
  study.last_at = study.ended_at = study.next_check = now;
  studies_.insert_or_assign(study_id, std::move(study));
}

void Assembler::received(std::int64_t study_id, Object object, std::uint64_t association, SteadyTime now) {
  const auto found = studies_.find(study_id);
  if (found == studies_.end()) return;
  Study& study = found->second;
  if (object == Object::image) ++study.images;
  if (object == Object::other) ++study.others;
  if (object != Object::duplicate) study.idle_asks = 0;
  study.examined = study.examining = false;
  study.last_at = study.next_check = now;
  if (association == 0) return;
  const auto ended = ended_.find(association);
  study.interrupted = ended != ended_.end() && !ended->second;
  if (ended == ended_.end()) study.associations.insert(association);
}

void Assembler::association_ended(std::uint64_t association, bool released, SteadyTime now) {
  if (ended_.emplace(association, released).second) ended_order_.push_back(association);
  if (ended_order_.size() > kEndedAssociationsMax) {
    ended_.erase(ended_order_.front());
    ended_order_.pop_front();
  }
  for (auto& [id, study] : studies_) {
    if (study.associations.erase(association) == 0) continue;
    if (!released) study.interrupted = true;
    study.next_check = now;
    if (study.associations.empty()) study.ended_at = now;
  }
}

void Assembler::counted(std::int64_t study_id, std::optional<int> reported, SteadyTime now) {
  const auto found = studies_.find(study_id);
  if (found == studies_.end()) return;
  Study& study = found->second;
  study.asking = false;
  study.failing = !reported;
  study.reported = reported;
  ++study.idle_asks;
  study.next_check = now;
}

void Assembler::examined(std::int64_t study_id, Wholeness whole, SteadyTime now) {
  const auto found = studies_.find(study_id);
  if (found == studies_.end() || !found->second.examining) return;
  found->second.examining = false;
  found->second.examined = true;
  found->second.whole = whole;
  found->second.next_check = now;
}

void Assembler::closed(std::int64_t study_id) { studies_.erase(study_id); }

void Assembler::postponed(std::int64_t study_id, SteadyTime next_check) {
  const auto found = studies_.find(study_id);
  if (found == studies_.end()) return;
  found->second.completing = false;
  found->second.next_check = next_check;
}

std::vector<AssemblerAction> Assembler::due(SteadyTime now) {
  std::vector<AssemblerAction> actions;
  for (auto& [id, study] : studies_) {
    while (study.next_check <= now) {
      Step step{settings_, study, id, now};
      auto action = step.decide();
      study.next_check = step.next;
      if (!action) break;
      if (action->kind != Kind::complete) study.next_check = now;  // there may be more to do
      actions.push_back(*std::move(action));
    }
  }
  check_limit(actions);
  return actions;
}

void Assembler::check_limit(std::vector<AssemblerAction>& actions) {
  std::vector<std::pair<SteadyTime, std::int64_t>> by_age;
  for (const auto& [id, study] : studies_)
    if (!study.completing) by_age.emplace_back(study.last_at, id);
  const auto limit = static_cast<std::size_t>(std::max(settings_.open_studies_max, 1));
  if (by_age.size() <= limit) return;
  std::sort(by_age.begin(), by_age.end());
  by_age.resize(by_age.size() - limit);
  for (const auto& [last_at, id] : by_age) {
    Study& study = studies_.at(id);
    study.completing = true;
    actions.push_back({Kind::complete, id, Evidence::limit,
                       fmt::format("more than {} studies open ({})", limit, images_text(study.images))});
  }
}

std::optional<SteadyTime> Assembler::next_deadline() const {
  std::optional<SteadyTime> earliest;
  for (const auto& [id, study] : studies_) {
    if (study.completing && study.next_check == SteadyTime::max()) continue;
    if (!earliest || study.next_check < *earliest) earliest = study.next_check;
  }
  return earliest;
}

Wholeness study_wholeness(const store::StudyContent& content) {
  bool counted = true, volume = false, unknown = false;
  for (const auto& series : content.series) {
    const auto facts = facts_of(series);
    if (facts.localizer) continue;
    switch (wholeness_of(series, facts)) {
      case Wholeness::gaps:
        return Wholeness::gaps;
      case Wholeness::contiguous:
        counted = false;
        [[fallthrough]];
      case Wholeness::counted:
        volume = volume || facts.frames >= kWholeVolumeImages;
        break;
      case Wholeness::unknown:
        unknown = unknown || facts.images > 2;
        break;
    }
  }
  if (unknown || !volume) return Wholeness::unknown;
  return counted ? Wholeness::counted : Wholeness::contiguous;
}

}  // namespace inferad::flow
