// SPDX-License-Identifier: Apache-2.0
// What the RIS says about one imaging order. Plain values; they hold patient data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/core/observation.h"
#include "server/core/priority.h"

namespace inferad {

// The numbers by which an order is known, and how they stand in messages about it.
struct OrderNumbers {
  std::string placer, filler, accession;   // the bare numbers; "" = unknown
  std::string placer_field, filler_field;  // ORC-2, ORC-3: as the RIS writes them, UTF-8, escaped, delimiters |^~\&
  std::string service_field;               // OBR-4, the same
  bool operator==(const OrderNumbers&) const = default;
};

std::vector<std::string> accessions_of(const std::vector<OrderNumbers>& orders);  // that are known, each once

enum class ReadingNews { none, started, finished, corrected, withdrawn };  // corrected: final, and not the first one

// What one message says about one order; what it does not say is empty and changes nothing.
struct OrderNews {
  OrderNumbers numbers;
  std::string study_uid;
  std::vector<std::string> patient_ids;  // PID-3.1 of each identifier; never empty
  std::string location;                  // of the patient: "ED 12 1"
  std::optional<Level> level;
  std::optional<bool> cancelled;
  ReadingNews reading = ReadingNews::none;
  std::vector<FindingStatement> statements;  // of its final report; `withdrawn` takes back all earlier ones
  std::string source;                        // of the report, for people and without patient data: "HL7 ORU^R01"
};

}  // namespace inferad
