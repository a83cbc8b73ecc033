// SPDX-License-Identifier: Apache-2.0
// Key pictures and their PNG files. unit_results has no series on disk: what needs a source header is tested with the
// worker.
#include "pipelines/results/png.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <numeric>

#include "pipelines/results/slice_view.h"

using namespace inferad;
using namespace inferad::results;

namespace {

std::uint32_t number(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

std::uint32_t checksum(const std::string& bytes, std::size_t at, std::size_t size) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + at), static_cast<uInt>(size)));
}

}  // namespace

TEST_CASE("a picture is a PNG whose chunks have their checksums and whose rows come back") {
  std::vector<std::uint8_t> pixels(7 * 5 * 4);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  const auto png = png_of(7, 5, PngColour::rgba, pixels);
  REQUIRE(png.size() > 57);
  CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1A\n");
  CHECK(number(png, 8) == 13);
  CHECK(png.substr(12, 4) == "IHDR");
  CHECK((number(png, 16) == 7 && number(png, 20) == 5));
  CHECK((png[24] == 8 && png[25] == 6));
  CHECK(number(png, 29) == checksum(png, 12, 17));
  const auto size = number(png, 33);
  CHECK(png.substr(37, 4) == "IDAT");
  CHECK(number(png, 41 + size) == checksum(png, 37, size + 4));
  CHECK(png.substr(49 + size, 4) == "IEND");
  std::vector<std::uint8_t> raw(5 * 29);
  uLongf length = raw.size();
  REQUIRE(uncompress(raw.data(), &length, reinterpret_cast<const Bytef*>(png.data() + 41), size) == Z_OK);
  REQUIRE(length == raw.size());
  for (std::size_t row = 0; row < 5; ++row) {
    CHECK(raw[row * 29] == 0);
    CHECK(std::equal(raw.begin() + static_cast<std::ptrdiff_t>(row * 29 + 1),
                     raw.begin() + static_cast<std::ptrdiff_t>(row * 29 + 29),
                     pixels.begin() + static_cast<std::ptrdiff_t>(row * 28)));
  }
  CHECK(png_of(7, 5, PngColour::rgba, pixels) == png);
}

TEST_CASE("a view of a slice has square pixels, means of voxels, and outlines inside their segments") {
  findings::Image image;
  image.geometry.columns = 8, image.geometry.rows = 4, image.geometry.slices = 2;
  image.geometry.spacing = {1, 2, 5};
  for (int i = 0; i < 64; ++i) image.voxels.push_back(static_cast<float>(i));
  const auto size = view_size(image.geometry, 4);
  CHECK((size.width == 4 && size.height == 4));
  const SliceView view(image, nullptr, 0, 1, size);
  CHECK(view.value(0, 0) == 32.5);  // of voxels 32 and 33: two columns, one row
  CHECK(view.voxel(3, 3) == 62);
  CHECK(view.outline(1, 1) == 0);
  findings::LabelMap labels{8, 4, 2, std::vector<std::uint8_t>(64, 0)};
  std::fill(labels.labels.begin() + 32, labels.labels.end(), std::uint8_t{1});
  const SliceView marked(image, &labels, 1, 1, view_size(image.geometry, 16));
  CHECK(marked.outline(0, 8) == 1);
  CHECK(marked.outline(1, 8) == 1);
  CHECK(marked.outline(2, 8) == 0);  // inside, beyond the line
  const SliceView other(image, &labels, 0, 1, size);
  CHECK(other.outline(0, 0) == 0);  // a label that is no segment
}
