// SPDX-License-Identifier: Apache-2.0
// Prints the tables for tables_test.py, one entry a line, fields separated by tabs.
#include <cstdio>
#include <string>

#include "server/core/attributes.h"
#include "server/core/sop_class.h"

int main() {
  for (const auto& [tag, keyword, vr] : inferad::header_attributes()) {
    std::printf("attribute\t%08x\t%s\t%s\n", tag, std::string(keyword).c_str(), std::string(vr).c_str());
  }
  for (const auto& [uid, name] : inferad::storage_sop_classes()) {
    std::printf("storage\t%s\t%s\n", std::string(uid).c_str(), std::string(name).c_str());
  }
  for (const auto& [uid, name] : inferad::transfer_syntaxes()) {
    std::printf("syntax\t%s\t%s\n", std::string(uid).c_str(), std::string(name).c_str());
  }
}
