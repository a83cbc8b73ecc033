// SPDX-License-Identifier: Apache-2.0
// Places of findings in objects for people: on the right one of several images, and where there is no image to name.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "pipelines/results/key_images.h"
#include "pipelines/results/kos.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/pr.h"
#include "pipelines/results/sc.h"
#include "pipelines/results/sc_page.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/mammograms.h"
#include "tests/dicom/multi_frame_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

const findings::CodedConcept kCluster{"129769006", "SCT", "Calcification Cluster"};

std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFStringArray(tag, value);
  return value.c_str();
}

std::string judged(const SyntheticSeries& study, const fs::path& object) {
  auto files = study.files;
  files.push_back(object);
  return dciodvfy(object) + dcentvfy(files);
}

std::string image_of(DcmItem& item) {
  DcmItem* image = nullptr;
  REQUIRE(item.findAndGetSequenceItem(DCM_ReferencedImageSequence, image).good());
  return text(*image, DCM_ReferencedSOPInstanceUID);
}

struct Presentation {
  std::map<std::string, std::string> areas;               // image → lower right corner
  std::map<std::string, std::vector<std::string>> drawn;  // image → number of points
  std::string shape;
};

Presentation read(const fs::path& file) {
  DcmFileFormat format;
  REQUIRE(format.loadFile(file.c_str()).good());
  auto& data = *format.getDataset();
  Presentation state;
  state.shape = text(data, DCM_PresentationLUTShape);
  results::for_each_item(data, DCM_DisplayedAreaSelectionSequence, [&](DcmItem& area) {
    Sint32 columns = 0, rows = 0;
    area.findAndGetSint32(DCM_DisplayedAreaBottomRightHandCorner, columns, 0);
    area.findAndGetSint32(DCM_DisplayedAreaBottomRightHandCorner, rows, 1);
    state.areas[image_of(area)] = std::to_string(columns) + "x" + std::to_string(rows);
  });
  results::for_each_item(data, DCM_GraphicAnnotationSequence, [&](DcmItem& annotation) {
    results::for_each_item(annotation, DCM_GraphicObjectSequence, [&](DcmItem& graphic) {
      Uint16 points = 0;
      graphic.findAndGetUint16(DCM_NumberOfGraphicPoints, points);
      state.drawn[image_of(annotation)].push_back(std::to_string(points));
    });
  });
  return state;
}

void mark_three_views(Mammograms& study) {
  study.add("left_cc", kCluster, {5.25, 7.5}, {2.25, 1.5});
  study.add("left_mlo", kCluster, {9, 11});
  study.add("right_mlo", kCluster, {9, 11});
}

}  // namespace

TEST_CASE("one presentation state draws on several views, each with its own size") {
  Mammograms study;
  mark_three_views(study);
  const auto header = study.header();
  const auto request = study.request(header);
  TempFolder out;
  REQUIRE(results::presentations_of(request) == 1);
  const auto written = results::write_pr(request, out.path() / "pr.dcm");
  INFO((written ? "" : written.error().what));
  REQUIRE(written.has_value());
  CHECK(judged(study, out.path() / "pr.dcm") == "");
  const auto state = read(out.path() / "pr.dcm");
  const auto uid = [&](const char* view) { return study.image_of(view).sop_instance_uid; };
  CHECK(state.areas == std::map<std::string, std::string>{
                           {uid("left_cc"), "16x24"}, {uid("left_mlo"), "20x24"}, {uid("right_mlo"), "20x28"}});
  CHECK(state.drawn == std::map<std::string, std::vector<std::string>>{
                           {uid("left_cc"), {"5"}}, {uid("left_mlo"), {"1"}}, {uid("right_mlo"), {"1"}}});
  SECTION("a point beyond its own image, though within another one") {
    edit(out.path() / "pr.dcm", [&](DcmDataset& data) {
      results::for_each_item(data, DCM_GraphicAnnotationSequence, [&](DcmItem& annotation) {
        DcmItem* graphic = nullptr;
        if (image_of(annotation) != uid("left_mlo")) return;
        REQUIRE(annotation.findAndGetSequenceItem(DCM_GraphicObjectSequence, graphic).good());
        const std::vector<Float32> beyond{9, 26};
        graphic->putAndInsertFloat32Array(DCM_GraphicData, beyond.data(), 2);
      });
    });
    CHECK(results::check_pr(request, out.path() / "pr.dcm").error().what ==
          "PR check: a point lies outside of the image");
  }
}

TEST_CASE("views that turn values into grey in different ways have a presentation state each") {
  Mammograms study;
  mark_three_views(study);
  study.views[3].grey.inverted = true;
  edit(study.files[3], [](DcmDataset& data) { data.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME1"); });
  study.job.results = {ResultKind::pr};
  const auto header = study.header();
  const auto request = study.request(header);
  TempFolder out;
  const auto files = results::write_results(request, out.path()).value();
  REQUIRE(files == std::vector<results::ResultFile>{{"pr.dcm", ResultKind::pr}, {"pr-2.dcm", ResultKind::pr}});
  const auto plain = read(out.path() / "pr.dcm"), inverted = read(out.path() / "pr-2.dcm");
  CHECK(plain.shape == "IDENTITY");
  CHECK(plain.drawn.size() == 2);
  CHECK(inverted.shape == "INVERSE");
  REQUIRE(inverted.drawn.size() == 1);
  CHECK(inverted.drawn.begin()->first == study.image_of("right_mlo").sop_instance_uid);
  CHECK(judged(study, out.path() / "pr-2.dcm") == "");
}

TEST_CASE("a secondary capture shows boxes and points, of a volume and of views") {
  TempFolder out;
  const auto file = out.path() / "sc.dcm";
  SECTION("a volume without segments") {
    SyntheticSeries series;
    fill_voxels(series.image);
    series.findings.segments.clear();
    series.findings.items.clear();
    const auto& source = series.image.sources[3];
    series.findings.items.push_back(
        findings::samples::located("nodule-1", {findings::Location::Form::box,
                                                "2.25.1003",
                                                {-7.323456789, -17.2, 107.5},
                                                {{1.4, 0, 0}, {0, 0.7, 0}, {0, 0, 1}},
                                                {{source.sop_class_uid, source.sop_instance_uid, 1}}}));
    series.findings.priority.reset();
    const auto header = series.header();
    auto request = series.request(header);
    request.labels = nullptr;
    REQUIRE(results::has_overlay(request));
    REQUIRE(results::write_sc(request, file).has_value());
    CHECK(judged(series, file) == "");
    const auto page = results::draw_overlay(results::overlay_input(request));
    CHECK(page.slices == std::vector{3});
    CHECK(page.picture.at(160, page.caption_height + 288) == results::mark_colour(0));  // column 2.5, 64 pixels each
    CHECK(page.picture.at(172, page.caption_height + 288) != results::mark_colour(0));
    series.findings.items[0].presence = findings::Presence::absent;
    CHECK_FALSE(results::has_overlay(request));
  }
  SECTION("views") {
    Mammograms study;
    mark_three_views(study);
    const auto header = study.header();
    const auto request = study.request(header);
    REQUIRE(results::has_overlay(request));
    const auto written = results::write_sc(request, file);
    INFO((written ? "" : written.error().what));
    REQUIRE(written.has_value());
    CHECK(judged(study, file) == "");
    CHECK(results::draw_overlay(results::overlay_input(request)).slices == std::vector{0, 1, 3});
  }
}

TEST_CASE("a finding without a place has key images only where they mean something") {
  SECTION("of views that were looked at together: all of them") {
    Mammograms study;
    study.claim({"126926005", "SCT", "Neoplasm of breast"}, findings::Presence::present);
    const auto header = study.header();
    const auto request = study.request(header);
    TempFolder out;
    CHECK(results::key_images(request).size() == 4);
    REQUIRE(results::write_kos(request, out.path() / "kos.dcm").has_value());
    CHECK(judged(study, out.path() / "kos.dcm") == "");
    study.add("left_cc", kCluster, {5.25, 7.5}, {2.25, 1.5});  // located for it
    CHECK(results::key_images(request).size() == 1);
  }
  SECTION("of a volume: none, and a list of others says so") {
    SyntheticSeries series;
    const auto header = series.header();
    const auto request = series.request(header);
    CHECK(results::key_images(request).empty());
    series.findings.items[0].presence = findings::Presence::present;  // a segment
    CHECK(results::key_images(request).size() == 1);
    TempFolder out;
    REQUIRE(results::write_kos(request, out.path() / "kos.dcm").has_value());
    const auto said = report_text(out.path() / "kos.dcm").value_or("");
    CHECK((said.empty() || said.find("No single image stands for it.") != std::string::npos));
  }
}
