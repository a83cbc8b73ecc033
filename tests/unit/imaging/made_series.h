// SPDX-License-Identifier: Apache-2.0
// Small CT series made for a test: SLICES files of COLUMNS x ROWS with known values in a folder of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

class DcmDataset;
class DcmFileFormat;

namespace inferad::test {

class MadeSeries {
 public:
  static constexpr int kColumns = 18, kRows = 14;
  // The stored value of a voxel; 12 bits, differs in every direction.
  static int stored(int column, int row, int slice) { return 3 * column + 50 * row + 200 * slice; }

  MadeSeries();
  ~MadeSeries();
  MadeSeries(const MadeSeries&) = delete;
  MadeSeries& operator=(const MadeSeries&) = delete;

  // Slice k lies at z = 2.5 k; rescale intercept -1024, slope 1. `edit` may change the data set before it is encoded.
  // What DCMTK has no encoder for is written as a JPEG 2000 code stream under the given transfer syntax UID.
  std::filesystem::path add(int k, const std::function<void(DcmDataset&)>& edit = {},
                            const std::string& transfer_syntax = "1.2.840.10008.1.2.1");
  // Ten slices, file names in descending order of position.
  void add_ten(const std::function<void(DcmDataset&, int)>& edit = {},
               const std::string& transfer_syntax = "1.2.840.10008.1.2.1");

  // Slices 0 to 9 as the frames of one Enhanced CT, the highest first. Position and rescale are told for each frame
  // (intercept -1024, in slice 4 slope 2 and -1000), orientation and spacing for all.
  std::filesystem::path add_enhanced(const std::function<void(DcmDataset&)>& edit = {},
                                     const std::string& transfer_syntax = "1.2.840.10008.1.2.1");

  // Slice 0 with the given pixel data: the offset table, then fragments.
  using Fragments = std::vector<std::vector<std::uint8_t>>;
  std::filesystem::path add_encapsulated(const std::function<Fragments(DcmDataset&)>& make,
                                         const std::string& transfer_syntax = "1.2.840.10008.1.2.4.90");
  // The native pixels of `data` as JPEG 2000 code streams, one a frame.
  Fragments code_streams(DcmDataset& data) const;

  const std::vector<std::filesystem::path>& files() const { return files_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path save(DcmFileFormat& file, int syntax, const std::string& transfer_syntax);

  std::filesystem::path folder_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace inferad::test
