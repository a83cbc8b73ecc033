// SPDX-License-Identifier: Apache-2.0
// What an answer of a peer means for a delivery, and how long to wait before the next attempt. Pure tables.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/clock.h"
#include "server/base/result.h"
#include "server/config/settings.h"
#include "server/worklist/hl7_message.h"

namespace inferad::flow {

enum class Verdict {
  delivered,
  delivered_with_warning,  // the peer has it, and said something about it
  retry,                   // trying again can help
  retry_peer,              // the peer cannot be reached at all: nothing else for it is worth a try either
  park,                    // a permanent refusal: a human has to look
};
std::string_view to_string(Verdict verdict);

struct Judgement {
  Verdict verdict = Verdict::delivered;
  std::string text;        // for people: "status A701: out of resources"
  std::size_t choice = 0;  // StoreAnswer::choice
  Millis wait{0};          // before a retry, at least: the peer asked for it
  bool operator==(const Judgement&) const = default;
};

Judgement judge_store_status(std::uint16_t status);  // of a C-STORE-RSP (PS3.4 B.2.3, PS3.7 C)
Judgement judge_error(const Error& error);           // no answer
Judgement judge_http_status(int status, Millis retry_after);
// `attempts`: including this one. An application error (AE, CE) can be a passing one: tried a few times, then parked.
Judgement judge_acknowledgement(const worklist::Acknowledgement& acknowledgement, int attempts);

// Doubled from attempt to attempt, at most `longest`, then spread by jitter; `spread` is a random number in 0..1.
Millis back_off(int attempts, const config::RetrySettings& settings, double spread);
// The settings say that this was the last attempt. By default there is none.
bool give_up(int attempts, Millis age, const config::RetrySettings& settings);

}  // namespace inferad::flow
