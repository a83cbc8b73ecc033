// SPDX-License-Identifier: Apache-2.0
#include "server/flow/retry.h"

#include <fmt/format.h>

#include <algorithm>

namespace inferad::flow {
namespace {

constexpr int kApplicationErrorsMax = 5;
constexpr std::chrono::minutes kAskedWaitMax{50};  // a due time more than an hour ahead counts as due (store/ledger.h)

std::string_view status_meaning(std::uint16_t status) {
  switch (status) {
    case 0x0110:
      return "processing failure";
    case 0x0111:
      return "duplicate SOP instance";
    case 0x0117:
      return "invalid SOP instance";
    case 0x0122:
      return "SOP class not supported";
    case 0x0124:
      return "not authorised";
    case 0x0210:
      return "duplicate invocation";
    case 0x0211:
      return "unrecognised operation";
    case 0x0212:
      return "mistyped argument";
    case 0x0213:
      return "resource limitation";
    default:
      break;
  }
  if ((status & 0xFF00) == 0xA700) return "out of resources";
  if ((status & 0xFF00) == 0xA900) return "data set does not match SOP class";
  if ((status & 0xF000) == 0xC000) return "cannot understand";
  if ((status & 0xF000) == 0xB000) return "warning";
  return "failure";
}

Verdict verdict_of(std::uint16_t status) {
  if (status == 0x0000 || status == 0x0111) return Verdict::delivered;  // 0111: the peer has it already
  if ((status & 0xF000) == 0xB000) return Verdict::delivered_with_warning;
  const bool passing = (status & 0xFF00) == 0xA700 || status == 0x0110 || status == 0x0213 || status == 0xFE00;
  return passing ? Verdict::retry : Verdict::park;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::delivered:
      return "delivered";
    case Verdict::delivered_with_warning:
      return "warning";
    case Verdict::retry:
    case Verdict::retry_peer:
      return "retry";
    case Verdict::park:
      return "parked";
  }
  return "parked";
}

Judgement judge_store_status(std::uint16_t status) {
  return {verdict_of(status), status == 0 ? "" : fmt::format("status {:04X}: {}", status, status_meaning(status))};
}

Judgement judge_error(const Error& error) {
  switch (error.code) {
    case Errc::timeout:
    case Errc::unavailable:
      return {Verdict::retry_peer, error.what};
    case Errc::overload:
    case Errc::io:
    case Errc::cancelled:
      return {Verdict::retry, error.what};
    case Errc::invalid_input:
    case Errc::not_found:
    case Errc::refused:
    case Errc::model:
      break;
  }
  return {Verdict::park, error.what};
}

Judgement judge_http_status(int status, Millis retry_after) {
  if (status >= 200 && status < 300) return {Verdict::delivered, ""};
  const bool passing = status >= 500 || status == 408 || status == 429;
  auto text = fmt::format("HTTP status {}", status);
  if (status >= 300 && status < 400) text += ": moved elsewhere, give the new address";
  return {passing ? Verdict::retry : Verdict::park, std::move(text), 0, std::min<Millis>(retry_after, kAskedWaitMax)};
}

Judgement judge_acknowledgement(const worklist::Acknowledgement& acknowledgement, int attempts) {
  // The text of the receiver may repeat patient data, and this goes to logs: only the code is kept.
  if (acknowledgement.accepted()) return {Verdict::delivered, ""};
  auto text = fmt::format("acknowledged with {}", acknowledgement.code);
  const bool application_error = acknowledgement.code == "AE" || acknowledgement.code == "CE";
  if (application_error && attempts < kApplicationErrorsMax) return {Verdict::retry, std::move(text)};
  return {Verdict::park, std::move(text)};
}

Millis back_off(int attempts, const config::RetrySettings& settings, double spread) {
  const Millis longest = std::max<Millis>(settings.longest, settings.first);
  Millis wait = settings.first;
  for (int i = 1; i < attempts && wait < longest; ++i) wait *= 2;
  wait = std::min(wait, longest);
  const double factor = 1 + settings.jitter * (2 * std::clamp(spread, 0.0, 1.0) - 1);
  return std::max(Millis(static_cast<std::int64_t>(static_cast<double>(wait.count()) * factor)), Millis(100));
}

bool give_up(int attempts, Millis age, const config::RetrySettings& settings) {
  if (settings.attempts_max > 0 && attempts >= settings.attempts_max) return true;
  return settings.age_max.count() > 0 && age >= settings.age_max;
}

}  // namespace inferad::flow
