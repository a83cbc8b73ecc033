// SPDX-License-Identifier: Apache-2.0
// Where a finding lies, as coordinates in its group of the report (PS3.16 TID 1410 and 1411). Internal to results/.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/results/planar.h"
#include "pipelines/results/results.h"
#include "pipelines/results/sr_content.h"

namespace inferad::results {

// A place as this class of report can say it.
class Region {
 public:
  // nullopt: the class knows no coordinates of the patient (`solid` false), and none of its images shows the place.
  static std::optional<Region> of(const ResultRequest& request, const findings::Location& location, bool solid);

  // 1411 for a box in the patient, else 1410.
  std::string_view template_id() const;
  // A box in the patient is the ellipsoid that touches its faces (Volume Surface; SCOORD3D knows no box), with the
  // series it was found in; a point there is a SCOORD3D; in an image a box is a closed polyline of five points. Without
  // coordinates of the patient a box there is a polyline on each image that it reaches.
  void write(ContentItem& group, const ResultRequest& request) const;
  // As what `number` was inferred from: in the patient its centre.
  void refer(ContentItem& number, const ResultRequest& request, const findings::CodedConcept& name) const;

 private:
  explicit Region(const findings::Location& location) : location_(&location) {}
  std::vector<float> centre() const;

  const findings::Location* location_;  // not owned
  std::vector<Outline> outlines_;       // empty: in the patient
};

}  // namespace inferad::results
