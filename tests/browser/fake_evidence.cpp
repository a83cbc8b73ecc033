// SPDX-License-Identifier: Apache-2.0
// The made-up node's evidence: numbers of the real table, from made-up studies.
#include "server/evidence/table.h"
#include "tests/browser/fake_node.h"

namespace inferad::web {

namespace {

evidence::Case one_study(int i, WallTime now) {
  using evidence::Presence;
  evidence::Case one;
  one.pipeline = "ct-lung-density";
  one.version = "1.0.0";
  one.sex = i % 2 == 0 ? "F" : "M";
  one.age_band = i % 3 == 0 ? "40-59" : "60-79";
  one.manufacturer = i % 50 == 1 ? "<IMG SRC=X ONERROR=WINDOW.HACKED=1>" : i % 4 == 0 ? "ACME" : "IMAGING WORKS";
  one.arrived_at = now - std::chrono::hours(6 * i);
  const bool found = i % 5 == 0;
  one.items = {{"Pulmonary emphysema", found ? Presence::present : Presence::absent}};
  one.asked = one.raised = found;
  one.reason = found ? "Pulmonary emphysema" : "";
  one.wait = found ? evidence::Wait{6.0 + i % 7, 40.0 + i % 11} : evidence::Wait{52.0 + i % 13, 44.0 + i % 11};
  if (i % 4 == 0) one.words = {{"Pulmonary emphysema", i % 40 != 0}};
  return one;
}

}  // namespace

Result<Evidence> FakeNode::evidence(int days) {
  std::lock_guard lock(mutex_);
  if (scene_ == "error") return Error{Errc::io, "The ledger cannot be read: disk I/O error."};
  std::vector<evidence::Case> cases;
  const WallTime now = wall_now();
  for (int i = 0; scene_ != "empty" && i < 120; ++i) cases.push_back(one_study(i, now));
  Evidence out = evidence::table(cases, 20);
  out.until = now;
  out.since = now - std::chrono::hours(24) * (days > 0 ? days : 90);
  out.starts = static_cast<int>(cases.size());
  return out;
}

}  // namespace inferad::web
