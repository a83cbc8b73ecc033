// SPDX-License-Identifier: Apache-2.0
// What results take over from the images they were made from: patient, study and frame of reference byte for byte
// (Specific Character Set included), from one reference image, and the identity of each image. Pixel data is not read.
// The worker reads it before the inference: a study whose images name different patients must not be analysed at all.
// Immutable after read(): safe to share between threads. Uses DCMTK inside.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/base/result.h"

class DcmItem;

namespace inferad::results {

struct SourceImage {
  std::filesystem::path file;
  std::string sop_class_uid, sop_instance_uid, series_uid, modality;
  std::string frame_of_reference_uid;          // "" when the image has none
  std::string position;                        // ImagePositionPatient as written in the file; "" when it has none
  bool is_image = true;                        // has Rows; else a report, a waveform …
  std::string series_number, instance_number;  // as written; "" when absent
};

class SourceHeader {
 public:
  // Reads each file once, up to its pixel data; the first one is the reference. Fails with Errc::invalid_input when a
  // file is not DICOM, lacks identity (SOP class and instance, study, series), or when patient, accession number or
  // study differ between the files; the message names the attribute, never its value.
  static Result<SourceHeader> read(std::span<const std::filesystem::path> files);

  SourceHeader(SourceHeader&&) noexcept;
  SourceHeader& operator=(SourceHeader&&) noexcept;
  ~SourceHeader();

  const std::vector<SourceImage>& images() const { return images_; }  // order of the files, each once
  const SourceImage* find(const std::filesystem::path& file) const;   // nullptr: not read
  std::string study_uid() const;
  bool utf8() const;                 // Specific Character Set is ISO_IR 192: text beyond ASCII may be written
  const DcmItem& reference() const;  // the attributes that may be copied

 private:
  SourceHeader();
  Status add(const std::filesystem::path& file);

  std::unique_ptr<DcmItem> reference_;
  std::vector<SourceImage> images_;
  std::map<std::filesystem::path, std::size_t> index_;
};

}  // namespace inferad::results
