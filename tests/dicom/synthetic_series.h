// SPDX-License-Identifier: Apache-2.0
// A small CT series on disk with an image, a mask and findings that belong to it. The folder goes away with the object.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/findings/job.h"
#include "pipelines/results/results.h"

class DcmDataset;

namespace inferad::testing {

struct SeriesOptions {
  int columns = 16, rows = 8, slices = 5;
  std::string character_set = "ISO_IR 100";
  std::string patient_name = "Doe^Jane";  // bytes in character_set
  std::string timezone_offset;            // (0008,0201); "" = absent
  bool frame_of_reference = true;
  bool lossy = false;
};

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct SyntheticSeries {
  explicit SyntheticSeries(const SeriesOptions& options = {});

  results::SourceHeader header() const;  // REQUIREs success
  results::ResultRequest request(const results::SourceHeader& header) const;
  results::ResultRequest not_analysed_request(const results::SourceHeader& header) const;

  TempFolder folder;
  std::vector<std::filesystem::path> files;
  findings::Image image;
  findings::LabelMap labels;  // two segments, right and left, with random edges
  findings::Findings findings, not_analysed;
  findings::Job job;
};

// Makes mask, findings and job for an image whose sources are on disk.
findings::LabelMap two_blobs(const findings::Geometry& geometry, unsigned seed);
findings::Findings findings_for(const findings::Image& image, bool analysed);
findings::Job job_for(const findings::Image& image);

// Changes the data set of a file in place.
void edit(const std::filesystem::path& file, const std::function<void(DcmDataset&)>& change);

std::string read_bytes(const std::filesystem::path& path);

}  // namespace inferad::testing
