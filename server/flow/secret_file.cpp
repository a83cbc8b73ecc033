// SPDX-License-Identifier: Apache-2.0
#include "server/flow/secret_file.h"

#include <fmt/format.h>

#include "server/base/durable.h"

namespace inferad::flow {
namespace {

constexpr std::size_t kCharactersMin = 16, kBytesMax = 16'384;

}  // namespace

Result<std::string> read_secret(const std::filesystem::path& file) {
  auto text = read_file(file, kBytesMax);
  if (!text) return Error{Errc::unavailable, text.error().what};
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (text->size() < kCharactersMin)
    return Error{Errc::unavailable,
                 fmt::format("{}: the secret is shorter than {} characters", file.string(), kCharactersMin)};
  return text;
}

}  // namespace inferad::flow
