// SPDX-License-Identifier: Apache-2.0
// From the model's classes to two lungs: what a threshold cannot know. Air inside the body, without the airways and the
// bowel; right and left apart; vessels inside a lung belong to it.
#pragma once

#include "pipelines/engine/airways.h"
#include "pipelines/engine/regions.h"
#include "pipelines/engine/sides.h"

namespace inferad::engine {

struct LungParameters {
  double body_opening_mm = 3;      // thinner tissue (table, blanket) is no body
  double outside_contact = 0.003;  // air with at least this share of its voxels at the edge of the picture is outside
  double component_share_min = 0.02;  // of the largest piece of a lung
  double gas_share_max = 0.7;         // a piece with more voxels as thin as air is bowel gas
  double closing_mm = 6;              // vessels at the hilum
  double hole_mm2 = 300;              // cross-sections of vessels
  AirwayParameters airways{};
};

struct Lungs {
  Sides sides;
  Mask airways;  // lumen and wall; in no lung
};

Lungs find_lungs(const ClassMap& map, const findings::Image& image, const LungParameters& parameters, int threads);

}  // namespace inferad::engine
