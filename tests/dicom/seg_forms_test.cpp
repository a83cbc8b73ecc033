// SPDX-License-Identifier: Apache-2.0
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <catch2/catch.hpp>
#include <functional>
#include <numeric>

#include "pipelines/results/seg.h"
#include "pipelines/results/seg_file.h"
#include "tests/dicom/judges.h"
#include "tests/dicom/multi_frame_series.h"

using namespace inferad;
using namespace inferad::testing;
namespace fs = std::filesystem;

namespace {

// dicom3tools of 2022 is older than Supplement 243: it does not know the class, and that segment 0 is the background.
const std::vector<std::string> kLabelMapUnknown = {"Information Object Not found",
                                                   "SegmentSequence item number 1 (from one) with SegmentNumber of 0"};

using Write = Result<results::WrittenObject> (*)(const results::ResultRequest&, const fs::path&);

std::string judged(const results::ResultRequest& request, Write write, const SyntheticSeries& series,
                   std::span<const std::byte> values, const std::vector<std::string>& false_alarms = {}) {
  TempFolder out;
  const auto object = out.path() / "object.dcm";
  const auto written = write(request, object);
  if (!written) return written.error().what;
  auto files = series.files;
  files.push_back(object);
  // Of a class that it does not know, dcentvfy knows no entities of attributes either.
  const std::vector<std::string> unknown_class = {"versus <Unknown>", "Unrecognized SOP Class"};
  return dciodvfy(object, false_alarms) + dcentvfy(files, false_alarms.empty() ? false_alarms : unknown_class) +
         pydicom_values({object}, series.image.sources, values, out.path());
}

// One map a segment, that fades towards its edge and is 0 far from it.
std::vector<std::uint8_t> fading(const SyntheticSeries& series) {
  std::vector<std::uint8_t> values;
  for (int segment = 1; segment <= 2; ++segment)
    for (std::size_t i = 0; i < series.labels.labels.size(); ++i) {
      const bool inside = series.labels.labels[i] == segment;
      values.push_back(static_cast<std::uint8_t>(inside ? 255 - i % 5 * 25 : i % 7 == 0 ? 1 : 0));
    }
  return values;
}

std::vector<std::uint8_t> occupancy(const SyntheticSeries& series) {
  std::vector<std::uint8_t> values;
  for (int segment = 1; segment <= 2; ++segment)
    for (const auto label : series.labels.labels) values.push_back(label == segment ? 255 : 0);
  return values;
}

void with_probabilities(results::ResultRequest& request, const std::vector<std::uint8_t>& values) {
  const auto size = values.size() / 2;
  request.voxels.probabilities = {std::span(values).first(size), std::span(values).last(size)};
}

}  // namespace

TEST_CASE("each form of a segmentation satisfies every judge, sparse and full, in any size") {
  const auto [columns, rows, full] = GENERATE(std::tuple{16, 8, false}, std::tuple{7, 5, true});
  SeriesOptions options;
  options.columns = columns, options.rows = rows;
  const SyntheticSeries series(options);
  const auto header = series.header();
  auto request = series.request(header);
  request.options.full_masks = full;
  INFO(columns << " x " << rows << (full ? ", full" : ", sparse"));
  CHECK(judged(request, results::write_seg, series, bytes_of(series.labels.labels)) == "");
  CHECK(judged(request, results::write_seg_labelmap, series, bytes_of(series.labels.labels), kLabelMapUnknown) == "");
  CHECK(judged(request, results::write_seg_fractional, series, bytes_of(occupancy(series))) == "");
  const auto probabilities = fading(series);
  with_probabilities(request, probabilities);
  CHECK(judged(request, results::write_seg_fractional, series, bytes_of(probabilities)) == "");
}

TEST_CASE("segmentations of an object with many frames name the frame") {
  SyntheticSeries series;
  make_multi_frame(series);
  const auto header = series.header();
  const auto request = series.request(header);
  CHECK(judged(request, results::write_seg, series, bytes_of(series.labels.labels)) == "");
  CHECK(judged(request, results::write_seg_labelmap, series, bytes_of(series.labels.labels), kLabelMapUnknown) == "");
}

TEST_CASE("segmentations of a radiograph claim no place in the patient") {
  SeriesOptions options;
  options.slices = 1;
  SyntheticSeries series(options);
  make_projection(series);
  series.labels.labels.assign(series.labels.labels.size(), 0);
  series.labels.labels[20] = 1, series.labels.labels[21] = 2;
  const auto header = series.header();
  const auto request = series.request(header);
  CHECK(judged(request, results::write_seg, series, bytes_of(series.labels.labels)) == "");
  TempFolder out;
  REQUIRE(results::write_seg(request, out.path() / "seg.dcm").has_value());
  const auto seg = results::SegFile::read(out.path() / "seg.dcm");
  REQUIRE(seg.has_value());
  CHECK(seg->frames().front().position.empty());
  CHECK_FALSE(seg->data().tagExists(DCM_FrameOfReferenceUID));
}

TEST_CASE("as many segments as labels") {
  SeriesOptions options;
  options.slices = 2;
  SyntheticSeries series(options);
  auto& segments = series.findings.segments;
  const auto first = segments.front();
  segments.clear();
  series.findings.items.clear();
  series.findings.priority.reset();
  for (int number = 1; number <= 255; ++number) {
    segments.push_back(first);
    segments.back().number = number;
    segments.back().tracking_id = "part-" + std::to_string(number);
    segments.back().tracking_uid = "2.25.77" + std::to_string(number);
  }
  for (std::size_t i = 0; i < series.labels.labels.size(); ++i) series.labels.labels[i] = static_cast<std::uint8_t>(i);
  const auto header = series.header();
  const auto request = series.request(header);
  CHECK(judged(request, results::write_seg, series, bytes_of(series.labels.labels)) == "");
  CHECK(judged(request, results::write_seg_labelmap, series, bytes_of(series.labels.labels), kLabelMapUnknown) == "");
}

TEST_CASE("each form has a UID of its own, and so has a mask with all its frames") {
  const SyntheticSeries series;
  const auto header = series.header();
  auto request = series.request(header);
  TempFolder out;
  std::set<std::string> instances, all_series;
  for (const bool full : {false, true})
    for (const Write write : {results::write_seg, results::write_seg_fractional, results::write_seg_labelmap}) {
      request.options.full_masks = full;
      const auto written = write(request, out.path() / "seg.dcm");
      REQUIRE(written.has_value());
      instances.insert(written->sop_instance_uid);
      all_series.insert(written->series_uid);
    }
  CHECK(instances.size() == 6);
  CHECK(all_series.size() == 6);
}

TEST_CASE("the checks of other forms notice damage") {
  const SyntheticSeries series;
  const auto header = series.header();
  const auto request = series.request(header);
  TempFolder out;
  const auto path = out.path() / "seg.dcm";
  const bool map = GENERATE(false, true);
  REQUIRE((map ? results::write_seg_labelmap : results::write_seg_fractional)(request, path).has_value());
  const auto complaint = [&](const std::function<void(DcmDataset&)>& damage) {
    edit(path, damage);
    const auto status = (map ? results::check_seg_labelmap : results::check_seg_fractional)(request, path);
    return status.has_value() ? std::string() : status.error().what;
  };
  SECTION("one voxel") {
    CHECK(complaint([](DcmDataset& data) {
            Uint8* pixels = nullptr;
            DcmElement* element = nullptr;
            REQUIRE(data.findAndGetElement(DCM_PixelData, element).good());
            REQUIRE(element->getUint8Array(pixels).good());
            pixels[40] ^= 1;
          }).find("differs from the mask") != std::string::npos);
  }
  SECTION("the code of a segment") {
    CHECK(complaint([&](DcmDataset& data) {
            DcmItem *segment = nullptr, *type = nullptr;
            REQUIRE(data.findAndGetSequenceItem(DCM_SegmentSequence, segment, map ? 1 : 0).good());
            REQUIRE(segment->findAndGetSequenceItem(DCM_SegmentedPropertyTypeCodeSequence, type).good());
            type->putAndInsertString(DCM_CodeValue, "10200004");
          }) == "SEG check: the codes of segment 1 are not complete");
  }
  SECTION("a position") {
    CHECK(complaint([](DcmDataset& data) {
            DcmItem *group = nullptr, *plane = nullptr;
            REQUIRE(data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, group, 1).good());
            REQUIRE(group->findAndGetSequenceItem(DCM_PlanePositionSequence, plane).good());
            plane->putAndInsertString(DCM_ImagePositionPatient, "1\\2\\3");
          }) == "SEG check: frame 2 lies elsewhere than its source");
  }
  SECTION("a frame that is there twice") {
    CHECK(complaint([](DcmDataset& data) {
            DcmItem *first = nullptr, *second = nullptr;
            REQUIRE(data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, first, 0).good());
            REQUIRE(data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, second, 1).good());
            *second = *first;
          }) == "SEG check: frame 2 is there twice");
  }
}
