// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "pipelines/engine/presentation.h"
#include "pipelines/imaging/projection.h"
#include "tests/unit/imaging/made_series.h"

namespace inferad::imaging {
namespace {

using findings::GreyScale;
using test::MadeSeries;

findings::Image load(const std::filesystem::path& file) {
  auto loaded = load_projection(file);
  REQUIRE(loaded);
  if (const auto* refusal = std::get_if<Refusal>(&*loaded)) FAIL(refusal->text);
  return std::get<findings::Image>(std::move(*loaded));
}

void make_radiograph(DcmDataset& data) {
  data.putAndInsertString(DCM_Modality, "DX");
  data.putAndInsertString(DCM_ViewPosition, "PA");
  data.putAndInsertString(DCM_ImageLaterality, "U");
  data.putAndInsertString(DCM_ImagerPixelSpacing, "0.2\\0.1");
  for (const auto& key : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing, DCM_RescaleSlope,
                          DCM_RescaleIntercept})
    delete data.remove(key);
}

TEST_CASE("a radiograph needs no position in the patient") {
  MadeSeries series;
  const auto image = load(series.add(1, make_radiograph));
  CHECK(image.projection);
  CHECK(image.geometry.columns == MadeSeries::kColumns);
  CHECK(image.geometry.rows == MadeSeries::kRows);
  CHECK(image.geometry.slices == 1);
  CHECK(image.spacing_known);
  CHECK(image.geometry.spacing == findings::Vec3{0.1, 0.2, 1});
  CHECK(image.view_position == "PA");
  CHECK(image.laterality == "U");
  CHECK(image.voxels[MadeSeries::kColumns + 2] == static_cast<float>(MadeSeries::stored(2, 1, 1)));
  CHECK(image.sources.size() == 1);
  CHECK_FALSE(image.grey.windowed);
  CHECK_FALSE(image.grey.inverted);
  CHECK(image.grey.lowest == 0);
  CHECK(image.grey.highest == 4095);
}

TEST_CASE("without any pixel spacing a radiograph says so") {
  MadeSeries series;
  const auto image = load(series.add(0, [](DcmDataset& data) {
    make_radiograph(data);
    data.putAndInsertString(DCM_ImagerPixelSpacing, "0\\0");
  }));
  CHECK_FALSE(image.spacing_known);
  CHECK(image.geometry.spacing == findings::Vec3{1, 1, 1});
}

TEST_CASE("the first VOI window and the photometric interpretation are read") {
  MadeSeries series;
  const auto image = load(series.add(0, [](DcmDataset& data) {
    make_radiograph(data);
    data.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME1");
    data.putAndInsertString(DCM_WindowCenter, "2000\\10");
    data.putAndInsertString(DCM_WindowWidth, "1000\\20");
    data.putAndInsertString(DCM_VOILUTFunction, "SIGMOID");
  }));
  CHECK(image.grey.inverted);
  CHECK(image.grey.windowed);
  CHECK(image.grey.centre == 2000);
  CHECK(image.grey.width == 1000);
  CHECK(image.grey.function == GreyScale::Function::sigmoid);
}

TEST_CASE("a window of no width is no window") {
  MadeSeries series;
  const auto image = load(series.add(0, [](DcmDataset& data) {
    make_radiograph(data);
    data.putAndInsertString(DCM_WindowCenter, "2000");
    data.putAndInsertString(DCM_WindowWidth, "0");
  }));
  CHECK_FALSE(image.grey.windowed);
}

// A made image of `frames` frames of 8-bit samples, and the frame that each value belongs to in its first sample.
std::filesystem::path make_frames(MadeSeries& series, int frames, int samples, const char* photometric) {
  return series.add(0, [&](DcmDataset& data) {
    make_radiograph(data);
    data.putAndInsertString(DCM_NumberOfFrames, std::to_string(frames).c_str());
    data.putAndInsertString(DCM_PhotometricInterpretation, photometric);
    for (const auto& [key, value] : {std::pair(DCM_SamplesPerPixel, samples), std::pair(DCM_BitsAllocated, 8),
                                     std::pair(DCM_BitsStored, 8), std::pair(DCM_HighBit, 7)})
      data.putAndInsertUint16(key, static_cast<Uint16>(value));
    if (samples == 3) data.putAndInsertUint16(DCM_PlanarConfiguration, 0);
    std::vector<Uint8> bytes;
    for (int frame = 0; frame < frames; ++frame)
      for (int i = 0; i < MadeSeries::kColumns * MadeSeries::kRows; ++i)
        for (int sample = 0; sample < samples; ++sample)
          bytes.push_back(static_cast<Uint8>(10 * frame + i % MadeSeries::kColumns + 50 * sample));
    data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), static_cast<unsigned long>(bytes.size()));
  });
}

TEST_CASE("frames that lie nowhere are taken where a pipeline asks for them") {
  using findings::FrameChoice;
  MadeSeries series;
  const auto file = make_frames(series, 5, 1, "MONOCHROME2");
  const auto load_with = [&](FrameChoice choice) {
    auto loaded = load_projection(file, {.frames = choice});
    REQUIRE(loaded);
    return std::get<findings::Image>(std::move(*loaded));
  };
  const auto refused = load_projection(file);
  CHECK(std::get<Refusal>(*refused).reason.value == "MULTI_FRAME");
  const auto all = load_with(FrameChoice::all);
  constexpr std::size_t plane = MadeSeries::kColumns * MadeSeries::kRows;
  CHECK(all.geometry.slices == 5);
  REQUIRE(all.voxels.size() == 5 * plane);
  CHECK(all.voxels[3 * plane + MadeSeries::kColumns + 7] == 37);
  CHECK(all.sources.size() == 5);
  CHECK(all.sources.back().frame == 5);
  const auto middle = load_with(FrameChoice::middle);
  CHECK(middle.geometry.slices == 1);
  CHECK(middle.voxels[4] == 24);
  CHECK(middle.sources.at(0).frame == 3);
  CHECK(load_with(FrameChoice::first).voxels[4] == 4);
}

TEST_CASE("frames of an enhanced image bring the values of their functional groups") {
  MadeSeries series;
  const auto loaded = load_projection(series.add_enhanced([](DcmDataset& data) {
    DcmItem *shared = nullptr, *group = nullptr, *own = nullptr;
    data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared);
    shared->findOrCreateSequenceItem(DCM_CTXRayDetailsSequence, group, 0);
    group->putAndInsertString(DCM_KVP, "120");
    data.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, own, 2);
    own->findOrCreateSequenceItem(DCM_CTXRayDetailsSequence, group, 0);
    group->putAndInsertString(DCM_SliceThickness, "2");
  }),
                                      {.frames = findings::FrameChoice::all});
  REQUIRE(loaded);
  const auto& header = std::get<findings::Image>(*loaded).header;
  CHECK(header.at("KVP").text == "120");
  CHECK_FALSE(header.at("KVP").differs);
  CHECK(header.at("SliceThickness").differs);
}

TEST_CASE("colour is luminance, as the standard weighs it") {
  MadeSeries series;
  const LoadOptions all{.frames = findings::FrameChoice::all};
  const auto rgb = load_projection(make_frames(series, 2, 3, "RGB"), all);
  const auto& image = std::get<findings::Image>(*rgb);
  constexpr std::size_t plane = MadeSeries::kColumns * MadeSeries::kRows;
  CHECK(image.voxels[plane + 7] == Approx(0.299 * 17 + 0.587 * 67 + 0.114 * 117));
  CHECK(image.grey.highest == 255);
  const auto ybr = load_projection(make_frames(series, 2, 3, "YBR_FULL"), all);
  CHECK(std::get<findings::Image>(*ybr).voxels[plane + 7] == 17);
  const auto other = load_projection(make_frames(series, 2, 3, "YBR_ICT"), all);
  CHECK(std::get<Refusal>(*other).reason.value == "PIXEL_FORMAT");
}

TEST_CASE("a colour image and a file without pixels are refused with their reason") {
  MadeSeries series;
  auto loaded = load_projection(series.add(0, [](DcmDataset& data) {
    make_radiograph(data);
    data.putAndInsertString(DCM_PhotometricInterpretation, "RGB");
    data.putAndInsertUint16(DCM_SamplesPerPixel, 3);
  }));
  REQUIRE(loaded);
  CHECK(std::get<Refusal>(*loaded).reason.value == "PIXEL_FORMAT");
  loaded = load_projection(series.add(1, [](DcmDataset& data) { data.putAndInsertUint16(DCM_Rows, 0); }));
  REQUIRE(loaded);
  CHECK(std::get<Refusal>(*loaded).reason.value == "NO_PIXELS");
  CHECK(load_projection("/nonexistent/image.dcm").error().code == Errc::io);
}

TEST_CASE("variants of one radiograph are shown alike") {
  const auto shared = std::filesystem::path(INFERAD_SHARED_DIR) / "data" / "dicom";
  if (!std::filesystem::is_directory(shared / "cxr-variants")) {
    std::cout << "SKIPPED: no cxr-variants beside the repository\n";
    return;
  }
  const auto shown = [](const std::filesystem::path& file) {
    auto image = load(file);
    engine::to_presentation(image.voxels, image.grey);
    return image.voxels;
  };
  const auto original = shown(shared / "cxr-labelled" / "kermany_IM-0115-0001.dcm");
  for (const auto& [name, tolerance] :
       {std::pair("IM-0115-0001_mono1.dcm", 1e-6), std::pair("IM-0115-0001_12bit.dcm", 1.0 / 4080)}) {
    const auto variant = shown(shared / "cxr-variants" / name);
    REQUIRE(variant.size() == original.size());
    double worst = 0;
    for (std::size_t i = 0; i < variant.size(); ++i)
      worst = std::max(worst, std::abs(static_cast<double>(variant[i]) - static_cast<double>(original[i])));
    INFO(name);
    CHECK(worst <= tolerance);
  }
}

TEST_CASE("windows give what the standard says") {
  const auto shown = [](std::vector<float> values, const GreyScale& grey) {
    engine::to_presentation(values, grey);
    return values;
  };
  GreyScale grey;
  grey.highest = 4;
  CHECK(shown({0, 1, 4}, grey) == std::vector<float>{0, 0.25F, 1});
  grey.inverted = true;
  CHECK(shown({0, 1, 4}, grey) == std::vector<float>{1, 0.75F, 0});
  std::vector<float> turned{0, 1, 4};
  engine::turn_inverted(turned, grey);
  CHECK(turned == std::vector<float>{4, 3, 0});
  grey.inverted = false;
  grey.windowed = true;
  grey.centre = 2048;
  grey.width = 4096;  // PS3.3 C.11.2.1.2.1, the first example: the identity of 12 bits
  const auto linear = shown({0, 4095}, grey);
  CHECK(linear[0] == Approx(0).margin(1e-6));
  CHECK(linear[1] == Approx(1).margin(1e-6));
  grey.width = 1;
  CHECK(shown({2047, 2048}, grey) == std::vector<float>{0, 1});
  grey.inverted = true;
  CHECK(shown({2047, 2048}, grey) == std::vector<float>{1, 0});
  grey.inverted = false;
  grey.function = GreyScale::Function::linear_exact;
  grey.width = 4;
  CHECK(shown({2046, 2048, 2049, 2051}, grey) == std::vector<float>{0, 0.5F, 0.75F, 1});
  grey.function = GreyScale::Function::sigmoid;
  CHECK(shown({2048}, grey)[0] == Approx(0.5));
  CHECK(shown({2049}, grey)[0] == Approx(1 / (1 + std::exp(-1.0))));
}

}  // namespace
}  // namespace inferad::imaging
