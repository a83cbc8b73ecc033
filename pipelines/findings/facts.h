// SPDX-License-Identifier: Apache-2.0
// Parts of findings.h: codes, what a network was given, and what files it made. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipelines/findings/location.h"

namespace inferad::findings {

struct CodedConcept {
  std::string value, scheme, meaning;
  bool operator==(const CodedConcept&) const = default;
};

// A value of the header that the network was given beside the pixels.
struct HeaderValue {
  std::string attribute;        // keyword of PS3.6: "PatientAge"
  std::optional<double> value;  // of a number, in `unit`
  std::string unit;             // UCUM; "" of a word
  std::string word;             // of a word: as in the header
  double given = 0;             // what the network got
  bool fallback = false;        // the header does not say it: the pipeline's own value
};

// One of several images that the network was given together.
struct InputImage {
  std::string name;  // in the pipeline: "left_cc"
  ImageReference image;
};

// An image that the network made, as a file beside findings.json.
struct ImageFile {
  std::string name;    // plain: "synthetic-ct.nii", NIfTI-1, float32, on the grid of the source
  std::string sha256;  // of its bytes
  std::uint64_t size_bytes = 0;
  std::string label;  // "Synthetic CT"
  CodedConcept content, unit;
};

}  // namespace inferad::findings
