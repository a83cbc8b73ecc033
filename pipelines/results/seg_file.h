// SPDX-License-Identifier: Apache-2.0
// A segmentation in a file, ours or another maker's: BINARY, FRACTIONAL or LABELMAP with 8 bits, native pixel data.
// Trusts nothing: sizes are checked before they are used. Immutable after read(); voxel access is safe between threads.
// Uses DCMTK inside.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pipelines/findings/facts.h"
#include "pipelines/results/frame_file.h"
#include "server/base/result.h"

class DcmDataset;

namespace inferad::results {

struct SegmentInFile {
  int number = 0;
  std::string label;
  findings::CodedConcept category, type;
  std::optional<findings::CodedConcept> modifier;  // of the type: laterality
  std::string tracking_id, tracking_uid;
};

class SegFile {
 public:
  // Errc::invalid_input: not a segmentation, or one that contradicts itself or is encoded as we cannot read; Errc::io:
  // not readable. The message names attribute and frame, nothing of the patient.
  static Result<SegFile> read(const std::filesystem::path& path);
  SegFile(SegFile&&) noexcept;
  SegFile& operator=(SegFile&&) noexcept;
  ~SegFile();

  const std::string& type() const { return type_; }  // (0062,0001)
  int rows() const { return rows_; }
  int columns() const { return columns_; }
  int bits() const { return bits_; }
  std::size_t frame_voxels() const { return static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_); }
  const std::vector<SegmentInFile>& segments() const { return segments_; }
  const std::vector<FrameInFile>& frames() const { return frames_; }
  const std::set<std::string>& referenced() const { return referenced_; }  // of Common Instance Reference
  std::span<const std::uint8_t> pixels() const { return pixels_; }

  // The values of a frame: 0 or 1 of BINARY, 0 … Maximum Fractional Value, or segment numbers. `out`: frame_voxels().
  void values(std::size_t frame, std::span<std::uint8_t> out) const;

  DcmDataset& data() const;

 private:
  struct Impl;
  SegFile();
  Status read_header();
  Status read_frames();
  Status read_pixels();

  std::unique_ptr<Impl> impl_;
  std::string type_;
  int rows_ = 0, columns_ = 0, bits_ = 1;
  std::vector<SegmentInFile> segments_;
  std::vector<FrameInFile> frames_;
  std::set<std::string> referenced_;
  std::span<const std::uint8_t> pixels_;
};

}  // namespace inferad::results
