// SPDX-License-Identifier: Apache-2.0
// The File Meta Information of a DICOM Part 10 file (PS3.10 §7.1), with or without its group length.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/result.h"
#include "server/dicom/byte_source.h"

namespace inferad::dicom {

struct FileMeta {
  std::string transfer_syntax_uid;  // guessed from the first element of the data set when the file does not say
  std::string sop_class_uid, sop_instance_uid;
  std::string source_ae_title;        // (0002,0016)
  std::uint64_t data_set_offset = 0;  // from the begin of the file
};

// Reads from the begin of the file. Errors: invalid_input (no "DICM", broken or longer than a megabyte), io.
Result<FileMeta> read_file_meta(ByteSource& file);

}  // namespace inferad::dicom
