// SPDX-License-Identifier: Apache-2.0
// The parts of config/inferad.json that speak HL7, as values; see settings.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "server/core/observation.h"
#include "server/core/priority.h"

namespace inferad::config {

// Files of a connection with TLS on both sides, absolute after loading; all or none.
struct TlsSettings {
  std::filesystem::path certificate, key, ca;
  bool on() const { return !certificate.empty(); }
  bool operator==(const TlsSettings&) const = default;
};

enum class Hl7Message { omi_o23, orm_o01, oru_r01 };

struct Hl7Destination {
  std::string name, host;
  std::uint16_t port = 2575;
  Hl7Message message = Hl7Message::omi_o23;
  std::string sending_application = "INFERAD", sending_facility;      // MSH-3, MSH-4
  std::string receiving_application, receiving_facility;              // MSH-5, MSH-6
  std::string processing_id = "P";                                    // MSH-11
  std::string order_control = "XO";                                   // ORC-1
  bool enhanced_acknowledgement = false;                              // MSH-15 and MSH-16
  bool application_acknowledgement = true;                            // in enhanced mode: MSH-16 = AL, and wait for it
  bool tq1_9 = true, orc_7_6 = true, obr_5 = false, obr_27_6 = true;  // where the priority stands
  Level least_level = Level::high;                                    // less urgent decisions are not sent
  std::chrono::seconds timeout{30};                                   // for the acknowledgement
  TlsSettings tls;
  bool operator==(const Hl7Destination&) const = default;
};

// A place in a message and the code that stands there: "ORC-5=CM".
struct Hl7Status {
  std::string place, code;
  bool operator==(const Hl7Status&) const = default;
};

struct Hl7ListenerSettings {
  bool enabled = false;
  std::string bind = "127.0.0.1";
  std::uint16_t port = 2575;                               // 0 = the system chooses
  std::vector<std::string> addresses{"127.0.0.1", "::1"};  // IP addresses and networks of senders
  int connections_max = 16;
  std::int64_t frame_bytes_max = 1 << 20;  // of one message
  std::chrono::seconds idle_timeout{600};  // for the next whole message
  std::string processing_id = "P";         // MSH-11 of messages that count
  std::string character_set;               // MSH-18 of messages that have none; "" = ASCII, or UTF-8 where it is valid
  // The first of these places that has a value; "SEG-n" or "SEG-n.m".
  std::vector<std::string> accession_fields{"IPC-1", "OBR-18", "OBR-3"};
  std::vector<std::string> priority_fields{"TQ1-9", "ORC-7.6", "OBR-27.6"};
  std::map<std::string, Level> priority_codes;  // beside those of table 0485; in upper case
  std::vector<Hl7Status> started_statuses, finished_statuses{{"ORC-5", "CM"}};  // of orders
  std::vector<ObservationMapping> observations;                                 // of final reports
  TlsSettings tls;
  bool operator==(const Hl7ListenerSettings&) const = default;
};

}  // namespace inferad::config
