// SPDX-License-Identifier: Apache-2.0
// A destination of the outbox that is a UPS worklist: the priority of a study's reading task goes there (way_ups.cpp).
// The message of a delivery is the task as N-CREATE would have it.
//
// Operation: C-FIND the study's tasks (UPS Pull), N-SET Scheduled Procedure Step Priority of those that are SCHEDULED
// and less urgent; N-CREATE (UPS Push) one where there is none and the site wants that, under a UID derived from the
// study, so that a repeated attempt meets its own task. Only raises. Nothing is set on a task whose answer does not
// itself name the study: a peer may ignore a key.
#pragma once

#include <memory>

#include "server/config/settings.h"
#include "server/flow/courier.h"
#include "server/flow/dimse_ports.h"

namespace inferad::flow {

// Attempts at a study that has no task yet (the RIS may be late); then the delivery is parked.
inline constexpr int kUpsMissingAttemptsMax = 10;

// `caller` outlives the channel.
std::unique_ptr<Channel> make_ups_channel(DimseCaller& caller, DicomPeer peer, config::UpsDestination destination);

}  // namespace inferad::flow
