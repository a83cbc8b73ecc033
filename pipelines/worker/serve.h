// SPDX-License-Identifier: Apache-2.0
// `inferad-worker serve`: offers the pipelines of an engine over a channel and runs jobs from it, one after the other,
// until the channel ends (server/ARCHITECTURE.md, "The worker protocol").
#pragma once

#include "pipelines/engine/engine.h"
#include "pipelines/worker/channel.h"

namespace inferad::worker {

// Tells that the pipeline is about to be loaded: when this process does not come back, the node leaves it out.
void announce_loading(Channel& channel, const std::string& pipeline);

// Tells what is offered and what is refused, then serves. Gives the exit status: 0 when the peer closed the channel.
int serve(Channel& channel, engine::Engine& engine, int threads);

// Ends the process with status 0 as soon as the peer of `fd` is gone, also in the middle of a job.
void exit_when_closed(int fd);

}  // namespace inferad::worker
