// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/join.h"

#include <catch2/catch.hpp>

#include "pipelines/findings/codes.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::engine;
using findings::Findings;
using findings::Outcome;
using findings::Presence;
using recipe::JoinCondition;
using Kind = JoinCondition::Kind;

namespace {

JoinCondition finding(const std::string& pipeline, const std::string& item, bool absent = false) {
  JoinCondition result;
  result.pipeline = pipeline, result.item = item, result.absent = absent;
  return result;
}

JoinCondition measurement(const std::string& item, const std::string& label, recipe::Range range) {
  JoinCondition result;
  result.kind = Kind::measurement;
  result.pipeline = "a", result.item = item, result.measurement = label, result.range = range;
  return result;
}

JoinCondition group(Kind kind, std::vector<JoinCondition> parts) {
  JoinCondition result;
  result.kind = kind;
  result.parts = std::move(parts);
  return result;
}

recipe::JoinFile rules(JoinCondition when) {
  recipe::JoinFile file;
  file.name = "chest", file.version = "1", file.title = "Chest", file.manufacturer = "Me";
  file.inputs = {"a", "b"};
  recipe::JoinFinding finding;
  finding.id = "f", finding.name = "F", finding.concept_code = {"1", "SCT", "F"}, finding.level = "HIGH";
  finding.when = std::move(when);
  file.findings = {finding};
  return file;
}

// `pipeline` said that "x" stands so, and measured "LAA-950" of the left lung.
JoinInput said(const std::string& pipeline, Presence presence) {
  auto all = findings::samples::analysed();
  all.pipeline = pipeline;
  all.items[2].id = "x";
  all.items[2].presence = presence;
  all.priority.reset();
  return {pipeline, all, ""};
}
JoinInput declined(const std::string& pipeline) {
  auto none = findings::samples::not_analysed();
  none.pipeline = pipeline;
  return {pipeline, none, ""};
}
JoinInput failed(const std::string& pipeline) { return {pipeline, std::nullopt, "the worker died"}; }

Findings joined(const recipe::JoinFile& file, const std::vector<JoinInput>& inputs) {
  auto job = findings::samples::job();
  job.pipeline = "chest";
  auto report = join(findings::begin_report(job, "1", "1.2.3.4.5", algorithm_of(file)), file, inputs);
  CHECK(validate(report));
  return report;
}

Presence presence(const JoinCondition& when, const std::vector<JoinInput>& inputs) {
  const auto report = joined(rules(when), inputs);
  const auto state = report.items.at(0).presence;
  CHECK(report.priority.has_value() == (state == Presence::present));
  return state;
}

const JoinCondition kA = finding("a", "x"), kB = finding("b", "x");

}  // namespace

TEST_CASE("all and any of two answers") {
  const auto all = group(Kind::all, {kA, kB}), any = group(Kind::any, {kA, kB});
  const auto yes = Presence::present, no = Presence::absent;
  CHECK(presence(all, {said("a", yes), said("b", yes)}) == yes);
  CHECK(presence(all, {said("a", yes), said("b", no)}) == no);
  CHECK(presence(any, {said("a", no), said("b", yes)}) == yes);
  CHECK(presence(any, {said("a", no), said("b", no)}) == no);
  CHECK(presence(finding("a", "x", true), {said("a", no), said("b", no)}) == yes);
}

TEST_CASE("what did not run is unknown: present may still follow, absent never") {
  const auto all = group(Kind::all, {kA, kB}), any = group(Kind::any, {kA, kB});
  const auto yes = Presence::present, no = Presence::absent, open = Presence::indeterminate;
  for (const auto& gone : {std::vector<JoinInput>{}, {declined("b")}, {failed("b")}, {said("b", open)}}) {
    const auto with = [&](Presence a) {
      auto inputs = gone;
      inputs.push_back(said("a", a));
      return inputs;
    };
    CHECK(presence(any, with(yes)) == yes);
    CHECK(presence(any, with(no)) == open);
    CHECK(presence(all, with(yes)) == open);
    CHECK(presence(all, with(no)) == open);  // logic would say no; but nobody looked at b
  }
  CHECK(presence(finding("a", "no-such-item"), {said("a", no)}) == open);
  CHECK(presence(finding("a", "lung-left", true), {said("a", no)}) == open);  // measured: no claim
}

TEST_CASE("a measurement within its limits; one that is cut decides only what it reaches already") {
  const auto inputs = std::vector<JoinInput>{said("a", Presence::absent), said("b", Presence::absent)};
  CHECK(presence(measurement("lung-left", "LAA-950", {30, {}}), inputs) == Presence::present);  // 31.2
  CHECK(presence(measurement("lung-left", "LAA-950", {32, {}}), inputs) == Presence::absent);
  CHECK(presence(measurement("lung-left", "LAA-999", {0, {}}), inputs) == Presence::indeterminate);
  // 2345.678 mL, cut by the end of the series.
  CHECK(presence(measurement("lung-left", "Volume", {2000, {}}), inputs) == Presence::present);
  CHECK(presence(measurement("lung-left", "Volume", {3000, {}}), inputs) == Presence::indeterminate);
  CHECK(presence(measurement("lung-left", "Volume", {{}, 3000}), inputs) == Presence::indeterminate);
}

TEST_CASE("each input is told with its state, and is part of the result's identity") {
  const auto file = rules(kA);
  const auto report = joined(file, {said("a", Presence::present), declined("b")});
  REQUIRE(report.qualifiers.size() == 2);
  CHECK(report.qualifiers[0].code.value == "INPUT_ANALYSED");
  CHECK(report.qualifiers[0].text == "a 1.0.0: analysed");
  CHECK(report.qualifiers[1].code.value == "INPUT_NOT_DONE");
  CHECK(report.qualifiers[1].text == "b 1.0.0: not analysed: slice distance 7.5 mm, at most 5 mm");
  CHECK(report.items[0].explanation == "x of a: present.");
  CHECK(report.priority->reason == "F: x of a: present.");
  const auto other = joined(file, {said("a", Presence::present), failed("b")});
  CHECK(other.qualifiers[1].code.value == "INPUT_FAILED");
  CHECK(other.qualifiers[1].text == "b: the worker died");
  CHECK(other.algorithm.parameters != report.algorithm.parameters);
  CHECK(joined(file, {said("a", Presence::present)}).qualifiers[1].code.value == "INPUT_MISSING");
}

TEST_CASE("without any analysis there is no joined one") {
  const auto report = joined(rules(kA), {declined("a"), failed("b")});
  CHECK(report.outcome == Outcome::not_analysed);
  CHECK(report.reason.value == "NO_INPUT");
  CHECK(report.items.empty());
  CHECK(report.qualifiers.size() == 2);
}

TEST_CASE("what was seen outside of a model's domain asks for no priority here either") {
  auto input = said("a", Presence::present);
  input.findings->qualifiers = {{findings::codes::kOutsideDomain, "Outside the model's domain."}};
  const auto report = joined(rules(kA), {input, said("b", Presence::absent)});
  CHECK(report.items.at(0).presence == Presence::present);
  CHECK_FALSE(report.priority);
}
