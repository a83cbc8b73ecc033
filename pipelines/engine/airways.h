// SPDX-License-Identifier: Apache-2.0
// Trachea and main bronchi: air in the chest that is not lung.
#pragma once

#include "pipelines/engine/regions.h"

namespace inferad::engine {

struct AirwayParameters {
  double wall_mm = 1.5;           // belongs to the airway
  double trachea_length_mm = 20;  // shorter tubes are something else
  double growth_ml = 60;          // beyond the trachea; more means that the tree has leaked into the lung
};

// Lumen and wall; empty when no trachea passes through the volume. The trachea is the longest upright tube near
// `middle` (a column); its branches are what is connected with it at the least strict class that does not leak.
Mask find_airways(const ClassMap& map, const Mask& inner_air, double middle, const findings::Geometry& geometry,
                  const AirwayParameters& parameters, int threads);

}  // namespace inferad::engine
