// SPDX-License-Identifier: Apache-2.0
// What the node learns of a received object: a bounded, iterative scan up to the pixel data (walk.h says what it checks
// and tolerates). No DCMTK, no recursion, memory that does not depend on the object. All functions are thread-safe.
//
// Errors: invalid_input with the tag and the offset where the structure breaks, or the UID that is missing or
// malformed; io when the file cannot be read. No message holds a value of the data set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "server/base/result.h"
#include "server/core/instance.h"
#include "server/dicom/byte_source.h"

namespace inferad::dicom {

// Of a longer value only the beginning is kept; no attribute of the table may be that long.
inline constexpr std::size_t kValueBytesMax = 16 * 1024;

// Attributes of any data set, complete or not: what a query answers, what a file of another program holds.
struct DataSetSummary {
  Attributes attributes;
  bool made_by_us = false;  // a mark of this product in any of the places where our result objects carry it
};
Result<DataSetSummary> scan_attributes(ByteSource& source, std::string_view transfer_syntax_uid);

// A stored instance: fails unless study, series, instance and class are named by valid UIDs.
Result<InstanceHeader> read_header(std::span<const std::byte> data_set, std::string_view transfer_syntax_uid);

struct FileHeader {
  InstanceHeader instance;
  std::string source_ae_title;        // (0002,0016): who sent it, in files of the spool
  std::uint64_t data_set_offset = 0;  // the data set reaches from here to the end
  std::uint64_t bytes = 0;            // of the whole file
};
// A DICOM Part 10 file: of our spool, or any other. Without a transfer syntax in the file meta it is guessed.
Result<FileHeader> scan_file(const std::filesystem::path& file);
Result<DataSetSummary> scan_file_attributes(const std::filesystem::path& file);

}  // namespace inferad::dicom
