// SPDX-License-Identifier: Apache-2.0
#include "server/flow/priority_messages.h"

#include "server/base/hash.h"
#include "server/worklist/hl7_message.h"

namespace inferad::flow {
namespace {

worklist::OrderMessage message_of(config::Hl7Message message) {
  switch (message) {
    case config::Hl7Message::omi_o23:
      return worklist::OrderMessage::omi_o23;
    case config::Hl7Message::orm_o01:
      return worklist::OrderMessage::orm_o01;
    case config::Hl7Message::oru_r01:
      return worklist::OrderMessage::oru_r01;
  }
  return worklist::OrderMessage::omi_o23;
}

worklist::Hl7Profile profile_of(const config::Hl7Destination& destination) {
  worklist::Hl7Profile profile;
  profile.message = message_of(destination.message);
  profile.sending_application = destination.sending_application;
  profile.sending_facility = destination.sending_facility;
  profile.receiving_application = destination.receiving_application;
  profile.receiving_facility = destination.receiving_facility;
  profile.processing_id = destination.processing_id;
  profile.order_control = destination.order_control;
  profile.enhanced_acknowledgement = destination.enhanced_acknowledgement;
  profile.application_acknowledgement = destination.application_acknowledgement;
  profile.tq1_9 = destination.tq1_9;
  profile.orc_7_6 = destination.orc_7_6;
  profile.obr_5 = destination.obr_5;
  profile.obr_27_6 = destination.obr_27_6;
  return profile;
}

// MSH-10 has room for 20 characters.
std::string control_id(const Notice& notice, const std::string& destination) {
  return sha256_hex(notice.key() + "|" + destination).substr(0, 20);
}

}  // namespace

store::NewDelivery priority_message(const Notice& notice, const config::Hl7Destination& destination) {
  worklist::PriorityMessage message{control_id(notice, destination.name), notice.decision.decided_at, notice.decision,
                                    notice.study, notice.finding};
  if (!notice.orders.empty()) message.order = notice.orders.front();
  message.one_of_several = notice.one_of_several;
  store::NewDelivery delivery;
  delivery.destination = destination.name;
  delivery.kind = "HL7";
  delivery.message = worklist::priority_message(message, profile_of(destination));
  return delivery;
}

}  // namespace inferad::flow
