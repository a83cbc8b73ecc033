// SPDX-License-Identifier: Apache-2.0
// HL7 v2 over MLLP.
#include <fmt/format.h>

#include <span>

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
  store::NewDelivery message(const Notice& notice) const override {
    return priority_messages(notice.decision, notice.job, notice.study, std::span(&destination_, 1)).at(0);
  }
  std::unique_ptr<Channel> channel(const Edges& edges, Metrics& metrics) const override {
    return make_hl7_channel(edges.hl7, {destination_.name, destination_.host, destination_.port, destination_.timeout},
                            metrics);
  }

 private:
  const config::Hl7Destination destination_;
};

}  // namespace

void add_hl7_ways(const config::Settings& settings, Ways& ways) {
  for (const auto& each : settings.hl7) ways.push_back(std::make_unique<Hl7Way>(each));
}

}  // namespace inferad::flow
