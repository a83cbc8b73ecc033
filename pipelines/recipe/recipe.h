// SPDX-License-Identifier: Apache-2.0
// A recipe: which steps lead from an image to a model's input and from its output to results, in MONAI's vocabulary.
// Read from a bundle's inference.json or from pipeline.json; the same form in both. Plain values, no LibTorch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipelines/recipe/value.h"
#include "server/base/result.h"

namespace inferad::recipe {

// One transform or inferer with its arguments, everything resolved.
struct Step {
  std::string target;             // MONAI's name without module and without d, D, Dict: "Spacing"
  std::vector<std::string> keys;  // which entries it works on: {"image"}; of the array form (no keys) the chain's
                                  // default, image_key or "pred"; empty for an inferer
  Dict arguments;                 // without keys and the members that begin with _
  std::string where;              // for messages: "preprocessing#transforms#3"
};

// Invert names the chain that it undoes: its argument "transform" is the text "preprocessing" here. SaveImage is there,
// so that one sees which entries are results, but without arguments: saving is our own business. Quoted flags ("True")
// are flags.
struct Recipe {
  std::string image_key = "image";
  std::vector<Step> preprocessing;  // disabled steps are gone, nested Compose is flat
  Step inferer;                     // target "" when none is named
  std::vector<Step> postprocessing;
};

// `json`: text with members preprocessing, inferer, postprocessing, each optional, in the form of a MONAI bundle's
// configuration. Errc::invalid_input names the place and the transform, reference or expression that is not supported.
Result<Recipe> read_recipe(std::string_view json);

}  // namespace inferad::recipe
