// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/results.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>

#include "tests/dicom/judges.h"
#include "tests/dicom/synthetic_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

Paths with(Paths files, const fs::path& folder, const std::vector<results::ResultFile>& written) {
  for (const auto& each : written) files.push_back(folder / each.name);
  return files;
}

// Writes the results and lets every judge look at them.
void check_with_all_judges(const SyntheticSeries& series) {
  TempFolder out;
  const auto header = series.header();
  const auto written = results::write_results(series.request(header), out.path());
  REQUIRE(written.has_value());
  CHECK(*written ==
        std::vector<results::ResultFile>{{"seg.dcm", ResultKind::seg}, {"sr.dcm", ResultKind::sr, ResultKind::seg}});
  for (const auto& each : *written) CHECK(dciodvfy(out.path() / each.name) == "");
  CHECK(dcentvfy(with(series.files, out.path(), *written)) == "");
  CHECK(dsrdump(out.path() / "sr.dcm") == "");
  CHECK(pydicom(out.path() / "seg.dcm", out.path() / "sr.dcm", series.files, series.labels, out.path()) == "");
}

// Writes the results and reads the report.
void load_report(const SyntheticSeries& series, DcmFileFormat& report) {
  TempFolder out;
  const auto header = series.header();
  REQUIRE(results::write_results(series.request(header), out.path()).has_value());
  REQUIRE(report.loadFile((out.path() / "sr.dcm").c_str()).good());
  REQUIRE(report.loadAllDataIntoMemory().good());
}

std::string value_of(const fs::path& file, const DcmTagKey& tag) {
  DcmFileFormat format;
  REQUIRE(format.loadFile(file.c_str()).good());
  OFString value;
  format.getDataset()->findAndGetOFStringArray(tag, value);
  return value.c_str();
}

}  // namespace

TEST_CASE("SEG and SR satisfy every judge whatever the image size") {
  for (const auto& [columns, rows] : {std::pair{16, 8}, {7, 5}, {11, 13}, {5, 7}, {64, 33}}) {
    SeriesOptions options;
    options.columns = columns;
    options.rows = rows;
    INFO(columns << " x " << rows);
    check_with_all_judges(SyntheticSeries(options));
  }
}

TEST_CASE("patient names keep their bytes in every character set") {
  SeriesOptions options;
  SECTION("UTF-8") {
    options.character_set = "ISO_IR 192";
    options.patient_name = "Wang^XiaoDong=王^小東=";
  }
  SECTION("Latin 1") { options.patient_name = "Buc^J\xE9r\xF4me"; }
  SECTION("Japanese with ISO 2022 escapes") {
    options.character_set = "\\ISO 2022 IR 87";
    options.patient_name = "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B";
  }
  SECTION("Russian") {
    options.character_set = "ISO_IR 144";
    options.patient_name = "\xBB\xEE\xDA\x63\x65\xDC\xD1\x79\x70\xD3";
  }
  check_with_all_judges(SyntheticSeries(options));
}

TEST_CASE("the objects are the same bytes on every run") {
  const SyntheticSeries series;
  const auto header = series.header();
  TempFolder first, second;
  REQUIRE(results::write_results(series.request(header), first.path()).has_value());
  auto shuffled_files = series.files;
  std::reverse(shuffled_files.begin() + 1, shuffled_files.end());
  const auto again = results::SourceHeader::read(shuffled_files);
  REQUIRE(again.has_value());
  REQUIRE(results::write_results(series.request(*again), second.path()).has_value());
  for (const auto* name : {"seg.dcm", "sr.dcm"})
    CHECK(read_bytes(first.path() / name) == read_bytes(second.path() / name));
  CHECK(std::distance(fs::directory_iterator(first.path()), {}) == 2);
}

TEST_CASE("another revision or model has other UIDs") {
  const SyntheticSeries series;
  const auto header = series.header();
  auto findings = series.findings;
  auto job = series.job;
  findings.revision = job.revision = 2;
  TempFolder first, second;
  REQUIRE(results::write_results(series.request(header), first.path()).has_value());
  REQUIRE(
      results::write_results({job, findings, header, &series.image, &series.labels, {}}, second.path()).has_value());
  for (const auto* name : {"seg.dcm", "sr.dcm"})
    for (const auto& tag : {DCM_SOPInstanceUID, DCM_SeriesInstanceUID})
      CHECK(value_of(first.path() / name, tag) != value_of(second.path() / name, tag));
}

TEST_CASE("not analysed and failed are reports of their own") {
  SyntheticSeries series;
  if (GENERATE(false, true)) {
    series.not_analysed.outcome = findings::Outcome::failed;
    series.not_analysed.reason = findings::CodedConcept{"FAILED", "99INFERAD", "Analysis failed"};
  }
  TempFolder out;
  const auto header = series.header();
  const auto written = results::write_results(series.not_analysed_request(header), out.path());
  REQUIRE(written.has_value());
  REQUIRE(written->size() == 1);
  CHECK(written->front().name.starts_with(series.not_analysed.outcome == findings::Outcome::failed ? "sr-failed-"
                                                                                                   : "sr.dcm"));
  const auto sr = out.path() / written->front().name;
  CHECK(dciodvfy(sr) == "");
  CHECK(dcentvfy(with(series.files, out.path(), *written)) == "");
  CHECK(dsrdump(sr) == "");
  CHECK(value_of(sr, DCM_CompletionFlag) == "PARTIAL");
  CHECK(value_of(sr, DCM_VerificationFlag) == "UNVERIFIED");
}

TEST_CASE("a revision names the reports it supersedes, and the images' own procedure is reported") {
  SyntheticSeries series;
  for (const auto& file : series.files) {
    DcmFileFormat format;
    REQUIRE(format.loadFile(file.c_str()).good());
    format.loadAllDataIntoMemory();
    DcmItem* code = nullptr;
    REQUIRE(format.getDataset()->findOrCreateSequenceItem(DCM_ProcedureCodeSequence, code, -2).good());
    code->putAndInsertString(DCM_CodeValue, "CTTHX");
    code->putAndInsertString(DCM_CodingSchemeDesignator, "99HOSP");
    code->putAndInsertString(DCM_CodeMeaning, "CT thorax native");
    REQUIRE(format.saveFile(file.c_str(), EXS_LittleEndianExplicit).good());
  }
  const auto header = series.header();
  auto request = series.request(header);
  request.options.research = false;
  TempFolder first, second;
  REQUIRE(results::write_results(request, first.path()).has_value());
  CHECK(value_of(first.path() / "sr.dcm", DCM_SeriesDescription) == "AI CT lung density 1.0.0 SR");
  DcmFileFormat report;
  REQUIRE(report.loadFile((first.path() / "sr.dcm").c_str()).good());
  OFString uid, series_uid, procedure;
  report.getDataset()->findAndGetOFString(DCM_SOPInstanceUID, uid);
  report.getDataset()->findAndGetOFString(DCM_SeriesInstanceUID, series_uid);

  series.findings.revision = series.job.revision = 2;
  series.job.predecessors = {{ResultKind::sr, uid.c_str()}, {ResultKind::sr_triage, "2.25.7"}};
  REQUIRE(results::write_results(series.request(header), second.path()).has_value());
  REQUIRE(report.loadFile((second.path() / "sr.dcm").c_str()).good());
  DcmItem *study = nullptr, *old_series = nullptr;
  REQUIRE(report.getDataset()->findAndGetSequenceItem(DCM_PredecessorDocumentsSequence, study).good());
  REQUIRE(study->findAndGetSequenceItem(DCM_ReferencedSeriesSequence, old_series).good());
  OFString named;
  REQUIRE(old_series->findAndGetOFString(DCM_SeriesInstanceUID, named).good());
  CHECK(named == series_uid);
  CHECK(read_bytes(second.path() / "sr.dcm").find("CT thorax native") != std::string::npos);
  CHECK(dciodvfy(second.path() / "sr.dcm") == "");
  CHECK(dsrdump(second.path() / "sr.dcm") == "");
}

TEST_CASE("an empty mask gives a report without SEG") {
  SyntheticSeries series;
  series.labels.labels.assign(series.labels.labels.size(), 0);
  TempFolder out;
  const auto header = series.header();
  const auto written = results::write_results(series.request(header), out.path());
  REQUIRE(written.has_value());
  CHECK(*written == std::vector<results::ResultFile>{{"sr.dcm", ResultKind::sr}});
  CHECK(dciodvfy(out.path() / "sr.dcm") == "");
  CHECK(dsrdump(out.path() / "sr.dcm") == "");
}

TEST_CASE(
    "places of findings satisfy every judge: in the patient as solid or point, in an image as rectangle or point") {
  const bool patient = GENERATE(true, false);
  SyntheticSeries series;
  const auto reference = [&](std::size_t k) {
    return findings::ImageReference{series.image.sources[k].sop_class_uid, series.image.sources[k].sop_instance_uid, 1};
  };
  findings::Location box{findings::Location::Form::box, "", {6, 3.5, 0}, {{2, 0, 0}, {0, 1.5, 0}}, {reference(2)}};
  findings::Location point{findings::Location::Form::point, "", {7.5, 2.25, 0}, {}, {reference(1)}};
  if (patient) {
    box.frame_of_reference_uid = point.frame_of_reference_uid = "2.25.1003";
    box.centre = {-6, -18, 104}, box.half_axes = {{1, 0.5, 0}, {-1, 2, 0}, {0, 0, 4}};
    point.centre = {-5, -17, 103};
  }
  series.findings.items.push_back(findings::samples::located("nodule-1", box));
  series.findings.items.push_back(findings::samples::located("nodule-2", point));
  check_with_all_judges(series);

  DcmFileFormat report;
  load_report(series, report);
  std::vector<std::pair<std::string, std::vector<float>>> graphics;
  DcmStack stack;
  while (report.getDataset()->search(DCM_GraphicData, stack, ESM_afterStackTop, OFTrue).good()) {
    OFString type;
    auto& item = *static_cast<DcmItem*>(stack.elem(1));
    REQUIRE(item.findAndGetOFString(DCM_GraphicType, type).good());
    OFString relationship;  // the number of the emphysema was inferred from both
    REQUIRE(item.findAndGetOFString(DCM_RelationshipType, relationship).good());
    if (relationship == "INFERRED FROM") continue;
    const Float32* data = nullptr;
    unsigned long count = 0;
    REQUIRE(item.findAndGetFloat32Array(DCM_GraphicData, data, &count).good());
    graphics.emplace_back(type.c_str(), std::vector<float>(data, data + count));
  }
  using Floats = std::vector<float>;
  REQUIRE(graphics.size() == 2);
  if (patient) {
    CHECK(graphics[0].first == "ELLIPSOID");
    CHECK(graphics[0].second ==
          Floats{-6, -18, 100, -6, -18, 108, -5, -20, 104, -7, -16, 104, -7, -18.5, 104, -5, -17.5, 104});
    CHECK(graphics[1] == std::pair(std::string("POINT"), Floats{-5, -17, 103}));
  } else {
    CHECK(graphics[0] == std::pair(std::string("POLYLINE"), Floats{4, 2, 8, 2, 8, 5, 4, 5, 4, 2}));
    CHECK(graphics[1] == std::pair(std::string("POINT"), Floats{7.5, 2.25}));
  }
}

TEST_CASE("the spread of several answers stands beside the value, in its unit, and limits have a code") {
  SyntheticSeries series;
  series.findings.items[0].measurements[0].deviation = 12.5;
  series.findings.qualifiers = {{findings::codes::kOutsideDomain, "Mean 812, the model accepts -700 to -200."}};
  check_with_all_judges(series);
  DcmFileFormat report;
  load_report(series, report);
  DcmStack stack;
  std::string value;
  bool outside = false;
  while (report.getDataset()->search(DCM_CodeValue, stack, ESM_afterStackTop, OFTrue).good()) {
    OFString code, number, unit;
    static_cast<DcmElement*>(stack.top())->getOFString(code, 0);
    outside = outside || code == "OUTSIDE_DOMAIN";
    if (code != "371884006") continue;
    auto& item = *static_cast<DcmItem*>(stack.elem(3));  // the name's element, item and sequence are below it
    DcmItem* measured = nullptr;
    REQUIRE(item.findAndGetSequenceItem(DCM_MeasuredValueSequence, measured).good());
    measured->findAndGetOFString(DCM_NumericValue, number);
    DcmItem* units = nullptr;
    REQUIRE(measured->findAndGetSequenceItem(DCM_MeasurementUnitsCodeSequence, units).good());
    units->findAndGetOFString(DCM_CodeValue, unit);
    item.findAndGetOFString(DCM_RelationshipType, code);
    value += (code + ' ' + number + ' ' + unit + ';').c_str();
  }
  CHECK(value == "HAS PROPERTIES 12.5 mL;");
  CHECK(outside);
}

TEST_CASE("sources with a zone, without a frame of reference, or lossy are followed") {
  SeriesOptions options;
  TempFolder out;
  SECTION("time zone of the source") {
    options.timezone_offset = "-0500";
    const SyntheticSeries series(options);
    const auto header = series.header();
    REQUIRE(results::write_results(series.request(header), out.path()).has_value());
    CHECK(value_of(out.path() / "sr.dcm", DCM_TimezoneOffsetFromUTC) == "-0500");
    CHECK(value_of(out.path() / "sr.dcm", DCM_ContentTime) == "183000");
  }
  SECTION("no frame of reference") {
    options.frame_of_reference = false;
    check_with_all_judges(SyntheticSeries(options));
  }
  SECTION("lossy") {
    options.lossy = true;
    const SyntheticSeries series(options);
    const auto header = series.header();
    REQUIRE(results::write_results(series.request(header), out.path()).has_value());
    CHECK(value_of(out.path() / "seg.dcm", DCM_LossyImageCompression) == "01");
    CHECK(value_of(out.path() / "seg.dcm", DCM_LossyImageCompressionRatio) == "10");
    CHECK(dciodvfy(out.path() / "seg.dcm") == "");
  }
}

TEST_CASE("defects of the source header neither stop the results nor spread where they need not") {
  const SyntheticSeries series;
  for (const auto& file : series.files) {
    DcmFileFormat format;
    REQUIRE(format.loadFile(file.c_str()).good());
    format.loadAllDataIntoMemory();
    auto& data = *format.getDataset();
    data.putAndInsertString(DCM_PatientAge, "7Y");               // AS has 4 characters
    data.putAndInsertString(DCM_PatientIdentityRemoved, "YES");  // 1C: how is missing
    data.insertEmptyElement(DCM_DeidentificationMethod);
    data.putAndInsertString(DCM_PatientComments, "");
    data.putAndInsertString(DCM_ClinicalTrialProtocolName, "no sponsor");  // sponsor and protocol are type 1
    data.findAndDeleteElement(DCM_StudyID);
    auto unknown = std::make_unique<DcmOtherByteOtherWord>(DcmTag(DCM_StudyDescription, EVR_UN));
    unknown->putUint8Array(reinterpret_cast<const Uint8*>("CT thorax"), 10);
    REQUIRE(data.insert(unknown.get(), OFTrue).good());
    unknown.release();
    REQUIRE(format.saveFile(file.c_str(), EXS_LittleEndianExplicit).good());
  }
  TempFolder out;
  const auto header = series.header();
  const auto written = results::write_results(series.request(header), out.path());
  REQUIRE(written.has_value());
  for (const auto& [name, kind, beside, refused] : *written) {
    CHECK(dciodvfy(out.path() / name) == "");
    CHECK(value_of(out.path() / name, DCM_StudyDescription) == "CT thorax");
    CHECK(value_of(out.path() / name, DCM_PatientAge) == "");
  }
}

TEST_CASE("a request that contradicts itself is refused and leaves nothing behind") {
  SyntheticSeries series;
  const auto header = series.header();
  SECTION("another study") { series.findings.study_uid = series.job.study_uid = "1.2.3"; }
  SECTION("another job") { series.findings.job = "18"; }
  SECTION("another revision") { series.job.revision = 3; }
  SECTION("another size") { series.labels.rows += 1; }
  SECTION("a slice from elsewhere") { series.image.sources[0].file = "/nowhere.dcm"; }
  SECTION("a source that changed") { series.image.sources[0].sop_instance_uid = "1.2.3"; }
  SECTION("a position that differs") { series.image.sources[0].position[2] += 1; }
  SECTION("findings that do not hold") { series.findings.segments[1].number = 7; }
  TempFolder out;
  const auto written = results::write_results(series.request(header), out.path());
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().code == Errc::invalid_input);
  CHECK(fs::is_empty(out.path()));
}

TEST_CASE("a folder that is not there is an I/O error") {
  const SyntheticSeries series;
  const auto header = series.header();
  const auto written = results::write_results(series.request(header), series.folder.path() / "nowhere");
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().code == Errc::io);
}
