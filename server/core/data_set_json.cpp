// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "server/core/data_set.h"

namespace inferad {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 16;

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

Json json_of(const DataSet& data_set) {
  Json object = Json::object();
  for (const auto& [tag, element] : data_set.elements) {
    Json value;
    if (element.vr == "SQ") {
      value = Json::array();
      for (const auto& item : element.items) value.push_back(json_of(item));
    } else {
      value = is_text_vr(element.vr) ? element.value : to_hex(element.value);
    }
    object[fmt::format("{:08X}", tag)] = {element.vr, std::move(value)};
  }
  return object;
}

Error bad() { return {Errc::invalid_input, "no data set in JSON"}; }

Result<DataSet> read(const Json& object, int depth) {
  if (!object.is_object() || depth > kDepthMax) return bad();
  DataSet out;
  for (const auto& [name, pair] : object.items()) {
    std::uint32_t tag = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), tag, 16);
    if (error != std::errc() || *end != '\0' || !pair.is_array() || pair.size() != 2 || !pair[0].is_string())
      return bad();
    auto& element = out.elements[tag];
    element.vr = pair[0].get<std::string>();
    if (element.vr == "SQ") {
      if (!pair[1].is_array()) return bad();
      for (const auto& item : pair[1]) {
        INFERAD_TRY(element.items.emplace_back(), read(item, depth + 1));
      }
    } else {
      if (!pair[1].is_string()) return bad();
      const auto& value = pair[1].get_ref<const std::string&>();
      element.value = is_text_vr(element.vr) ? value : from_hex(value);
    }
  }
  return out;
}

}  // namespace

std::string data_set_to_json(const DataSet& data_set) {
  return json_of(data_set).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<DataSet> data_set_from_json(std::string_view json) {
  const auto parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) return bad();
  return read(parsed, 0);
}

}  // namespace inferad
