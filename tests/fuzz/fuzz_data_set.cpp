// SPDX-License-Identifier: Apache-2.0
// Small data sets of DIMSE-N messages on arbitrary bytes; the first byte chooses the transfer syntax. What must hold:
// no crash, no endless loop; text is UTF-8; what was read is written, read and written to the same bytes, and kept by
// JSON.
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/base/result.h"
#include "server/core/data_set.h"
#include "server/core/sop_class.h"
#include "server/dicom/charset.h"
#include "server/dicom/data_set_codec.h"

using namespace inferad;

namespace {

void check_text(const DataSet& set) {
  for (const auto& [tag, element] : set.elements) {
    INFERAD_CHECK(!is_text_vr(element.vr) || dicom::is_utf8(element.value));
    for (const auto& item : element.items) check_text(item);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const dicom::Codec codec;
  const auto read = codec.decode(bytes, data[0] % 2 == 0 ? kExplicitVrLittleEndian : kImplicitVrLittleEndian);
  if (!read) return 0;
  check_text(*read);
  const auto written = codec.encode(*read, kExplicitVrLittleEndian);
  const auto again = codec.decode(written, kExplicitVrLittleEndian);
  INFERAD_CHECK(again && codec.encode(*again, kExplicitVrLittleEndian) == written);
  const auto kept = data_set_from_json(data_set_to_json(*read));
  INFERAD_CHECK(kept && *kept == *read);
  return 0;
}
