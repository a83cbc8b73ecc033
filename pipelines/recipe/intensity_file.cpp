// SPDX-License-Identifier: Apache-2.0
// The member "intensity" of a model's card ("accepts") and of a pipeline's eligibility.
#include <array>

#include "pipelines/recipe/file_reader.h"

namespace inferad::recipe {

Intensity intensity(const JsonNode& node) {
  static constexpr std::array<std::pair<std::string_view, bool>, 2> kOutside{{{"refuse", true}, {"remark", false}}};
  static constexpr std::array<std::pair<const char*, double>, 7> kPercentiles{{{"percentile_1", 1},
                                                                               {"percentile_5", 5},
                                                                               {"percentile_25", 25},
                                                                               {"percentile_50", 50},
                                                                               {"percentile_75", 75},
                                                                               {"percentile_95", 95},
                                                                               {"percentile_99", 99}}};
  constexpr double kMost = 1e12;
  JsonObject object(node);
  Intensity result;
  if (const auto limit = object.find("above")) result.above = limit->number(-kMost, kMost);
  if (const auto member = object.find("mean")) result.mean = range(*member, -kMost, kMost);
  if (const auto member = object.find("standard_deviation")) result.standard_deviation = range(*member, 0, kMost);
  for (const auto& [name, percent] : kPercentiles)
    if (const auto member = object.find(name)) result.percentiles.emplace_back(percent, range(*member, -kMost, kMost));
  if (const auto word = object.find("outside")) result.refuse = choose<bool>(*word, kOutside).value_or(true);
  if (result.is_open()) node.fail_expected("\"mean\", \"standard_deviation\" or a percentile, with its range");
  return result;
}

}  // namespace inferad::recipe
