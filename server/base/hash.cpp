// SPDX-License-Identifier: Apache-2.0
#include "server/base/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

namespace inferad {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

// The namespace of every UID this product derives; a random version 4 UUID, fixed for ever.
constexpr unsigned char kUidNamespace[16] = {0x8f, 0x1d, 0x5c, 0x7e, 0x3b, 0x42, 0x4a, 0x96,
                                             0xb0, 0x5d, 0x6e, 0x27, 0xc4, 0x19, 0xa3, 0x58};

std::string decimal_of(const unsigned char* bytes16) {
  __extension__ using Wide = unsigned __int128;
  Wide value = 0;
  for (int i = 0; i < 16; ++i) value = (value << 8) | bytes16[i];
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Impl() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) { EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()); }

std::string Sha256::finish_hex() {
  Digest digest;
  unsigned length = 0;
  EVP_DigestFinal_ex(impl_->context, digest.data(), &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(bytes)));
  return hash.finish_hex();
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  Digest digest;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), digest.data(), &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

Result<std::string> sha256_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Errc::not_found, fmt::format("cannot open {}", path.string())};
  Sha256 hash;
  std::vector<char> chunk(1 << 20);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), file.gcount() > 0)
    hash.update(std::as_bytes(std::span(chunk.data(), static_cast<std::size_t>(file.gcount()))));
  if (file.bad()) return Error{Errc::io, fmt::format("cannot read {}", path.string())};
  return hash.finish_hex();
}

std::string derive_uid(std::string_view name) {
  std::string input(reinterpret_cast<const char*>(kUidNamespace), sizeof kUidNamespace);
  input += name;
  Digest digest;
  unsigned length = 0;
  EVP_Digest(input.data(), input.size(), digest.data(), &length, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x50);  // version 5
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);  // RFC 4122 variant
  return "2.25." + decimal_of(digest.data());
}

}  // namespace inferad
