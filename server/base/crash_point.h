// SPDX-License-Identifier: Apache-2.0
// Named places where the reliability tests kill the process: INFERAD_CRASH_AT=name or name:N (the Nth pass) makes
// crash_point("name") end the process with SIGKILL, as a power button would. Without the variable it costs one load.
// The list of names is in crash_point.cpp; a name that is not listed there stops the process in every build.
#pragma once

#include <span>
#include <string_view>

namespace inferad {

void crash_point(std::string_view name);
std::span<const std::string_view> crash_point_names();

}  // namespace inferad
