// SPDX-License-Identifier: Apache-2.0
// Pages, styles and scripts, built into the binary from pages/ (embed.cmake writes the .cpp).
#pragma once

#include <span>
#include <string_view>

namespace inferad::web {

struct Asset {
  std::string_view name;  // "worklist.js": the file in pages/
  std::string_view content_type;
  std::string_view etag;  // with quotes, from the SHA-256 of the bytes
  std::string_view bytes;
};

std::span<const Asset> assets();
const Asset* find_asset(std::string_view name);  // nullptr: there is none

}  // namespace inferad::web
