// SPDX-License-Identifier: Apache-2.0
// Files damaged at every place: a refusal or an image, never a crash (run it with the sanitizers).
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "pipelines/imaging/digest.h"
#include "pipelines/imaging/projection.h"
#include "pipelines/imaging/series.h"
#include "tests/unit/imaging/made_series.h"

namespace inferad::imaging {
namespace {

using test::MadeSeries;

constexpr const char* kSyntaxes[] = {"1.2.840.10008.1.2",      "1.2.840.10008.1.2.1",    "1.2.840.10008.1.2.1.99",
                                     "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5",
                                     "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"};

bool accepted(const MadeSeries& series) {
  const auto loaded = load_series(series.files());
  return loaded && std::holds_alternative<findings::Image>(*loaded);
}

TEST_CASE("a file cut at any place is refused") {
  for (const auto* syntax : kSyntaxes) {
    MadeSeries series;
    series.add(0, {}, syntax);
    const auto path = series.add(1, {}, syntax);
    const auto size = std::filesystem::file_size(path);
    for (auto length = size - 2; length > 0; length = length > 7 ? length - 7 : 0) {
      std::filesystem::resize_file(path, length);
      INFO(syntax << " cut to " << length << " of " << size);
      CHECK_FALSE(accepted(series));
    }
  }
}

// Three samples a pixel, a palette, frames in fragments: made by `edit` of slice 0.
void make_frames(DcmDataset& data, int samples, const char* photometric) {
  data.putAndInsertUint16(DCM_SamplesPerPixel, static_cast<Uint16>(samples));
  data.putAndInsertString(DCM_PhotometricInterpretation, photometric);
  data.putAndInsertString(DCM_NumberOfFrames, "3");
  if (samples == 3) data.putAndInsertUint16(DCM_PlanarConfiguration, 0);
  for (const auto& [key, value] :
       {std::pair(DCM_BitsAllocated, 8), std::pair(DCM_BitsStored, 8), std::pair(DCM_HighBit, 7)})
    data.putAndInsertUint16(key, static_cast<Uint16>(value));
  std::vector<Uint8> bytes(static_cast<std::size_t>(3 * samples * MadeSeries::kRows * MadeSeries::kColumns));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<Uint8>(i);
  data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), static_cast<unsigned long>(bytes.size()));
  const Uint16 descriptor[] = {100, 0, 16};
  const std::vector<Uint16> table(100, 257);
  for (const auto& [described, key] :
       {std::pair(DCM_RedPaletteColorLookupTableDescriptor, DCM_RedPaletteColorLookupTableData),
        std::pair(DCM_GreenPaletteColorLookupTableDescriptor, DCM_GreenPaletteColorLookupTableData),
        std::pair(DCM_BluePaletteColorLookupTableDescriptor, DCM_BluePaletteColorLookupTableData)}) {
    data.putAndInsertUint16Array(described, descriptor, 3);
    data.putAndInsertUint16Array(key, table.data(), 100);
  }
}

TEST_CASE("changed bytes in colour, palettes and fragments do not crash the loader") {
  std::mt19937 random(20261129);
  for (const auto& [syntax, samples, photometric] : {std::tuple("1.2.840.10008.1.2.1", 3, "YBR_FULL"),
                                                     {"1.2.840.10008.1.2.5", 3, "RGB"},
                                                     {"1.2.840.10008.1.2.4.90", 3, "YBR_RCT"},
                                                     {"1.2.840.10008.1.2.1", 1, "PALETTE COLOR"},
                                                     {"1.2.840.10008.1.2.5", 1, "PALETTE COLOR"},
                                                     {"1.2.840.10008.1.2.4.90", 1, "MONOCHROME2"}}) {
    MadeSeries series;
    const auto path = series.add(
        0, [&, samples = samples, photometric = photometric](auto& data) { make_frames(data, samples, photometric); },
        syntax);
    INFO(syntax << " " << photometric);
    std::ifstream in(path, std::ios::binary);
    const std::string original{std::istreambuf_iterator<char>(in), {}};
    const LoadOptions options{.frames = findings::FrameChoice::all};
    const auto whole = load_projection(path, options);
    CHECK((whole && std::holds_alternative<findings::Image>(*whole)));
    for (int round = 0; round < 200; ++round) {
      auto bytes = original;
      for (int change = 0; change < 1 + round % 4; ++change)
        bytes[random() % bytes.size()] = static_cast<char>(round % 3 ? random() : 0xFF);
      std::ofstream(path, std::ios::binary) << bytes;
      static_cast<void>(load_projection(path, options));
      static_cast<void>(digest_pixels(path));
    }
  }
}

TEST_CASE("changed bytes anywhere do not crash the loader") {
  std::mt19937 random(20261124);
  for (const auto* syntax : kSyntaxes) {
    MadeSeries series;
    series.add(0, {}, syntax);
    const auto path = series.add(1, {}, syntax);
    std::ifstream in(path, std::ios::binary);
    const std::string original{std::istreambuf_iterator<char>(in), {}};
    int loaded = 0;
    for (int round = 0; round < 300; ++round) {
      auto bytes = original;
      for (int change = 0; change < 1 + round % 4; ++change) {
        bytes[random() % bytes.size()] = static_cast<char>(round % 3 ? random() : 0xFF);
      }
      std::ofstream(path, std::ios::binary) << bytes;
      loaded += accepted(series);
    }
    INFO(syntax);
    CHECK(loaded < 300);
  }
}

}  // namespace
}  // namespace inferad::imaging
