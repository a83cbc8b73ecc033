// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/nifti.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace inferad::results {

namespace {

static_assert(std::endian::native == std::endian::little, "the file is written in the machine's byte order");

constexpr std::size_t kHeaderBytes = 348, kDataOffset = 352;
constexpr int kAxisMax = 32'767;

// Offsets of the members that are set (nifti1.h); all others are 0.
namespace offset {
constexpr std::size_t kDim = 40, kDatatype = 70, kBitpix = 72, kPixdim = 76, kVoxOffset = 108, kSclSlope = 112,
                      kUnits = 123, kSformCode = 254, kSform = 280, kMagic = 344;
}  // namespace offset

class Header {
 public:
  template <class T>
  void put(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  const std::array<char, kDataOffset>& bytes() const { return bytes_; }

 private:
  std::array<char, kDataOffset> bytes_{};
};

void put_place(Header& header, const findings::Geometry& geometry) {
  header.put<std::int16_t>(offset::kSformCode, 1);  // scanner coordinates
  const std::array directions = {&geometry.column_direction, &geometry.row_direction, &geometry.slice_direction};
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;
    const auto at = offset::kSform + row * 4 * sizeof(float);
    for (std::size_t axis = 0; axis < 3; ++axis)
      header.put(at + axis * sizeof(float),
                 static_cast<float>(sign * (*directions[axis])[row] * geometry.spacing[axis]));
    header.put(at + 3 * sizeof(float), static_cast<float>(sign * geometry.origin[row]));
  }
}

Header header_of(const findings::Geometry& geometry, bool projection) {
  Header header;
  header.put<std::int32_t>(0, static_cast<std::int32_t>(kHeaderBytes));
  const std::array<int, 8> sizes{projection ? 2 : 3, geometry.columns, geometry.rows, geometry.slices, 1, 1, 1, 1};
  for (std::size_t i = 0; i < sizes.size(); ++i)
    header.put(offset::kDim + i * sizeof(std::int16_t), static_cast<std::int16_t>(sizes[i]));
  header.put<std::int16_t>(offset::kDatatype, 16);  // float32
  header.put<std::int16_t>(offset::kBitpix, 32);
  header.put(offset::kPixdim, 1.0F);
  for (std::size_t axis = 0; axis < 3; ++axis)
    header.put(offset::kPixdim + (axis + 1) * sizeof(float), static_cast<float>(geometry.spacing[axis]));
  header.put(offset::kVoxOffset, static_cast<float>(kDataOffset));
  header.put(offset::kSclSlope, 1.0F);
  header.put<std::uint8_t>(offset::kUnits, 2);  // millimetres
  if (!projection) put_place(header, geometry);
  header.put(offset::kMagic, std::array<char, 4>{'n', '+', '1', '\0'});
  return header;
}

}  // namespace

Result<std::string> nifti_of(std::span<const float> voxels, const findings::Geometry& geometry, bool projection) {
  if (voxels.size() != geometry.voxels())
    return Error{Errc::invalid_input, "the image to be written has not as many voxels as its geometry says"};
  if (std::max({geometry.columns, geometry.rows, geometry.slices}) > kAxisMax)
    return Error{Errc::invalid_input, "the image to be written is too large for a NIfTI-1 file"};
  const auto header = header_of(geometry, projection);
  std::string bytes(kDataOffset + voxels.size_bytes(), '\0');
  std::memcpy(bytes.data(), header.bytes().data(), kDataOffset);
  std::memcpy(bytes.data() + kDataOffset, voxels.data(), voxels.size_bytes());
  return bytes;
}

}  // namespace inferad::results
