// SPDX-License-Identifier: Apache-2.0
// What the node knows of one received instance. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/clock.h"
#include "server/core/attributes.h"

namespace inferad {

struct InstanceHeader {
  std::string study_uid, series_uid, instance_uid;  // valid (is_valid_uid)
  std::string sop_class_uid, transfer_syntax_uid;
  std::string modality;
  int frames = 1;
  bool made_by_us = false;  // Manufacturer / Contributing Equipment names this product: store, never process
  Attributes attributes;    // includes the above where the data set has them
};

// Where the bytes are. The spool file is a DICOM Part 10 file whose data set is bit for bit what the peer sent.
struct SpoolRef {
  std::int64_t id = 0;      // our own number; the file name derives from it; grows with time
  std::int64_t bytes = 0;   // of the whole file
  std::string data_sha256;  // of the data set bytes only (without preamble and meta), hex
};

struct ReceivedInstance {
  SpoolRef spool;
  InstanceHeader header;
  std::string calling_ae;
  std::uint64_t association = 0;  // 0 after a restart: unknown
  WallTime received_at{};
};

enum class Disposition {
  current,              // the first of its SOP Instance UID, or the only one
  duplicate_identical,  // same UID, same bytes: file dropped, counted
  duplicate_conflict,   // same UID, other bytes: both kept, the first stays current
  own_result,           // one of ours came back: stored, never processed
  not_image,            // stored, belongs to no pipeline (SR, PR, KO, …) unless a rule asks for it
};

}  // namespace inferad
