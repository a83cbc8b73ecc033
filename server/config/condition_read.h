// SPDX-License-Identifier: Apache-2.0
// Conditions from JSON. Internal to config/.
#pragma once

#include "server/base/json_document.h"
#include "server/config/condition.h"

namespace inferad::config {

enum class Scope { study, series };  // orientation and slice distance can be asked of a series only

// Mistakes become problems of the document; what is returned then is not to be used.
Condition read_condition(const JsonNode& node, Scope scope);

}  // namespace inferad::config
