// SPDX-License-Identifier: Apache-2.0
#include "server/config/ip_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace inferad::config {

namespace {

constexpr std::size_t kAddressTextMax = 64;
constexpr int kMappedBits = 96;  // of ::ffff:0:0/96

bool is_mapped_v4(const std::array<std::uint8_t, 16>& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

bool same_bits(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  if (bits % 8 == 0) return true;
  return ((a[whole] ^ b[whole]) >> (8 - bits % 8)) == 0;
}

std::optional<int> parse_prefix(std::string_view text, int most) {
  int bits = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits < 0 || bits > most) return std::nullopt;
  return bits;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > kAddressTextMax) return std::nullopt;
  const std::string literal(text.substr(0, text.find('%')));
  IpAddress address;
  in_addr v4{};
  if (inet_pton(AF_INET, literal.c_str(), &v4) == 1) {
    address.bytes[10] = address.bytes[11] = 0xff;
    const auto* from = reinterpret_cast<const std::uint8_t*>(&v4);
    std::copy(from, from + 4, address.bytes.begin() + 12);
    address.is_v4 = true;
    return address;
  }
  if (inet_pton(AF_INET6, literal.c_str(), address.bytes.data()) != 1) return std::nullopt;
  address.is_v4 = is_mapped_v4(address.bytes);
  return address;
}

bool IpAddress::is_loopback() const {
  if (is_v4) return bytes[12] == 127;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; }) && bytes[15] == 1;
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return Error{Errc::invalid_input, "not an IP address or network like 192.0.2.17 or 192.0.2.0/24"};
  IpNetwork network;
  network.address_ = *address;
  if (slash == std::string_view::npos) return network;

  const bool written_as_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const int most = written_as_v4 ? 32 : 128;
  const auto bits = parse_prefix(text.substr(slash + 1), most);
  if (!bits) return Error{Errc::invalid_input, fmt::format("the prefix length after / must be 0 to {}", most)};
  network.prefix_bits_ = *bits + (written_as_v4 ? kMappedBits : 0);
  for (int bit = network.prefix_bits_; bit < 128; ++bit) {
    if ((address->bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8)) & 1) {
      return Error{Errc::invalid_input,
                   "the address has bits beyond its prefix length: write the network, as 192.0.2.0/24"};
    }
  }
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  return same_bits(address_.bytes, address.bytes, prefix_bits_);
}

}  // namespace inferad::config
