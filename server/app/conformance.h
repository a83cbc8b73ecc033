// SPDX-License-Identifier: Apache-2.0
// The tables of server/CONFORMANCE.md, from what the code does. Pure.
#pragma once

#include <string>

namespace inferad::app {

std::string conformance_tables();  // Markdown; with the two below
std::string ups_tables();
std::string hl7_tables();

}  // namespace inferad::app
