// SPDX-License-Identifier: Apache-2.0
// The words of a `$` expression. Internal to recipe/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipelines/recipe/value.h"
#include "server/base/result.h"

namespace inferad::recipe {

struct Token {
  enum class Kind { end, number, text, name, reference, sign };
  Kind kind = Kind::end;
  std::string word;  // name, sign ("**"), reference without @, characters of a text
  Value number;
};

// Ends with a token of kind end. Errc::invalid_input names what is not understood.
Result<std::vector<Token>> tokens_of(std::string_view text);

// "a#b" for "@a#b" and "@a::b" at the start of `text`; "" when there is none. `length`: characters used.
std::string reference_at(std::string_view text, std::size_t& length);

}  // namespace inferad::recipe
