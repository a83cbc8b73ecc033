// SPDX-License-Identifier: Apache-2.0
// Types of the items and sub-items inside A-ASSOCIATE-RQ and -AC (PS3.8 §9.3, PS3.7 annex D). Internal to the codec.
#pragma once

#include <cstdint>

namespace inferad::ul {

enum class Item : std::uint8_t {
  application_context = 0x10,
  proposed_context = 0x20,
  answered_context = 0x21,
  abstract_syntax = 0x30,
  transfer_syntax = 0x40,
  user_information = 0x50,
  maximum_length = 0x51,
  implementation_class_uid = 0x52,
  asynchronous_window = 0x53,
  role_selection = 0x54,
  implementation_version = 0x55,
  extended_negotiation = 0x56,
  common_extended_negotiation = 0x57,
  user_identity_rq = 0x58,
  user_identity_ac = 0x59,
};

}  // namespace inferad::ul
