// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include "pipelines/findings/json_reader.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::findings;

TEST_CASE("result UIDs are the same on every run and differ when anything differs") {
  const auto base = execution_of(samples::analysed(), {"1.1", "1.2"});
  auto swapped = base;
  std::swap(swapped.source_uids[0], swapped.source_uids[1]);
  CHECK(result_instance_uid(base, ResultKind::seg) == result_instance_uid(swapped, ResultKind::seg));

  auto model = base, revision = base, inputs = base, version = base, parameters = base, study = base, outcome = base;
  model.model_sha256 = "b";
  revision.revision = 2;
  inputs.source_uids.push_back("1.3");
  version.pipeline_version = "1.0.1";
  parameters.parameters = "LAA-950 >= 20 %";
  study.study_uid = "1.2.3.5";
  outcome.outcome = "failed FAILED";
  std::set<std::string> uids;
  for (const auto& execution : {base, model, revision, inputs, version, parameters, study, outcome})
    for (const auto& kind : result_kinds()) {
      uids.insert(result_instance_uid(execution, kind.kind));
      uids.insert(result_series_uid(result_instance_uid(execution, kind.kind)));
    }
  CHECK(uids.size() == 8 * 2 * result_kinds().size());
  for (const auto& uid : uids) CHECK(is_uid(uid));
}

TEST_CASE("series numbers stay outside the range of scanners") {
  for (const auto* pipeline : {"ct-lung-density", "cxr-triage", ""}) {
    std::set<int> numbers;
    for (const auto& kind : result_kinds()) numbers.insert(result_series_number(pipeline, kind.kind));
    CHECK(*numbers.begin() >= 9000);
    CHECK(*numbers.rbegin() <= 9999);
    CHECK(numbers.size() == result_kinds().size());
  }
}

TEST_CASE("the device UID changes with the thresholds") {
  auto algorithm = samples::analysed().algorithm;
  const auto before = algorithm_device_uid(algorithm);
  algorithm.parameters += ".";
  CHECK(algorithm_device_uid(algorithm) != before);
}

TEST_CASE("tracking UIDs belong to study, pipeline and finding") {
  CHECK(tracking_uid("1.2", "a", "b") == tracking_uid("1.2", "a", "b"));
  CHECK(tracking_uid("1.2", "a", "bc") != tracking_uid("1.2", "ab", "c"));
}
