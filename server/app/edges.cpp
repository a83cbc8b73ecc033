// SPDX-License-Identifier: Apache-2.0
#include "server/app/edges.h"

#include "server/base/log.h"
#include "server/dicom/header_scan.h"

namespace inferad::app {

Result<InstanceHeader> SpoolHeaderReader::read(const std::filesystem::path& part10) {
  INFERAD_TRY(auto header, dicom::scan_file(part10));
  return std::move(header.instance);
}

PeerAdmission::PeerAdmission(config::AccessPolicy policy)
    : policy_(std::make_shared<const config::AccessPolicy>(std::move(policy))) {}

void PeerAdmission::set(config::AccessPolicy policy) {
  auto next = std::make_shared<const config::AccessPolicy>(std::move(policy));
  const std::lock_guard lock(mutex_);
  policy_.swap(next);
}

std::shared_ptr<const config::AccessPolicy> PeerAdmission::get() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

bool PeerAdmission::address_allowed(std::string_view ip) const { return get()->address_allowed(ip); }

std::optional<ul::AssociateRj> PeerAdmission::admit(std::string_view calling_ae, std::string_view called_ae,
                                                    std::string_view ip) const {
  const auto rejected = get()->admit(calling_ae, called_ae, ip);
  if (!rejected) return std::nullopt;
  log::warning("association_rejected", {{"address", ip}, {"reason", rejected->why}});
  return ul::AssociateRj{rejected->result, rejected->source, rejected->reason};
}

ul::Services PeerAdmission::services(std::string_view calling_ae, std::string_view ip) const {
  const auto grants = get()->grants(calling_ae, ip);
  return {grants.storage, grants.worklist};
}

std::string PeerAdmission::caller_name(std::string_view calling_ae, std::string_view ip) const {
  return std::string(get()->caller_name(calling_ae, ip));
}

void ListenerLog::connection_ended(std::string_view end, std::string_view ip) {
  metrics_.count(Counter::associations, {end});
  if (end != "released") log::info("connection_ended", {{"how", end}, {"address", ip}});
}

void ListenerLog::association_accepted(std::string_view calling_ae, std::string_view ip) {
  log::info("association_accepted", {{"peer", peers_.caller_name(calling_ae, ip)}, {"address", ip}});
}

}  // namespace inferad::app
