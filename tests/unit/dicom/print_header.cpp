// SPDX-License-Identifier: Apache-2.0
// Prints what the scan says of each file, and how HL7 names its patient (PID-5), one JSON object a line, for
// shared_data_test.py.
#include <cstdio>

#include "server/base/log.h"
#include "server/dicom/header_scan.h"
#include "server/worklist/hl7_message.h"

using namespace inferad;

namespace {

std::string hl7_name(const Attributes& study) {
  worklist::PriorityMessage message;
  message.study = study;
  auto text = worklist::priority_message(message, {});
  text.erase(0, text.find("\rPID|") + 1);
  for (int field = 0; field < 5; ++field) text.erase(0, text.find('|') + 1);
  return text.substr(0, text.find('|'));
}

}  // namespace

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
    line += "},\"hl7_name\":" + log::json_quote(found ? hl7_name(found->attributes) : "");
    std::puts((line + "}").c_str());
  }
}
