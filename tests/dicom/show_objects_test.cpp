// SPDX-License-Identifier: Apache-2.0
// Objects for viewers that show neither SEG nor SR: key images, and what is drawn over the images.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>

#include "pipelines/results/key_images.h"
#include "pipelines/results/kos.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/pr.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/synthetic_series.h"
#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

// The emphysema is present; a nodule lies in slice 3, so it is evidence.
void add_nodule(SyntheticSeries& series) {
  const auto& source = series.image.sources[3];
  findings::Location box{findings::Location::Form::box,
                         "2.25.1003",
                         {-7.323456789, -17.2, 107.5},
                         {{1.4, 0, 0}, {0, 0.7, 0}, {0, 0, 1}},
                         {{source.sop_class_uid, source.sop_instance_uid, 1}}};
  series.findings.items.push_back(findings::samples::located("nodule-1", box));
}

void load(const fs::path& file, DcmFileFormat& format) {
  REQUIRE(format.loadFile(file.c_str()).good());
  REQUIRE(format.loadAllDataIntoMemory().good());
}

std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFStringArray(tag, value);
  return value.c_str();
}

void change(const fs::path& file, const std::function<void(DcmDataset&)>& edit) {
  DcmFileFormat format;
  load(file, format);
  edit(*format.getDataset());
  REQUIRE(format.saveFile(file.c_str(), EXS_LittleEndianExplicit).good());
}

std::string complaint(const Status& status) { return status.has_value() ? "" : status.error().what; }

}  // namespace

TEST_CASE("key objects are the images of what is present, and nothing else") {
  SyntheticSeries series;
  add_nodule(series);
  const auto header = series.header();
  const auto request = series.request(header);
  TempFolder out;
  const auto file = out.path() / "kos.dcm";
  REQUIRE(results::write_kos(request, file).has_value());
  CHECK(dciodvfy(file) == "");
  CHECK(dsrdump(file) == "");
  auto files = series.files;
  files.push_back(file);
  CHECK(dcentvfy(files) == "");
  const auto said = report_text(file).value_or("");
  if (!said.empty()) {
    CHECK(said.find(R"((113000,DCM,"Of Interest"))") != std::string::npos);
    CHECK(said.find("Pulmonary emphysema") != std::string::npos);
  }
  const auto images = results::key_images(request);
  REQUIRE(images.size() == 1);
  CHECK(images[0].sop_instance_uid == series.image.sources[3].sop_instance_uid);
  SECTION("a segment that is present is shown where it is largest") {
    series.findings.items[0].presence = findings::Presence::present;
    std::map<std::string, int> counts;
    for (std::size_t i = 0; i < series.labels.labels.size(); ++i)
      if (series.labels.labels[i] == 1) ++counts[series.image.sources[i / (16 * 8)].sop_instance_uid];
    const auto first = results::key_images(request).front();
    for (const auto& [uid, count] : counts) CHECK(count <= counts[first.sop_instance_uid]);
  }
  SECTION("when nothing is present there are none, whatever was located") {
    for (auto& item : series.findings.items)
      if (item.presence == findings::Presence::present) item.presence = findings::Presence::absent;
    CHECK(results::key_images(request).empty());
    series.job.results = {ResultKind::kos};
    CHECK(results::write_results(request, out.path()).value().empty());
  }
  SECTION("an image too many, or none of the source, is noticed") {
    change(file, [](DcmDataset& data) { REQUIRE(data.findAndDeleteSequenceItem(DCM_ContentSequence, -1).good()); });
    CHECK(complaint(results::check_kos(request, file)) == "KOS check: it does not show exactly the key images");
  }
}

TEST_CASE("a presentation state draws boxes and contours where they are") {
  SyntheticSeries series;
  add_nodule(series);
  const auto header = series.header();
  const auto request = series.request(header);
  TempFolder out;
  const auto file = out.path() / "pr.dcm";
  REQUIRE(results::presentations_of(request) == 1);
  const auto written = results::write_pr(request, file);
  INFO((written ? "" : written.error().what));
  REQUIRE(written.has_value());
  CHECK(dciodvfy(file) == "");
  auto files = series.files;
  files.push_back(file);
  CHECK(dcentvfy(files) == "");

  DcmFileFormat format;
  load(file, format);
  std::map<std::string, std::set<std::string>> drawn;  // layer → images
  std::vector<float> box;
  results::for_each_item(*format.getDataset(), DCM_GraphicAnnotationSequence, [&](DcmItem& annotation) {
    const auto layer = text(annotation, DCM_GraphicLayer);
    DcmItem* image = nullptr;
    REQUIRE(annotation.findAndGetSequenceItem(DCM_ReferencedImageSequence, image).good());
    drawn[layer].insert(text(*image, DCM_ReferencedSOPInstanceUID));
    if (layer != "AI_FINDINGS") return;
    DcmItem* graphic = nullptr;
    REQUIRE(annotation.findAndGetSequenceItem(DCM_GraphicObjectSequence, graphic).good());
    const Float32* data = nullptr;
    unsigned long count = 0;
    REQUIRE(graphic->findAndGetFloat32Array(DCM_GraphicData, data, &count).good());
    box.assign(data, data + count);
  });
  CHECK(drawn["AI_FINDINGS"] == std::set<std::string>{series.image.sources[3].sop_instance_uid});
  CHECK(box == std::vector<float>{2.5F, 3.5F, 6.5F, 3.5F, 6.5F, 5.5F, 2.5F, 5.5F, 2.5F, 3.5F});
  for (const int label : {1, 2}) {
    std::set<std::string> expected;
    for (std::size_t i = 0; i < series.labels.labels.size(); ++i)
      if (series.labels.labels[i] == label) expected.insert(series.image.sources[i / (16 * 8)].sop_instance_uid);
    CHECK(drawn["AI_SEGMENT_" + std::to_string(label)] == expected);
  }
  CHECK(text(*format.getDataset(), DCM_PresentationLUTShape) == "IDENTITY");
  CHECK(text(*format.getDataset(), DCM_RescaleIntercept) == "-1024");

  SECTION("a reference that is not listed") {
    change(file, [](DcmDataset& data) {
      DcmItem* related = nullptr;
      REQUIRE(data.findAndGetSequenceItem(DCM_ReferencedSeriesSequence, related).good());
      REQUIRE(related->findAndDeleteSequenceItem(DCM_ReferencedImageSequence, -1).good());
    });
    CHECK(complaint(results::check_pr(request, file)) == "PR check: an annotated image is not listed");
  }
  SECTION("a missing attribute, seen by dciodvfy too") {
    change(file, [](DcmDataset& data) { REQUIRE(data.findAndDeleteElement(DCM_PresentationLUTShape).good()); });
    CHECK(complaint(results::check_pr(request, file)) == "PR check: PresentationLUTShape has no value");
    CHECK(dciodvfy(file).find("PresentationLUTShape") != std::string::npos);
  }
  SECTION("an image that the study does not have") {
    DcmItem* related = nullptr;
    change(file, [&](DcmDataset& data) {
      REQUIRE(data.findAndGetSequenceItem(DCM_ReferencedSeriesSequence, related).good());
      DcmItem* image = nullptr;
      REQUIRE(related->findAndGetSequenceItem(DCM_ReferencedImageSequence, image).good());
      REQUIRE(image->putAndInsertString(DCM_ReferencedSOPInstanceUID, "2.25.9").good());
    });
    CHECK(complaint(results::check_pr(request, file)) == "PR check: it refers to an image that is not of the source");
  }
}
