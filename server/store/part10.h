// SPDX-License-Identifier: Apache-2.0
// The DICOM file header (PS3.10 §7.1) in front of a received data set: zero preamble, "DICM", group 0002.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace inferad::store {

struct FileMeta {
  std::string sop_class_uid, sop_instance_uid;  // (0002,0002), (0002,0003)
  std::string transfer_syntax_uid;              // (0002,0010)
  std::string source_ae;                        // (0002,0016): the calling AE title
};

std::string encode_file_meta(const FileMeta& meta);  // all bytes before the data set

inline constexpr std::size_t kFileMetaBytesMax = 1024;  // no header that encode_file_meta made is longer

struct DecodedFileMeta {
  FileMeta meta;
  std::int64_t data_offset = 0;  // where the data set starts
};
// From the first kFileMetaBytesMax bytes of a file; invalid_input when encode_file_meta did not write them.
Result<DecodedFileMeta> decode_file_meta(std::string_view head);

}  // namespace inferad::store
