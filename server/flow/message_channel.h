// SPDX-License-Identifier: Apache-2.0
// The channel of a destination that gets messages: one after the other; what is not delivered holds what other
// jobs say of its study later, and one that finds nobody there ends the round.
#pragma once

#include "server/flow/courier.h"

namespace inferad::flow {

// Delivers one message: what became of it; nullopt: told to stop before anything did.
using SendMessage =
    std::function<std::optional<Judgement>(const store::DeliveryLease& delivery, const std::stop_token& stop)>;

std::unique_ptr<Channel> make_message_channel(SendMessage send);

}  // namespace inferad::flow
