// SPDX-License-Identifier: Apache-2.0
// LibTorch reports everything by exceptions; here they become values. Internal to engine/.
#pragma once

#include <functional>
#include <string>

#include "server/base/result.h"

namespace inferad::engine {

// What LibTorch says in one line: what is wrong comes first, where in LibTorch later.
std::string in_short(const std::string& message);

// Runs `body`. Errc::overload when memory does not suffice, Errc::model for any other exception; `who` begins the
// sentence ("model lung-topology").
Status guarded(const std::string& who, const std::function<Status()>& body);

}  // namespace inferad::engine
