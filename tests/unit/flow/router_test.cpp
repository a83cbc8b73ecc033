// SPDX-License-Identifier: Apache-2.0
#include "server/flow/router.h"

#include <catch2/catch.hpp>

#include "tests/unit/flow/made_study.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;
using config::Condition;
using config::Preference;
using config::Rule;
using Kind = config::Condition::Kind;

namespace {

Condition one_of(std::string keyword, std::vector<std::string> values) {
  Condition c;
  c.kind = Kind::one_of;
  c.attributes = {std::move(keyword)};
  c.values = std::move(values);
  return c;
}

Condition matches(std::string keyword, const std::string& pattern) {
  Condition c;
  c.kind = Kind::matches;
  c.attributes = {std::move(keyword)};
  c.pattern = config::Pattern::compile(pattern).value();
  return c;
}

Condition range(Kind kind, std::string keyword, std::optional<double> min, std::optional<double> max) {
  Condition c;
  c.kind = kind;
  if (!keyword.empty()) c.attributes = {std::move(keyword)};
  c.range = {min, max};
  c.wanted = false;
  return c;
}

Condition with_parts(Kind kind, std::vector<Condition> parts) {
  Condition c;
  c.kind = kind;
  c.parts = std::move(parts);
  return c;
}

Condition words(Kind kind, std::vector<std::string> values) {
  Condition c;
  c.kind = kind;
  c.values = std::move(values);
  return c;
}

Rule rule(std::string name, Condition when, std::string pipeline) {
  Rule r;
  r.name = std::move(name);
  r.when = std::move(when);
  r.pipeline = std::move(pipeline);
  return r;
}

Rule no_analysis(std::string name, Condition when, bool not_analysed, std::string because) {
  auto r = rule(std::move(name), std::move(when), "");
  r.not_analysed = not_analysed;
  r.because = std::move(because);
  return r;
}

Rule chest_rule() {
  auto r = rule("chest", one_of("Modality", {"CT"}), "ct-lung-density");
  r.series = with_parts(Kind::all, {one_of("Modality", {"CT"}), words(Kind::orientation, {"axial"})});
  return r;
}

std::vector<std::string> uids(const RoutedJob& job) {
  std::vector<std::string> out;
  for (const auto& candidate : job.series) out.push_back(candidate.uid);
  return out;
}

config::Routing shipped() {
  Problems problems;
  auto routing = config::read_routing(std::string(SOURCE_FOLDER) + "/config/routing.json", "", problems);
  return routing;
}

}  // namespace

TEST_CASE("conditions over header values: a table") {
  auto series = made_series({.images = 3});
  for (auto& instance : series.instances) {
    instance.attributes["PatientAge"] = "061Y";
    instance.attributes["KVP"] = "120";
    instance.attributes["ImageType"] = "ORIGINAL\\PRIMARY\\AXIAL";
    instance.attributes["SeriesDescription"] = "Thorax 1.0";
  }
  series.instances[1].attributes["KVP"] = "100";
  const auto study = made_study({series});
  const StudyView view(study);
  const auto exists = [](const char* keyword, bool wanted) {
    Condition c;
    c.kind = Kind::exists;
    c.attributes = {keyword};
    c.wanted = wanted;
    return c;
  };
  struct Row {
    const char* name;
    Condition condition;
    bool met;
  };
  const Row rows[] = {
      {"equal, other case", one_of("Modality", {"ct"}), true},
      {"list", one_of("BodyPartExamined", {"HEAD", "CHEST"}), true},
      {"not in list", one_of("BodyPartExamined", {"HEAD", "CHES"}), false},
      {"one of several values", one_of("ImageType", {"PRIMARY"}), true},
      {"the whole value", one_of("ImageType", {"ORIGINAL\\PRIMARY\\AXIAL"}), true},
      {"absent attribute", one_of("StationName", {"CT1"}), false},
      {"age in years", range(Kind::range, "PatientAge", 60, 61), true},
      {"too old", range(Kind::range, "PatientAge", {}, 60.9), false},
      {"one image in range", range(Kind::range, "KVP", 90, 110), true},
      {"no image in range", range(Kind::range, "KVP", 101, 119), false},
      {"text is no number", range(Kind::range, "SeriesDescription", 0, 10), false},
      {"pattern anywhere", matches("SeriesDescription", "thorax|lung"), true},
      {"pattern nowhere", matches("SeriesDescription", "^lung"), false},
      {"exists", exists("KVP", true), true},
      {"exists not", exists("StationName", true), false},
      {"absent as wanted", exists("StationName", false), true},
      {"number of images", range(Kind::images, "", 3, 3), true},
      {"too few images", range(Kind::images, "", 4, {}), false},
      {"calling AE", words(Kind::calling_ae, {"OTHER", "PACS"}), true},
      {"calling AE, case counts", words(Kind::calling_ae, {"pacs"}), false},
      {"not", with_parts(Kind::negation, {one_of("Modality", {"MR"})}), true},
      {"all of nothing", with_parts(Kind::all, {}), true},
      {"any of nothing", with_parts(Kind::any, {}), false},
      {"any", with_parts(Kind::any, {one_of("Modality", {"MR"}), one_of("Modality", {"CT"})}), true},
      {"all", with_parts(Kind::all, {one_of("Modality", {"MR"}), one_of("Modality", {"CT"})}), false},
      {"a series", with_parts(Kind::some_series, {words(Kind::orientation, {"axial"})}), true},
      {"no series", with_parts(Kind::some_series, {words(Kind::orientation, {"coronal"})}), false},
      {"distance in range", with_parts(Kind::some_series, {range(Kind::slice_distance, "", {}, 5)}), true},
      {"distance too large", with_parts(Kind::some_series, {range(Kind::slice_distance, "", {}, 2)}), false},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(is_met(row.condition, view, std::nullopt) == row.met);
  }
}

TEST_CASE("a uniform slice distance is asked for only when wanted") {
  auto series = made_series({.images = 20});
  series.instances.erase(series.instances.begin() + 7);
  const auto study = made_study({series});
  const StudyView view(study);
  auto condition = range(Kind::slice_distance, "", {}, 5);
  CHECK(is_met(condition, view, 0));
  condition.wanted = true;
  CHECK_FALSE(is_met(condition, view, 0));
  CHECK(why_unmet(check(condition, view, 0)) ==
        "the rule asks that slice distance is at most 5 mm and uniform (found: 2.5 mm, not uniform)");
}

TEST_CASE("a localizer and a coronal reformat reach no volume pipeline") {
  auto localizer = made_series({.uid = "1.2.3.1", .images = 2, .orientation = kAxial});
  for (auto& instance : localizer.instances) instance.attributes["ImageType"] = "ORIGINAL\\PRIMARY\\LOCALIZER";
  const auto coronal = made_series({.uid = "1.2.3.2", .orientation = kCoronal});
  const auto axial = made_series({.uid = "1.2.3.3"});
  const auto routed = route({false, {chest_rule()}}, made_study({localizer, coronal, axial}));
  CHECK(routed.rule == "chest");
  REQUIRE(routed.jobs.size() == 1);
  CHECK(uids(routed.jobs[0]) == std::vector<std::string>{"1.2.3.3"});
  CHECK(routed.jobs[0].series[0].spool_ids.size() == 40);
  REQUIRE(routed.excluded.size() == 2);
  CHECK(routed.excluded[0].why == "localizer");
  CHECK(routed.excluded[1].why == "the rule asks that orientation is axial (found: coronal)");
  CHECK_FALSE(routed.without_jobs.has_value());

  auto anything = rule("any", {}, "ct-lung-density");  // a rule that forgot to say so
  CHECK(uids(route({false, {anything}}, made_study({localizer, axial})).jobs[0]) ==
        std::vector<std::string>{"1.2.3.3"});
}

TEST_CASE("a study of which no series suits is not analysed, and says why") {
  const auto routed = route({false, {chest_rule()}}, made_study({made_series({.orientation = kCoronal})}));
  CHECK(routed.jobs.empty());
  CHECK(routed.without_jobs == AiState::not_analysed);
  CHECK(routed.reason == "no series suits ct-lung-density: the rule asks that orientation is axial (found: coronal)");
  CHECK(routed.excluded.size() == 1);
}

TEST_CASE("the first matching rule takes the study, unless all matches are asked for") {
  const auto study = made_study({made_series({})});
  config::Routing routing{
      false,
      {rule("mr", one_of("Modality", {"MR"}), "mr-x"), rule("a", {}, "p1"), rule("b", {}, "p2"), rule("c", {}, "p1")}};
  auto routed = route(routing, study);
  CHECK(routed.rule == "a");
  REQUIRE(routed.jobs.size() == 1);
  CHECK(routed.jobs[0].pipeline == "p1");
  routing.all_matches = true;
  routed = route(routing, study);
  CHECK(routed.rule == "a, b, c");
  REQUIRE(routed.jobs.size() == 2);  // p1 once
  CHECK(routed.jobs[1].pipeline == "p2");
  routing.rules[2].joins = true;
  routed = route(routing, study);
  CHECK_FALSE(routed.jobs.at(0).joins);
  CHECK(routed.jobs.at(1).joins);
}

TEST_CASE("a study without analysis says which kind of nothing it is") {
  const auto study = made_study({made_series({.modality = "MR"})});
  auto routed = route({false, {no_analysis("mr", one_of("Modality", {"MR"}), true, "no model is installed")}}, study);
  CHECK(routed.without_jobs == AiState::not_analysed);
  CHECK(routed.reason == "no model is installed");
  routed = route({false, {no_analysis("rest", {}, false, "nothing for AI")}}, study);
  CHECK(routed.without_jobs == AiState::not_applicable);
  routed = route({false, {chest_rule()}}, study);
  CHECK(routed.rule.empty());
  CHECK(routed.without_jobs == AiState::not_applicable);
  CHECK(routed.reason == "no rule asks for an analysis of this study");
  routed = route({true, {no_analysis("a", {}, false, "a"), no_analysis("b", {}, true, "b")}}, study);
  CHECK(routed.without_jobs == AiState::not_analysed);
  CHECK(routed.reason == "b");
}

TEST_CASE("preferences put the best series first, one after the other") {
  const auto with_kernel = [](std::string uid, int images, double distance, const char* kernel) {
    SeriesSpec spec{.uid = std::move(uid), .images = images, .distance = distance};
    spec.attributes["ConvolutionKernel"] = kernel;
    return made_series(spec);
  };
  const auto study = made_study({
      with_kernel("1.1", 300, 1.0, "B70f"),  // sharp
      with_kernel("1.2", 60, 5.0, "B30f"),   // 295 mm
      with_kernel("1.3", 290, 1.0, "B30f"),  // 289 mm: no difference, but thinner
      with_kernel("1.4", 100, 1.0, "B30f"),  // short
  });
  auto r = chest_rule();
  Preference soft;
  soft.condition = with_parts(Kind::negation, {matches("ConvolutionKernel", "^b[5-9]")});
  r.prefer = {soft, {Preference::Kind::longest, {}}, {Preference::Kind::thinnest, {}}};
  CHECK(uids(route({false, {r}}, study).jobs[0]) == std::vector<std::string>{"1.3", "1.2", "1.4", "1.1"});
  r.prefer = {{Preference::Kind::most_images, {}}};
  CHECK(uids(route({false, {r}}, study).jobs[0]) == std::vector<std::string>{"1.1", "1.3", "1.4", "1.2"});
  r.prefer = {};
  CHECK(uids(route({false, {r}}, study).jobs[0]) == std::vector<std::string>{"1.1", "1.2", "1.3", "1.4"});
}

TEST_CASE("the shipped rules send a chest CT to its pipeline and tell of all others why not") {
  const auto routing = shipped();
  REQUIRE(routing.rules.size() >= 4);
  const auto chest = route(routing, made_study({made_series({})}));
  REQUIRE(chest.jobs.size() == 1);
  CHECK(chest.jobs[0].pipeline == "ct-lung-density");

  SeriesSpec reformat{.uid = "1.2.3.9"};
  reformat.attributes["ImageType"] = "DERIVED\\SECONDARY\\MPR";
  const auto both = route(routing, made_study({made_series(reformat), made_series({})}));
  CHECK(uids(both.jobs.at(0)) == std::vector<std::string>{"1.2.3.1"});

  SeriesSpec head{};
  head.attributes["BodyPartExamined"] = "HEAD";
  CHECK(route(routing, made_study({made_series(head)})).without_jobs == AiState::not_applicable);
  for (const char* modality : {"MR", "DX", "CR"}) {
    const auto routed = route(routing, made_study({made_series({.modality = modality})}));
    CHECK(routed.without_jobs == AiState::not_analysed);
    CHECK(routed.reason == "no model is installed");
  }
  CHECK(route(routing, made_study({made_series({.modality = "US"})})).without_jobs == AiState::not_applicable);
}

TEST_CASE("candidates survive the ledger as JSON; damaged text is refused") {
  const std::vector<Candidate> candidates{{"1.2.3", {1, 2, 9'000'000'000}}, {"1.2.4", {}}};
  CHECK(candidates_from_json(candidates_to_json(candidates)).value() == candidates);
  for (const char* text : {"", "{", "{}", "[1]", R"([{"uid":"1.2"}])", R"([{"uid":"../x","objects":[1]}])",
                           R"([{"uid":"1.2","objects":["a"]}])", R"([{"uid":"1.2","objects":[1.5]}])"}) {
    INFO(text);
    CHECK_FALSE(candidates_from_json(text).has_value());
  }
}
