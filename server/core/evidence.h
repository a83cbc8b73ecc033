// SPDX-License-Identifier: Apache-2.0
// What the analyses were worth at this site: numbers by pipeline, version and group of patients. No patient data. A
// number that nothing tells is unknown, never 0. How each is defined: server/adr/0026-evidence.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"

namespace inferad {

struct Interval {
  double low = 0, high = 0;
};

// k of n, with the 95 % score interval (Wilson 1927). n = 0: unknown.
struct Proportion {
  int k = 0, n = 0;
  Interval interval{0, 1};

  std::optional<double> value() const { return n > 0 ? std::optional(static_cast<double>(k) / n) : std::nullopt; }
};

// Minutes from arrival to start of reading, as it was and as first in, first out had made it at the same moments.
struct WaitEvidence {
  int n = 0;  // studies whose reading start is recorded; 0: the rest is unknown
  double mean = 0, fifo_mean = 0, longest = 0, fifo_longest = 0;
  double gained = 0;                 // fifo_mean - mean; negative: lost
  std::optional<Interval> interval;  // of `gained`, 95 %, days as clusters; nullopt: fewer than kDaysMin days
  static constexpr int kDaysMin = 5;
};

struct FindingEvidence {
  std::string finding;  // what the pages call it
  // Studies by what the analysis said.
  int present = 0, absent = 0, indeterminate = 0, measured = 0;
  Proportion agreement;                 // readers: of the studies judged, those in which nobody disagreed
  Proportion ppv_judged;                // readers: the same among those said present
  Proportion ppv_reported;              // final reports: of those said present, present
  Proportion sensitivity, specificity;  // final reports; "indeterminate" counts as not found
  WaitEvidence diseased;                // present by the final report, found or not
};

enum class Grouping { all, age, sex, manufacturer, site };
std::string_view to_string(Grouping by);  // "all", "age", "sex", "manufacturer", "site"

struct EvidenceRow {
  std::string pipeline, version;
  Grouping by = Grouping::all;
  std::string group;                  // "40-59", "F", "ACME", …; "" of all; groups put together are joined by " + "
  bool merged = false;                // of groups that are too small to stand alone
  int studies = 0;                    // analysed
  Proportion asked;                   // for a higher priority, of them
  int raised = 0;                     // above their order; the others who asked were as urgent already, or held
  Proportion confirmed;               // readers: of the studies that asked, their reason judged: nobody disagreed
  WaitEvidence positives, negatives;  // raised; nothing asked
  std::vector<FindingEvidence> findings;  // by name
};

struct Withheld {
  std::string pipeline, version;
  Grouping by = Grouping::age;  // every group is too small, also together: none is shown
};

struct Evidence {
  WallTime since{}, until{};
  int group_min = 0;              // studies that a group needs
  int starts = 0;                 // readings whose start is recorded: what waits are counted from
  int judged = 0, reported = 0;   // studies with a reader's judgement; with a statement of a final report
  std::vector<EvidenceRow> rows;  // by pipeline, version, grouping, group
  std::vector<Withheld> withheld;
};

// What is told of a final report.
struct ReportNews {
  std::string study;   // its accession number or Study Instance UID
  std::string source;  // who says so, for people, without patient data
  struct Statement {
    std::string finding;  // id or name of a finding, as pipelines call it
    bool present = false;
  };
  std::vector<Statement> statements;
};

}  // namespace inferad
