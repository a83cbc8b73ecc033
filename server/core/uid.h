// SPDX-License-Identifier: Apache-2.0
// DICOM unique identifiers as text. Files are never named by a UID: UIDs live in the ledger only.
#pragma once

#include <string>
#include <string_view>

namespace inferad {

// PS3.5 §9.1: 1 to 64 characters of digits and dots, no empty component. Leading zeros in a component are tolerated
// (real scanners send them); everything else is refused.
bool is_valid_uid(std::string_view text);

// Removes the padding a UI value may carry: trailing NULs and spaces.
std::string trim_uid(std::string_view raw);

}  // namespace inferad
