// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/transfer_syntax.h"

#include <fmt/format.h>

#include <utility>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"

namespace inferad::imaging {

namespace {

// Younger than the toolkit.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {kHtj2kLossless, "High-Throughput JPEG 2000 (Lossless Only)"},
    {kHtj2kLosslessRpcl, "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"},
    {kHtj2k, "High-Throughput JPEG 2000"},
    {"1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian"},
    {"1.2.840.10008.1.2.4.110", "JPEG XL Lossless"},
    {"1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression"},
    {"1.2.840.10008.1.2.4.112", "JPEG XL"},
    {"1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced"},
    {"1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate"},
    {"1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression"},
};

std::string name_of(const std::string& uid) {
  for (const auto& [known, name] : kNames)
    if (known == uid) return std::string(name);
  const DcmXfer syntax(uid.c_str());
  return syntax.getXfer() == EXS_Unknown ? std::string() : syntax.getXferName();
}

}  // namespace

std::string transfer_syntax_in_words(const std::string& uid) {
  const auto name = name_of(uid);
  return name.empty() ? uid : fmt::format("{} ({})", name, uid);
}

}  // namespace inferad::imaging
