// SPDX-License-Identifier: Apache-2.0
// Enhanced and legacy converted multi-frame images: frames as slices, values in functional groups, and what is refused.
#include <catch2/catch.hpp>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/unit/imaging/loaded.h"

namespace inferad::imaging {
namespace {

using test::code_of;
using test::has_made_values;
using test::image_of;
using test::MadeSeries;

TEST_CASE("the frames of an enhanced image are slices with their own position and rescale, in every encoding") {
  const std::string syntax = GENERATE(as<std::string>(), "1.2.840.10008.1.2", "1.2.840.10008.1.2.1",
                                      "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
                                      "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201");
  INFO(syntax);
  MadeSeries series;
  series.add_enhanced({}, syntax);
  auto image = image_of(series);
  CHECK(image.geometry.slices == 10);
  CHECK(image.geometry.spacing == findings::Vec3{0.6, 0.7, 2.5});
  CHECK(image.has_rescale);
  REQUIRE(image.sources.size() == 10);
  CHECK(image.sources[0].frame == 10);
  CHECK(image.sources[9].frame == 1);
  CHECK(image.sources[9].position[2] == 22.5);
  const auto plane = static_cast<std::size_t>(MadeSeries::kRows * MadeSeries::kColumns);
  for (auto& value : std::span(image.voxels).subspan(4 * plane, plane)) value = (value + 1000) / 2 - 1024;
  CHECK(has_made_values(image));
}

// What a file may say in functional groups: for all frames, for each, and as it stood before the conversion.
void put_groups_of_header(DcmDataset& data) {
  DcmItem *shared = nullptr, *group = nullptr;
  data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared);
  shared->findOrCreateSequenceItem(DCM_CTXRayDetailsSequence, group, 0);
  group->putAndInsertString(DCM_KVP, "120");
  shared->findOrCreateSequenceItem(DCM_MREchoSequence, group, 0);
  group->putAndInsertFloat64(DCM_EffectiveEchoTime, 4.5);
  shared->findOrCreateSequenceItem(DCM_UnassignedSharedConvertedAttributesSequence, group, 0);
  group->putAndInsertString(DCM_RepetitionTime, "2000");
  for (int frame = 0; frame < 10; ++frame) {
    DcmItem* own = nullptr;
    data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, own, frame);
    own->findOrCreateSequenceItem(DCM_MRTimingAndRelatedParametersSequence, group, 0);
    group->putAndInsertString(DCM_FlipAngle, frame == 3 ? "20" : "15");
    own->findOrCreateSequenceItem(DCM_PixelMeasuresSequence, group, 0);
    group->putAndInsertString(DCM_PixelSpacing, "0.7\\0.6");
    group->putAndInsertString(DCM_SliceThickness, "2.5");
  }
}

TEST_CASE("values of the header are found in the functional groups of an enhanced or legacy converted image") {
  MadeSeries series;
  series.add_enhanced([](DcmDataset& data) {
    data.putAndInsertString(DCM_SOPClassUID, UID_LegacyConvertedEnhancedCTImageStorage);
    put_groups_of_header(data);
  });
  const auto image = image_of(series);
  const auto& header = image.header;
  CHECK(header.at("PatientAge").text == "064Y");
  CHECK(header.at("KVP").text == "120");
  CHECK(header.at("EchoTime").text == "4.5");
  CHECK(header.at("RepetitionTime").text == "2000");
  CHECK(header.at("SliceThickness").text == "2.5");
  CHECK_FALSE(header.at("SliceThickness").differs);
  CHECK(header.at("FlipAngle").differs);
  CHECK(image.sources.at(0).sop_class_uid == UID_LegacyConvertedEnhancedCTImageStorage);
}

TEST_CASE("an enhanced image that does not tell where each frame lies is refused") {
  MadeSeries series;
  DcmItem* groups = nullptr;
  SECTION("groups for fewer frames than there are") {
    series.add_enhanced([](DcmDataset& data) { data.putAndInsertString(DCM_NumberOfFrames, "11"); });
    CHECK(code_of(series) == "MULTI_FRAME");
  }
  SECTION("one frame without a position") {
    series.add_enhanced([&](DcmDataset& data) {
      data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, 3);
      groups->findAndDeleteElement(DCM_PlanePositionSequence);
    });
    CHECK(code_of(series) == "NO_GEOMETRY");
  }
  SECTION("one frame lies otherwise") {
    series.add_enhanced([&](DcmDataset& data) {
      DcmItem* plane = nullptr;
      data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, 3);
      groups->findOrCreateSequenceItem(DCM_PlaneOrientationSequence, plane, 0);
      plane->putAndInsertString(DCM_ImageOrientationPatient, "1\\0\\0\\0\\0\\-1");
    });
    CHECK(code_of(series) == "MIXED_ORIENT");
  }
  SECTION("two phases at the same positions") {
    series.add_enhanced([&](DcmDataset& data) {
      DcmItem* plane = nullptr;
      data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, 3);
      groups->findAndGetSequenceItem(DCM_PlanePositionSequence, plane);
      plane->putAndInsertString(DCM_ImagePositionPatient, "-10\\-20\\0");
    });
    CHECK(code_of(series) == "DUPLICATE_POS");
  }
  SECTION("two phases of five positions") {
    series.add_enhanced([&](DcmDataset& data) {
      for (int frame = 0; frame < 10; ++frame) {
        DcmItem* item = nullptr;
        data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, frame);
        groups->findOrCreateSequenceItem(DCM_FrameContentSequence, item, 0);
        item->putAndInsertUint32(DCM_TemporalPositionIndex, static_cast<Uint32>(1 + frame / 5));
        groups->findAndGetSequenceItem(DCM_PlanePositionSequence, item);
        item->putAndInsertString(DCM_ImagePositionPatient, ("-10\\-20\\" + std::to_string(frame % 5 * 2.5)).c_str());
      }
    });
    CHECK(code_of(series) == "MULTI_PHASE");
  }
  SECTION("two phases between each other") {
    series.add_enhanced([&](DcmDataset& data) {
      for (int frame = 0; frame < 10; ++frame) {
        DcmItem* content = nullptr;
        data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, frame);
        groups->findOrCreateSequenceItem(DCM_FrameContentSequence, content, 0);
        content->putAndInsertUint32(DCM_TemporalPositionIndex, static_cast<Uint32>(1 + frame % 2));
      }
    });
    CHECK(code_of(series) == "MULTI_PHASE");
  }
  SECTION("fewer pixels than frames") {
    series.add_enhanced([](DcmDataset& data) {
      const std::vector<Uint16> pixels(9 * MadeSeries::kRows * MadeSeries::kColumns);
      data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), static_cast<unsigned long>(pixels.size()));
    });
    CHECK(code_of(series) == "PIXELS_DAMAGED");
  }
  SECTION("more frames than the limit") {
    series.add_enhanced();
    LoadOptions options;
    options.slices_max = 9;
    CHECK(code_of(series, options) == "TOO_LARGE");
  }
}

}  // namespace
}  // namespace inferad::imaging
