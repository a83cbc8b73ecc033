// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/series.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/unit/imaging/loaded.h"

namespace inferad::imaging {
namespace {

using test::code_of;
using test::has_made_values;
using test::image_of;
using test::MadeSeries;

TEST_CASE("a series becomes a volume of Hounsfield units in slice order") {
  MadeSeries series;
  series.add_ten();
  const auto image = image_of(series);
  CHECK(has_made_values(image));
  CHECK(image.has_rescale);
  CHECK(image.modality == "CT");
  CHECK(image.series_uid == "2.25.2");
  CHECK(image.patient_age == "064Y");
  CHECK(image.image_type == std::vector<std::string>{"ORIGINAL", "PRIMARY", "AXIAL"});
  REQUIRE(image.sources.size() == 10);
  CHECK(image.sources[0].sop_instance_uid == "2.25.10000");
  CHECK(image.sources[9].sop_instance_uid == "2.25.10009");
  CHECK(image.sources[9].position[2] == 22.5);
  CHECK(image.geometry.spacing[2] == Approx(2.5));
}

TEST_CASE("the header says what it says, and where its images differ nobody can rely on it") {
  MadeSeries series;
  series.add_ten([](DcmDataset& data, int k) {
    data.putAndInsertString(DCM_PatientWeight, " 70.5 ");
    data.putAndInsertString(DCM_PatientSex, "F");
    data.putAndInsertString(DCM_KVP, k == 7 ? "100" : "120");
    if (k == 3) data.putAndInsertString(DCM_SliceThickness, "2.5");
    data.putAndInsertString(DCM_PatientName, "Nobody^Nowhere");
  });
  const auto header = image_of(series).header;
  CHECK(header.at("PatientAge").text == "064Y");
  CHECK(findings::header_number(*findings::find_header_attribute("PatientWeight"), header.at("PatientWeight").text) ==
        70.5);
  CHECK(header.at("PatientSex").text == "F");
  CHECK_FALSE(header.at("PatientSex").differs);
  CHECK(header.at("KVP").differs);
  CHECK(header.at("SliceThickness").differs);
  CHECK(header.size() == 5);
}

TEST_CASE("every lossless transfer syntax gives the same values") {
  const std::string syntax = GENERATE(
      as<std::string>(), "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99",
      "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
      "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203");
  INFO(syntax);
  MadeSeries series;
  series.add_ten({}, syntax);
  CHECK(has_made_values(image_of(series)));
}

TEST_CASE("signed, shifted and narrow pixels keep their values") {
  SECTION("signed 12 bits, overlay bits above the stored ones") {
    MadeSeries series;
    series.add_ten([](DcmDataset& data, int) {
      data.putAndInsertUint16(DCM_PixelRepresentation, 1);
      std::vector<Uint16> pixels(MadeSeries::kRows * MadeSeries::kColumns, 0xA000 | 0x0FFF);
      data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size());
    });
    CHECK(image_of(series).voxels[0] == -1025.0f);
  }
  SECTION("stored in the upper 12 bits") {
    MadeSeries series;
    series.add_ten([](DcmDataset& data, int) {
      data.putAndInsertUint16(DCM_HighBit, 15);
      std::vector<Uint16> pixels(MadeSeries::kRows * MadeSeries::kColumns, 100 << 4);
      data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size());
    });
    CHECK(image_of(series).voxels[0] == -924.0f);
  }
  SECTION("8 bits") {
    MadeSeries series;
    series.add_ten([](DcmDataset& data, int) {
      for (const auto& key : {DCM_BitsAllocated, DCM_BitsStored}) data.putAndInsertUint16(key, 8);
      data.putAndInsertUint16(DCM_HighBit, 7);
      std::vector<Uint8> pixels(MadeSeries::kRows * MadeSeries::kColumns, 200);
      data.putAndInsertUint8Array(DCM_PixelData, pixels.data(), pixels.size());
    });
    CHECK(image_of(series).voxels[0] == -824.0f);
  }
}

TEST_CASE("each slice has its own rescale") {
  MadeSeries series;
  series.add_ten([](DcmDataset& data, int k) {
    data.putAndInsertString(DCM_RescaleSlope, k == 4 ? "2.5" : "1");
    data.putAndInsertString(DCM_RescaleIntercept, k == 4 ? "-1000" : "-1024");
  });
  const auto image = image_of(series);
  const auto plane = static_cast<std::size_t>(MadeSeries::kRows * MadeSeries::kColumns);
  CHECK(image.voxels[4 * plane + 1] == 2.5f * static_cast<float>(MadeSeries::stored(1, 0, 4)) - 1000.0f);
  CHECK(image.voxels[5 * plane + 1] == static_cast<float>(MadeSeries::stored(1, 0, 5)) - 1024.0f);
}

TEST_CASE("neither file names nor Instance Numbers order the slices, and MONOCHROME1 changes no value of a volume") {
  MadeSeries series;
  series.add_ten([](DcmDataset& data, int k) {
    data.putAndInsertString(DCM_InstanceNumber, std::to_string((7 * k) % 10).c_str());
    data.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME1");
  });
  CHECK(has_made_values(image_of(series)));
}

TEST_CASE("padding keeps its value, inside and outside what the tissue has") {
  MadeSeries series;
  series.add_ten([](DcmDataset& data, int) {
    data.putAndInsertUint16(DCM_PixelRepresentation, 1);
    data.putAndInsertSint16(DCM_PixelPaddingValue, -2000);
    std::vector<Uint16> pixels(MadeSeries::kRows * MadeSeries::kColumns, 1024);
    for (const auto& [key, value] : {std::pair(DCM_BitsStored, 16), std::pair(DCM_HighBit, 15)})
      data.putAndInsertUint16(key, static_cast<Uint16>(value));
    pixels[0] = static_cast<Uint16>(-2000);
    data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size());
  });
  const auto image = image_of(series);
  CHECK(image.voxels[0] == -3024.0F);
  CHECK(image.voxels[1] == 0.0F);
  REQUIRE(image.padding.size() == 10);
  for (const auto& padding : image.padding) CHECK((padding.holds(-3024) && !padding.holds(-3023)));
}

TEST_CASE("padding is a range when the images say so, of each slice by its own rescale") {
  MadeSeries series;
  series.add_ten([](DcmDataset& data, int k) {
    if (k == 9) return;
    data.putAndInsertUint16(DCM_PixelPaddingValue, 3);
    data.putAndInsertUint16(DCM_PixelPaddingRangeLimit, 0);  // as MONOCHROME1 has it: the other way round
    if (k == 4) data.putAndInsertString(DCM_RescaleSlope, "-2");
  });
  const auto image = image_of(series);
  REQUIRE(image.padding.size() == 10);
  CHECK((image.padding[0].holds(-1024) && image.padding[0].holds(-1021)));
  CHECK_FALSE((image.padding[0].holds(-1020) || image.padding[0].holds(-1025)));
  CHECK((image.padding[4].holds(-1024) && image.padding[4].holds(-1030)));
  CHECK_FALSE((image.padding[4].holds(-1022) || image.padding[4].holds(-1032)));
  CHECK_FALSE(image.padding[9].holds(-1024));
  MadeSeries without;
  without.add_ten();
  CHECK(image_of(without).padding.empty());
}

TEST_CASE("a missing rescale is told, not guessed") {
  MadeSeries series;
  series.add_ten([](DcmDataset& data, int k) {
    if (k == 3) data.findAndDeleteElement(DCM_RescaleSlope);
  });
  CHECK_FALSE(image_of(series).has_rescale);
}

TEST_CASE("copies of an instance count once, contradictions are refused") {
  MadeSeries series;
  series.add_ten();
  SECTION("the same image again") {
    series.add(4);
    CHECK(image_of(series).geometry.slices == 10);
  }
  SECTION("another image at the same position") {
    series.add(4, [](DcmDataset& data) { data.putAndInsertString(DCM_SOPInstanceUID, "2.25.77"); });
    CHECK(code_of(series) == "DUPLICATE_POS");
  }
}

TEST_CASE("attributes of unknown VR are read as text") {
  MadeSeries series;
  series.add_ten([](DcmDataset& data, int k) {
    const auto position = "-10\\-20\\" + std::to_string(2.5 * k) + (k % 2 ? " " : "  ");
    data.findAndDeleteElement(DCM_ImagePositionPatient);
    auto* unknown = new DcmOtherByteOtherWord(DcmTag(DCM_ImagePositionPatient, EVR_UN));
    const auto even = position.size() % 2 ? position + " " : position;
    unknown->putUint8Array(reinterpret_cast<const Uint8*>(even.data()), static_cast<unsigned long>(even.size()));
    data.insert(unknown, OFTrue);
  });
  CHECK(has_made_values(image_of(series)));
}

struct Damage {
  const char* code;
  const char* what;
  std::function<void(DcmDataset&)> edit;
};

const std::vector<Damage> kDamages{
    {"RESCALE_INVALID", "slope 0", [](auto& d) { d.putAndInsertString(DCM_RescaleSlope, "0"); }},
    {"RESCALE_INVALID", "slope NaN", [](auto& d) { d.putAndInsertString(DCM_RescaleSlope, "nan"); }},
    {"RESCALE_INVALID", "slope infinite", [](auto& d) { d.putAndInsertString(DCM_RescaleSlope, "inf"); }},
    {"RESCALE_INVALID", "slope is a word", [](auto& d) { d.putAndInsertString(DCM_RescaleSlope, "one"); }},
    {"RESCALE_INVALID", "slope overflows", [](auto& d) { d.putAndInsertString(DCM_RescaleSlope, "1e999"); }},
    {"RESCALE_INVALID", "intercept with a tail",
     [](auto& d) { d.putAndInsertString(DCM_RescaleIntercept, "-1024HU"); }},
    {"NO_PIXELS", "no rows", [](auto& d) { d.findAndDeleteElement(DCM_Rows); }},
    {"NO_PIXELS", "zero columns", [](auto& d) { d.putAndInsertUint16(DCM_Columns, 0); }},
    {"PIXELS_DAMAGED", "no pixel data", [](auto& d) { d.findAndDeleteElement(DCM_PixelData); }},
    {"PIXELS_DAMAGED", "fewer pixels than rows say",
     [](auto& d) {
       const std::vector<Uint16> pixels(20);
       d.putAndInsertUint16Array(DCM_PixelData, pixels.data(), 20);
     }},
    {"PIXELS_DAMAGED", "more pixels than rows say",
     [](auto& d) {
       const std::vector<Uint16> pixels(2000);
       d.putAndInsertUint16Array(DCM_PixelData, pixels.data(), 2000);
     }},
    {"MULTI_FRAME", "two frames", [](auto& d) { d.putAndInsertString(DCM_NumberOfFrames, "2"); }},
    {"MULTI_FRAME", "two billion frames", [](auto& d) { d.putAndInsertString(DCM_NumberOfFrames, "2147483647"); }},
    {"MULTI_FRAME", "frames overflow", [](auto& d) { d.putAndInsertString(DCM_NumberOfFrames, "99999999999"); }},
    {"PIXEL_FORMAT", "colour", [](auto& d) { d.putAndInsertUint16(DCM_SamplesPerPixel, 3); }},
    {"MULTI_PHASE", "another echo", [](auto& d) { d.putAndInsertString(DCM_EchoNumbers, "2"); }},
    {"PIXEL_FORMAT", "palette", [](auto& d) { d.putAndInsertString(DCM_PhotometricInterpretation, "PALETTE COLOR"); }},
    {"PIXEL_FORMAT", "32 bits", [](auto& d) { d.putAndInsertUint16(DCM_BitsAllocated, 32); }},
    {"PIXEL_FORMAT", "no bits", [](auto& d) { d.putAndInsertUint16(DCM_BitsStored, 0); }},
    {"PIXEL_FORMAT", "more bits stored than allocated",
     [](auto& d) {
       d.putAndInsertUint16(DCM_BitsStored, 17);
       d.putAndInsertUint16(DCM_HighBit, 16);
     }},
    {"PIXEL_FORMAT", "high bit below the stored bits", [](auto& d) { d.putAndInsertUint16(DCM_HighBit, 3); }},
    {"NO_GEOMETRY", "position of two values", [](auto& d) { d.putAndInsertString(DCM_ImagePositionPatient, "1\\2"); }},
    {"NO_GEOMETRY", "position is words", [](auto& d) { d.putAndInsertString(DCM_ImagePositionPatient, "a\\b\\c"); }},
    {"NO_GEOMETRY", "position is NaN", [](auto& d) { d.putAndInsertString(DCM_ImagePositionPatient, "0\\nan\\2"); }},
    {"BAD_GEOMETRY", "zero spacing", [](auto& d) { d.putAndInsertString(DCM_PixelSpacing, "0\\0"); }},
};

TEST_CASE("a damaged image refuses the series with its own code") {
  for (const auto& damage : kDamages) {
    MadeSeries series;
    series.add_ten([&](DcmDataset& data, int k) {
      if (k == 5) damage.edit(data);
    });
    INFO(damage.what);
    CHECK(code_of(series) == damage.code);
  }
}

TEST_CASE("bombs are refused before anything is decoded") {
  SECTION("65535 x 65535 pixels") {
    MadeSeries series;
    series.add_ten([](DcmDataset& data, int) {
      data.putAndInsertUint16(DCM_Rows, 65535);
      data.putAndInsertUint16(DCM_Columns, 65535);
    });
    CHECK(code_of(series) == "TOO_LARGE");
  }
  SECTION("a volume above the limit") {
    MadeSeries series;
    series.add_ten();
    CHECK(code_of(series, {.decoded_bytes_max = 10 * 18 * 14 * 4}) == "accepted");
    CHECK(code_of(series, {.decoded_bytes_max = 10 * 18 * 14 * 4 - 1}) == "TOO_LARGE");
    CHECK(code_of(series, {.files_max = 9}) == "TOO_LARGE");
  }
}

TEST_CASE("a transfer syntax without a decoder is refused by name") {
  const std::string syntax = GENERATE(as<std::string>(), "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.999");
  MadeSeries series;
  series.add_ten({}, syntax);
  const auto loaded = load_series(series.files());
  REQUIRE(loaded);
  REQUIRE(std::holds_alternative<Refusal>(*loaded));
  CHECK(std::get<Refusal>(*loaded).reason.value == "TRANSFER_SYNTAX");
  CHECK(std::get<Refusal>(*loaded).text.find(syntax) != std::string::npos);
}

TEST_CASE("files that are no DICOM, or are not there") {
  MadeSeries series;
  series.add_ten();
  auto files = series.files();
  files.push_back(series.folder() / "note.txt");
  CHECK(load_series(files).error().code == Errc::io);
  std::ofstream(files.back()) << "this is no image, and it is long enough to hold a preamble of one hundred bytes "
                                 "and twenty-eight more, so that nothing ends too early";
  const auto loaded = load_series(files);
  REQUIRE(loaded);
  CHECK(std::get<Refusal>(*loaded).reason.value == "NOT_DICOM");
  CHECK(std::get<Refusal>(*load_series({})).reason.value == "NO_IMAGES");
}

}  // namespace
}  // namespace inferad::imaging
