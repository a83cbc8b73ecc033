// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_judgement.h"

#include <algorithm>
#include <array>

#include "server/core/ups.h"

namespace inferad::flow {
namespace {

constexpr auto kDone = Verdict::delivered, kNoted = Verdict::delivered_with_warning, kAgain = Verdict::retry,
               kPark = Verdict::park;

// A task that somebody reads or has read needs no priority any more: delivered, and said. One that has gone meanwhile
// is looked for again. What a person must put right is parked.
constexpr std::array kRows{
    UpsRow{0x0000, kDone, kDone, kDone, ""},
    UpsRow{0x0001, kDone, kNoted, kNoted, "optional attributes are not supported"},
    UpsRow{0x0105, kPark, kPark, kPark, "no such attribute"},
    UpsRow{0x0106, kPark, kPark, kPark, "invalid attribute value"},
    UpsRow{0x0110, kAgain, kAgain, kAgain, "processing failure"},
    UpsRow{0x0111, kPark, kPark, kDone, "the task is there already"},
    UpsRow{0x0112, kPark, kAgain, kPark, "the task has gone"},
    UpsRow{0x0120, kPark, kPark, kPark, "an attribute that the peer wants is missing"},
    UpsRow{0x0121, kPark, kPark, kPark, "a value that the peer wants is missing"},
    UpsRow{0x0122, kPark, kPark, kPark, "SOP class not supported"},
    UpsRow{0x0124, kPark, kPark, kPark, "not authorised"},
    UpsRow{0x0213, kAgain, kAgain, kAgain, "resource limitation"},
    UpsRow{0xA700, kAgain, kAgain, kAgain, "out of resources"},
    UpsRow{0xA900, kPark, kPark, kPark, "the peer does not understand the query"},
    UpsRow{0xB300, kPark, kNoted, kNoted, "created with modifications"},
    UpsRow{0xB305, kPark, kNoted, kNoted, "values were coerced"},
    UpsRow{0xC300, kPark, kNoted, kPark, "the task has ended"},
    UpsRow{0xC301, kPark, kNoted, kPark, "somebody has claimed the task"},
    UpsRow{0xC302, kPark, kNoted, kPark, "somebody has claimed the task"},
    UpsRow{0xC303, kPark, kPark, kPark, "a task becomes SCHEDULED by N-CREATE only"},
    UpsRow{0xC304, kPark, kPark, kPark, "final state requirements are not met"},
    UpsRow{0xC307, kPark, kAgain, kPark, "the task has gone"},
    UpsRow{0xC308, kPark, kPark, kPark, "unknown receiving AE title"},
    UpsRow{0xC309, kPark, kPark, kPark, "a task must be created as SCHEDULED"},
    UpsRow{0xC310, kPark, kPark, kPark, "the task is not in progress"},
    UpsRow{0xC311, kPark, kNoted, kPark, "the task has ended"},
    UpsRow{0xC312, kPark, kPark, kPark, "the performer cannot be reached"},
    UpsRow{0xC313, kPark, kPark, kPark, "the performer chooses not to cancel"},
    UpsRow{0xC314, kPark, kPark, kPark, "the action does not suit the task"},
    UpsRow{0xC315, kPark, kPark, kPark, "the peer has no event reports"},
};

}  // namespace

std::span<const UpsRow> ups_rows() { return kRows; }

UpsJudgement judge_ups(UpsStep step, std::uint16_t status) {
  if ((status & 0xFF00) == 0xA700) status = 0xA700;
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const UpsRow& each) { return each.status == status; });
  if (row == kRows.end()) {
    const bool warning = step != UpsStep::find && (status & 0xF000) == 0xB000;
    return {warning ? kNoted : kPark, warning ? "warning" : "failure"};
  }
  const auto verdict = step == UpsStep::find ? row->find : step == UpsStep::set ? row->set : row->create;
  return {verdict, row->meaning, step == UpsStep::create && status == ups::duplicate};
}

}  // namespace inferad::flow
