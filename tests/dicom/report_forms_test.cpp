// SPDX-License-Identifier: Apache-2.0
// The forms of the report: what each class may say, and that a reader can tell the outcomes apart.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "pipelines/results/seg.h"
#include "pipelines/results/sr.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/synthetic_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
using findings::Presence;
using results::ReportForm;

namespace {

// Writes a report in this form, lets the judges look at it, and gives its tree as dsrdump prints it.
std::string judged(const results::ResultRequest& request, const ReportForm& form, const SyntheticSeries& series) {
  TempFolder out;
  const auto file = out.path() / "sr.dcm";
  const auto written = results::write_sr(request, form, file);
  INFO((written ? "" : written.error().what));
  REQUIRE(written.has_value());
  CHECK(dciodvfy(file) == "");
  CHECK(dsrdump(file) == "");
  auto files = series.files;
  files.push_back(file);
  CHECK(dcentvfy(files) == "");
  return report_text(file).value_or("");
}

bool has(const std::string& text, const std::string& part) {
  return text.empty() || text.find(part) != std::string::npos;  // "": dsrdump is not installed
}

void add_places(SyntheticSeries& series) {
  findings::Location box{findings::Location::Form::box,
                         "2.25.1003",
                         {-7.323456789, -17.2, 105},
                         {{1.4, 0, 0}, {0, 0.7, 0}, {0, 0, 2.5}},
                         {{series.image.sources[2].sop_class_uid, series.image.sources[2].sop_instance_uid, 1}}};
  auto point = box;
  point.form = findings::Location::Form::point;
  point.half_axes.clear();
  point.centre[2] = 107;
  series.findings.items.push_back(findings::samples::located("nodule-1", box));
  series.findings.items.push_back(findings::samples::located("nodule-2", point));
}

}  // namespace

TEST_CASE("Comprehensive SR says places in the patient as outlines on the images") {
  SyntheticSeries series;
  add_places(series);
  const auto header = series.header();
  TempFolder out;
  const auto seg = results::write_seg(series.request(header), out.path() / "seg.dcm");
  REQUIRE(seg.has_value());
  const auto text = judged(series.request(header), {ResultKind::sr_comprehensive, *seg}, series);
  CHECK(has(text, "Comprehensive SR Document"));
  CHECK_FALSE((!text.empty() && has(text, "SCOORD3D")));
  CHECK(has(text, "Referenced Segment"));
  // Centre 2.8 mm and 2.8 mm from the first voxel's, 0.7 mm a pixel: pixel 4, whose centre is 4.5; slices 1 to 3.
  std::size_t boxes = 0;
  for (auto at = text.find("POLYLINE"); at != std::string::npos; at = text.find("POLYLINE", at + 1)) ++boxes;
  CHECK((text.empty() || boxes == 6));  // and again, as what the number of the emphysema was taken from
  CHECK(has(text, "2.5/3.5,6.5/3.5,6.5/5.5,2.5/5.5,2.5/3.5"));
  CHECK(has(text, "4.5/4.5"));
}

TEST_CASE("the numbers of a finding without a place say what they were taken from") {
  SyntheticSeries series;
  add_places(series);
  auto& emphysema = series.findings.items[2];
  const auto header = series.header();
  const std::string source = R"(<inferred from SCOORD:(121112,DCM,"Source of Measurement")=(P)";
  const std::string solid = R"(<inferred from SCOORD3D:(121112,DCM,"Source of Measurement")=(POINT)";
  auto text = judged(series.request(header), {ResultKind::sr_comprehensive}, series);
  CHECK(has(text, source));
  CHECK(has(text, "Pulmonary emphysema: LAA-950"));
  CHECK(has(judged(series.request(header), {ResultKind::sr}, series), solid));
  emphysema.presence = Presence::absent;
  text = judged(series.request(header), {ResultKind::sr_comprehensive}, series);
  CHECK((text.empty() || !has(text, source)));
}

TEST_CASE("a place that no image shows is left out of Comprehensive SR, and the report says so") {
  SyntheticSeries series;
  add_places(series);
  const auto header = series.header();
  auto request = series.request(header);
  request.image = nullptr;
  request.labels = nullptr;
  series.findings.segments.clear();
  for (auto& item : series.findings.items) item.segment.reset();
  const auto text = judged(request, {ResultKind::sr_comprehensive}, series);
  CHECK(has(text, "cannot be told in this class of report"));
  CHECK(has(judged(request, {ResultKind::sr}, series), "ELLIPSOID"));
}

TEST_CASE("a report for triage says whether, never where") {
  SyntheticSeries series;
  add_places(series);
  series.findings.items[2].explanation = "in the left upper lobe";
  series.findings.remarks = {"left lung touches both end slices"};
  const auto header = series.header();
  const auto text = judged(series.request(header), {ResultKind::sr_triage}, series);
  if (text.empty()) return;
  CHECK(has(text, R"("Finding")=(87433001,SCT,"Pulmonary emphysema"))"));
  CHECK(has(text, R"((52101004,SCT,"Present"))"));
  CHECK(has(text, "says whether, not where"));
  for (const auto* place :
       {"SCOORD", "Referenced Segment", "Finding Site", "Laterality", "left", "Left", "nodule", "Lung"})
    CHECK_FALSE(has(text, place));
}

TEST_CASE("present, absent, indeterminate and numbers alone are told apart, as are probability and score") {
  SyntheticSeries series;
  auto& items = series.findings.items;
  const auto header = series.header();
  const auto finding = [&](Presence presence) {
    items[2].presence = presence;
    return judged(series.request(header), {}, series);
  };
  CHECK(has(finding(Presence::present), R"((121052,DCM,"Presence of property")=(52101004,SCT,"Present"))"));
  CHECK(has(finding(Presence::absent), R"((121052,DCM,"Presence of property")=(272519000,SCT,"Absent"))"));
  CHECK(has(finding(Presence::indeterminate),
            R"((121052,DCM,"Presence of property")=(121059,DCM,"Presence Undetermined"))"));
  const auto numbers = finding(Presence::measured);
  CHECK((numbers.empty() || !has(numbers, "Presence of property")));
  items[2].measurements = {
      {{"122157", "DCM", "Probability"}, 0.83, {"{0:1}", "UCUM", "range: 0:1"}, {}, "probability"}};
  CHECK(has(finding(Presence::present), R"((122157,DCM,"Probability")="0.83" ({0:1},UCUM,"range: 0:1"))"));
  items[2].measurements = {{findings::codes::ours("SCORE", "Score of the model, not calibrated"),
                            0.83,
                            {"{0:1}", "UCUM", "range: 0:1"},
                            {},
                            "score"}};
  CHECK(has(finding(Presence::present), R"((SCORE,99INFERAD,"Score of the model, not calibrated")="0.83")"));
}

TEST_CASE("not analysed and failed have a code each, in every form of the report") {
  SyntheticSeries series;
  const auto header = series.header();
  for (const auto kind : {ResultKind::sr, ResultKind::sr_comprehensive, ResultKind::sr_triage}) {
    auto& findings = series.not_analysed;
    findings.outcome = findings::Outcome::not_analysed;
    findings.reason = findings::codes::kSliceDistance;
    auto text = judged(series.not_analysed_request(header), {kind}, series);
    CHECK(has(text, R"((OUTCOME,99INFERAD,"Outcome of analysis")=(NOT_ANALYSED,99INFERAD,"Not analysed"))"));
    CHECK(has(text, R"((SLICE_DISTANCE,99INFERAD,"Slice distance is too large"))"));
    findings.outcome = findings::Outcome::failed;
    findings.reason = findings::codes::kAnalysisFailed;
    text = judged(series.not_analysed_request(header), {kind}, series);
    CHECK(has(text, R"((OUTCOME,99INFERAD,"Outcome of analysis")=(FAILED,99INFERAD,"Analysis failed"))"));
    CHECK((text.empty() || !has(text, "Presence of property")));
  }
}

TEST_CASE("an object that fails its own check is told and not written, and the others are") {
  SyntheticSeries series;
  series.findings.items[2].concept_code.meaning.clear();
  const auto header = series.header();
  TempFolder out;
  const auto written = results::write_results(series.request(header), out.path());
  REQUIRE(written.has_value());
  CHECK(*written == std::vector<results::ResultFile>{
                        {"seg.dcm", ResultKind::seg},
                        {"", ResultKind::sr, {}, "SR check: a code lacks its value, scheme or meaning"}});
  CHECK_FALSE(std::filesystem::exists(out.path() / "sr.dcm"));
  CHECK(std::distance(std::filesystem::directory_iterator(out.path()), {}) == 1);
}

// DCMTK 3.6.7 and dicom3tools of 2022 are older than Supplement 243. What they say of a report that refers to a Label
// Map, and nothing more: with the class of a Segmentation in its place the same report has none of it.
TEST_CASE("a report beside a Label Map is right but for tools that do not know the class") {
  SyntheticSeries series;
  const auto header = series.header();
  const auto request = series.request(header);
  TempFolder out;
  const auto map = results::write_seg_labelmap(request, out.path() / "map.dcm");
  REQUIRE(map.has_value());
  const auto file = out.path() / "sr.dcm";
  REQUIRE(results::write_sr(request, {ResultKind::sr, *map, ResultKind::seg_labelmap}, file).has_value());
  const auto errors = dciodvfy(file);
  const std::string not_known = "Shall not be present for Referenced SOP Class that is not segmentation";
  CHECK(std::count(errors.begin(), errors.end(), '\n') == (errors.empty() ? 0 : 2));  // one a segment; "": no dciodvfy
  CHECK(dciodvfy(file, {not_known}) == "");
  const auto refused = dsrdump(file);
  CHECK(has(refused, "Invalid or unknown image SOP class referenced from IMAGE content item"));
  auto bytes = read_bytes(file);
  const std::string label_map = "1.2.840.10008.5.1.4.1.1.66.7", segmentation = "1.2.840.10008.5.1.4.1.1.66.4";
  std::size_t references = 0;
  for (auto at = bytes.find(label_map); at != std::string::npos; at = bytes.find(label_map, at + 1), ++references)
    bytes.replace(at, label_map.size(), segmentation);
  CHECK(references == 3);  // evidence, two segments
  std::ofstream(out.path() / "same.dcm", std::ios::binary) << bytes;
  CHECK(dciodvfy(out.path() / "same.dcm") == "");
  CHECK(dsrdump(out.path() / "same.dcm") == "");
}

TEST_CASE("every form has UIDs of its own, and a report beside another segmentation is another object") {
  const SyntheticSeries series;
  const auto header = series.header();
  const auto request = series.request(header);
  TempFolder out;
  const auto seg = results::write_seg(request, out.path() / "seg.dcm");
  REQUIRE(seg.has_value());
  std::set<std::string> uids;
  for (const auto& form : {ReportForm{ResultKind::sr, *seg}, ReportForm{ResultKind::sr, *seg, ResultKind::seg_labelmap},
                           ReportForm{ResultKind::sr}, ReportForm{ResultKind::sr_comprehensive, *seg},
                           ReportForm{ResultKind::sr_triage}}) {
    const auto written = results::write_sr(request, form, out.path() / "sr.dcm");
    REQUIRE(written.has_value());
    uids.insert(written->sop_instance_uid);
    uids.insert(written->series_uid);
  }
  CHECK(uids.size() == 10);
}
