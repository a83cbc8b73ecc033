// SPDX-License-Identifier: Apache-2.0
// Transfer syntaxes (PS3.6 A) that the toolkit cannot decode and OpenJPEG can.
#pragma once

#include <string_view>

namespace inferad::imaging {

inline constexpr std::string_view kJpeg2000Lossless = "1.2.840.10008.1.2.4.90";
inline constexpr std::string_view kJpeg2000 = "1.2.840.10008.1.2.4.91";
inline constexpr std::string_view kHtj2kLossless = "1.2.840.10008.1.2.4.201";
inline constexpr std::string_view kHtj2kLosslessRpcl = "1.2.840.10008.1.2.4.202";
inline constexpr std::string_view kHtj2k = "1.2.840.10008.1.2.4.203";

// "" when it is none of the three.
constexpr std::string_view high_throughput_name(std::string_view uid) {
  if (uid == kHtj2kLossless) return "High-Throughput JPEG 2000 (Lossless Only)";
  if (uid == kHtj2kLosslessRpcl) return "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)";
  return uid == kHtj2k ? "High-Throughput JPEG 2000" : "";
}

constexpr bool is_jpeg2000(std::string_view uid) {
  return uid == kJpeg2000Lossless || uid == kJpeg2000 || !high_throughput_name(uid).empty();
}

}  // namespace inferad::imaging
