// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/bits.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace inferad::results {

namespace {

static_assert(std::endian::native == std::endian::little, "gather_equal reads eight labels as one little-endian word");

constexpr std::uint64_t kLow = 0x0101010101010101u, kSeven = 0x7F7F7F7F7F7F7F7Fu;

// Eight labels → eight bits, bit i set where label i equals `segment`.
std::uint64_t gather_equal(const std::uint8_t* labels, std::uint8_t segment) {
  std::uint64_t word = 0;
  std::memcpy(&word, labels, sizeof word);
  word ^= kLow * segment;                                                    // equal bytes become 0
  const std::uint64_t zero = ~(((word & kSeven) + kSeven) | word | kSeven);  // 0x80 in each zero byte, else 0
  return ((zero >> 7) * 0x0102040810204080u) >> 56;                          // byte i → bit i
}

std::uint64_t gather_some(const std::uint8_t* labels, std::size_t count, std::uint8_t segment) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) bits |= std::uint64_t{labels[i] == segment} << i;
  return bits;
}

// Appends bits, least significant first.
class BitWriter {
 public:
  explicit BitWriter(std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

  void reserve_bits(std::size_t more) { bytes_.resize((bit_ + more + 7) / 8, 0); }

  // `bits` has at most 8 significant bits; reserved space is 0 beyond the current position.
  void put(std::uint64_t bits, std::size_t count) {
    const std::size_t byte = bit_ / 8, shift = bit_ % 8;
    bytes_[byte] = static_cast<std::uint8_t>(bytes_[byte] | (bits << shift));
    if (shift + count > 8) bytes_[byte + 1] = static_cast<std::uint8_t>(bits >> (8 - shift));
    bit_ += count;
  }

  std::size_t position() const { return bit_; }
  void rewind(std::size_t position) { bit_ = position; }  // only over bits that are 0
  void finish() {
    bytes_.resize((bit_ + 7) / 8);
    if (bytes_.size() % 2 != 0) bytes_.push_back(0);
  }

 private:
  std::vector<std::uint8_t>& bytes_;
  std::size_t bit_ = 0;
};

// Appends one frame; gives the number of bits that are set.
std::size_t put_frame(BitWriter& writer, std::span<const std::uint8_t> slice, std::uint8_t segment) {
  std::size_t voxels = 0, i = 0;
  writer.reserve_bits(slice.size());
  for (; i + 8 <= slice.size(); i += 8) {
    const auto bits = gather_equal(slice.data() + i, segment);
    voxels += static_cast<std::size_t>(std::popcount(bits));
    writer.put(bits, 8);
  }
  if (i < slice.size()) {
    const auto bits = gather_some(slice.data() + i, slice.size() - i, segment);
    voxels += static_cast<std::size_t>(std::popcount(bits));
    writer.put(bits, slice.size() - i);
  }
  return voxels;
}

}  // namespace

PackedMask pack_mask(const findings::LabelMap& labels, int segments) {
  PackedMask mask;
  BitWriter writer(mask.bytes);
  const auto frame = static_cast<std::size_t>(labels.rows) * static_cast<std::size_t>(labels.columns);
  for (int segment = 1; segment <= segments; ++segment) {
    for (int slice = 0; slice < labels.slices; ++slice) {
      const auto start = writer.position();
      const std::span<const std::uint8_t> voxels(labels.labels.data() + static_cast<std::size_t>(slice) * frame, frame);
      const auto count = put_frame(writer, voxels, static_cast<std::uint8_t>(segment));
      if (count == 0)
        writer.rewind(start);
      else
        mask.frames.push_back({segment, slice});
      mask.voxels += count;
    }
  }
  writer.finish();
  return mask;
}

bool frame_equals(std::span<const std::uint8_t> bytes, std::size_t index, std::span<const std::uint8_t> slice,
                  int segment) {
  const std::size_t first = index * slice.size(), shift = first % 8;
  if ((first + slice.size() + 7) / 8 > bytes.size()) return false;
  const auto value = static_cast<std::uint8_t>(segment);
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < slice.size(); i += 8) {
    const std::size_t byte = (first + i) / 8, count = std::min<std::size_t>(8, slice.size() - i);
    const unsigned next = shift + count > 8 ? bytes[byte + 1] : 0u;
    const std::uint64_t bits = ((bytes[byte] | next << 8) >> shift) & ((1u << count) - 1);
    difference |=
        bits ^ (count == 8 ? gather_equal(slice.data() + i, value) : gather_some(slice.data() + i, count, value));
  }
  return difference == 0;
}

}  // namespace inferad::results
