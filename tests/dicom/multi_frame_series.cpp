// SPDX-License-Identifier: Apache-2.0
#include "tests/dicom/multi_frame_series.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace inferad::testing {

namespace fs = std::filesystem;

namespace {

void frame_positions(DcmDataset& data, const findings::Image& image) {
  for (const auto& slice : image.sources) {
    DcmItem *group = nullptr, *plane = nullptr;
    REQUIRE(data.findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, group, -2).good());
    REQUIRE(group->findOrCreateSequenceItem(DCM_PlanePositionSequence, plane, -2).good());
    const auto text = fmt::format("{}\\{}\\{}", slice.position[0], slice.position[1], slice.position[2]);
    REQUIRE(plane->putAndInsertString(DCM_ImagePositionPatient, text.c_str()).good());
  }
}

}  // namespace

void make_multi_frame(SyntheticSeries& series) {
  const auto file = series.files.front();
  auto& image = series.image;
  edit(file, [&](DcmDataset& data) {
    data.putAndInsertString(DCM_SOPClassUID, UID_EnhancedCTImageStorage);
    data.putAndInsertString(DCM_NumberOfFrames, std::to_string(image.geometry.slices).c_str());
    for (const auto& tag :
         {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing, DCM_SliceThickness})
      data.findAndDeleteElement(tag);
    frame_positions(data, image);
    const std::vector<Uint16> pixels(image.geometry.voxels(), 100);
    REQUIRE(data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size()).good());
  });
  for (std::size_t i = 0; i < image.sources.size(); ++i) {
    auto& slice = image.sources[i];
    slice.file = file;
    slice.sop_class_uid = UID_EnhancedCTImageStorage;
    slice.sop_instance_uid = image.sources.front().sop_instance_uid;
    slice.frame = static_cast<int>(i) + 1;
  }
  series.files = {file};
}

void make_projection(SyntheticSeries& series) {
  REQUIRE(series.files.size() == 1);
  edit(series.files.front(), [&](DcmDataset& data) {
    data.putAndInsertString(DCM_SOPClassUID, UID_DigitalXRayImageStorageForPresentation);
    data.putAndInsertString(DCM_Modality, "DX");
    for (const auto& tag : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_SliceThickness,
                            DCM_FrameOfReferenceUID, DCM_PositionReferenceIndicator, DCM_KVP})
      data.findAndDeleteElement(tag);
  });
  auto& image = series.image;
  image.projection = true;
  image.modality = "DX";
  image.geometry.origin = {};
  auto& source = image.sources.front();
  source.sop_class_uid = UID_DigitalXRayImageStorageForPresentation;
  source.position = {};
}

void fill_voxels(findings::Image& image) {
  const auto& geometry = image.geometry;
  image.voxels.clear();
  for (int k = 0; k < geometry.slices; ++k)
    for (int j = 0; j < geometry.rows; ++j)
      for (int i = 0; i < geometry.columns; ++i)
        image.voxels.push_back(static_cast<float>(-1000 + 37.3 * i + 11.7 * j + 90.1 * k));
}

std::span<const std::byte> bytes_of(const std::vector<float>& values) { return std::as_bytes(std::span(values)); }
std::span<const std::byte> bytes_of(const std::vector<std::uint8_t>& values) {
  return std::as_bytes(std::span(values));
}

}  // namespace inferad::testing
