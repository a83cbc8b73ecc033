// SPDX-License-Identifier: Apache-2.0
#include "server/core/feedback.h"

namespace inferad {

std::string_view to_string(Opinion opinion) {
  switch (opinion) {
    case Opinion::none:
      return "none";
    case Opinion::agree:
      return "agree";
    case Opinion::disagree:
      return "disagree";
  }
  return "none";
}

}  // namespace inferad
