// SPDX-License-Identifier: Apache-2.0
// Arguments of a step, typed. The first mistake is kept and later reads return their fallback, so that a maker reads
// everything in a row; whoever called the maker asks finish(). What nobody read is refused by name.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/recipe/recipe.h"
#include "server/base/result.h"

namespace inferad::tensor {

class Arguments {
 public:
  // For one of the step's keys: where MONAI takes one value for each key, a list of that length gives the key's.
  // The step must outlive the arguments.
  explicit Arguments(const recipe::Step& step, std::size_t key_index = 0);

  const std::string& key() const;  // "" without keys
  std::size_t key_index() const { return key_index_; }
  const recipe::Step& step() const { return *step_; }

  // One value, or a list with one for each key. Absent or none: the fallback. flag() also takes "True" and "False",
  // which bundles write; number() also an integer; integer() also a number without a fraction.
  bool flag(std::string_view name, bool fallback);
  double number(std::string_view name, double fallback);
  std::int64_t integer(std::string_view name, std::int64_t fallback);
  std::string text(std::string_view name, std::string_view fallback);
  std::string one_of(std::string_view name, std::string_view fallback, std::initializer_list<std::string_view> allowed);
  std::string joined_text(std::string_view name);  // a text, or a list of texts in a row: "RAS", ["R", "A", "S"]
  std::optional<double> optional_number(std::string_view name);
  std::optional<at::ScalarType> dtype(std::string_view name);  // "float32", "uint8", …

  // A list, or one value as a list of one. Absent or none: empty.
  std::vector<double> numbers(std::string_view name);
  std::vector<std::int64_t> integers(std::string_view name);

  const recipe::Value* value(std::string_view name);           // as written; nullptr: absent or none
  void require(std::string_view name);                         // absent or none is a mistake
  void ignore(std::initializer_list<std::string_view> names);  // known, and without effect here
  void ignore_all();                                           // a step that is left to somebody else
  // Refused unless absent, none or false: an option that changes the result and is not supported.
  void unsupported(std::initializer_list<std::string_view> names);

  void refuse(std::string_view name, std::string_view expected);  // "preprocessing#transforms#3: Spacing: `mode` …"
  Status finish() const;

 private:
  const recipe::Value* find(std::string_view name);          // marks as read
  const recipe::Value* find_for_key(std::string_view name);  // the key's element of a list with one for each key
  template <class T>
  std::vector<T> list_of(std::string_view name, std::string_view expected);

  const recipe::Step* step_;
  std::size_t key_index_;
  std::set<std::string, std::less<>> read_;
  bool all_read_ = false;
  std::optional<Error> mistake_;
};

// MONAI and Python names of a type: "float32", "float", "uint8", "int64", …; nullopt: another text.
std::optional<at::ScalarType> scalar_type(std::string_view name);

}  // namespace inferad::tensor
