// SPDX-License-Identifier: Apache-2.0
// The reader of HL7 messages on arbitrary bytes, as the listener uses it. What must hold: no crash, no endless loop;
// what is read out is UTF-8; orders come only without a refusal; what is answered can be read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/result.h"
#include "server/dicom/charset.h"
#include "server/worklist/hl7_answer.h"
#include "server/worklist/hl7_message.h"
#include "server/worklist/hl7_order.h"

using namespace inferad;

namespace {

std::string decoded(std::string_view bytes, const std::string& character_set) {
  return dicom::Charset(character_set).to_utf8(bytes, dicom::TextKind::text);
}

void answer(const worklist::Hl7Header& header, const worklist::Hl7Answer& given) {
  for (const auto& text : worklist::hl7_answers(header, given, WallTime{})) {
    INFERAD_CHECK(dicom::is_utf8(text));
    INFERAD_CHECK(worklist::Hl7Message::parse(text, decoded));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)worklist::parse_acknowledgement(bytes);
  const auto message = worklist::Hl7Message::parse(bytes, decoded);
  if (!message) return 0;
  for (const auto& segment : message->segments())
    for (std::size_t field = 1; field < 8; ++field) {
      INFERAD_CHECK(dicom::is_utf8(segment.text(field)));
      INFERAD_CHECK(dicom::is_utf8(segment.rewritten(field)));
    }
  const auto header = worklist::hl7_header(*message);
  if (auto refusal = worklist::hl7_refusal(header, {})) {
    answer(header, {worklist::Taken::rejected, *std::move(refusal), "refused"});
    return 0;
  }
  const auto read = worklist::read_orders(*message, {});
  INFERAD_CHECK(!read.refusal || read.orders.empty());
  answer(header, {read.refusal ? worklist::Taken::error : worklist::Taken::accepted, read.refusal, ""});
  return 0;
}
