// SPDX-License-Identifier: Apache-2.0
// Small adapters between the edges of the node and its flow. Internal to app/. Thread-safe.
#pragma once

#include <memory>
#include <mutex>

#include "server/config/peers.h"
#include "server/flow/ports.h"
#include "server/net/dicom_server.h"
#include "server/telemetry/metrics.h"

namespace inferad::app {

// flow's view of dicom::scan_file.
class SpoolHeaderReader final : public flow::HeaderReader {
 public:
  Result<InstanceHeader> read(const std::filesystem::path& part10) override;
};

// The access policy of the configuration, replaceable at a reload.
class PeerAdmission final : public net::AdmissionPolicy {
 public:
  explicit PeerAdmission(config::AccessPolicy policy);
  void set(config::AccessPolicy policy);

  bool address_allowed(std::string_view ip) const override;
  std::optional<ul::AssociateRj> admit(std::string_view calling_ae, std::string_view called_ae,
                                       std::string_view ip) const override;
  ul::Services services(std::string_view calling_ae, std::string_view ip) const override;
  std::string caller_name(std::string_view calling_ae, std::string_view ip) const;

 private:
  std::shared_ptr<const config::AccessPolicy> get() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const config::AccessPolicy> policy_;  // by mutex_
};

// What the listener tells, as log lines and metrics; callers by their configured names.
class ListenerLog final : public net::DicomServerObserver {
 public:
  ListenerLog(const PeerAdmission& peers, Metrics& metrics) : peers_(peers), metrics_(metrics) {}
  void connection_ended(std::string_view end, std::string_view ip) override;
  void association_accepted(std::string_view calling_ae, std::string_view ip) override;

 private:
  const PeerAdmission& peers_;
  Metrics& metrics_;
};

}  // namespace inferad::app
