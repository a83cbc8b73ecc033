// SPDX-License-Identifier: Apache-2.0
// A small DICOM data set as a value: what UPS messages and workitems hold (PS3.4 Annex CC). No pixel data. Text is
// UTF-8 without padding whatever the peer wrote; values of binary VRs are their bytes, little endian. Copyable,
// comparable. dicom/data_set_codec.h reads and writes the bytes. May hold patient data: never for a log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace inferad {

struct DataSet;

struct DataElement {
  std::string vr;              // two letters
  std::string value;           // several values joined by '\'
  std::vector<DataSet> items;  // of a sequence
};

struct DataSet {
  std::map<std::uint32_t, DataElement> elements;

  bool has(std::uint32_t tag) const { return elements.contains(tag); }
  std::string_view text(std::uint32_t tag) const;              // "" when absent or empty
  const std::vector<DataSet>& items(std::uint32_t tag) const;  // none when absent
  const DataSet& item(std::uint32_t tag) const;                // the first, or an empty one
  bool has_value(std::uint32_t tag) const;                     // present with a value or an item

  // With the VR of the dictionary.
  DataSet& set(std::uint32_t tag, std::string_view value);
  DataSet& set_items(std::uint32_t tag, std::vector<DataSet> items);
};
bool operator==(const DataElement& a, const DataElement& b);
bool operator==(const DataSet& a, const DataSet& b);

// Of the attributes that UPS and headers use (PS3.6 2024e); "UN" for others.
std::string_view vr_of(std::uint32_t tag);
bool is_text_vr(std::string_view vr);

// A code sequence item (PS3.3 table 8.8-1).
DataSet code_item(std::string_view value, std::string_view scheme, std::string_view meaning);

// One line of JSON, as it stands in the ledger: {"00741204":["LO","Reading"], "00404018":["SQ",[{…}]]}. Binary values
// are in hexadecimal digits.
std::string data_set_to_json(const DataSet& data_set);
Result<DataSet> data_set_from_json(std::string_view json);

}  // namespace inferad
