// SPDX-License-Identifier: Apache-2.0
// Mammography CAD SR: where each finding lies, and which of the states a reader must tell apart it is in.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "pipelines/results/mgcad.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/mammograms.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
using findings::Presence;
namespace fs = std::filesystem;

namespace {

const findings::CodedConcept kMass{"129788004", "SCT", "Mammographic breast mass"};
const findings::CodedConcept kCluster{"129769006", "SCT", "Calcification Cluster"};

// Writes it, lets the judges look at it, and gives its tree as dsrdump prints it.
std::string judged(const Mammograms& study, const results::ResultRequest& request, const fs::path& file) {
  REQUIRE(results::has_mgcad(request));
  const auto written = results::write_mgcad(request, file);
  INFO((written ? "" : written.error().what));
  REQUIRE(written.has_value());
  CHECK(dciodvfy(file) == "");
  CHECK(dsrdump(file) == "");
  auto files = study.files;
  files.push_back(file);
  CHECK(dcentvfy(files) == "");
  return report_text(file).value_or("");
}

bool has(const std::string& text, const std::string& part) {
  return text.empty() || text.find(part) != std::string::npos;  // "": dsrdump is not installed
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void two_masses(Mammograms& study) {
  study.add("left_cc", kMass, {5.25, 7.5}, {2.25, 1.5});
  study.add("left_mlo", kMass, {9.125, 11}, {3, 2});
  study.add("right_mlo", kCluster, {4.5, 6.75});
  study.claim(kMass, Presence::present);
}

}  // namespace

TEST_CASE("a mammography CAD report puts each finding on its view") {
  Mammograms study;
  two_masses(study);
  const auto header = study.header();
  const auto request = study.request(header);
  TempFolder out;
  const auto file = out.path() / "mgcad.dcm";
  const auto text = judged(study, request, file);
  CHECK(has(text, "Mammography CAD SR Document"));
  CHECK(has(text, R"((111017,DCM,"CAD Processing and Findings Summary")=(111242,DCM,"All algorithms succeeded; with)"));
  CHECK(has(text, R"("Single Image Finding")=(129793001,SCT,"Mammography breast density"))"));
  CHECK(has(text, R"("Single Image Finding")=(129769006,SCT,"Calcification Cluster"))"));
  CHECK(has(text, R"("Summary of Detections")=(111222,DCM,"Succeeded"))"));
  CHECK(has(text, R"("Summary of Analyses")=(111222,DCM,"Succeeded"))"));
  CHECK((text.empty() || count(text, "Presentation Required") == 6));
  CHECK(has(text, R"("Certainty of Finding")="83")"));
  // pydicom: view, centre, outline of each.
  std::ofstream expected(out.path() / "expected.txt");
  expected << "L CC 5.25,7.5 3,6,7.5,6,7.5,9,3,9,3,6\n"
           << "L MLO 9.125,11 6.125,9,12.125,9,12.125,13,6.125,13,6.125,9\n"
           << "R MLO 4.5,6.75 -\n";
  expected.close();
  CHECK(pydicom_cad(file, out.path() / "expected.txt") == "");

  REQUIRE(results::write_mgcad(request, out.path() / "again.dcm").has_value());
  CHECK(read_bytes(file) == read_bytes(out.path() / "again.dcm"));
}

TEST_CASE("absent, undetermined, not analysed and failed are told apart in mammography CAD") {
  Mammograms study;
  const auto header = study.header();
  TempFolder out;
  const auto report = [&] { return judged(study, study.request(header), out.path() / "mgcad.dcm"); };
  SECTION("nothing found") {
    study.claim(kMass, Presence::absent);
    const auto text = report();
    CHECK(has(text, R"((111241,DCM,"All algorithms succeeded; without findings"))"));
    CHECK(has(text, R"("Summary of Detections")=(111222,DCM,"Succeeded"))"));
    CHECK(has(text, "Mammographic breast mass: absent."));
    CHECK((text.empty() || count(text, "Single Image Finding") == 0));
  }
  SECTION("undetermined is not without findings of algorithms that all succeeded") {
    study.claim(kMass, Presence::indeterminate);
    const auto text = report();
    CHECK(has(text, R"((111243,DCM,"Not all algorithms succeeded; without findings"))"));
    CHECK(has(text, R"("Summary of Analyses")=(111224,DCM,"Failed"))"));
  }
  SECTION("below the threshold: what was marked may be shown") {
    study.add("left_cc", kMass, {5, 7}, {2, 1});
    study.claim(kMass, Presence::absent);
    const auto text = report();
    CHECK((text.empty() || count(text, "Presentation Required") == 0));
    CHECK((text.empty() || count(text, "Presentation Optional") == 2));
  }
  SECTION("present without a place") {
    study.findings.looked_for.clear();
    study.claim({"126926005", "SCT", "Neoplasm of breast"}, Presence::present);
    const auto text = report();
    CHECK(has(text, R"((111242,DCM,"All algorithms succeeded; with findings"))"));
    CHECK(has(text, R"("Summary of Detections")=(111225,DCM,"Not Attempted"))"));
    CHECK(has(text, R"("Summary of Analyses")=(111222,DCM,"Succeeded"))"));
  }
  SECTION("what the standard has no word for is a region with a name") {
    study.add("left_cc", {"112033", "DCM", "Abnormal opacity"}, {5, 7}, {2, 1});
    const auto text = report();
    CHECK(has(text, R"("Single Image Finding")=(111099,DCM,"Selected region"))"));
    CHECK(has(text, R"((111058,DCM,"Selected Region Description")="Abnormal opacity")"));
  }
  SECTION("not analysed") {
    study.findings.outcome = findings::Outcome::not_analysed;
    study.findings.reason = findings::codes::kModality;
    study.findings.reason_text = "there is no image of right_cc (R CC)";
    const auto text = report();
    CHECK(has(text, R"((111245,DCM,"No algorithms succeeded; without findings"))"));
    CHECK(has(text, R"("Summary of Detections")=(111225,DCM,"Not Attempted"))"));
    CHECK(has(text, "Not analysed. "));
    CHECK(has(text, "there is no image of right_cc"));
    CHECK(has(text, "PARTIAL"));
  }
  SECTION("failed") {
    study.findings.outcome = findings::Outcome::failed;
    study.findings.reason = findings::codes::kAnalysisFailed;
    const auto text = report();
    CHECK(has(text, R"((111245,DCM,"No algorithms succeeded; without findings"))"));
    CHECK(has(text, R"("Summary of Detections")=(111224,DCM,"Failed"))"));
    CHECK(has(text, "Failed Detections"));
  }
}

TEST_CASE("mammography CAD is for mammograms that something was looked for in") {
  Mammograms study;
  const auto header = study.header();
  CHECK(results::has_mgcad(study.request(header)));
  SECTION("numbers alone look for nothing") {
    study.findings.looked_for.clear();
    study.claim({"129715009", "SCT", "Breast composition"}, Presence::measured);
    CHECK_FALSE(results::has_mgcad(study.request(header)));
  }
  SECTION("other images") {
    const SyntheticSeries ct;
    const auto other = ct.header();
    CHECK_FALSE(results::has_mgcad(ct.request(other)));
  }
}

TEST_CASE("the check of mammography CAD notices damage") {
  Mammograms study;
  two_masses(study);
  const auto header = study.header();
  const auto request = study.request(header);
  TempFolder out;
  const auto file = out.path() / "mgcad.dcm";
  REQUIRE(results::write_mgcad(request, file).has_value());
  const auto complaint = [&] {
    const auto status = results::check_mgcad(request, file);
    return status.has_value() ? std::string() : status.error().what;
  };
  REQUIRE(complaint() == "");
  SECTION("a place that moved") {
    study.findings.items[0].location->centre[0] += 1;
    CHECK(complaint() == "MGCAD check: a place differs from that of its finding");
  }
  SECTION("a place on another view") {
    study.findings.items[0].location->images[0] = study.image_of("right_cc");
    CHECK(complaint() == "MGCAD check: a place differs from that of its finding");
  }
  SECTION("a mammogram that is not listed") {
    edit(file, [](DcmDataset& data) { data.findAndDeleteElement(DCM_CurrentRequestedProcedureEvidenceSequence); });
    CHECK(complaint() == "MGCAD check: CurrentRequestedProcedureEvidenceSequence has no value");
    CHECK(dciodvfy(file).find("Error") != std::string::npos);
  }
  SECTION("a tree that is not legal, seen by dsrdump too") {
    edit(file, [](DcmDataset& data) {
      DcmItem* language = nullptr;
      REQUIRE(data.findAndGetSequenceItem(DCM_ContentSequence, language).good());
      language->putAndInsertString(DCM_RelationshipType, "INFERRED FROM");
    });
    CHECK(complaint().find("MGCAD check: the content tree is not legal") == 0);
    CHECK(dsrdump(file) != "");
  }
}
