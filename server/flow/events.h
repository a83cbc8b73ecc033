// SPDX-License-Identifier: Apache-2.0
// How the stages wake each other and tell the outside that something is to be seen. Truth is in the ledger: a lost ring
// costs time, never work.
#pragma once

#include <cstdint>
#include <functional>

#include "server/base/doorbell.h"

namespace inferad::flow {

struct Bells {
  Doorbell jobs;    // the clerk made a job, an operator asked for one again, or a worker came up
  Doorbell outbox;  // there is something to deliver
};

// A study looks different now (pages, event stream). Called from any thread of the flow, often; must be quick and must
// not call back into the flow. May be empty.
using StudyChanged = std::function<void(std::int64_t study_id)>;

}  // namespace inferad::flow
