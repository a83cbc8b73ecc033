// SPDX-License-Identifier: Apache-2.0
#include "server/evidence/table.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "server/evidence/groups.h"
#include "server/evidence/statistics.h"

namespace inferad::evidence {
namespace {

using Cases = std::vector<const Case*>;

// k of n while they are counted.
struct Tally {
  int k = 0, n = 0;
  void add(bool yes) { k += yes ? 1 : 0, ++n; }
  Proportion out() const { return proportion(k, n); }
};

struct Waits {
  std::vector<PairedWait> all;
  void add(const Case& one) {
    const auto day = std::chrono::floor<std::chrono::days>(one.arrived_at).time_since_epoch().count();
    if (one.wait) all.push_back({one.wait->minutes, one.wait->fifo_minutes, static_cast<int>(day)});
  }
};

// "present" of any makes the study positive, then "indeterminate"; "measured" only when none says more.
std::optional<Presence> presence_of(const Case& one, const std::string& finding) {
  const auto rank = [](Presence presence) { return presence == Presence::measured ? -1 : static_cast<int>(presence); };
  std::optional<Presence> most;
  for (const auto& item : one.items)
    if (item.finding == finding && (!most || rank(item.presence) > rank(*most))) most = item.presence;
  return most;
}

// nullopt: nobody judged it. One who disagrees outweighs all who agree.
std::optional<bool> judgement(const Case& one, const std::string& finding) {
  std::optional<bool> agreed;
  for (const auto& word : one.words)
    if (word.finding == finding) agreed = agreed.value_or(true) && word.agrees;
  return agreed;
}

// nullopt: no report tells. Of several statements one "present" counts, as of several items.
std::optional<bool> truth(const Case& one, const std::string& finding) {
  std::optional<bool> present;
  for (const auto& statement : one.statements)
    if (statement.finding == finding) present = present.value_or(false) || statement.present;
  return present;
}

void count(FindingEvidence& into, Presence presence) {
  switch (presence) {
    case Presence::present:
      ++into.present;
      return;
    case Presence::absent:
      ++into.absent;
      return;
    case Presence::indeterminate:
      ++into.indeterminate;
      return;
    case Presence::measured:
      ++into.measured;
      return;
  }
}

FindingEvidence finding_evidence(const Cases& cases, const std::string& finding) {
  FindingEvidence out;
  out.finding = finding;
  Tally agreement, ppv_judged, ppv_reported, sensitivity, specificity;
  Waits diseased;
  for (const Case* one : cases) {
    const auto presence = presence_of(*one, finding);
    if (!presence) continue;
    count(out, *presence);
    const bool found = presence == Presence::present;
    if (const auto agreed = judgement(*one, finding)) {
      agreement.add(*agreed);
      if (found) ppv_judged.add(*agreed);
    }
    const auto is_there = truth(*one, finding);
    if (!is_there) continue;
    if (*is_there) diseased.add(*one);
    if (presence == Presence::measured) continue;  // says neither
    if (found) ppv_reported.add(*is_there);
    (*is_there ? sensitivity : specificity).add(*is_there == found);
  }
  out.agreement = agreement.out();
  out.ppv_judged = ppv_judged.out();
  out.ppv_reported = ppv_reported.out();
  out.sensitivity = sensitivity.out();
  out.specificity = specificity.out();
  out.diseased = wait_evidence(diseased.all);
  return out;
}

std::vector<FindingEvidence> findings_of(const Cases& cases) {
  std::set<std::string> names;
  for (const Case* one : cases)
    for (const auto& item : one->items) names.insert(item.finding);
  std::vector<FindingEvidence> out;
  for (const auto& name : names) out.push_back(finding_evidence(cases, name));
  return out;
}

EvidenceRow row_of(const Case& any, Grouping by, const Group& group) {
  EvidenceRow row;
  row.pipeline = any.pipeline;
  row.version = any.version;
  row.by = by;
  row.group = group.name;
  row.merged = group.merged;
  row.studies = static_cast<int>(group.cases.size());
  Tally asked, confirmed;
  Waits positives, negatives;
  for (const Case* one : group.cases) {
    asked.add(one->asked);
    if (one->raised) ++row.raised, positives.add(*one);
    if (!one->asked) negatives.add(*one);
    const auto agreed = one->asked && !one->reason.empty() ? judgement(*one, one->reason) : std::nullopt;
    if (agreed) confirmed.add(*agreed);
  }
  row.asked = asked.out();
  row.confirmed = confirmed.out();
  row.positives = wait_evidence(positives.all);
  row.negatives = wait_evidence(negatives.all);
  row.findings = findings_of(group.cases);
  return row;
}

}  // namespace

Evidence table(std::span<const Case> cases, int group_min) {
  Evidence out;
  out.group_min = group_min;
  std::map<std::pair<std::string, std::string>, Cases> by_version;
  for (const auto& one : cases) {
    by_version[{one.pipeline, one.version}].push_back(&one);
    out.judged += one.words.empty() ? 0 : 1;
    out.reported += one.statements.empty() ? 0 : 1;
  }
  for (const auto& [version, all] : by_version) {
    for (const auto by : {Grouping::all, Grouping::age, Grouping::sex, Grouping::manufacturer, Grouping::site}) {
      const auto groups = groups_by(by, all, group_min);
      for (const auto& group : groups) out.rows.push_back(row_of(*all.front(), by, group));
      if (groups.empty()) out.withheld.push_back({version.first, version.second, by});
    }
  }
  return out;
}

}  // namespace inferad::evidence
