// SPDX-License-Identifier: Apache-2.0
// Numbers counted by hand from a few studies.
#include "server/evidence/table.h"

#include <catch2/catch.hpp>

namespace inferad::evidence {

namespace {

const WallTime kStart = from_unix_ms(1'790'000'000'000);
const std::string kBleed = "Haemorrhage";

Case analysed(Presence presence) {
  Case one;
  one.pipeline = "ct-head";
  one.version = "1.0.0";
  one.arrived_at = kStart;
  one.items = {{kBleed, presence}};
  one.asked = one.raised = presence == Presence::present;
  one.reason = one.asked ? kBleed : "";
  return one;
}

Case judged(Presence presence, std::initializer_list<bool> agree) {
  Case one = analysed(presence);
  for (const bool agrees : agree) one.words.push_back({kBleed, agrees});
  return one;
}

Case reported(Presence presence, bool there) {
  Case one = analysed(presence);
  one.statements = {{kBleed, there}};
  return one;
}

const EvidenceRow& only(const Evidence& evidence) {
  REQUIRE(!evidence.rows.empty());
  REQUIRE(evidence.rows.front().by == Grouping::all);
  return evidence.rows.front();
}

const FindingEvidence& bleed(const Evidence& evidence) {
  REQUIRE(only(evidence).findings.size() == 1);
  return only(evidence).findings.front();
}

void check(const Proportion& it, int k, int n) {
  CHECK(it.k == k);
  CHECK(it.n == n);
}

}  // namespace

TEST_CASE("readers: one who disagrees outweighs those who agree; the predictive value counts only what was judged") {
  const std::vector<Case> cases = {judged(Presence::present, {true}),
                                   judged(Presence::present, {true, true}),
                                   judged(Presence::present, {true, false}),
                                   judged(Presence::absent, {true}),
                                   judged(Presence::indeterminate, {false}),
                                   analysed(Presence::present),
                                   analysed(Presence::absent)};
  const auto it = table(cases, 20);
  check(bleed(it).agreement, 3, 5);
  check(bleed(it).ppv_judged, 2, 3);
  check(only(it).confirmed, 2, 3);
  check(only(it).asked, 4, 7);
  CHECK(it.judged == 5);
  CHECK(it.reported == 0);
  CHECK(bleed(it).present == 4);
  CHECK(bleed(it).absent == 2);
  CHECK(bleed(it).indeterminate == 1);
  // No report told anything: unknown.
  CHECK_FALSE(bleed(it).sensitivity.value());
  CHECK_FALSE(bleed(it).specificity.value());
  CHECK_FALSE(bleed(it).ppv_reported.value());
}

TEST_CASE("reports: sensitivity, specificity and predictive value; indeterminate is not found") {
  std::vector<Case> cases;
  const auto add = [&](int count, Presence presence, bool there) {
    for (int i = 0; i < count; ++i) cases.push_back(reported(presence, there));
  };
  add(8, Presence::present, true);
  add(1, Presence::absent, true);
  add(1, Presence::indeterminate, true);
  add(4, Presence::present, false);
  add(26, Presence::absent, false);
  const auto it = table(cases, 20);
  check(bleed(it).sensitivity, 8, 10);
  check(bleed(it).specificity, 26, 30);
  check(bleed(it).ppv_reported, 8, 12);
  CHECK(bleed(it).sensitivity.interval.low == Approx(0.4902).margin(5e-5));  // Wilson, 8 of 10
  CHECK(bleed(it).sensitivity.interval.high == Approx(0.9433).margin(5e-5));
  CHECK_FALSE(bleed(it).agreement.value());
  CHECK(it.reported == 40);
}

TEST_CASE("left and right of one finding are one study; a word on the whole is none on a finding") {
  Case one = analysed(Presence::absent);
  one.items.push_back({kBleed, Presence::present});
  one.items.push_back({kBleed, Presence::measured});
  one.words = {{"", false}};
  const auto it = table(std::vector{one}, 20);
  CHECK(bleed(it).present == 1);
  CHECK(bleed(it).absent == 0);
  check(bleed(it).agreement, 0, 0);
}

TEST_CASE("a measurement is agreed with, but found nothing and missed nothing") {
  Case one = reported(Presence::measured, true);
  one.words = {{kBleed, true}};
  const auto it = table(std::vector{one}, 20);
  check(bleed(it).agreement, 1, 1);
  check(bleed(it).sensitivity, 0, 0);
  CHECK(bleed(it).measured == 1);
}

TEST_CASE("waits: raised studies gain, those that asked for nothing lose, the rest is neither") {
  std::vector<Case> cases;
  const auto add = [&](Presence presence, double minutes, double fifo, int day) {
    Case one = analysed(presence);
    one.wait = Wait{minutes, fifo};
    one.arrived_at += std::chrono::days(day);
    one.statements = {{kBleed, presence == Presence::present || day == 0}};
    cases.push_back(one);
  };
  for (int day = 0; day < 5; ++day) {
    add(Presence::present, 5, 45, day);
    add(Presence::absent, 60, 40, day);
    add(Presence::absent, 60, 40, day);
  }
  cases.push_back(analysed(Presence::present));  // its reading was not recorded
  cases.back().raised = false;                   // nor was it raised: the order was as urgent
  const auto it = table(cases, 20);
  const auto& row = only(it);
  CHECK(row.raised == 5);
  check(row.asked, 6, 16);
  CHECK(row.positives.n == 5);
  CHECK(row.positives.gained == Approx(40));
  CHECK(row.positives.interval->low == Approx(40));
  CHECK(row.negatives.n == 10);
  CHECK(row.negatives.gained == Approx(-20));
  CHECK(row.negatives.longest == 60);
  CHECK(row.negatives.fifo_longest == 40);
  // The diseased: 5 found and gained 40, 2 missed and lost 20.
  CHECK(bleed(it).diseased.n == 7);
  CHECK(bleed(it).diseased.gained == Approx((5 * 40 - 2 * 20) / 7.0));
}

TEST_CASE("versions stand apart, and each is divided by its own groups") {
  std::vector<Case> cases;
  for (int i = 0; i < 60; ++i) {
    Case one = analysed(i % 2 == 0 ? Presence::present : Presence::absent);
    one.version = i < 40 ? "1.0.0" : "2.0.0";
    one.sex = i < 20 ? "F" : "M";
    one.manufacturer = "ACME";
    cases.push_back(one);
  }
  const auto it = table(cases, 20);
  std::vector<std::string> rows;
  for (const auto& row : it.rows)
    rows.push_back(row.version + " " + std::string(to_string(row.by)) + " " + row.group + " " +
                   std::to_string(row.studies));
  CHECK(rows == std::vector<std::string>{"1.0.0 all  40", "1.0.0 age not stated 40", "1.0.0 sex F 20", "1.0.0 sex M 20",
                                         "1.0.0 manufacturer ACME 40", "1.0.0 site not stated 40", "2.0.0 all  20",
                                         "2.0.0 age not stated 20", "2.0.0 sex M 20", "2.0.0 manufacturer ACME 20",
                                         "2.0.0 site not stated 20"});
  CHECK(it.withheld.empty());
  CHECK(table(cases, 50).withheld.size() == 8);
  CHECK(table({}, 20).rows.empty());
}

}  // namespace inferad::evidence
