// SPDX-License-Identifier: Apache-2.0
// Which rule takes a study and why the others do not, condition by condition, in words: `inferad explain`.
// Pure. The text shows header values (patient data): it is for the terminal of whoever has the files.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "server/config/rules.h"
#include "server/core/instance.h"
#include "server/store/ledger_types.h"

namespace inferad::flow {

// Studies as the ledger would give them, from headers of files; spool ids are the index in `headers` + 1. Objects that
// are no images, results of ours and repeated instances are left out, as the node does.
std::vector<store::StudyContent> studies_of(std::span<const InstanceHeader> headers, const std::string& calling_ae);

std::string explain(const config::Routing& routing, const store::StudyContent& content);

}  // namespace inferad::flow
