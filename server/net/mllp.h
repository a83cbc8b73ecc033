// SPDX-License-Identifier: Apache-2.0
// Minimal Lower Layer Protocol: 0x0B, message, 0x1C 0x0D. Pure: bytes in, messages out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace inferad::net {

// invalid_input when the message holds a framing character.
Result<std::string> mllp_frame(std::string_view message);

// Takes pieces of a stream; gives the messages of complete frames. What stands between frames is ignored.
class MllpReader {
 public:
  explicit MllpReader(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}
  Status feed(std::string_view bytes);  // invalid_input when a frame is longer than the limit
  std::optional<std::string> next();

 private:
  std::size_t frame_bytes_max_;
  std::string buffer_;
};

// MSH-10; invalid_input when there is none.
Result<std::string> message_control_id(std::string_view message);

}  // namespace inferad::net
