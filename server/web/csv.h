// SPDX-License-Identifier: Apache-2.0
// One table as RFC 4180 wants it: lines end in CRLF, cells with comma, quote or line end are quoted. A cell that a
// spreadsheet would take for a formula gets an apostrophe before it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace inferad::web {

std::string csv_line(std::initializer_list<std::string_view> cells);

}  // namespace inferad::web
