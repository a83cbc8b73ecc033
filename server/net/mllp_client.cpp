// SPDX-License-Identifier: Apache-2.0
#include "server/net/mllp_client.h"

#include <algorithm>
#include <span>

#include "server/net/blocking_stream.h"
#include "server/net/mllp.h"
#include "server/worklist/hl7_answer.h"
#include "server/worklist/hl7_message.h"

namespace inferad::net {
namespace {

// MSH-n of a message of ours: standard delimiters.
std::string header_field(const std::string& message, std::size_t position) {
  const auto header = std::string_view(message).substr(0, message.find('\r'));
  std::size_t begin = 0;
  for (std::size_t field = 1; field < position && begin != std::string_view::npos; ++field)
    begin = header.find('|', field == 1 ? 3 : begin + 1);
  if (begin == std::string_view::npos) return {};
  return std::string(header.substr(begin + 1, header.find('|', begin + 1) - begin - 1));
}

// Waits for the acknowledgements of one message on its connection.
class Acknowledgements {
 public:
  Acknowledgements(BlockingStream& stream, std::string control_id, std::size_t frame_bytes_max, SteadyTime deadline)
      : stream_(stream), control_id_(std::move(control_id)), reader_(frame_bytes_max), deadline_(deadline) {}

  Result<std::string> next() {
    std::byte buffer[16 * 1024];
    while (true) {
      while (auto message = reader_.next()) {
        const auto parsed = worklist::parse_acknowledgement(*message);
        if (parsed && parsed->control_id == control_id_) return std::move(*message);
      }
      INFERAD_TRY(const auto count, stream_.read(buffer, deadline_));
      if (count == 0) return Error{Errc::unavailable, "the peer closed the connection without acknowledging"};
      INFERAD_TRY_STATUS(reader_.feed({reinterpret_cast<const char*>(buffer), count}));
    }
  }

 private:
  BlockingStream& stream_;
  const std::string control_id_;
  MllpReader reader_;
  const SteadyTime deadline_;
};

// In enhanced mode the application acknowledgement may ask for an accept acknowledgement of its own (MSH-15).
void accept(BlockingStream& stream, const std::string& acknowledgement, SteadyTime deadline) {
  const auto as_it_is = [](std::string_view bytes, const std::string&) { return std::string(bytes); };
  const auto message = worklist::Hl7Message::parse(acknowledgement, as_it_is);
  if (!message) return;
  auto header = worklist::hl7_header(*message);
  if (header.accept_condition.empty()) return;
  header.application_condition = "NE";
  for (const auto& answer : worklist::hl7_answers(header, {}, wall_now()))
    if (const auto frame = mllp_frame(answer))
      (void)stream.write(std::as_bytes(std::span(frame->data(), frame->size())), deadline);
}

// The one that decides. After a commit accept the receiver is responsible, so what comes late is not waited for again.
Result<std::string> await_answer(BlockingStream& stream, const std::string& message, const std::string& control_id,
                                 std::size_t frame_bytes_max, SteadyTime deadline) {
  Acknowledgements acknowledgements(stream, control_id, frame_bytes_max, deadline);
  INFERAD_TRY(auto first, acknowledgements.next());
  const auto parsed = worklist::parse_acknowledgement(first);
  if (!parsed || parsed->code != "CA" || header_field(message, 16) != "AL") return first;
  auto second = acknowledgements.next();
  if (!second) return second.error().code == Errc::cancelled ? std::move(second) : std::move(first);
  accept(stream, *second, deadline);
  return second;
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
  if (peer.tls) {
    // A certificate that is being replaced must not park what waits: no connection for now.
    if (auto secured = stream.start_tls(*peer.tls, peer.host, deadline); !secured)
      return Error{secured.error().code == Errc::invalid_input ? Errc::unavailable : secured.error().code,
                   peer.name + ": " + secured.error().what};
  }
  if (auto written = stream.write(std::as_bytes(std::span(frame.data(), frame.size())), deadline); !written)
    return with_context(std::move(written).error(), peer.name);
  auto answer = await_answer(stream, message, control_id, options_.frame_bytes_max, deadline);
  if (!answer) return with_context(std::move(answer).error(), peer.name);
  return answer;
}

}  // namespace inferad::net
