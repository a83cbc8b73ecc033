// SPDX-License-Identifier: Apache-2.0
// Small data sets (PS3.5 §7) from and to bytes: what DIMSE-N messages and C-FIND identifiers carry. Implicit and
// explicit VR little endian.
//
// Decoding is strict and bounded: every length is checked against what encloses it, at most kSetDepthMax nested
// sequences and kSetElementsMax elements; group lengths and (0008,0005) go, text becomes UTF-8 (charset.h). Written is
// ISO_IR 192 when a text needs it, sequences and items with lengths; a value beyond the 64 KiB of a short VR is cut.
// Errors name tag and offset, no value. Thread-safe.
#pragma once

#include "server/flow/dimse_ports.h"

namespace inferad::dicom {

inline constexpr int kSetDepthMax = 8;
inline constexpr int kSetElementsMax = 10'000;

class Codec final : public flow::DataSetCodec {
 public:
  Result<DataSet> decode(std::span<const std::byte> bytes, std::string_view transfer_syntax_uid) const override;
  std::vector<std::byte> encode(const DataSet& data_set, std::string_view transfer_syntax_uid) const override;
};

}  // namespace inferad::dicom
