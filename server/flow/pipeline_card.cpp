// SPDX-License-Identifier: Apache-2.0
#include "server/flow/pipeline_card.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "server/base/durable.h"

namespace inferad::flow {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBytesMax = 1 << 20;
constexpr int kDepthMax = 32;

bool is_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), plain);
}

// Null: there is none that could be read.
Json object_of(const std::filesystem::path& file) {
  const auto text = read_file(file, kBytesMax);
  if (!text) return nullptr;
  bool deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, Json&) { return !(deep = deep || depth > kDepthMax); };
  Json json = Json::parse(*text, watch, false);
  return deep || !json.is_object() ? Json(nullptr) : json;
}

Json chosen(const Json& object, std::initializer_list<const char*> members) {
  Json out = Json::object();
  for (const char* member : members)
    if (const auto found = object.find(member); found != object.end()) out[member] = *found;
  return out;
}

// Its model, and those that answer beside it.
std::vector<std::string> models_of(const Json& pipeline) {
  std::vector<std::string> names;
  const auto add = [&](const Json& value) {
    if (value.is_string() && is_name(value.get<std::string>())) names.push_back(value.get<std::string>());
  };
  if (const auto model = pipeline.find("model"); model != pipeline.end()) add(*model);
  const auto uncertainty = pipeline.find("uncertainty");
  if (uncertainty == pipeline.end() || !uncertainty->is_object()) return names;
  const auto ensemble = uncertainty->find("ensemble");
  if (ensemble != uncertainty->end() && ensemble->is_array())
    for (const auto& one : *ensemble) add(one);
  return names;
}

}  // namespace

Result<std::string> pipeline_card(const std::filesystem::path& pipelines, const std::filesystem::path& models,
                                  const std::string& pipeline) {
  const Json file = is_name(pipeline) ? object_of(pipelines / pipeline / "pipeline.json") : Json(nullptr);
  if (!file.is_object()) return Error{Errc::not_found, "There is no pipeline of this name in the catalog."};
  Json card = chosen(file, {"name", "version", "title", "manufacturer", "eligibility", "findings", "uncertainty"});
  Json list = Json::array();
  for (const auto& name : models_of(file)) {
    const Json model = object_of(models / name / "model.json");
    if (model.is_object()) list.push_back(chosen(model, {"name", "version", "sha256", "precision", "card"}));
  }
  card["models"] = std::move(list);
  return card.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace inferad::flow
