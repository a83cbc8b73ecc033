// SPDX-License-Identifier: Apache-2.0
// Segmentations of other makers (dcmqi, highdicom, dcm4che), where they are beside the repository: we read them, and
// ours of the same study is built like theirs.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <iostream>
#include <numeric>

#include "pipelines/results/object_check.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/seg_file.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/synthetic_series.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

fs::path data(const std::string& name) { return fs::path(INFERAD_SOURCE_DIR) / "../shared/data/dicom" / name; }

bool there(const std::string& folder) {
  if (fs::exists(data(folder))) return true;
  std::cout << "SKIPPED: ../shared/data/dicom/" << folder << " is not there\n";
  return false;
}

results::SegFile read(const fs::path& path) {
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  auto seg = results::SegFile::read(path);
  INFO(path);
  REQUIRE(seg.has_value());
  return std::move(*seg);
}

long sum_of(const results::SegFile& seg) {
  long sum = 0;
  std::vector<std::uint8_t> values(seg.frame_voxels());
  for (std::size_t i = 0; i < seg.frames().size(); ++i) {
    seg.values(i, values);
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  return sum;
}

// The three CT images in which dcmqi's example marks the liver.
findings::Image liver_image() {
  findings::Image image;
  for (const auto* name : {"03.dcm", "02.dcm", "01.dcm"}) {  // ascending
    DcmFileFormat file;
    findings::SourceSlice slice;
    slice.file = data("ct-liver-dcmqi") / name;
    REQUIRE(file.loadFile(slice.file.c_str()).good());
    auto& header = *file.getDataset();
    OFString text;
    header.findAndGetOFString(DCM_SOPInstanceUID, text), slice.sop_instance_uid = text.c_str();
    header.findAndGetOFString(DCM_StudyInstanceUID, text), image.study_uid = text.c_str();
    header.findAndGetOFString(DCM_SeriesInstanceUID, text), image.series_uid = text.c_str();
    slice.sop_class_uid = UID_CTImageStorage;
    for (unsigned long i = 0; i < 3; ++i)
      REQUIRE(header.findAndGetFloat64(DCM_ImagePositionPatient, slice.position[i], i).good());
    image.sources.push_back(slice);
  }
  image.geometry.columns = image.geometry.rows = 512;
  image.geometry.slices = 3;
  image.modality = "CT";
  return image;
}

findings::LabelMap labels_of(const results::SegFile& seg, const findings::Image& image) {
  findings::LabelMap map{512, 512, 3, std::vector<std::uint8_t>(image.geometry.voxels(), 0)};
  const results::FrameSources sources(image);
  for (std::size_t i = 0; i < seg.frames().size(); ++i) {
    const auto slice = sources.slice(seg.frames()[i], seg.referenced());
    REQUIRE(slice.has_value());
    CHECK(sources.in_place(seg.frames()[i], *slice));
    seg.values(
        i, std::span(map.labels).subspan(static_cast<std::size_t>(*slice) * seg.frame_voxels(), seg.frame_voxels()));
  }
  return map;
}

// The functional groups of all frames and of one frame, and the dimensions: what a viewer builds its geometry from.
std::vector<DcmTagKey> structure(const results::SegFile& seg) {
  std::vector<DcmTagKey> tags;
  const auto add_children = [&](DcmItem& item) {
    const auto first = static_cast<std::ptrdiff_t>(tags.size());
    for (unsigned long i = 0; i < item.card(); ++i) tags.push_back(item.getElement(i)->getTag().getXTag());
    std::sort(tags.begin() + first, tags.end());
  };
  auto& dataset = seg.data();
  DcmItem* group = nullptr;
  REQUIRE(dataset.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, group).good());
  add_children(*group);
  REQUIRE(dataset.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, group).good());
  add_children(*group);
  results::for_each_item(dataset, DCM_DimensionIndexSequence, [&](DcmItem& item) {
    DcmTagKey pointer;
    DcmElement* element = nullptr;
    REQUIRE(item.findAndGetElement(DCM_DimensionIndexPointer, element).good());
    REQUIRE(static_cast<DcmAttributeTag*>(element)->getTagVal(pointer).good());
    tags.push_back(pointer);
  });
  return tags;
}

}  // namespace

TEST_CASE("segmentations of other makers are read voxel by voxel") {
  if (!there("ref-seg-sr") || !there("ct-liver-dcmqi")) return;
  struct Expected {  // as pydicom reads them
    const char* name;
    const char* type;
    std::size_t frames, segments;
    int rows;
    long sum;
  };
  for (const auto& expected : {Expected{"ref-seg-sr/seg.dcm", "BINARY", 13, 1, 128, 795},
                               Expected{"ref-seg-sr/seg_image_ct_binary.dcm", "BINARY", 3, 1, 16, 638},
                               Expected{"ref-seg-sr/seg_image_ct_binary_single_frame.dcm", "BINARY", 1, 1, 128, 1832},
                               Expected{"ref-seg-sr/seg_image_ct_true_fractional.dcm", "FRACTIONAL", 3, 1, 16, 83136},
                               Expected{"ct-liver-dcmqi/seg/liver.dcm", "BINARY", 3, 1, 512, 107098},
                               Expected{"ct-liver-dcmqi/seg/partial_overlaps.dcm", "BINARY", 7, 5, 512, 43639}}) {
    const auto seg = read(data(expected.name));
    INFO(expected.name);
    CHECK(seg.type() == expected.type);
    CHECK(seg.frames().size() == expected.frames);
    CHECK(seg.segments().size() == expected.segments);
    CHECK(seg.rows() == expected.rows);
    CHECK(sum_of(seg) == expected.sum);
    for (const auto& segment : seg.segments()) CHECK_FALSE((segment.label.empty() || segment.type.value.empty()));
    for (const auto& frame : seg.frames()) CHECK_FALSE((frame.source_uid.empty() || frame.position.empty()));
  }
}

TEST_CASE("ours of the same study has the same voxels in the same places and is built like the reference") {
  if (!there("ct-liver-dcmqi")) return;
  const auto reference = read(data("ct-liver-dcmqi/seg/liver.dcm"));
  auto image = liver_image();
  const auto labels = labels_of(reference, image);
  auto findings = findings_for(image, true);
  findings.segments.resize(1);
  findings.items.erase(findings.items.begin() + 1);
  std::vector<fs::path> files;
  for (const auto& slice : image.sources) files.push_back(slice.file);
  const auto header = results::SourceHeader::read(files);
  REQUIRE(header.has_value());
  const auto job = job_for(image);
  TempFolder out;
  const auto path = out.path() / "seg.dcm";
  const auto written = results::write_seg({job, findings, *header, &image, &labels, {}}, path);
  INFO((written ? std::string() : written.error().what));
  REQUIRE(written.has_value());
  const auto ours = read(path);
  CHECK(labels_of(ours, image).labels == labels.labels);
  CHECK(sum_of(ours) == sum_of(reference));
  CHECK(ours.referenced() == reference.referenced());
  CHECK(structure(ours) == structure(reference));
  CHECK(dciodvfy(path) == "");
}

TEST_CASE("what is no segmentation, or contradicts itself, is refused with a reason") {
  const SyntheticSeries series;
  const auto header = series.header();
  TempFolder out;
  const auto path = out.path() / "seg.dcm";
  REQUIRE(results::write_seg(series.request(header), path).has_value());
  const auto refusal = [&](const std::function<void(DcmDataset&)>& change) {
    edit(path, change);
    return results::SegFile::read(path).error().what;
  };
  CHECK(results::SegFile::read(series.files.front()).error().what ==
        "segmentation: Segmentation Type is neither BINARY nor FRACTIONAL nor LABELMAP");
  CHECK(results::SegFile::read("/nowhere.dcm").error().code == Errc::io);
  SECTION("more rows than pixels") {
    CHECK(refusal([](DcmDataset& seg) { seg.putAndInsertUint16(DCM_Rows, 60'000); }) ==
          "segmentation: Pixel Data is shorter than its frames");
  }
  SECTION("bits that are not read") {
    CHECK(refusal([](DcmDataset& seg) { seg.putAndInsertUint16(DCM_BitsAllocated, 16); }) ==
          "segmentation: BINARY with 16 bits is not read");
  }
  SECTION("a frame of no segment") {
    CHECK(refusal([](DcmDataset& seg) {
            DcmItem *group = nullptr, *segment = nullptr;
            REQUIRE(seg.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, group, 2).good());
            REQUIRE(group->findAndGetSequenceItem(DCM_SegmentIdentificationSequence, segment).good());
            segment->putAndInsertUint16(DCM_ReferencedSegmentNumber, 9);
          }) == "segmentation: frame 3 is of no segment that is described");
  }
}
