// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/find_series.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/unit/imaging/made_series.h"

namespace inferad::imaging {
namespace {

using test::MadeSeries;

TEST_CASE("a folder is split into series, the largest first, localizers last") {
  MadeSeries study;
  study.add_ten();
  for (int k = 0; k < 12; ++k) {
    study.add(100 + k, [](DcmDataset& data) {
      data.putAndInsertString(DCM_SeriesInstanceUID, "2.25.8");
      data.putAndInsertString(DCM_ImageType, "ORIGINAL\\PRIMARY\\LOCALIZER");
    });
  }
  study.add(200, [](DcmDataset& data) { data.putAndInsertString(DCM_SeriesInstanceUID, "2.25.9"); });
  std::ofstream(study.folder() / "truth.json") << "{}";
  const auto found = find_series(std::vector{study.folder()});
  REQUIRE(found);
  CHECK(found->study_uid == "2.25.1");
  CHECK(found->skipped == 1);
  REQUIRE(found->series.size() == 3);
  CHECK(found->series[0].uid == "2.25.2");
  CHECK(found->series[0].files.size() == 10);
  CHECK(found->series[1].uid == "2.25.9");
  CHECK(found->series[2].uid == "2.25.8");
}

TEST_CASE("images that nobody decodes are found all the same, so that the report can say so") {
  MadeSeries study;
  study.add(0, {}, "1.2.840.10008.1.2.4.112");
  study.add(1, {}, "1.2.840.10008.1.2.4.100");
  const auto found = find_series(std::vector{study.folder()});
  REQUIRE(found);
  CHECK(found->series.at(0).files.size() == 2);
}

TEST_CASE("what cannot be one study is said") {
  MadeSeries study;
  CHECK(find_series(std::vector{study.folder()}).error().code == Errc::invalid_input);
  CHECK(find_series(std::vector{study.folder() / "nothing"}).error().code == Errc::not_found);
  study.add(1);
  const auto twice = find_series(std::vector{study.folder(), study.files()[0]});
  REQUIRE(twice);
  CHECK(twice->series[0].files.size() == 1);
  study.add(2, [](DcmDataset& data) { data.putAndInsertString(DCM_StudyInstanceUID, "2.25.5"); });
  CHECK(find_series(std::vector{study.folder()}).error().code == Errc::invalid_input);
}

}  // namespace
}  // namespace inferad::imaging
