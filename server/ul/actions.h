// SPDX-License-Identifier: Apache-2.0
// What both association machines ask of their driver.
#pragma once

#include <string>

#include "server/ul/bytes.h"

namespace inferad::ul {

struct NeedInput {};  // all input was consumed: come back with more bytes

struct Send {
  Bytes bytes;  // whole PDUs: write them in one piece, then step on
};

// A presentation context that both sides agreed on.
struct NegotiatedContext {
  std::uint8_t id = 0;
  std::string abstract_syntax, transfer_syntax;
};

}  // namespace inferad::ul
