// SPDX-License-Identifier: Apache-2.0
// Whether the values of an image are such as a model knows (recipe/intensity.h). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pipelines/recipe/intensity.h"

namespace inferad::engine {

// What lies outside: "Outside the model's domain: mean 812, the model accepts -700 to -200."; nullopt: nothing. A value
// that is no number, or no value above Intensity::above, is outside. `who` as in suitability.h.
std::optional<std::string> outside_domain(std::span<const float> values, const recipe::Intensity& asked,
                                          std::string_view who);

}  // namespace inferad::engine
