// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/bits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace inferad::results {

namespace {

static_assert(std::endian::native == std::endian::little, "voxels and bits are read and written as whole words");

// 64 labels → 64 bits, bit i set where label i equals `segment`.
#ifdef __SSE2__
std::uint64_t gather(const std::uint8_t* labels, std::uint8_t segment) {
  const auto wanted = _mm_set1_epi8(static_cast<char>(segment));
  std::uint64_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    __m128i sixteen;
    std::memcpy(&sixteen, labels + 16 * i, sizeof sixteen);
    const auto equal = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(sixteen, wanted)));
    bits |= std::uint64_t{equal} << (16 * i);
  }
  return bits;
}
#else
std::uint64_t gather(const std::uint8_t* labels, std::uint8_t segment) {
  constexpr std::uint64_t kLow = 0x0101010101010101u, kSeven = 0x7F7F7F7F7F7F7F7Fu;
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, labels + 8 * i, sizeof word);
    word ^= kLow * segment;                                                    // equal bytes become 0
    const std::uint64_t zero = ~(((word & kSeven) + kSeven) | word | kSeven);  // 0x80 in each zero byte, else 0
    bits |= (((zero >> 7) * 0x0102040810204080u) >> 56) << (8 * i);            // byte i → bit i
  }
  return bits;
}
#endif

std::uint64_t gather_some(const std::uint8_t* labels, std::size_t count, std::uint8_t segment) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) bits |= std::uint64_t{labels[i] == segment} << i;
  return bits;
}

// So many bits, at most 64, that begin at bit `at` of `bytes`.
std::uint64_t read_bits(const std::uint8_t* bytes, std::size_t at, std::size_t count) {
  const std::size_t shift = at % 8, length = (shift + count + 7) / 8;
  std::uint64_t low = 0;
  std::memcpy(&low, bytes + at / 8, std::min<std::size_t>(8, length));
  low >>= shift;
  if (length > 8) low |= std::uint64_t{bytes[at / 8 + 8]} << (64 - shift);
  return count == 64 ? low : low & ((std::uint64_t{1} << count) - 1);
}

// Sets them where the bytes hold zeros yet.
void write_bits(std::uint8_t* bytes, std::size_t at, std::size_t count, std::uint64_t bits) {
  const std::size_t shift = at % 8, length = (shift + count + 7) / 8;
  std::uint64_t low = 0;
  std::memcpy(&low, bytes + at / 8, std::min<std::size_t>(8, length));
  low |= bits << shift;
  std::memcpy(bytes + at / 8, &low, std::min<std::size_t>(8, length));
  if (length > 8) bytes[at / 8 + 8] = static_cast<std::uint8_t>(bits >> (64 - shift));
}

// Voxels [begin, end) of a slice that hold all those of a label; none: begin is end.
struct Extent {
  std::size_t begin = 0, end = 0;
  bool empty() const { return begin == end; }
  void add(std::size_t from, std::size_t to) {
    if (empty()) begin = from;
    end = to;
  }
};
using Extents = std::array<Extent, 256>;  // by label; that of the background is not kept

// Neighbours are mostly alike: a run of equal words of eight is looked at where it begins and where it ends.
Extents extents_in(std::span<const std::uint8_t> slice) {
  Extents extents{};
  const auto add_word = [&](std::uint64_t word, std::size_t from, std::size_t to) {
    for (std::uint64_t rest = word, last = 0; rest != 0; last = rest & 0xFF, rest >>= 8)
      if ((rest & 0xFF) != 0 && (rest & 0xFF) != last) extents[rest & 0xFF].add(from, to);
  };
  std::uint64_t run = 0, word = 0;
  std::size_t i = 0, begin = 0;
  for (; i + 8 <= slice.size(); i += 8) {
    std::memcpy(&word, slice.data() + i, sizeof word);
    if (word == run) continue;
    add_word(run, begin, i);
    run = word;
    begin = i;
  }
  add_word(run, begin, i);
  for (; i < slice.size(); ++i)
    if (slice[i] != 0) extents[slice[i]].add(i, i + 1);
  return extents;
}

bool any_segment(const Extents& extents, int segments) {
  return std::any_of(extents.begin() + 1, extents.begin() + 1 + std::min(segments, 255),
                     [](const Extent& it) { return !it.empty(); });
}

}  // namespace

std::span<const std::uint8_t> slice_of(const findings::LabelMap& labels, int slice) {
  const auto frame = static_cast<std::size_t>(labels.columns) * static_cast<std::size_t>(labels.rows);
  return {labels.labels.data() + static_cast<std::size_t>(slice) * frame, frame};
}

std::vector<GridFrame> segment_frames(const findings::LabelMap& labels, int segments, Frames which) {
  std::vector<Extents> extents;
  for (int slice = 0; slice < labels.slices; ++slice) extents.push_back(extents_in(slice_of(labels, slice)));
  std::vector<GridFrame> frames;
  for (int segment = 1; segment <= std::min(segments, 255); ++segment)
    for (int slice = 0; slice < labels.slices; ++slice) {
      const auto& extent = extents[static_cast<std::size_t>(slice)][static_cast<std::size_t>(segment)];
      if (which == Frames::full || !extent.empty()) frames.push_back({segment, slice, extent.begin, extent.end});
    }
  return frames;
}

std::vector<GridFrame> slice_frames(const findings::LabelMap& labels, int segments, Frames which) {
  std::vector<GridFrame> frames;
  for (int slice = 0; slice < labels.slices; ++slice)
    if (which == Frames::full || any_segment(extents_in(slice_of(labels, slice)), segments))
      frames.push_back({0, slice});
  return frames;
}

std::size_t packed_bytes(std::size_t frames, std::size_t frame_voxels) { return (frames * frame_voxels + 15) / 16 * 2; }

std::size_t pack_frames(const findings::LabelMap& labels, std::span<const GridFrame> frames,
                        std::span<std::uint8_t> bytes) {
  std::size_t voxels = 0, bit = 0;
  for (const auto& frame : frames) {
    const auto slice = slice_of(labels, frame.slice);
    const auto segment = static_cast<std::uint8_t>(frame.segment);
    std::size_t i = frame.begin;
    for (; i + 64 <= frame.end; i += 64) {
      const auto bits = gather(slice.data() + i, segment);
      if (bits == 0) continue;
      voxels += static_cast<std::size_t>(std::popcount(bits));
      write_bits(bytes.data(), bit + i, 64, bits);
    }
    if (const auto rest = frame.end - i; rest > 0) {
      const auto bits = gather_some(slice.data() + i, rest, segment);
      voxels += static_cast<std::size_t>(std::popcount(bits));
      write_bits(bytes.data(), bit + i, rest, bits);
    }
    bit += slice.size();
  }
  return voxels;
}

bool frame_equals(std::span<const std::uint8_t> bytes, std::size_t index, std::span<const std::uint8_t> slice,
                  int segment) {
  const std::size_t first = index * slice.size();
  if ((first + slice.size() + 7) / 8 > bytes.size()) return false;
  const auto value = static_cast<std::uint8_t>(segment);
  std::uint64_t difference = 0;
  std::size_t i = 0;
  for (; i + 64 <= slice.size(); i += 64)
    difference |= read_bits(bytes.data(), first + i, 64) ^ gather(slice.data() + i, value);
  if (const auto rest = slice.size() - i; rest > 0)
    difference |= read_bits(bytes.data(), first + i, rest) ^ gather_some(slice.data() + i, rest, value);
  return difference == 0;
}

}  // namespace inferad::results
