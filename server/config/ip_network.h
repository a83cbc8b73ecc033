// SPDX-License-Identifier: Apache-2.0
// IP addresses and networks as peers are listed with them: 192.0.2.17, 192.0.2.0/24, 2001:db8::/32. Plain values.
// An IPv4 address written as IPv6 (::ffff:192.0.2.17, as a dual-stack socket reports it) is the IPv4 address.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/result.h"

namespace inferad::config {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // IPv4: the IPv4-mapped IPv6 address (RFC 4291 2.5.5.2)
  bool is_v4 = false;

  // A literal only, never a name to look up. A zone (fe80::1%eth0) is ignored.
  static std::optional<IpAddress> parse(std::string_view text);
  bool is_loopback() const;  // 127.0.0.0/8 or ::1
  bool operator==(const IpAddress&) const = default;
};

class IpNetwork {
 public:
  // An address, or an address with a prefix length whose bits beyond the prefix are zero.
  static Result<IpNetwork> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  bool operator==(const IpNetwork&) const = default;

 private:
  IpAddress address_;
  int prefix_bits_ = 128;  // counted in the 128 bits of IpAddress::bytes
};

}  // namespace inferad::config
