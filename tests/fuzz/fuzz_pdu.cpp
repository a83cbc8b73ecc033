// SPDX-License-Identifier: Apache-2.0
// What a peer sends, against both association machines. The first byte chooses how the rest is cut into reads. Checked
// beside the sanitizers: the actions keep their order, views stay inside the input, what we send is a row of valid
// PDUs, and the cutting of the bytes does not change what happens.
#include <cstdint>
#include <cstdlib>

#include "server/ul/requestor.h"
#include "tests/unit/ul/transcript.h"

namespace {

using namespace inferad;
using namespace inferad::ul;
using inferad::ul::testing::Driver;
using inferad::ul::testing::Transcript;

void require(bool holds) {
  if (!holds) std::abort();
}

AcceptorLimits small_limits() {
  AcceptorLimits limits;
  limits.pdu_bytes_max = 4096;
  limits.object_bytes_max = 512;
  limits.command_bytes_max = 1024;
  return limits;
}

Transcript run_acceptor(ByteView input, std::size_t piece) {
  Acceptor acceptor(
      small_limits(), [](const AssociateRq&) { return std::nullopt; }, SteadyTime{});
  Driver driver(acceptor);
  while (!input.empty()) {
    const std::size_t size = std::min(piece, input.size());
    require(driver.feed(input.first(size)));
    input = input.subspan(size);
  }
  if (!driver.out.closed) {
    acceptor.expire(acceptor.deadline());
    require(driver.feed({}));
  }
  return std::move(driver.out);
}

void require_valid_pdus(ByteView sent) {
  PduReader reader(kRequestBytesMax, 256 << 10);
  while (!sent.empty()) {
    const auto step = reader.step(sent);
    require(step.consumed > 0 && !std::holds_alternative<Malformed>(step.event));
    sent = sent.subspan(step.consumed);
  }
  require(!reader.inside_pdu());
}

// A peer that answers our store and then our find.
void run_requestor(ByteView input, std::size_t piece) {
  RequestorOptions options;
  options.calling_ae = "A";
  options.called_ae = "B";
  options.contexts = {{1, "1.2.840.10008.5.1.4.1.1.2", {"1.2.840.10008.1.2"}},
                      {3, "1.2.840.10008.1.1", {"1.2.840.10008.1.2"}}};
  options.data_set_bytes_max = 512;
  Requestor requestor(options, SteadyTime{});
  bool closed = false;
  while (!input.empty() || !closed) {
    const ByteView read = input.first(std::min(piece, input.size()));
    const auto step = requestor.step(read, SteadyTime{});
    require(step.consumed <= read.size());
    input = input.subspan(step.consumed);
    if (const auto* send = std::get_if<Send>(&step.action)) require_valid_pdus(send->bytes);
    if (std::holds_alternative<PeerAccepted>(step.action) && !requestor.contexts().empty()) {
      requestor.send_command(requestor.contexts().begin()->second, store_request(1, "1.2", "1.3"), SteadyTime{});
      requestor.send_data_set(read, SteadyTime{});
    }
    if (const auto* answer = std::get_if<Response>(&step.action)) {
      require(answer->data_set.size() <= 512);
      if (!status::is_pending(answer->command.status)) {
        requestor.send_command(requestor.contexts().begin()->second, find_request(2, "1.2"), SteadyTime{});
      }
    }
    if (std::holds_alternative<RequestorClosed>(step.action)) closed = true;
    if (input.empty() && std::holds_alternative<NeedInput>(step.action)) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = data[0] % 64 + 1U;
  const ByteView input = std::as_bytes(std::span(data + 1, size - 1));
  const Transcript whole = run_acceptor(input, input.size() + 1);
  const Transcript cut = run_acceptor(input, piece);
  require(whole.lines == cut.lines && whole.objects == cut.objects && whole.sent == cut.sent);
  require_valid_pdus(whole.sent);
  run_requestor(input, piece);
  (void)decode_command(input);
  return 0;
}
