// SPDX-License-Identifier: Apache-2.0
#include "server/store/attribute_text.h"

#include <nlohmann/json.hpp>

#include "server/base/log.h"

namespace inferad::store {

std::string encode_attributes(const Attributes& attributes, const Attributes& base) {
  std::string text = "{";
  const auto add = [&](std::string_view keyword, std::string_view value) {
    if (text.size() > 1) text += ',';
    ((text += log::json_quote(keyword)) += ':') += value;
  };
  for (const auto& [keyword, value] : attributes) {
    const auto same = base.find(keyword);
    if (same == base.end() || same->second != value) add(keyword, log::json_quote(value));
  }
  for (const auto& [keyword, value] : base)
    if (!attributes.contains(keyword)) add(keyword, "null");
  return text += '}';
}

Result<Attributes> decode_attributes(std::string_view text, Attributes base) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return Error{Errc::io, "ledger: the attributes of an object are damaged"};
  for (const auto& [keyword, value] : json.items()) {
    if (value.is_null())
      base.erase(keyword);
    else if (value.is_string())
      base[keyword] = value.get<std::string>();
    else
      return Error{Errc::io, "ledger: the attributes of an object are damaged"};
  }
  return base;
}

}  // namespace inferad::store
