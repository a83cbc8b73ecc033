// SPDX-License-Identifier: Apache-2.0
#include "server/net/mllp.h"

#include <algorithm>

namespace inferad::net {
namespace {

constexpr char kStart = 0x0B, kEnd = 0x1C;
constexpr std::string_view kEndOfFrame = "\x1C\r";

}  // namespace

Result<std::string> mllp_frame(std::string_view message) {
  if (message.find_first_of("\x0B\x1C") != std::string_view::npos)
    return Error{Errc::invalid_input, "the HL7 message holds a framing character"};
  std::string frame;
  frame.reserve(message.size() + 3);
  frame += kStart;
  frame += message;
  frame += kEndOfFrame;
  return frame;
}

Status MllpReader::feed(std::string_view bytes) {
  // Nothing but the begin of a frame is worth keeping.
  if (buffer_.empty()) bytes.remove_prefix(std::min(bytes.find(kStart), bytes.size()));
  if (bytes.size() > 2 * frame_bytes_max_ || buffer_.size() + bytes.size() > 2 * frame_bytes_max_)
    return Error{Errc::invalid_input, "the peer sends an HL7 frame beyond the limit"};
  buffer_ += bytes;
  if (buffer_.size() > frame_bytes_max_ && buffer_.find(kEnd) == std::string::npos)
    return Error{Errc::invalid_input, "the peer sends an HL7 frame beyond the limit"};
  return ok();
}

std::optional<std::string> MllpReader::next() {
  const auto start = buffer_.find(kStart);
  if (start == std::string::npos) {
    buffer_.clear();
    return std::nullopt;
  }
  const auto end = buffer_.find(kEndOfFrame, start);
  if (end == std::string::npos) return std::nullopt;
  // A start within a frame means that the earlier one was never finished.
  const auto begin = buffer_.rfind(kStart, end) + 1;
  auto message = buffer_.substr(begin, end - begin);
  buffer_.erase(0, end + kEndOfFrame.size());
  return message;
}

Result<std::string> message_control_id(std::string_view message) {
  const auto header = message.substr(0, message.find('\r'));
  if (!header.starts_with("MSH") || header.size() < 8) return Error{Errc::invalid_input, "the HL7 message has no MSH"};
  const char separator = header[3];
  // MSH-1 is the separator itself, so MSH-10 stands behind the ninth one.
  std::size_t at = 3;
  for (int field = 2; field <= 10; ++field) {
    if (field > 2) at = header.find(separator, at + 1);
    if (at == std::string_view::npos) return Error{Errc::invalid_input, "the HL7 message has no control id (MSH-10)"};
  }
  const auto id = header.substr(at + 1, header.find(separator, at + 1) - at - 1);
  if (id.empty()) return Error{Errc::invalid_input, "the HL7 message has no control id (MSH-10)"};
  return std::string(id);
}

}  // namespace inferad::net
