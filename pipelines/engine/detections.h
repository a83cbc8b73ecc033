// SPDX-License-Identifier: Apache-2.0
// Boxes and points of a detector: which of them are reported, and where they lie in the patient. Pure; no LibTorch.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/detection.h"

namespace inferad::engine {

// In voxels of the network's input, 0 is the centre of the first one; of a point both corners are the same. In an image
// the third axis goes from -0.5 to 0.5.
struct Candidate {
  findings::Vec3 low{}, high{};
  double score = 0;
  int label = 0;  // DetectionLabel::value
};

// Voxel (i, j, k) of the network's input to LPS mm (image: the detector's mm); three rows, the fourth column is the
// place of voxel 0.
using ToPatient = std::array<std::array<double, 4>, 3>;

struct Candidates {
  std::vector<Candidate> all;
  ToPatient to_patient{};
};

// Intersection over union of two boxes, 0 to 1.
double overlap(const Candidate& a, const Candidate& b);

struct Selection {
  std::vector<Candidate> kept;  // best first
  bool more = false;            // there were more than count_max
};

// Of known labels, scores from score_min on, without those that a better one of the same label overlaps (boxes) or has
// near (points), at most count_max. Of equal scores the first comes first.
Selection select(const Candidates& candidates, const recipe::Detection& detection);

// Where the candidate lies; nullopt: its centre is outside the image.
std::optional<findings::Location> locate(const Candidate& candidate, const ToPatient& to_patient,
                                         const findings::Image& image);

// The longest edge of a box, mm.
double longest_edge_mm(const Candidate& candidate, const ToPatient& to_patient);

}  // namespace inferad::engine
