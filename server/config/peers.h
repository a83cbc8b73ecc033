// SPDX-License-Identifier: Apache-2.0
// Who the node talks with, and the access policy of the DICOM listener: deny by default. An AE title proves nothing, so
// a caller is known by AE title and address together. Pure functions on values; thread-safe when const.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/ip_network.h"

namespace inferad::config {

enum class PeerRole {
  send,             // may open associations to us and store or echo
  receive_results,  // gets SEG and SR
  query,            // answers C-FIND: how many images a study has
  ups,              // has a worklist of Unified Procedure Steps whose priorities we raise
  worklist,         // may use our worklist of Unified Procedure Steps; with host and port it can get event reports
};

// AE title of a peer that may call itself anything; only for `send`.
inline constexpr std::string_view kAnyAeTitle = "*";

struct Peer {
  std::string name;  // ours: in logs, metrics and the pages
  std::string ae_title;
  std::vector<std::string> addresses;  // as written; IP addresses or networks it calls from (roles send, worklist)
  std::string host;                    // where we call it (all roles but send)
  std::uint16_t port = 0;
  std::vector<PeerRole> roles;

  bool has(PeerRole role) const;
  bool operator==(const Peer&) const = default;
};

// Values of an A-ASSOCIATE-RJ (PS3.8 9.3.4).
struct AssociationReject {
  std::uint8_t result = 1, source = 1, reason = 1;
  std::string why;  // for the log: names no AE title, since callers choose it
  bool operator==(const AssociationReject&) const = default;
};

class AccessPolicy {
 public:
  // Addresses that are not valid are ignored (read_settings has refused them before).
  AccessPolicy(std::string our_ae_title, const std::vector<Peer>& peers);

  // Before a byte is read: whether any peer may call from there.
  bool address_allowed(std::string_view ip) const;

  // nullopt: admitted. AE titles are compared without leading and trailing spaces (PS3.8 9.3.2), case counts.
  std::optional<AssociationReject> admit(std::string_view calling, std::string_view called, std::string_view ip) const;

  // What the caller may do: of its roles send and worklist, those it has.
  struct Grants {
    bool storage = false, worklist = false;
  };
  Grants grants(std::string_view calling, std::string_view ip) const;

  // The configured name of the peer that calls, "" when unknown: what logs and metrics may show.
  std::string_view caller_name(std::string_view calling, std::string_view ip) const;

 private:
  struct Caller {
    std::string name, ae_title;
    std::vector<IpNetwork> networks;
    Grants grants;
  };
  const Caller* find(std::string_view calling, const IpAddress& ip) const;

  std::string our_ae_title_;
  std::vector<Caller> callers_;  // named AE titles before "*"
};

// PS3.5 6.2, VR AE: 1 to 16 printable ASCII characters without backslash, no space at either end.
bool is_valid_ae_title(std::string_view text);

}  // namespace inferad::config
