// SPDX-License-Identifier: Apache-2.0
// What a reload cannot change.
#pragma once

#include <string>

#include "server/config/settings.h"

namespace inferad::app {

// Puts what is read at start only back into `next` as it was then. Gives the names of what `next` would have changed,
// as in inferad.json: "dicom, worklist.alarm_share"; "" = nothing.
std::string keep_until_restart(config::Settings& next, const config::Settings& at_start);

}  // namespace inferad::app
