// SPDX-License-Identifier: Apache-2.0
// A bundle's configuration from anywhere. Checked beside the sanitizers: what was read keeps the contract of recipe.h,
// and a refusal says something.
#include <cstdint>
#include <cstdlib>

#include "pipelines/recipe/evaluate.h"
#include "pipelines/recipe/recipe.h"

namespace {

using namespace inferad::recipe;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Step& step) {
  require(!step.target.empty() && !step.where.empty() && !step.arguments.contains("keys"));
  for (const auto& [name, value] : step.arguments) {
    require(!name.starts_with('_'));
    require(size_of(value) <= kValuesMax);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto recipe = read_recipe({reinterpret_cast<const char*>(data), size});
  if (!recipe) {
    require(!recipe.error().what.empty());
    return 0;
  }
  require(!recipe->image_key.empty());
  for (const auto* chain : {&recipe->preprocessing, &recipe->postprocessing}) {
    for (const auto& step : *chain) {
      check(step);
      require(!step.keys.empty());
    }
  }
  if (!recipe->inferer.target.empty()) check(recipe->inferer);
  return 0;
}
