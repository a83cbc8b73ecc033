// SPDX-License-Identifier: Apache-2.0
// The header scan on arbitrary bytes. The first byte chooses the transfer syntax, or a whole file of Part 10.
// What must hold: no crash, no endless loop, and whatever is accepted has valid UIDs and text in UTF-8.
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/base/result.h"
#include "server/core/sop_class.h"
#include "server/core/uid.h"
#include "server/dicom/charset.h"
#include "server/dicom/header_scan.h"
#include "server/dicom/part10.h"

using namespace inferad;

namespace {

void check_attributes(const Attributes& attributes) {
  for (const auto& [keyword, value] : attributes) {
    INFERAD_CHECK(find_attribute(keyword) != nullptr);
    INFERAD_CHECK(dicom::is_utf8(value));
  }
}

void scan_file(std::span<const std::byte> bytes) {
  dicom::MemorySource file(bytes);
  const auto meta = dicom::read_file_meta(file);
  if (!meta) return;
  INFERAD_CHECK(meta->data_set_offset <= bytes.size());
  (void)dicom::read_header(bytes.subspan(static_cast<std::size_t>(meta->data_set_offset)), meta->transfer_syntax_uid);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kSyntaxes[] = {kExplicitVrLittleEndian, kImplicitVrLittleEndian, kExplicitVrBigEndian,
                                            kDeflatedExplicitVrLittleEndian};
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  if (data[0] % 5 == 4) {
    scan_file(bytes);
    return 0;
  }
  const auto syntax = kSyntaxes[data[0] % 5];
  dicom::MemorySource source(bytes);
  const auto summary = dicom::scan_attributes(source, syntax);
  if (summary) check_attributes(summary->attributes);
  const auto header = dicom::read_header(bytes, syntax);
  INFERAD_CHECK(!header || summary);
  if (header) {
    INFERAD_CHECK(is_valid_uid(header->study_uid) && is_valid_uid(header->series_uid));
    INFERAD_CHECK(is_valid_uid(header->instance_uid) && is_valid_uid(header->sop_class_uid));
    INFERAD_CHECK(header->frames >= 1);
  }
  return 0;
}
