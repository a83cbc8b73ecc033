// SPDX-License-Identifier: Apache-2.0
// The columns of one result row, read from left to right: row >> study.id >> study.uid;
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "server/base/clock.h"

struct sqlite3_stmt;

namespace inferad::store {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

  template <class T>
  Row& operator>>(T& value) {
    if constexpr (kIsOptional<T>) {
      value.reset();
      if (is_null())
        ++column_;
      else
        *this >> value.emplace();
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = text();
    } else if constexpr (std::is_same_v<T, WallTime>) {
      value = from_unix_ms(integer());
    } else if constexpr (std::is_floating_point_v<T>) {
      value = real();
    } else if constexpr (std::is_same_v<T, bool>) {
      value = integer() != 0;
    } else {
      value = static_cast<T>(integer());  // integers and enums
    }
    return *this;
  }

 private:
  bool is_null() const;
  std::int64_t integer();
  double real();
  std::string text();  // "" for NULL

  sqlite3_stmt* statement_;
  int column_ = 0;
};

}  // namespace inferad::store
