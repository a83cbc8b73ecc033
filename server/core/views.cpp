// SPDX-License-Identifier: Apache-2.0
#include "server/core/views.h"

namespace inferad {

std::string_view to_string(AiState state) {
  switch (state) {
    case AiState::receiving:
      return "receiving";
    case AiState::pending:
      return "pending";
    case AiState::running:
      return "running";
    case AiState::done:
      return "done";
    case AiState::not_analysed:
      return "not_analysed";
    case AiState::not_applicable:
      return "not_applicable";
    case AiState::failed:
      return "failed";
  }
  return "failed";
}

std::string_view to_string(DeliveryState state) {
  switch (state) {
    case DeliveryState::waiting:
      return "waiting";
    case DeliveryState::sending:
      return "sending";
    case DeliveryState::delivered:
      return "delivered";
    case DeliveryState::parked:
      return "parked";
  }
  return "parked";
}

}  // namespace inferad
