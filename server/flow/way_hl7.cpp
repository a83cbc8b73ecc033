// SPDX-License-Identifier: Apache-2.0
// HL7 v2 over MLLP.
#include <fmt/format.h>

#include "server/flow/priority_messages.h"
#include "server/flow/way.h"

namespace inferad::flow {
namespace {

class Hl7Way final : public Way {
 public:
  explicit Hl7Way(config::Hl7Destination destination) : destination_(std::move(destination)) {}

  const std::string& name() const override { return destination_.name; }
  std::string address() const override { return fmt::format("{}:{}", destination_.host, destination_.port); }
  bool wants(const Notice& notice) const override { return notice.decision.level <= destination_.least_level; }
  bool tells_orders_apart() const override { return true; }
  store::NewDelivery message(const Notice& notice) const override {
    if (notice.escalation.step == 0) return priority_message(notice, destination_);
    auto again = notice;  // its key gives it a control id of its own
    again.decision.reason =
        fmt::format("NOT ACKNOWLEDGED, escalation {}: {}", notice.escalation.step, notice.decision.reason);
    again.decision.decided_at = notice.escalation.at;
    return priority_message(again, destination_);
  }
  std::unique_ptr<Channel> channel(const Edges& edges, Metrics& metrics) const override {
    Hl7Peer peer{destination_.name, destination_.host, destination_.port, destination_.timeout};
    const auto& tls = destination_.tls;
    if (tls.on()) peer.tls = TlsFiles{tls.certificate, tls.key, tls.ca};
    return make_hl7_channel(edges.hl7, std::move(peer), metrics);
  }

 private:
  const config::Hl7Destination destination_;
};

}  // namespace

void add_hl7_ways(const config::Settings& settings, Ways& ways) {
  for (const auto& each : settings.hl7) ways.push_back(std::make_unique<Hl7Way>(each));
}

}  // namespace inferad::flow
