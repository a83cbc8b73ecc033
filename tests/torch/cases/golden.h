// SPDX-License-Identifier: Apache-2.0
// Golden cases: a folder with case.json (a MONAI configuration or inferer, shapes, types, tolerances) and raw files.
#pragma once

#include <filesystem>
#include <string>

namespace inferad::cases {

struct Outcome {
  bool ok = false;
  std::string text;    // largest error against its tolerance, or what went wrong
  double seconds = 0;  // of the transforms or the inferer alone
};

// `name`: for messages. Never throws.
Outcome run_case(const std::filesystem::path& folder);

// Whether case.json describes something that run_case() runs: transforms or an inferer.
bool is_case(const std::filesystem::path& folder);

}  // namespace inferad::cases
