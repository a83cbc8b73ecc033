// SPDX-License-Identifier: Apache-2.0
// Result<T>: how this project reports failures that come from outside (peers, disks, files, models).
// Bugs are asserts (INFERAD_CHECK); third-party exceptions are translated in the file that includes the header.
// Member names follow std::expected, so that moving to C++23 is a small edit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace inferad {

// Few classes, because each asks for a different reaction (one table: docs in server/ARCHITECTURE.md, "Errors").
enum class Errc {
  invalid_input,  // the bytes, file or request are wrong: refuse, park; trying again cannot help
  not_found,      // the named thing is not there
  refused,        // the peer or our policy says no, permanently
  overload,       // a limit of ours is reached: the caller may try again later
  timeout,        // no answer in time: try again
  unavailable,    // the peer cannot be reached or says "later": try again
  io,             // our own disk failed: no acknowledgement, degrade
  model,          // a model or codec failed on this input
  cancelled,      // we are shutting down: return the lease untouched
};

std::string_view to_string(Errc code);

struct Error {
  Errc code = Errc::invalid_input;
  std::string what;  // one sentence: what is wrong and where (file, field, peer). Never patient data.
};

struct Unit {
  bool operator==(const Unit&) const = default;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

  template <class U>
  T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<Unit>;
inline Status ok() { return Unit{}; }

// Appends context in front: fail(read(path).error(), "cannot load the worklist").
inline Error with_context(Error error, std::string_view context) {
  error.what = std::string(context) + ": " + error.what;
  return error;
}

// Stops the process when an invariant of ours is broken; also in release builds (ledger and UID invariants).
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
#define INFERAD_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::inferad::check_failed(#expression, __FILE__, __LINE__))

// Returns the error of a Result early: INFERAD_TRY(auto bytes, read_file(path));
#define INFERAD_CONCAT_(a, b) a##b
#define INFERAD_CONCAT(a, b) INFERAD_CONCAT_(a, b)
#define INFERAD_TRY_(declaration, expression, temporary)           \
  auto temporary = (expression);                                   \
  if (!temporary.has_value()) return std::move(temporary).error(); \
  declaration = std::move(temporary).value()
#define INFERAD_TRY(declaration, expression) INFERAD_TRY_(declaration, expression, INFERAD_CONCAT(result_, __LINE__))
#define INFERAD_TRY_STATUS(expression)                                                        \
  do {                                                                                        \
    if (auto status_ = (expression); !status_.has_value()) return std::move(status_).error(); \
  } while (false)

}  // namespace inferad
