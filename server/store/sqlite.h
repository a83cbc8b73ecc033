// SPDX-License-Identifier: Apache-2.0
// SQLite for the sources of this folder: a connection with cached statements, transactions, errors as values.
// SQL texts have parameters $1, $2, … in order of first appearance, which PostgreSQL understands too; each is kept with
// its statement, so there must be few. Not thread-safe: Ledger::Impl has a mutex beside each connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "server/base/result.h"
#include "server/store/sqlite_row.h"

struct sqlite3;

namespace inferad::store {

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status script(const char* sql);  // several statements, no parameters

  // Runs one statement with its parameters and calls visit(Row&) for each row.
  template <class Visit, class... Args>
  Status each(std::string_view sql, Visit visit, const Args&... args) {
    INFERAD_TRY(sqlite3_stmt* const statement, prepared(sql, static_cast<int>(sizeof...(args))));
    const Resetter resetter{statement};
    int index = 0;
    (bind(statement, ++index, args), ...);
    for (;;) {
      INFERAD_TRY(const bool more, step(statement));
      if (!more) return ok();
      Row row(statement);
      visit(row);
    }
  }
  template <class... Args>
  Status run(std::string_view sql, const Args&... args) {
    return each(
        sql, [](Row&) {}, args...);
  }
  // The first column of the first row.
  template <class T, class... Args>
  Result<std::optional<T>> value(std::string_view sql, const Args&... args) {
    std::optional<T> found;
    INFERAD_TRY_STATUS(each(
        sql,
        [&](Row& row) {
          if (!found) row >> found.emplace();
        },
        args...));
    return found;
  }
  // A function of SQL with one whole number, for triggers of this connection; it must not throw.
  Status define(const char* name, std::function<void(std::int64_t)> function);
  int changes() const;  // rows the last statement inserted, updated or deleted
  bool in_transaction() const;

 private:
  struct Resetter {
    sqlite3_stmt* statement;
    ~Resetter();
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  Error error() const;
  Result<sqlite3_stmt*> prepared(std::string_view sql, int parameters);
  Result<bool> step(sqlite3_stmt* statement);

  template <class T>
  static void bind(sqlite3_stmt* statement, int index, const T& value) {
    if constexpr (kIsOptional<T>) {
      if (value)
        bind(statement, index, *value);
      else
        bind_null(statement, index);
    } else if constexpr (std::is_same_v<T, WallTime>) {
      bind_integer(statement, index, to_unix_ms(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      bind_real(statement, index, value);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      bind_integer(statement, index, static_cast<std::int64_t>(value));
    } else {
      bind_text(statement, index, value);  // must outlive the statement's run
    }
  }
  static void bind_null(sqlite3_stmt* statement, int index);
  static void bind_integer(sqlite3_stmt* statement, int index, std::int64_t value);
  static void bind_real(sqlite3_stmt* statement, int index, double value);
  static void bind_text(sqlite3_stmt* statement, int index, std::string_view value);

  sqlite3* handle_;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> statements_;
};

// Rolled back when it goes without a successful commit().
class Transaction {
 public:
  enum class Kind { write, snapshot };
  static Result<std::unique_ptr<Transaction>> begin(Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(database) {}
  Database& database_;
};

}  // namespace inferad::store
