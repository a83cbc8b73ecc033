// SPDX-License-Identifier: Apache-2.0
// Files to send.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "server/core/sop_class.h"
#include "server/flow/ports.h"

namespace inferad::test {

// A folder of Part 10 files that goes with the test. The data sets are as good as a storage server wants them.
class Objects {
 public:
  Objects() : folder_(std::filesystem::temp_directory_path() / ("inferad_client_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Objects() { std::filesystem::remove_all(folder_); }
  const std::filesystem::path& folder() const { return folder_; }

  flow::OutgoingObject make(const std::string& uid, std::size_t pixel_bytes = 64,
                            std::string sop_class = "1.2.840.10008.5.1.4.1.1.7",
                            std::string_view syntax = kExplicitVrLittleEndian) {
    flow::OutgoingObject object{folder_ / (uid + ".dcm"), std::move(sop_class), uid, std::string(syntax)};
    std::ofstream out(object.file, std::ios::binary);
    const auto meta = element(2, 2, "UI", object.sop_class_uid) + element(2, 3, "UI", uid) +
                      element(2, 0x10, "UI", object.transfer_syntax_uid);
    const auto length = ul_value(static_cast<std::uint32_t>(meta.size()));
    out << std::string(128, '\0') << "DICM" << element(2, 0, "UL", length) << meta << data_set(object, pixel_bytes);
    return object;
  }
  static std::string data_set(const flow::OutgoingObject& object, std::size_t pixel_bytes) {
    std::string data = element(8, 0x16, "UI", object.sop_class_uid) + element(8, 0x18, "UI", object.sop_instance_uid) +
                       element(8, 0x60, "CS", "OT") + element(0x10, 0x10, "PN", "Test^Client") +
                       element(0x10, 0x20, "LO", "4711") + element(0x20, 0xD, "UI", "1.2.3.40") +
                       element(0x20, 0xE, "UI", "1.2.3.41") + element(0x20, 0x13, "IS", "1");
    data += std::string("\xE0\x7F\x10\0OW\0\0", 8) + ul_value(static_cast<std::uint32_t>(pixel_bytes));
    for (std::size_t i = 0; i < pixel_bytes; ++i) data += static_cast<char>(i * 7 + i / 251);
    return data;
  }

 private:
  static std::string ul_value(std::uint32_t value) {
    std::string out;
    for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
    return out;
  }
  static std::string element(int group, int number, std::string_view vr, std::string value) {
    if (value.size() % 2 != 0) value += vr == "UI" ? '\0' : ' ';
    std::string out;
    for (const int part : {group, number}) out += {static_cast<char>(part & 0xFF), static_cast<char>(part >> 8)};
    out += vr;
    out += {static_cast<char>(value.size() & 0xFF), static_cast<char>(value.size() >> 8)};
    return out + value;
  }
  std::filesystem::path folder_;
};

}  // namespace inferad::test
