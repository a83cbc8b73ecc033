// SPDX-License-Identifier: Apache-2.0
// Prints the sample messages for hl7_parser_test.py: a line with a name and a length, then the bytes of the message.
#include <iostream>

#include "tests/unit/worklist/sample_messages.h"

int main() {
  using namespace inferad::worklist;
  for (const auto kind : {OrderMessage::omi_o23, OrderMessage::orm_o01, OrderMessage::oru_r01}) {
    Hl7Profile profile;
    profile.message = kind;
    const std::string name = kind == OrderMessage::omi_o23 ? "omi" : kind == OrderMessage::orm_o01 ? "orm" : "oru";
    const std::string plain = priority_message(sample_message(), profile);
    const std::string hostile = priority_message(hostile_message(), profile);
    std::cout << name << ' ' << plain.size() << '\n'
              << plain << name << "-hostile " << hostile.size() << '\n'
              << hostile;
  }
}
