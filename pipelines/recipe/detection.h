// SPDX-License-Identifier: Apache-2.0
// What a detector gives, as pipeline.json describes it: boxes or points with scores, in voxels of the network's input.
// Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/findings.h"

namespace inferad::recipe {

enum class Scores {
  probability,  // 0 to 1; calibrated or not as the model's card says
  score,        // any number; larger means more likely
};

struct DetectionLabel {
  int value = 0;          // among the labels that the network gives
  std::string id, label;  // "nodule", "Nodule"
  findings::CodedConcept concept_code;
  std::optional<findings::CodedConcept> site, laterality;
};

// The network gives boxes or points [n, …], scores [n] and, where there is more than one label, labels [n]: a tuple in
// this order, or a dictionary of "boxes" or "points", "scores", "labels". Coordinates come in the order of the image's
// axes after preprocessing, x, y, z; of a box first its lower corner (or centre), then its upper one (or size).
struct Detection {
  enum class Form { point, box_corners, box_centre_size };
  Form form = Form::box_corners;
  bool zyx = false;          // the network is shown [channel, z, y, x] instead of [channel, x, y, z]
  bool from_corner = false;  // 0 is the outer corner of the first voxel instead of its centre
  Scores scores = Scores::probability;
  double score_min = 0;                // those below are dropped
  double overlap_max = 0.5;            // boxes of one label: intersection over union with a better one
  double distance_min_mm = 0;          // points of one label: to a better one
  int count_max = 20;                  // the best are reported
  std::vector<DetectionLabel> labels;  // of other values are dropped
};

}  // namespace inferad::recipe
