// SPDX-License-Identifier: Apache-2.0
// Names of real files in many character sets, when they lie beside the repository: SEG and SR keep them, whoever reads.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <optional>

#include "pipelines/results/results.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/synthetic_series.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

// nullopt: the file names nobody.
std::optional<SeriesOptions> named_as(const fs::path& path) {
  DcmFileFormat file;
  OFString name, character_set;
  if (file.loadFile(path.c_str()).bad() || file.getDataset()->findAndGetOFStringArray(DCM_PatientName, name).bad())
    return std::nullopt;
  file.getDataset()->findAndGetOFStringArray(DCM_SpecificCharacterSet, character_set);
  SeriesOptions options;
  options.slices = 2;
  options.character_set = character_set.c_str();
  options.patient_name = name.c_str();
  return options;
}

}  // namespace

TEST_CASE("names of real files in many character sets come back from SEG and SR as they were") {
  const auto folder = fs::path(INFERAD_SOURCE_DIR) / "../shared/data/dicom/charset";
  if (!fs::exists(folder)) {
    std::cout << "SKIPPED: ../shared/data/dicom/charset is not there\n";
    return;
  }
  int named = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto options = named_as(entry.path());
    if (!options) continue;
    ++named;
    INFO(entry.path().filename());
    const SyntheticSeries series(*options);
    const auto header = series.header();
    TempFolder out;
    REQUIRE(results::write_results(series.request(header), out.path()).has_value());
    const auto seg = out.path() / "seg.dcm", sr = out.path() / "sr.dcm";
    CHECK(pydicom(seg, sr, series.files, series.labels, out.path()) == "");
    CHECK(dciodvfy(sr) == "");
    CHECK(dsrdump(sr) == "");
  }
  CHECK(named >= 9);
}
