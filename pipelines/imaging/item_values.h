// SPDX-License-Identifier: Apache-2.0
// Attributes of a data set or item as plain values. Internal to imaging/.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/header_attribute.h"

class DcmItem;
class DcmTagKey;

namespace inferad::imaging {

// Of one attribute; "" when it is absent. Several values stay joined by backslashes.
std::string text(DcmItem& item, const DcmTagKey& key);
std::vector<std::string> texts(DcmItem& item, const DcmTagKey& key);

int integer(DcmItem& item, const DcmTagKey& key, int fallback);

// nullopt: another number of values, or one of them is no number.
template <std::size_t Count>
std::optional<std::array<double, Count>> numbers(DcmItem& item, const DcmTagKey& key) {
  const auto values = texts(item, key);
  if (values.size() != Count) return std::nullopt;
  std::array<double, Count> result{};
  for (std::size_t i = 0; i < Count; ++i) {
    const auto value = findings::decimal_number(values[i]);
    if (!value) return std::nullopt;
    result[i] = *value;
  }
  return result;
}

}  // namespace inferad::imaging
