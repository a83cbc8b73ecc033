// SPDX-License-Identifier: Apache-2.0
// Prints what the scan says of each file, one JSON object a line, for shared_data_test.py.
#include <cstdio>

#include "server/base/log.h"
#include "server/dicom/header_scan.h"

using namespace inferad;

int main(int count, char** names) {
  for (int i = 1; i < count; ++i) {
    const auto found = dicom::scan_file_attributes(names[i]);
    const auto header = dicom::scan_file(names[i]);
    std::string line = "{\"file\":" + log::json_quote(names[i]);
    line += ",\"error\":" + log::json_quote(found ? "" : found.error().what);
    line += ",\"refused\":" + log::json_quote(header ? "" : header.error().what);
    line += ",\"attributes\":{";
    if (found) {
      for (const auto& [keyword, value] : found->attributes) {
        line += (line.back() == '{' ? "" : ",") + log::json_quote(keyword) + ":" + log::json_quote(value);
      }
    }
    std::puts((line + "}}").c_str());
  }
}
