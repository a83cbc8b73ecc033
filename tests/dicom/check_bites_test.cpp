// SPDX-License-Identifier: Apache-2.0
// Negative tests: the gates of tests and writer notice what they are there for.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>

#include "pipelines/results/seg.h"
#include "pipelines/results/sr.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/synthetic_series.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

void without(const fs::path& file, const DcmTagKey& tag) {
  edit(file, [&](DcmDataset& data) { REQUIRE(data.findAndDeleteElement(tag).good()); });
}

}  // namespace

TEST_CASE("the checks notice each kind of damage") {
  const SyntheticSeries series;
  const auto header = series.header();
  const auto request = series.request(header);
  TempFolder out;
  const auto seg_path = out.path() / "seg.dcm", sr_path = out.path() / "sr.dcm";
  const auto seg = results::write_seg(request, seg_path);
  REQUIRE(seg.has_value());
  const results::ReportForm report{ResultKind::sr, *seg};
  REQUIRE(results::write_sr(request, report, sr_path).has_value());
  REQUIRE(results::check_seg(request, seg_path).has_value());
  REQUIRE(results::check_sr(request, report, sr_path).has_value());

  const auto seg_complaint = [&] {
    const auto status = results::check_seg(request, seg_path);
    return status.has_value() ? std::string() : status.error().what;
  };
  const auto sr_complaint = [&] {
    const auto status = results::check_sr(request, report, sr_path);
    return status.has_value() ? std::string() : status.error().what;
  };

  SECTION("SEG without a type 1 attribute, seen by dciodvfy too") {
    without(seg_path, DCM_SoftwareVersions);
    CHECK(seg_complaint() == "SEG check: SoftwareVersions has no value");
    CHECK(dciodvfy(seg_path).find("SoftwareVersions") != std::string::npos);
  }
  SECTION("SEG without references") {
    without(seg_path, DCM_ReferencedSeriesSequence);
    CHECK(seg_complaint() == "SEG check: ReferencedSeriesSequence has no value");
  }
  SECTION("one bit of the mask") {
    edit(seg_path, [](DcmDataset& data) {
      const Uint8* pixels = nullptr;
      unsigned long length = 0;
      REQUIRE(data.findAndGetUint8Array(DCM_PixelData, pixels, &length).good());
      std::vector<Uint8> copy(pixels, pixels + length);
      copy[length / 2] ^= 0x04;
      REQUIRE(data.putAndInsertUint8Array(DCM_PixelData, copy.data(), length).good());
    });
    CHECK(seg_complaint().find("differs from the mask") != std::string::npos);
    CHECK(pydicom(seg_path, sr_path, series.files, series.labels, out.path()).find("differ from the mask") !=
          std::string::npos);
  }
  SECTION("a lost frame") {
    edit(seg_path, [](DcmDataset& data) {
      REQUIRE(data.findAndDeleteSequenceItem(DCM_PerFrameFunctionalGroupsSequence, -1).good());
    });
    CHECK(seg_complaint() == "SEG check: segmentation: Number of Frames is not the number of functional groups");
  }
  SECTION("SR without a type 2 attribute, seen by dciodvfy too") {
    without(sr_path, DCM_PerformedProcedureCodeSequence);
    CHECK(sr_complaint() == "SR check: PerformedProcedureCodeSequence is absent");
    CHECK(dciodvfy(sr_path).find("PerformedProcedureCodeSequence") != std::string::npos);
  }
  SECTION("SR without evidence for what it shows") {
    edit(sr_path, [](DcmDataset& data) {
      DcmItem* study = nullptr;
      REQUIRE(data.findAndGetSequenceItem(DCM_CurrentRequestedProcedureEvidenceSequence, study).good());
      REQUIRE(study->findAndDeleteSequenceItem(DCM_ReferencedSeriesSequence, -1).good());
    });
    CHECK(sr_complaint() == "SR check: the tree refers to an instance that the evidence does not list");
  }
  SECTION("an illegal content tree") {
    edit(sr_path, [](DcmDataset& data) {
      DcmItem* first = nullptr;
      REQUIRE(data.findAndGetSequenceItem(DCM_ContentSequence, first).good());
      REQUIRE(first->putAndInsertString(DCM_RelationshipType, "HAS PROPERTIES").good());
    });
    CHECK(sr_complaint().find("content tree is not legal") != std::string::npos);
  }
  SECTION("another patient, seen by dcentvfy") {
    edit(sr_path, [](DcmDataset& data) { REQUIRE(data.putAndInsertString(DCM_PatientID, "P18").good()); });
    auto files = series.files;
    files.push_back(sr_path);
    CHECK(dcentvfy(files) != "");
  }
}
