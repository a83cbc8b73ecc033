// SPDX-License-Identifier: Apache-2.0
// Decides when a study is complete. DICOM has no such message: the end of an association means nothing (PS3.4 B.4), so
// the decision rests on evidence, best first, and its reason is recorded:
//
//   count      the PACS, asked by C-FIND, reports as many objects as we hold
//   objects    every series is whole by what its objects say of themselves (ImagesInAcquisition, frames)
//   geometry   every series lies evenly and without gaps, after all associations that carried the study ended
//   quiet      no image for the quiet period; three times as long while more images are known to be on their way
//   age        the maximum age is reached
//   limit      too many studies are open: the one that was quiet longest ends
//
// Pure and sans-I/O: events and `now` in, actions out; nothing here reads a clock, the ledger or the network. Not
// thread-safe: it lives on the clerk's thread. Memory: some hundred bytes a study, at most open_studies_max studies
// (and those that opened since the last due()).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"
#include "server/config/settings.h"
#include "server/flow/series_facts.h"

namespace inferad::flow {

enum class Evidence { count, objects, geometry, quiet, age, limit };
std::string_view to_string(Evidence evidence);  // the words above

struct AssemblerAction {
  enum class Kind {
    ask_count,  // ask the query peer; answer with counted()
    examine,    // look at the headers of the study; answer with examined()
    complete,   // close the study with `reason`; answer with closed() or postponed()
  };
  Kind kind = Kind::complete;
  std::int64_t study_id = 0;
  Evidence evidence = Evidence::quiet;
  std::string reason;  // for people: "count reported by PACS (120 of 120)"
};

class Assembler {
 public:
  // Without a query peer in the settings the count is never asked for.
  explicit Assembler(const config::AssemblerSettings& settings) : settings_(settings) {}

  struct Opening {
    int images = 0;       // current images known so far
    int others = 0;       // further objects of the study that we hold
    int own_results = 0;  // results of ours that the query peer may count as part of the study
    Millis age{0};        // since the first image of this revision
  };
  // A study that collects images: a new one, one that opened again, or one found open at start. The quiet period begins
  // now: before a start nobody listened.
  void open(std::int64_t study_id, const Opening& opening, SteadyTime now);
  bool knows(std::int64_t study_id) const { return studies_.contains(study_id); }
  int open_studies() const { return static_cast<int>(studies_.size()); }

  // An object of an open study was recorded. Ignored for other studies. `association` 0: unknown, because it was
  // received before a restart; until the sender comes again, geometry alone proves nothing then.
  enum class Object { image, other, duplicate };
  void received(std::int64_t study_id, Object object, std::uint64_t association, SteadyTime now);
  // Not released: it was cut off, so a prefix of a series is likely; see `interrupted`.
  void association_ended(std::uint64_t association, bool released, SteadyTime now);

  // `reported`: nullopt = no answer, or one that tells nothing.
  void counted(std::int64_t study_id, std::optional<int> reported, SteadyTime now);
  // `whole`: of the series that count (see study_wholeness).
  void examined(std::int64_t study_id, Wholeness whole, SteadyTime now);
  void closed(std::int64_t study_id);                            // forgets the study
  void postponed(std::int64_t study_id, SteadyTime next_check);  // complete did not work: asked for again then

  // What is to be done now. Each action is given once, until it is answered or its cause comes again.
  std::vector<AssemblerAction> due(SteadyTime now);
  std::optional<SteadyTime> next_deadline() const;  // when due() may give something without another event

 private:
  struct Study {
    int images = 0, others = 0, own_results = 0;
    SteadyTime opened_at{}, last_at{}, next_check{};
    SteadyTime ended_at{};                 // when no association carried it any more
    std::set<std::uint64_t> associations;  // open ones that carried it
    bool completing = false;
    bool interrupted = true;  // by a restart of ours or a cut association, and no whole one came since

    bool asking = false;
    std::optional<SteadyTime> asked_at;
    std::optional<int> reported;
    int idle_asks = 0;     // asks since the last image that did not help
    bool failing = false;  // the last ask got no number

    bool examining = false;
    bool examined = false;  // since the last object
    Wholeness whole = Wholeness::unknown;
  };
  struct Step;  // the rules, for one study at one time (assembler.cpp)

  void check_limit(std::vector<AssemblerAction>& actions);

  const config::AssemblerSettings settings_;
  std::map<std::int64_t, Study> studies_;
  std::map<std::uint64_t, bool> ended_;  // the last that ended, and whether released: a commit may come later
  std::deque<std::uint64_t> ended_order_;
};

// Of a whole study: gaps when one of its series has gaps; counted or contiguous (the weaker one) when every series that
// is no localizer is whole; else unknown. Single images beside a whole volume (a dose screenshot) do not count.
Wholeness study_wholeness(const store::StudyContent& content);

}  // namespace inferad::flow
