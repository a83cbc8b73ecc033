// SPDX-License-Identifier: Apache-2.0
#include "server/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace inferad::store {

// ---- Row ------------------------------------------------------------------------------------------------------------

bool Row::is_null() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }
std::int64_t Row::integer() { return sqlite3_column_int64(statement_, column_++); }
double Row::real() { return sqlite3_column_double(statement_, column_++); }

std::string Row::text() {
  const int column = column_++;
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const int length = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(length));
}

// ---- Database -------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file) {
  sqlite3* handle = nullptr;
  // NOMUTEX: the owner of this object serialises its use.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return Error{Errc::io, fmt::format("cannot open {}: {}", file.string(), sqlite3_errstr(code))};
  sqlite3_busy_timeout(handle, 5000);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Database::Resetter::~Resetter() {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

Error Database::error() const {
  const int code = sqlite3_errcode(handle_) & 0xFF;
  const Errc class_of = code == SQLITE_BUSY || code == SQLITE_LOCKED ? Errc::unavailable : Errc::io;
  return Error{class_of, fmt::format("ledger: {}", sqlite3_errmsg(handle_))};
}

Status Database::script(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error();
  return ok();
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql, int parameters) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK)
    return error();
  INFERAD_CHECK(sqlite3_bind_parameter_count(statement) == parameters);
  for (int i = 1; i <= parameters; ++i)
    INFERAD_CHECK(fmt::format("${}", i) == sqlite3_bind_parameter_name(statement, i));
  statements_.emplace(sql, statement);
  return statement;
}

Result<bool> Database::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error();
}

Status Database::define(const char* name, std::function<void(std::int64_t)> function) {
  using Function = std::function<void(std::int64_t)>;
  const auto call = [](sqlite3_context* context, int, sqlite3_value** values) {
    (*static_cast<Function*>(sqlite3_user_data(context)))(sqlite3_value_int64(values[0]));
  };
  const auto destroy = [](void* own) { delete static_cast<Function*>(own); };
  auto* const own = new Function(std::move(function));  // SQLite's from here on, also when it fails
  if (sqlite3_create_function_v2(handle_, name, 1, SQLITE_UTF8, own, call, nullptr, nullptr, destroy) != SQLITE_OK)
    return error();
  return ok();
}

int Database::changes() const { return sqlite3_changes(handle_); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Database::bind_null(sqlite3_stmt* statement, int index) { sqlite3_bind_null(statement, index); }
void Database::bind_integer(sqlite3_stmt* statement, int index, std::int64_t value) {
  sqlite3_bind_int64(statement, index, value);
}
void Database::bind_real(sqlite3_stmt* statement, int index, double value) {
  sqlite3_bind_double(statement, index, value);
}
void Database::bind_text(sqlite3_stmt* statement, int index, std::string_view value) {
  // A null pointer would bind NULL.
  sqlite3_bind_text64(statement, index, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

// ---- Transaction ----------------------------------------------------------------------------------------------------

Result<std::unique_ptr<Transaction>> Transaction::begin(Database& database, Kind kind) {
  INFERAD_TRY_STATUS(database.run(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN"));
  return std::unique_ptr<Transaction>(new Transaction(database));
}

Status Transaction::commit() { return database_.run("COMMIT"); }

Transaction::~Transaction() {
  // SQLite rolls back by itself after some errors (disk full); then there is nothing left to end.
  if (database_.in_transaction()) static_cast<void>(database_.run("ROLLBACK"));
}

}  // namespace inferad::store
