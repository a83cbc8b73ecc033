// SPDX-License-Identifier: Apache-2.0
// The tables of server/CONFORMANCE.md, from what the code does. Pure.
#pragma once

#include <string>

namespace inferad::app {

std::string conformance_tables();  // Markdown

}  // namespace inferad::app
