// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipelines/recipe/configuration.h"
#include "pipelines/recipe/evaluate.h"

namespace inferad::recipe {

namespace {

constexpr std::size_t kStepsMax = 256, kKeysMax = 64;

Error refuse(const std::string& place, std::string_view what) {
  return {Errc::invalid_input, fmt::format("{}: {}", place, what)};
}

const std::string* text_member(const Dict& dict, const std::string& name) {
  const auto found = dict.find(name);
  return found == dict.end() ? nullptr : std::get_if<std::string>(&found->second.is);
}

// Python takes any text as true; the zoo writes "True" and means it.
Status settle_flags(Value& value, const std::string& place) {
  if (const auto* text = std::get_if<std::string>(&value.is)) {
    if (*text == "True" || *text == "true") {
      value.is = true;
    } else if (*text == "False" || *text == "false") {
      return refuse(place, fmt::format("the text \"{}\" counts as true for Python: write false without quotes", *text));
    }
  } else if (auto* list = std::get_if<List>(&value.is)) {
    for (auto& element : *list) INFERAD_TRY_STATUS(settle_flags(element, place));
  }
  return ok();
}

Result<std::vector<std::string>> keys_of(const Value& value, const std::string& place) {
  if (const auto* key = std::get_if<std::string>(&value.is)) return std::vector{*key};
  std::vector<std::string> keys;
  const auto* list = std::get_if<List>(&value.is);
  for (const auto& element : list ? *list : List{}) {
    const auto* key = std::get_if<std::string>(&element.is);
    if (!key) return refuse(place, "keys must be texts");
    keys.push_back(*key);
  }
  if (keys.empty() || keys.size() > kKeysMax)
    return refuse(place, fmt::format("keys must be a text or 1 to {} of them", kKeysMax));
  return keys;
}

bool holds_component(const Value& value) {
  if (const auto* dict = std::get_if<Dict>(&value.is))
    return dict->contains("_target_") ||
           std::any_of(dict->begin(), dict->end(), [](const auto& member) { return holds_component(member.second); });
  const auto* list = std::get_if<List>(&value.is);
  return list && std::any_of(list->begin(), list->end(), holds_component);
}

// A component as a step; `default_key`: what a transform without keys works on.
Result<Step> step_of(const Dict& component, const std::string& default_key) {
  Step step;
  step.target = *text_member(component, "_target_");
  step.where = *text_member(component, kPlaceMember);
  if (!default_key.empty()) step.keys.push_back(default_key);
  for (const auto& [name, value] : component) {
    const auto place = step.where + '#' + name;
    if (name == "keys") {
      INFERAD_TRY(step.keys, keys_of(value, place));
    } else if (!name.starts_with('_')) {
      if (holds_component(value)) return refuse(place, fmt::format("{} with an object is not supported", step.target));
      auto argument = value;
      INFERAD_TRY_STATUS(settle_flags(argument, place));
      step.arguments.emplace(name, std::move(argument));
    }
  }
  return step;
}

// Reads a chain: Compose, a list, or one transform; those within one another become one.
class ChainReader {
 public:
  ChainReader(std::string default_key, std::vector<Step>& steps)
      : default_key_(std::move(default_key)), steps_(steps) {}

  Status read(const Value& value, const std::string& place) {
    if (value.is_none()) return ok();
    if (const auto* list = std::get_if<List>(&value.is)) {
      for (const auto& element : *list) INFERAD_TRY_STATUS(read(element, place));
      return ok();
    }
    const auto* component = std::get_if<Dict>(&value.is);
    const auto* target = component ? text_member(*component, "_target_") : nullptr;
    if (!target) return refuse(place, fmt::format("found {}, expected a transform", type_name(value)));
    if (*target == "Compose") return read_compose(*component);
    if (steps_.size() == kStepsMax) return refuse(place, fmt::format("more than {} transforms", kStepsMax));
    INFERAD_TRY(auto step, step_of(*component, default_key_));
    steps_.push_back(std::move(step));
    return ok();
  }

 private:
  Status read_compose(const Dict& compose) {
    static constexpr std::array ignored = {"map_items", "unpack_items", "log_stats"};
    const auto& place = *text_member(compose, kPlaceMember);
    for (const auto& [name, value] : compose) {
      if (name == "transforms") {
        INFERAD_TRY_STATUS(read(value, place + "#transforms"));
      } else if (!name.starts_with('_') && is_true(value) &&
                 std::find(ignored.begin(), ignored.end(), name) == ignored.end()) {
        return refuse(place, fmt::format("Compose with {} is not supported", name));
      }
    }
    return ok();
  }

  std::string default_key_;
  std::vector<Step>& steps_;
};

Status read_chain(Configuration& configuration, const std::string& name, const std::string& default_key,
                  std::vector<Step>& steps) {
  INFERAD_TRY(const auto value, configuration.member(name));
  return value ? ChainReader(default_key, steps).read(*value, name) : ok();
}

}  // namespace

Result<Recipe> read_recipe(std::string_view json) {
  INFERAD_TRY(auto configuration, Configuration::parse(json));
  Recipe recipe;
  INFERAD_TRY(const auto image_key, configuration.member("image_key"));
  if (image_key) {
    const auto* key = std::get_if<std::string>(&image_key->is);
    if (!key || key->empty()) return refuse("image_key", "must be a text");
    recipe.image_key = *key;
  }
  INFERAD_TRY_STATUS(read_chain(configuration, "preprocessing", recipe.image_key, recipe.preprocessing));
  INFERAD_TRY_STATUS(read_chain(configuration, "postprocessing", "pred", recipe.postprocessing));
  INFERAD_TRY(const auto inferer, configuration.member("inferer"));
  if (inferer && !inferer->is_none()) {
    const auto* component = std::get_if<Dict>(&inferer->is);
    if (!component || !component->contains("_target_")) return refuse("inferer", "must be an object with _target_");
    INFERAD_TRY(recipe.inferer, step_of(*component, ""));
  }
  return recipe;
}

}  // namespace inferad::recipe
