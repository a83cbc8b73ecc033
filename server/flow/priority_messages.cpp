// SPDX-License-Identifier: Apache-2.0
#include "server/flow/priority_messages.h"

#include <fmt/format.h>

#include "server/base/hash.h"
#include "server/worklist/hl7_message.h"

namespace inferad::flow {
namespace {

worklist::Hl7Profile profile_of(const config::Hl7Destination& destination) {
  worklist::Hl7Profile profile;
  profile.message = destination.message == config::Hl7Message::orm_o01 ? worklist::OrderMessage::orm_o01
                                                                       : worklist::OrderMessage::omi_o23;
  profile.sending_application = destination.sending_application;
  profile.sending_facility = destination.sending_facility;
  profile.receiving_application = destination.receiving_application;
  profile.receiving_facility = destination.receiving_facility;
  profile.processing_id = destination.processing_id;
  profile.order_control = destination.order_control;
  profile.enhanced_acknowledgement = destination.enhanced_acknowledgement;
  profile.tq1_9 = destination.tq1_9;
  profile.orc_7_6 = destination.orc_7_6;
  profile.obr_5 = destination.obr_5;
  profile.obr_27_6 = destination.obr_27_6;
  return profile;
}

// MSH-10 has room for 20 characters; job numbers alone would come again with a new data folder.
std::string control_id(const store::JobLease& job, const std::string& destination) {
  const auto name =
      fmt::format("{}|{}|{}|{}|{}", job.study_uid, job.revision, job.pipeline, to_iso8601(job.created_at), destination);
  return sha256_hex(name).substr(0, 20);
}

}  // namespace

std::vector<store::NewDelivery> priority_messages(const PriorityDecision& decision, const store::JobLease& job,
                                                  const Attributes& study,
                                                  std::span<const config::Hl7Destination> destinations) {
  std::vector<store::NewDelivery> messages;
  for (const auto& destination : destinations) {
    if (decision.level > destination.least_level) continue;
    const worklist::PriorityMessage message{control_id(job, destination.name), decision.decided_at, decision, study};
    auto& delivery = messages.emplace_back();
    delivery.destination = destination.name;
    delivery.kind = "HL7";
    delivery.message = worklist::priority_message(message, profile_of(destination));
  }
  return messages;
}

}  // namespace inferad::flow
