// SPDX-License-Identifier: Apache-2.0
// One object of every kind of result. With INFERAD_OBJECTS=FOLDER they stay there, with what they were made of: a test
// of the loop gives them to a PACS.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <set>

#include "pipelines/results/results.h"
#include "tests/dicom/mammograms.h"
#include "tests/dicom/multi_frame_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

std::set<std::string> written(const results::ResultRequest& request, const fs::path& folder) {
  fs::create_directories(folder);
  const auto files = results::write_results(request, folder);
  REQUIRE(files.has_value());
  std::set<std::string> kinds;
  for (const auto& file : *files) {
    INFO(to_string(file.kind) << " " << file.refused);
    REQUIRE(file.refused.empty());
    kinds.insert(std::string(to_string(file.kind)));
  }
  return kinds;
}

void keep(const fs::path& study, const std::vector<fs::path>& sources) {
  fs::create_directories(study / "sources");
  for (const auto& source : sources) fs::copy_file(source, study / "sources" / source.filename());
}

}  // namespace

TEST_CASE("there is an object of every kind", "[every-kind]") {
  std::vector<ResultKind> all;
  std::set<std::string> expected;
  for (const auto& facts : result_kinds()) {
    all.push_back(facts.kind);
    expected.insert(std::string(facts.name));
  }
  TempFolder temporary;
  const char* asked = getenv("INFERAD_OBJECTS");
  const fs::path folder = asked == nullptr ? temporary.path() : fs::path(asked);

  SyntheticSeries ct;
  fill_voxels(ct.image);
  ct.findings.files = {findings::samples::image_file()};
  ct.job.results = all;
  const auto header = ct.header();
  auto request = ct.request(header);
  std::vector<float> heat(ct.image.geometry.voxels(), 0.25F), derived(heat.size(), -100);
  request.voxels.heat = {"Emphysema", heat, 0.25};
  request.voxels.derived = derived;
  ct.findings.items[0].presence = findings::Presence::present;  // a segment: there is a key image
  auto kinds = written(request, folder / "ct" / "objects");
  keep(folder / "ct", ct.files);

  Mammograms mammograms;
  mammograms.add("left_cc", {"129769006", "SCT", "Calcification Cluster"}, {5.25, 7.5}, {2.25, 1.5});
  mammograms.job.results = {ResultKind::mgcad};
  mammograms.job.study_uid = mammograms.findings.study_uid;
  const auto views = mammograms.header();
  kinds.merge(written(mammograms.request(views), folder / "mg" / "objects"));
  keep(folder / "mg", mammograms.files);
  CHECK(kinds == expected);
}
