// SPDX-License-Identifier: Apache-2.0
// DIMSE command sets (PS3.7 §9, annex E): group 0000 in implicit VR little endian. One struct holds what the messages
// in use need; unknown elements are skipped. Decoding is bounded by its input and quotes no peer text. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/ul/bytes.h"

namespace inferad::ul {

// Command Field (0000,0100).
inline constexpr std::uint16_t kStoreRq = 0x0001, kGetRq = 0x0010, kFindRq = 0x0020, kMoveRq = 0x0021, kEchoRq = 0x0030,
                               kCancelRq = 0x0FFF, kResponseBit = 0x8000, kStoreRsp = 0x8001, kFindRsp = 0x8020,
                               kEchoRsp = 0x8030, kEventReportRq = 0x0100, kNGetRq = 0x0110, kNSetRq = 0x0120,
                               kNActionRq = 0x0130, kNCreateRq = 0x0140;

// Status (0000,0900): PS3.7 annex C, PS3.4 table B.2-1.
namespace status {
inline constexpr std::uint16_t success = 0x0000, invalid_object_instance = 0x0117, sop_class_not_supported = 0x0122,
                               not_authorized = 0x0124, unrecognized_operation = 0x0211, resource_limitation = 0x0213,
                               out_of_resources = 0xA700, does_not_match = 0xA900, cannot_understand = 0xC000,
                               cancelled = 0xFE00, pending = 0xFF00, pending_warning = 0xFF01;
inline constexpr bool is_pending(std::uint16_t code) { return code == pending || code == pending_warning; }
inline constexpr bool is_success_or_warning(std::uint16_t code) {
  return code == success || code >> 12 == 0xB || code == 0x0001 || code == 0x0107 || code == 0x0116;
}
}  // namespace status

inline constexpr std::uint16_t kNoDataSet = 0x0101;  // (0000,0800): any other value says that a data set follows
inline constexpr std::uint16_t kHasDataSet = 0x0001;

struct Command {
  std::uint16_t field = 0;                          // (0000,0100)
  std::uint16_t message_id = 0;                     // (0000,0110) in requests; (0000,0120) in responses and cancel
  std::uint16_t data_set_type = kNoDataSet;         // (0000,0800)
  std::uint16_t priority = 0;                       // (0000,0700) 0 medium, 1 high, 2 low
  std::uint16_t status = 0;                         // (0000,0900) in responses
  std::string sop_class_uid;                        // (0000,0002), else (0000,0003); without padding, not validated
  std::string sop_instance_uid;                     // (0000,1000), else (0000,1001)
  std::string error_comment;                        // (0000,0902) in responses
  std::string move_originator_ae;                   // (0000,1030)
  std::optional<std::uint16_t> move_originator_id;  // (0000,1031)
  std::optional<std::uint16_t> event_type;          // (0000,1002) N-EVENT-REPORT
  std::optional<std::uint16_t> action_type;         // (0000,1008) N-ACTION
  std::vector<std::uint32_t> attributes;            // (0000,1005) of N-GET; empty = all

  bool is_response() const { return (field & kResponseBit) != 0; }
  bool has_data_set() const { return data_set_type != kNoDataSet; }
};

// invalid_input: lengths contradict the size, an element of another group, command field or message id missing.
Result<Command> decode_command(ByteView bytes);
Bytes encode_command(const Command& command);  // with group length; error_comment is cut at 64 characters

Command echo_request(std::uint16_t message_id);
Command store_request(std::uint16_t message_id, std::string sop_class_uid, std::string sop_instance_uid);
Command find_request(std::uint16_t message_id, std::string sop_class_uid);
Command response_to(const Command& request, std::uint16_t status);

}  // namespace inferad::ul
