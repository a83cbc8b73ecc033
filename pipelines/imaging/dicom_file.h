// SPDX-License-Identifier: Apache-2.0
// One DICOM Part 10 file, opened for its header; pixel data stays on disk until decode() asks for it. Internal to
// imaging/. An object is used by one thread at a time; distinct objects are independent.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipelines/imaging/refusal.h"
#include "pipelines/imaging/slice_header.h"
#include "server/base/result.h"

class DcmDataset;

namespace inferad::imaging {

class DicomFile {
 public:
  // Reads everything but large values. Errc::io when the file cannot be read at all.
  static Result<OrRefusal<DicomFile>> open(const std::filesystem::path& path);

  DicomFile(DicomFile&&) noexcept;
  DicomFile& operator=(DicomFile&&) noexcept;
  ~DicomFile();

  const SliceHeader& header() const { return header_; }
  const std::vector<SliceHeader>& slices() const { return slices_; }  // functional_groups.h; in the order of frames
  DcmDataset& dataset() const { return *dataset_; }

 private:
  DicomFile(std::unique_ptr<DcmDataset> dataset, SliceHeader header);

  std::unique_ptr<DcmDataset> dataset_;
  SliceHeader header_;
  std::vector<SliceHeader> slices_;
};

}  // namespace inferad::imaging
