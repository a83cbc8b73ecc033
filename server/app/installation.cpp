// SPDX-License-Identifier: Apache-2.0
#include "server/app/installation.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "server/base/durable.h"

namespace inferad::app {
namespace {

constexpr std::size_t kDigits = 16;

bool is_id(const std::string& text) {
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Result<std::string> installation_id(const std::filesystem::path& data_folder) {
  const auto file = data_folder / "installation";
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    INFERAD_TRY(auto text, read_file(file, 64));
    if (is_id(text)) return text;
    return Error{Errc::invalid_input, file.string() + " is damaged: it has to hold 16 hex digits"};
  }
  std::random_device random;
  const auto id = fmt::format("{:08x}{:08x}", random(), random());
  INFERAD_TRY_STATUS(write_file_durable(file, id));
  return id;
}

}  // namespace inferad::app
