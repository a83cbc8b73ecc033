// SPDX-License-Identifier: Apache-2.0
// One condition of a routing rule, as a value. flow/ evaluates it over a study or one series; here it is only data and
// its text. In JSON a condition is an object with one of these shapes (config/README.md has examples):
//   {"attribute": K, "equals": V | "in": [V…] | "min": N, "max": N | "matches": RE | "exists": B}
//   {"images": {"min": N, "max": N}}   {"calling_ae": [A…]}   {"orientation": O}   {"slice_distance": {…}}
//   {"all": […]}   {"any": […]}   {"not": C}   {"series": C}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/config/pattern.h"

namespace inferad::config {

struct Range {
  std::optional<double> min, max;  // both ends belong to it
  bool contains(double value) const { return !(min && value < *min) && !(max && value > *max); }
};

struct Condition {
  enum class Kind {
    all,             // every part; without parts: always met
    any,             // at least one part
    negation,        // not the one part
    some_series,     // one series of the study fulfils the part
    one_of,          // a value of the attribute is one of `values`; case and outer spaces do not count
    range,           // a number of the attribute is in `range`
    matches,         // a value of the attribute matches `pattern`
    exists,          // the attribute has (`wanted`) or has not a value
    images,          // the number of images is in `range`
    calling_ae,      // the AE title that sent the study is one of `values`
    orientation,     // of a series: one of `values` (axial, coronal, sagittal, oblique)
    slice_distance,  // of a series: in `range`, and the same all along when `wanted`
  };
  Kind kind = Kind::all;
  std::vector<Condition> parts;
  std::vector<std::string> attributes;  // keywords; one of them has to fulfil the test
  std::vector<std::string> values;
  Range range;
  Pattern pattern;
  bool wanted = true;
};

// In words, for `explain`, pages and logs: "Modality is CT and BodyPartExamined matches /chest|thorax/".
std::string to_string(const Condition& condition);
std::string to_string(const Range& range);  // "from 1 to 5", "at least 1", "at most 5"

}  // namespace inferad::config
