// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/bits.h"

#include <catch2/catch.hpp>
#include <random>

using namespace inferad;
using namespace inferad::results;

namespace {

findings::LabelMap random_labels(int columns, int rows, int slices, int labels, unsigned seed) {
  std::mt19937 random(seed);
  findings::LabelMap map{columns, rows, slices, {}};
  for (int i = 0; i < columns * rows * slices; ++i)
    map.labels.push_back(static_cast<std::uint8_t>(random() % static_cast<unsigned>(labels + 1)));
  return map;
}

// The definition, one bit at a time.
std::vector<std::uint8_t> packed_slowly(const findings::LabelMap& map, int segments) {
  std::vector<bool> bits;
  const auto frame = static_cast<std::size_t>(map.columns) * static_cast<std::size_t>(map.rows);
  for (int segment = 1; segment <= segments; ++segment)
    for (std::size_t start = 0; start < map.labels.size(); start += frame) {
      std::vector<bool> one;
      for (std::size_t i = 0; i < frame; ++i) one.push_back(map.labels[start + i] == segment);
      if (std::find(one.begin(), one.end(), true) != one.end()) bits.insert(bits.end(), one.begin(), one.end());
    }
  std::vector<std::uint8_t> bytes((bits.size() + 15) / 16 * 2, 0);
  for (std::size_t i = 0; i < bits.size(); ++i)
    if (bits[i]) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | (1u << (i % 8)));
  return bytes;
}

struct Packed {
  std::vector<GridFrame> frames;
  std::vector<std::uint8_t> bytes;
  std::size_t voxels = 0;
};

Packed packed(const findings::LabelMap& map, int segments, Frames which = Frames::sparse) {
  Packed mask{segment_frames(map, segments, which), {}, 0};
  mask.bytes.assign(packed_bytes(mask.frames.size(), slice_of(map, 0).size()), 0);
  mask.voxels = pack_frames(map, mask.frames, mask.bytes);
  return mask;
}

}  // namespace

TEST_CASE("bits run least significant first and on across frames") {
  // Two frames of 3 x 3, the first all ones, the second all zeros but one voxel.
  findings::LabelMap map{3, 3, 2, std::vector<std::uint8_t>(18, 0)};
  std::fill_n(map.labels.begin(), 9, std::uint8_t{1});
  map.labels[17] = 1;
  const auto mask = packed(map, 1);
  CHECK(mask.bytes == std::vector<std::uint8_t>{0xFF, 0x01, 0x02, 0x00});
  CHECK(mask.voxels == 10);
}

TEST_CASE("any size packs as the definition says") {
  for (const auto& [columns, rows] : {std::pair{1, 1}, {5, 7}, {7, 5}, {13, 11}, {8, 8}, {16, 3}, {64, 64}, {3, 3}}) {
    for (const int labels : {1, 2, 5}) {
      const auto map = random_labels(columns, rows, 4, labels, static_cast<unsigned>(columns * 100 + labels));
      const auto mask = packed(map, labels);
      INFO(columns << " x " << rows << ", " << labels << " segments");
      REQUIRE(mask.bytes == packed_slowly(map, labels));
      const auto frame = static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
      for (std::size_t i = 0; i < mask.frames.size(); ++i) {
        const std::span slice(map.labels.data() + static_cast<std::size_t>(mask.frames[i].slice) * frame, frame);
        REQUIRE(frame_equals(mask.bytes, i, slice, mask.frames[i].segment));
      }
    }
  }
}

TEST_CASE("empty frames are left out, also at the start and the end") {
  findings::LabelMap map{5, 7, 5, std::vector<std::uint8_t>(175, 0)};
  map.labels[35 * 1 + 3] = 2;
  map.labels[35 * 3 + 34] = 1;
  const auto mask = packed(map, 3);
  REQUIRE(mask.frames.size() == 2);
  CHECK((mask.frames[0].segment == 1 && mask.frames[0].slice == 3));
  CHECK((mask.frames[1].segment == 2 && mask.frames[1].slice == 1));
  CHECK(mask.bytes == packed_slowly(map, 3));
  CHECK(packed(findings::LabelMap{5, 7, 5, std::vector<std::uint8_t>(175, 0)}, 3).bytes.empty());
}

TEST_CASE("full masks have a frame for each slice and segment, label maps one for each slice") {
  findings::LabelMap map{5, 7, 4, std::vector<std::uint8_t>(140, 0)};
  map.labels[35 * 1 + 3] = 2;
  map.labels[35 * 3 + 34] = 9;  // no segment has this number
  const auto full = packed(map, 3, Frames::full);
  REQUIRE(full.frames.size() == 12);
  CHECK(full.voxels == 1);
  for (std::size_t i = 0; i < full.frames.size(); ++i)
    CHECK(frame_equals(full.bytes, i, slice_of(map, full.frames[i].slice), full.frames[i].segment));
  const auto slices = slice_frames(map, 3, Frames::sparse);
  REQUIRE(slices.size() == 1);
  CHECK((slices[0].segment == 0 && slices[0].slice == 1));
  CHECK(slice_frames(map, 3, Frames::full).size() == 4);
}

TEST_CASE("a changed bit is seen") {
  const auto map = random_labels(13, 11, 2, 1, 7);
  auto mask = packed(map, 1);
  const std::span slice(map.labels.data() + 143, 143);
  REQUIRE(frame_equals(mask.bytes, 1, slice, 1));
  mask.bytes[143 / 8 + 5] ^= 0x10;
  CHECK_FALSE(frame_equals(mask.bytes, 1, slice, 1));
  CHECK_FALSE(frame_equals(std::span(mask.bytes).first(10), 1, slice, 1));
}
