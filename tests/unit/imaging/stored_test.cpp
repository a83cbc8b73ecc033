// SPDX-License-Identifier: Apache-2.0
// Stored values through every encoding: all widths and signs, real HTJ2K, frames in several fragments, colour.
#include "pipelines/imaging/stored.h"

#include <catch2/catch.hpp>
#include <random>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "pipelines/imaging/digest.h"
#include "pipelines/imaging/projection.h"
#include "server/base/hash.h"
#include "tests/unit/imaging/made_series.h"
#include "tests/unit/imaging/openjph_frame.h"

namespace inferad::imaging {
namespace {

using test::MadeSeries;

constexpr std::size_t kPlane = MadeSeries::kColumns * MadeSeries::kRows;

PixelDigest digest(const std::filesystem::path& file) {
  auto digested = digest_pixels(file);
  REQUIRE(digested);
  if (const auto* refusal = std::get_if<Refusal>(&*digested)) FAIL(refusal->text);
  return std::get<PixelDigest>(std::move(*digested));
}

std::string code_of(const std::filesystem::path& file) {
  const auto digested = digest_pixels(file);
  if (!digested) return digested.error().what;
  const auto* refusal = std::get_if<Refusal>(&*digested);
  return refusal ? refusal->reason.value : "decoded";
}

// The hash of values as digest.h defines it, written down independently of the reader.
std::string hash_of(const std::vector<int>& values, int bytes_each) {
  std::string bytes;
  for (const int value : values)
    for (int byte = 0; byte < bytes_each; ++byte) bytes.push_back(static_cast<char>(value >> 8 * byte));
  return sha256_hex(bytes);
}

std::vector<int> made_values(int slice = 0, int offset = 0) {
  std::vector<int> values;
  for (std::size_t i = 0; i < kPlane; ++i)
    values.push_back(MadeSeries::stored(static_cast<int>(i) % MadeSeries::kColumns,
                                        static_cast<int>(i) / MadeSeries::kColumns, slice) +
                     offset);
  return values;
}

struct Width {
  int allocated, stored;
  bool is_signed;
};

// From the least to the most value of the width, both among them.
std::vector<int> spread_values(const Width& width) {
  const int span = (1 << width.stored) - 1, least = width.is_signed ? -(1 << (width.stored - 1)) : 0;
  std::vector<int> values;
  for (std::size_t i = 0; i < kPlane; ++i)
    values.push_back(least + static_cast<int>(static_cast<std::int64_t>(i) * span / (kPlane - 1)));
  return values;
}

void put_pixels(DcmDataset& data, const Width& width, const std::vector<int>& values) {
  for (const auto& [key, value] :
       {std::pair(DCM_BitsAllocated, width.allocated), std::pair(DCM_BitsStored, width.stored),
        std::pair(DCM_HighBit, width.stored - 1), std::pair(DCM_PixelRepresentation, width.is_signed ? 1 : 0)})
    data.putAndInsertUint16(key, static_cast<Uint16>(value));
  if (width.allocated == 8) {
    const std::vector<Uint8> bytes(values.begin(), values.end());
    data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), static_cast<unsigned long>(bytes.size()));
  } else {
    const std::vector<Uint16> words(values.begin(), values.end());
    data.putAndInsertUint16Array(DCM_PixelData, words.data(), static_cast<unsigned long>(words.size()));
  }
}

TEST_CASE("8 to 16 bits, signed and unsigned, are the same values in every lossless encoding") {
  const std::string syntax = GENERATE(as<std::string>(), "1.2.840.10008.1.2", "1.2.840.10008.1.2.2",
                                      "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.57",
                                      "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90");
  for (const auto& width : std::vector<Width>{{8, 8, false},
                                              {8, 8, true},
                                              {8, 6, false},
                                              {16, 9, false},
                                              {16, 10, true},
                                              {16, 12, false},
                                              {16, 12, true},
                                              {16, 15, false},
                                              {16, 16, false},
                                              {16, 16, true}}) {
    MadeSeries series;
    const auto values = spread_values(width);
    const auto image = digest(series.add(
        0, [&](DcmDataset& data) { put_pixels(data, width, values); }, syntax));
    INFO(syntax << ", " << width.stored << " of " << width.allocated << (width.is_signed ? " signed" : " unsigned"));
    CHECK(image.sha256 == hash_of(values, width.allocated / 8));
    CHECK(image.bits_stored == width.stored);
    CHECK(image.is_signed == width.is_signed);
    CHECK(image.frames == 1);
    CHECK(image.rows == MadeSeries::kRows);
    CHECK(image.columns == MadeSeries::kColumns);
  }
}

TEST_CASE("high-throughput JPEG 2000 by another encoder is decoded, under each of its transfer syntaxes") {
  const std::string syntax =
      GENERATE(as<std::string>(), "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203");
  MadeSeries series;
  const auto plain = series.add_encapsulated(
      [](DcmDataset&) {
        return MadeSeries::Fragments{{}, test::kOpenjphUnsigned};
      },
      syntax);
  CHECK(digest(plain).sha256 == hash_of(made_values(), 2));
  CHECK(digest(plain).transfer_syntax.find("High-Throughput JPEG 2000") == 0);
  const auto with_sign = series.add_encapsulated(
      [](DcmDataset& data) {
        data.putAndInsertUint16(DCM_PixelRepresentation, 1);
        return MadeSeries::Fragments{{}, test::kOpenjphSigned};
      },
      syntax);
  CHECK(digest(with_sign).sha256 == hash_of(made_values(0, -1000), 2));
}

TEST_CASE("fragments too long to be kept in memory are read again from where they lie") {
  const std::string syntax =
      GENERATE(as<std::string>(), "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201");
  constexpr int kSide = 128;
  std::vector<int> values;
  std::mt19937 random(20261129);  // noise, which no encoder makes short
  for (int i = 0; i < kSide * kSide; ++i) values.push_back(static_cast<int>(random() % 4096));
  MadeSeries series;
  const auto file = series.add(
      0,
      [&](DcmDataset& data) {
        data.putAndInsertUint16(DCM_Rows, kSide);
        data.putAndInsertUint16(DCM_Columns, kSide);
        put_pixels(data, {16, 12, false}, values);
      },
      syntax);
  INFO(syntax);
  CHECK(std::filesystem::file_size(file) > 16384);
  CHECK(digest(file).sha256 == hash_of(values, 2));
}

// Two frames (slices 0 and 1) as JPEG 2000, each cut in two fragments of even length.
MadeSeries::Fragments two_frames_in_four(MadeSeries& series, DcmDataset& data) {
  auto values = made_values();
  const auto second = made_values(1);
  values.insert(values.end(), second.begin(), second.end());
  put_pixels(data, {16, 12, false}, values);
  data.putAndInsertString(DCM_NumberOfFrames, "2");
  MadeSeries::Fragments fragments{{}};
  for (auto& stream : series.code_streams(data)) {
    if (stream.size() % 2) stream.push_back(0);
    const auto middle = stream.begin() + static_cast<std::ptrdiff_t>(stream.size() / 4 * 2);
    fragments.emplace_back(stream.begin(), middle);
    fragments.emplace_back(middle, stream.end());
  }
  return fragments;
}

TEST_CASE("frames in several fragments are found by the offset table, or by how a code stream begins") {
  MadeSeries series;
  auto values = made_values();
  const auto second = made_values(1);
  values.insert(values.end(), second.begin(), second.end());
  const auto with_table = series.add_encapsulated([&](DcmDataset& data) {
    auto fragments = two_frames_in_four(series, data);
    const auto offset = static_cast<std::uint32_t>(fragments[1].size() + fragments[2].size() + 16);
    fragments[0] = {0, 0, 0, 0, static_cast<std::uint8_t>(offset), static_cast<std::uint8_t>(offset >> 8), 0, 0};
    return fragments;
  });
  CHECK(digest(with_table).sha256 == hash_of(values, 2));
  const auto without = series.add_encapsulated([&](DcmDataset& data) { return two_frames_in_four(series, data); });
  CHECK(digest(without).sha256 == hash_of(values, 2));
  const auto wrong_table = series.add_encapsulated([&](DcmDataset& data) {
    auto fragments = two_frames_in_four(series, data);
    fragments[0] = {0, 0, 0, 0, 6, 0, 0, 0};
    return fragments;
  });
  CHECK(code_of(wrong_table) == "PIXELS_DAMAGED");
  const auto one_missing = series.add_encapsulated([&](DcmDataset& data) {
    auto fragments = two_frames_in_four(series, data);
    fragments.resize(3);
    return fragments;
  });
  CHECK(code_of(one_missing) == "PIXELS_DAMAGED");
}

void make_colour(DcmDataset& data, const std::vector<int>& samples) {
  data.putAndInsertUint16(DCM_SamplesPerPixel, 3);
  data.putAndInsertUint16(DCM_PlanarConfiguration, 0);
  data.putAndInsertString(DCM_PhotometricInterpretation, "RGB");
  put_pixels(data, {8, 8, false}, samples);
}

std::vector<int> colour_samples_made() {
  std::vector<int> samples;
  for (int i = 0; i < static_cast<int>(kPlane); ++i)
    for (const int sample : {i % 256, 255 - i % 256, (7 * i) % 256}) samples.push_back(sample);
  return samples;
}

TEST_CASE("colour is the same samples in every lossless encoding, planes and JPEG 2000's transform among them") {
  const auto samples = colour_samples_made();
  const std::string syntax = GENERATE(as<std::string>(), "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5",
                                      "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90");
  INFO(syntax);
  MadeSeries series;
  const auto file = series.add(
      0,
      [&](DcmDataset& data) {
        make_colour(data, samples);
        if (syntax.ends_with(".90")) data.putAndInsertString(DCM_PhotometricInterpretation, "YBR_RCT");
      },
      syntax);
  const auto image = digest(file);
  CHECK(image.samples == 3);
  CHECK(image.photometric == "RGB");
  CHECK(image.sha256 == hash_of(samples, 1));
  const auto loaded = load_projection(file, {.frames = findings::FrameChoice::first});
  REQUIRE(loaded);
  if (const auto* refusal = std::get_if<Refusal>(&*loaded)) FAIL(refusal->text);
  CHECK(std::get<findings::Image>(*loaded).voxels[5] == Approx(0.299 * 5 + 0.587 * 250 + 0.114 * 35));
}

TEST_CASE("colour by planes is hashed as colour by pixels") {
  const auto samples = colour_samples_made();
  std::vector<int> planes;
  for (std::size_t sample = 0; sample < 3; ++sample)
    for (std::size_t i = 0; i < kPlane; ++i) planes.push_back(samples[3 * i + sample]);
  MadeSeries series;
  const auto file = series.add(0, [&](DcmDataset& data) {
    make_colour(data, planes);
    data.putAndInsertUint16(DCM_PlanarConfiguration, 1);
  });
  CHECK(digest(file).sha256 == hash_of(samples, 1));
}

TEST_CASE("a palette becomes luminance where frames are asked for, else the image is refused by its name") {
  const int bits = GENERATE(8, 16);
  MadeSeries series;
  const auto file = series.add(0, [&](DcmDataset& data) {
    put_pixels(data, {8, 8, false}, spread_values({8, 8, false}));
    data.putAndInsertString(DCM_PhotometricInterpretation, "PALETTE COLOR");
    const Uint16 descriptor[] = {200, 10, static_cast<Uint16>(bits)};
    for (const auto& key : {DCM_RedPaletteColorLookupTableDescriptor, DCM_GreenPaletteColorLookupTableDescriptor,
                            DCM_BluePaletteColorLookupTableDescriptor})
      data.putAndInsertUint16Array(key, descriptor, 3);
    const auto put = [&](const DcmTagKey& key, int factor) {  // entry n: n * factor % 256
      std::vector<Uint16> words;
      for (int n = 0; n < 200; n += bits == 8 ? 2 : 1) {
        const int one = n * factor % 256, next = (n + 1) * factor % 256;
        words.push_back(static_cast<Uint16>(bits == 8 ? next << 8 | one : one * 257));
      }
      data.putAndInsertUint16Array(key, words.data(), static_cast<unsigned long>(words.size()));
    };
    put(DCM_RedPaletteColorLookupTableData, 1);
    put(DCM_GreenPaletteColorLookupTableData, 2);
    put(DCM_BluePaletteColorLookupTableData, 3);
  });
  const auto as_slice = load_projection(file);
  REQUIRE(as_slice);
  CHECK(std::get<Refusal>(*as_slice).text == "the image is PALETTE COLOR, not grey");
  const auto loaded = load_projection(file, {.frames = findings::FrameChoice::first});
  REQUIRE(loaded);
  if (const auto* refusal = std::get_if<Refusal>(&*loaded)) FAIL(refusal->text);
  const auto& image = std::get<findings::Image>(*loaded);
  const auto values = spread_values({8, 8, false});
  for (std::size_t i = 0; i < kPlane; ++i) {
    const int n = std::clamp(values[i] - 10, 0, 199);
    CHECK(image.voxels[i] == Approx(0.299 * (n % 256) + 0.587 * (2 * n % 256) + 0.114 * (3 * n % 256)).margin(1e-3));
  }
  CHECK(image.grey.highest == 255);
}

TEST_CASE("single bits and 32 bits are decoded for the digest and refused as images") {
  MadeSeries series;
  const auto mask = series.add(0, [](DcmDataset& data) {
    put_pixels(data, {8, 1, false}, {});
    data.putAndInsertUint16(DCM_BitsAllocated, 1);
    std::vector<Uint8> bytes(32, 0);  // 252 bits
    bytes[0] = 0b0000'0101;
    bytes[31] = 0b0000'1000;
    data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), 32);
  });
  std::vector<int> bits(kPlane, 0);
  bits[0] = bits[2] = bits[251] = 1;
  CHECK(digest(mask).sha256 == hash_of(bits, 1));
  const auto dose = series.add(1, [](DcmDataset& data) {
    put_pixels(data, {16, 32, false}, {});
    data.putAndInsertUint16(DCM_BitsAllocated, 32);
    std::vector<Uint16> words;
    for (std::size_t i = 0; i < kPlane; ++i) words.insert(words.end(), {static_cast<Uint16>(i), 0x8001});
    data.putAndInsertUint16Array(DCM_PixelData, words.data(), static_cast<unsigned long>(words.size()));
  });
  std::vector<int> longs;
  for (std::size_t i = 0; i < kPlane; ++i) longs.push_back(static_cast<int>(0x8001'0000U + i));
  CHECK(digest(dose).sha256 == hash_of(longs, 4));
  for (const auto& file : {mask, dose}) {
    const auto loaded = load_projection(file);
    REQUIRE(loaded);
    CHECK(std::get<Refusal>(*loaded).reason.value == "PIXEL_FORMAT");
  }
}

TEST_CASE("what cannot be decoded names its transfer syntax") {
  const auto& [syntax, name] = GENERATE(table<std::string, std::string>(
      {{"1.2.840.10008.1.2.4.100", "MPEG2 Main Profile @ Main Level (1.2.840.10008.1.2.4.100)"},
       {"1.2.840.10008.1.2.4.112", "JPEG XL (1.2.840.10008.1.2.4.112)"},
       {"1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian (1.2.840.10008.1.2.1.98)"},
       {"1.2.840.10008.1.2.4.999", "encoded as 1.2.840.10008.1.2.4.999"}}));
  MadeSeries series;
  const auto digested = digest_pixels(series.add(0, {}, syntax));
  REQUIRE(digested);
  const auto& refusal = std::get<Refusal>(*digested);
  CHECK(refusal.reason.value == "TRANSFER_SYNTAX");
  INFO(refusal.text);
  CHECK(refusal.text.find(name) != std::string::npos);
}

TEST_CASE("billions of frames are refused before anything is decoded") {
  MadeSeries series;
  CHECK(code_of(series.add(0, [](DcmDataset& data) {
          data.putAndInsertString(DCM_NumberOfFrames, "2147483647");
          data.putAndInsertUint16(DCM_Rows, 65535);
          data.putAndInsertUint16(DCM_Columns, 65535);
        })) == "TOO_LARGE");
}

}  // namespace
}  // namespace inferad::imaging
