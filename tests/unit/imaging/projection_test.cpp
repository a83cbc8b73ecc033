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
