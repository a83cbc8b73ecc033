// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/mask.h"

#include <catch2/catch.hpp>
#include <random>

using namespace inferad;
using namespace inferad::engine;

namespace {

constexpr Grid kGrid{23, 7, 3};

std::vector<bool> random_bits(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<bool> bits(23 * 7 * 3);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = random() % 3 == 0;
  return bits;
}

Mask mask_from(const std::vector<bool>& bits, int threads = 1) {
  return Mask::make(kGrid, threads, [&](int j, int k, Runs& out) {
    const auto offset = row_offset(kGrid, j, k);
    append_where(
        23, [&](std::size_t i) { return bits[offset + i]; }, out);
  });
}

std::vector<bool> bits_of(const Mask& mask) {
  std::vector<bool> bits(23 * 7 * 3, false);
  for (int k = 0; k < kGrid.slices; ++k)
    for (int j = 0; j < kGrid.rows; ++j)
      for (const auto& run : mask.row(j, k))
        for (int i = run.begin; i < run.end; ++i) bits[row_offset(kGrid, j, k) + static_cast<std::size_t>(i)] = true;
  return bits;
}

}  // namespace

TEST_CASE("set operations on runs are those on voxels") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto a = random_bits(seed), b = random_bits(seed + 1000);
    const auto ma = mask_from(a), mb = mask_from(b, 3);
    CHECK(bits_of(ma) == a);
    const auto unite = bits_of(combined(ma, mb, SetOperation::unite, 2));
    const auto intersect = bits_of(combined(ma, mb, SetOperation::intersect, 2));
    const auto subtract = bits_of(combined(ma, mb, SetOperation::subtract, 2));
    const auto inverse = bits_of(complement(ma, 2));
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      REQUIRE(unite[i] == (a[i] || b[i]));
      REQUIRE(intersect[i] == (a[i] && b[i]));
      REQUIRE(subtract[i] == (a[i] && !b[i]));
      REQUIRE(inverse[i] == !a[i]);
      count += a[i] ? 1U : 0U;
    }
    CHECK(ma.voxels() == count);
  }
}

TEST_CASE("runs of a result neither touch nor overlap") {
  const auto all =
      combined(mask_from(random_bits(1)), complement(mask_from(random_bits(1)), 1), SetOperation::unite, 1);
  for (int k = 0; k < kGrid.slices; ++k)
    for (int j = 0; j < kGrid.rows; ++j) CHECK(all.row(j, k).size() == 1);
}

TEST_CASE("a mask painted into a label map is read back from it") {
  const auto mask = mask_from(random_bits(5));
  findings::LabelMap labels{23, 7, 3, std::vector<std::uint8_t>(23 * 7 * 3, 0)};
  paint(mask, 2, labels);
  CHECK(mask_of(labels, 2, 2) == mask);
  CHECK(mask_of(labels, 1, 2).empty());
}
