// SPDX-License-Identifier: Apache-2.0
// The real chest CT beside the repository, when it is there: 98 slices, JPEG Lossless, nothing of it decoded here.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "pipelines/results/results.h"
#include "pipelines/results/sc.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/synthetic_series.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

findings::Image image_of(const fs::path& folder) {
  findings::Image image;
  for (const auto& entry : fs::directory_iterator(folder)) {
    DcmFileFormat file;
    if (file.loadFileUntilTag(entry.path().c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect,
                              DCM_PixelData)
            .bad())
      continue;
    auto& data = *file.getDataset();
    OFString instance, sop_class;
    findings::SourceSlice slice;
    slice.file = entry.path();
    REQUIRE(data.findAndGetOFString(DCM_SOPInstanceUID, instance).good());
    REQUIRE(data.findAndGetOFString(DCM_SOPClassUID, sop_class).good());
    for (unsigned long i = 0; i < 3; ++i)
      REQUIRE(data.findAndGetFloat64(DCM_ImagePositionPatient, slice.position[i], i).good());
    slice.sop_instance_uid = instance.c_str();
    slice.sop_class_uid = sop_class.c_str();
    image.sources.push_back(slice);
    OFString study, series;
    data.findAndGetOFString(DCM_StudyInstanceUID, study);
    data.findAndGetOFString(DCM_SeriesInstanceUID, series);
    image.study_uid = study.c_str();
    image.series_uid = series.c_str();
  }
  std::sort(image.sources.begin(), image.sources.end(),
            [](const auto& a, const auto& b) { return a.position[2] < b.position[2]; });
  image.geometry.columns = image.geometry.rows = 512;
  image.geometry.slices = static_cast<int>(image.sources.size());
  image.geometry.spacing = {0.759765625, 0.759765625, 1};
  return image;
}

}  // namespace

TEST_CASE("results for a real series satisfy every judge") {
  const auto folder = fs::path(INFERAD_SOURCE_DIR) / "../shared/data/dicom/ct-chest-lungfcp";
  if (!fs::exists(folder)) {
    std::cout << "SKIPPED: ../shared/data/dicom/ct-chest-lungfcp is not there\n";
    return;
  }
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  auto image = image_of(folder);
  REQUIRE(image.sources.size() == 98);
  const auto labels = two_blobs(image.geometry, 3);
  const auto findings = findings_for(image, true);
  const auto job = job_for(image);
  std::vector<fs::path> files;
  for (const auto& slice : image.sources) files.push_back(slice.file);
  const auto header = results::SourceHeader::read(files);
  REQUIRE(header.has_value());
  TempFolder out;
  REQUIRE(results::write_results({job, findings, *header, &image, &labels, {}}, out.path()).has_value());
  CHECK(dciodvfy(out.path() / "seg.dcm") == "");
  image.voxels.assign(image.geometry.voxels(), 0);
  const results::ResultRequest request{job, findings, *header, &image, &labels, {}};
  REQUIRE(results::write_sc(request, out.path() / "sc.dcm").has_value());
  CHECK(dciodvfy(out.path() / "sc.dcm") == "");
  CHECK(dciodvfy(out.path() / "sr.dcm") == "");
  CHECK(dsrdump(out.path() / "sr.dcm") == "");
  CHECK(pydicom(out.path() / "seg.dcm", out.path() / "sr.dcm", files, labels, out.path()) == "");
  files.push_back(out.path() / "seg.dcm");
  files.push_back(out.path() / "sr.dcm");
  files.push_back(out.path() / "sc.dcm");
  // The source lacks Patient's Birth Date altogether (type 2): ours is there and empty, as it must be.
  CHECK(dcentvfy(files, {"Attribute present in one instance but not the other - Element=<PatientBirthDate>"}) == "");
}

TEST_CASE("any real file gives a report or a refusal that says why") {
  const auto folder = fs::path(INFERAD_SOURCE_DIR) / "../shared/data/dicom";
  if (!fs::exists(folder)) {
    std::cout << "SKIPPED: ../shared/data/dicom is not there\n";
    return;
  }
  std::size_t reports = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path());
    const auto header = results::SourceHeader::read(std::vector{entry.path()});
    if (!header.has_value()) {
      CHECK(header.error().code == Errc::invalid_input);
      continue;
    }
    findings::Image image;
    image.study_uid = header->study_uid();
    const auto findings = findings_for(image, false);
    const auto job = job_for(image);
    TempFolder out;
    const auto names = results::write_results({job, findings, *header, nullptr, nullptr, {}}, out.path());
    if (names.has_value())
      ++reports;
    else
      CHECK(names.error().what == "findings.json: /study_uid: must be a DICOM UID");
  }
  CHECK(reports > 300);
}
