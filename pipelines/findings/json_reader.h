// SPDX-License-Identifier: Apache-2.0
// Reads JSON strictly: each value has a type, a limit and a JSON pointer (RFC 6901) for the error message. The first
// mistake is kept in the Fault; after it every getter returns a default, so that readers need no branches.
// For the readers of findings/ and engine/. The document and the Fault must outlive the reader. Not thread-safe.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/result.h"

namespace inferad::findings {

inline constexpr std::size_t kJsonBytesMax = 16 << 20;

struct Fault {
  std::optional<Error> first;
  void add(const std::string& pointer, std::string_view what);
};

// Refuses text that is not JSON (with the byte offset) or longer than kJsonBytesMax.
Result<nlohmann::json> parse_json(std::string_view text);

class JsonReader {
 public:
  JsonReader(const nlohmann::json* value, std::string pointer, Fault& fault);

  // Requires an object without other members than `keys`.
  JsonReader& object(std::initializer_list<std::string_view> keys);
  JsonReader at(std::string_view key) const;                   // required member
  std::optional<JsonReader> find(std::string_view key) const;  // optional member

  std::string text(std::size_t characters_max = 4096) const;
  std::string required_text(std::size_t characters_max = 4096) const;  // not empty
  std::string uid() const;                                             // a DICOM UID (PS3.5 9.1)
  double number() const;                                               // finite
  int integer(int least, int most) const;
  bool boolean() const;

  // Calls read(JsonReader) for each element of an array of at most `count_max`; gives what it returned.
  template <class Read>
  auto list(std::size_t count_max, Read read) const {
    std::vector<decltype(read(std::declval<JsonReader>()))> result;
    const std::size_t count = array_size(count_max);
    result.reserve(count);
    for (std::size_t i = 0; i < count && !fault_->first; ++i) result.push_back(read(element(i)));
    return result;
  }

  void fail(std::string_view what) const { fault_->add(pointer_, what); }

 private:
  std::size_t array_size(std::size_t count_max) const;
  JsonReader element(std::size_t index) const;

  const nlohmann::json* value_;  // null after a fault
  std::string pointer_;
  Fault* fault_;
};

// PS3.5 9.1, but leading zeros in a component are tolerated: real scanners send them.
bool is_uid(std::string_view text);

}  // namespace inferad::findings
