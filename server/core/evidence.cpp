// SPDX-License-Identifier: Apache-2.0
#include "server/core/evidence.h"

namespace inferad {

std::string_view to_string(Grouping by) {
  switch (by) {
    case Grouping::all:
      return "all";
    case Grouping::age:
      return "age";
    case Grouping::sex:
      return "sex";
    case Grouping::manufacturer:
      return "manufacturer";
    case Grouping::site:
      return "site";
  }
  return "all";
}

}  // namespace inferad
