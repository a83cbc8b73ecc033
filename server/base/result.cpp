// SPDX-License-Identifier: Apache-2.0
#include "server/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace inferad {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid_input:
      return "invalid_input";
    case Errc::not_found:
      return "not_found";
    case Errc::refused:
      return "refused";
    case Errc::overload:
      return "overload";
    case Errc::timeout:
      return "timeout";
    case Errc::unavailable:
      return "unavailable";
    case Errc::io:
      return "io";
    case Errc::model:
      return "model";
    case Errc::cancelled:
      return "cancelled";
  }
  return "unknown";
}

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "inferad: invariant broken: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace inferad
