// SPDX-License-Identifier: Apache-2.0
#include "server/flow/finding_items.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace inferad::flow {
namespace {

using Json = nlohmann::json;

const Json& member(const Json& object, const char* name) {
  static const Json none;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : none;
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace

const FindingItem* FindingItems::find(std::string_view id) const {
  const auto found = std::find_if(items.begin(), items.end(), [&](const FindingItem& item) { return item.id == id; });
  return found == items.end() ? nullptr : &*found;
}

FindingItems finding_items(std::string_view findings_json) {
  FindingItems out;
  const Json root = Json::parse(findings_json, nullptr, false);
  out.pipeline_version = text(root, "pipeline_version");
  out.model_sha256 = text(member(root, "algorithm"), "model_sha256");
  out.analysed = text(root, "outcome") == "analysed";
  out.reason = text(member(root, "priority"), "finding");
  const Json& items = member(root, "items");
  if (!items.is_array()) return out;
  for (const auto& item : items) {
    FindingItem one{text(item, "id"), text(member(item, "concept"), "meaning"), text(item, "presence")};
    if (one.id.empty()) continue;
    if (one.label.empty()) one.label = one.id;
    out.items.push_back(std::move(one));
  }
  return out;
}

}  // namespace inferad::flow
