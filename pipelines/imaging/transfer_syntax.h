// SPDX-License-Identifier: Apache-2.0
// Transfer syntaxes (PS3.6 A): those that the toolkit cannot decode and OpenJPEG can, and the names of all.
#pragma once

#include <string>
#include <string_view>

namespace inferad::imaging {

inline constexpr std::string_view kJpeg2000Lossless = "1.2.840.10008.1.2.4.90";
inline constexpr std::string_view kJpeg2000 = "1.2.840.10008.1.2.4.91";
inline constexpr std::string_view kHtj2kLossless = "1.2.840.10008.1.2.4.201";
inline constexpr std::string_view kHtj2kLosslessRpcl = "1.2.840.10008.1.2.4.202";
inline constexpr std::string_view kHtj2k = "1.2.840.10008.1.2.4.203";

constexpr bool is_high_throughput(std::string_view uid) {
  return uid == kHtj2kLossless || uid == kHtj2kLosslessRpcl || uid == kHtj2k;
}

constexpr bool is_jpeg2000(std::string_view uid) {
  return uid == kJpeg2000Lossless || uid == kJpeg2000 || is_high_throughput(uid);
}

// For people, decoded here or not: "JPEG XL (1.2.840.10008.1.2.4.112)"; the UID alone when nobody knows its name.
std::string transfer_syntax_in_words(const std::string& uid);

}  // namespace inferad::imaging
