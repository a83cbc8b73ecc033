// SPDX-License-Identifier: Apache-2.0
// SHA-256 for content, and UIDs derived from names. Not thread-safe per object; distinct objects are independent.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace inferad {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  std::string finish_hex();  // 64 lower-case hex digits; call once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);  // RFC 2104
Result<std::string> sha256_file(const std::filesystem::path& path);

// A UID of the form 2.25.<decimal of a version 5 UUID> (RFC 4122 §4.3; DICOM PS3.5 B.2). The same name gives the same
// UID on every machine: a result made again after a crash carries the same identity. At most 44 characters.
std::string derive_uid(std::string_view name);

}  // namespace inferad
