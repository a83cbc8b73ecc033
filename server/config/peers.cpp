// SPDX-License-Identifier: Apache-2.0
#include "server/config/peers.h"

#include <algorithm>

namespace inferad::config {

namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

bool Peer::has(PeerRole role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

AccessPolicy::AccessPolicy(std::string our_ae_title, const std::vector<Peer>& peers)
    : our_ae_title_(std::move(our_ae_title)) {
  for (const auto& peer : peers) {
    const Grants grants{peer.has(PeerRole::send), peer.has(PeerRole::worklist)};
    if (!grants.storage && !grants.worklist) continue;
    Caller caller{peer.name, peer.ae_title, {}, grants};
    for (const auto& text : peer.addresses) {
      if (auto network = IpNetwork::parse(text)) caller.networks.push_back(*network);
    }
    callers_.push_back(std::move(caller));
  }
  std::stable_partition(callers_.begin(), callers_.end(), [](const Caller& c) { return c.ae_title != kAnyAeTitle; });
}

bool AccessPolicy::address_allowed(std::string_view ip) const {
  const auto address = IpAddress::parse(ip);
  if (!address) return false;
  return std::any_of(callers_.begin(), callers_.end(), [&](const Caller& caller) {
    return std::any_of(caller.networks.begin(), caller.networks.end(),
                       [&](const IpNetwork& network) { return network.contains(*address); });
  });
}

const AccessPolicy::Caller* AccessPolicy::find(std::string_view calling, const IpAddress& ip) const {
  for (const auto& caller : callers_) {
    if (caller.ae_title != kAnyAeTitle && caller.ae_title != calling) continue;
    for (const auto& network : caller.networks) {
      if (network.contains(ip)) return &caller;
    }
  }
  return nullptr;
}

std::optional<AssociationReject> AccessPolicy::admit(std::string_view calling, std::string_view called,
                                                     std::string_view ip) const {
  // PS3.8 9.3.4: result 1 rejected-permanent, source 1 service-user; reason 7 called, 3 calling AE title unknown.
  if (trim(called) != our_ae_title_) return AssociationReject{1, 1, 7, "called AE title is not ours"};
  const auto address = IpAddress::parse(ip);
  if (!address || !find(trim(calling), *address)) {
    return AssociationReject{1, 1, 3, "no peer with this calling AE title may call from this address"};
  }
  return std::nullopt;
}

AccessPolicy::Grants AccessPolicy::grants(std::string_view calling, std::string_view ip) const {
  const auto address = IpAddress::parse(ip);
  const Caller* caller = address ? find(trim(calling), *address) : nullptr;
  return caller ? caller->grants : Grants{};
}

std::string_view AccessPolicy::caller_name(std::string_view calling, std::string_view ip) const {
  const auto address = IpAddress::parse(ip);
  const Caller* caller = address ? find(trim(calling), *address) : nullptr;
  return caller ? std::string_view(caller->name) : std::string_view();
}

bool is_valid_ae_title(std::string_view text) {
  return !text.empty() && text.size() <= 16 && trim(text) == text &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

}  // namespace inferad::config
