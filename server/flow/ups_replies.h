// SPDX-License-Identifier: Apache-2.0
// Which operation belongs to which UPS SOP class, and what a status says in words. Pure.
#pragma once

#include <span>
#include <string_view>

#include "server/core/ups.h"
#include "server/flow/dimse_ports.h"

namespace inferad::flow {

// PS3.4 CC.3.1, tables CC.3-1 to CC.3-5: the class that the presentation context was negotiated for decides.
bool ups_operation_belongs(const DimseMessage& message);

struct UpsStatusWords {
  std::uint16_t status;
  std::string_view words;
};
std::span<const UpsStatusWords> ups_status_words();  // of statuses that are always said in the same words

DimseReply reply_of(std::uint16_t status);

}  // namespace inferad::flow
