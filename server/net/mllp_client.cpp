// SPDX-License-Identifier: Apache-2.0
#include "server/net/mllp_client.h"

#include <algorithm>

#include "server/net/blocking_stream.h"
#include "server/net/mllp.h"
#include "server/worklist/hl7_message.h"

namespace inferad::net {
namespace {

bool answers(const std::string& acknowledgement, const std::string& control_id) {
  const auto parsed = worklist::parse_acknowledgement(acknowledgement);
  return parsed && parsed->control_id == control_id;
}

Result<std::string> await_acknowledgement(BlockingStream& stream, const std::string& control_id,
                                          std::size_t frame_bytes_max, SteadyTime deadline) {
  MllpReader reader(frame_bytes_max);
  std::byte buffer[16 * 1024];
  while (true) {
    while (auto message = reader.next()) {
      if (answers(*message, control_id)) return std::move(*message);
    }
    INFERAD_TRY(const auto count, stream.read(buffer, deadline));
    if (count == 0) return Error{Errc::unavailable, "the peer closed the connection without acknowledging"};
    INFERAD_TRY_STATUS(reader.feed({reinterpret_cast<const char*>(buffer), count}));
  }
}

}  // namespace

Result<std::string> MllpClient::send(const flow::Hl7Peer& peer, const std::string& message, std::stop_token stop) {
  INFERAD_TRY(const auto control_id, message_control_id(message));
  INFERAD_TRY(const auto frame, mllp_frame(message));
  BlockingStream stream(std::move(stop));
  if (auto connected = stream.connect(peer.host, peer.port,
                                      steady_now() + std::min<Millis>(options_.connect_deadline, peer.timeout));
      !connected)
    return with_context(std::move(connected).error(), peer.name);
  const auto deadline = steady_now() + std::min<Millis>(options_.answer_deadline, peer.timeout);
  if (auto written = stream.write(std::as_bytes(std::span(frame.data(), frame.size())), deadline); !written)
    return with_context(std::move(written).error(), peer.name);
  auto answer = await_acknowledgement(stream, control_id, options_.frame_bytes_max, deadline);
  if (!answer) return with_context(std::move(answer).error(), peer.name);
  return answer;
}

}  // namespace inferad::net
