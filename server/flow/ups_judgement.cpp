// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_judgement.h"

#include <algorithm>
#include <array>

#include "server/core/ups.h"

namespace inferad::flow {
namespace {

struct Row {
  std::uint16_t status;
  Verdict find, set, create;
  std::string_view meaning;
};

constexpr auto kDone = Verdict::delivered, kNoted = Verdict::delivered_with_warning, kAgain = Verdict::retry,
               kPark = Verdict::park;

// A task that somebody reads or has read needs no priority any more: delivered, and said. One that has gone meanwhile
// is looked for again. What a person must put right is parked.
constexpr std::array kRows{
    Row{0x0000, kDone, kDone, kDone, ""},
    Row{0x0001, kDone, kNoted, kNoted, "optional attributes are not supported"},
    Row{0x0105, kPark, kPark, kPark, "no such attribute"},
    Row{0x0106, kPark, kPark, kPark, "invalid attribute value"},
    Row{0x0110, kAgain, kAgain, kAgain, "processing failure"},
    Row{0x0111, kPark, kPark, kDone, "the task is there already"},
    Row{0x0112, kPark, kAgain, kPark, "the task has gone"},
    Row{0x0120, kPark, kPark, kPark, "an attribute that the peer wants is missing"},
    Row{0x0121, kPark, kPark, kPark, "a value that the peer wants is missing"},
    Row{0x0122, kPark, kPark, kPark, "SOP class not supported"},
    Row{0x0124, kPark, kPark, kPark, "not authorised"},
    Row{0x0213, kAgain, kAgain, kAgain, "resource limitation"},
    Row{0xA700, kAgain, kAgain, kAgain, "out of resources"},
    Row{0xA900, kPark, kPark, kPark, "the peer does not understand the query"},
    Row{0xB300, kPark, kNoted, kNoted, "created with modifications"},
    Row{0xB305, kPark, kNoted, kNoted, "values were coerced"},
    Row{0xC300, kPark, kNoted, kPark, "the task has ended"},
    Row{0xC301, kPark, kNoted, kPark, "somebody has claimed the task"},
    Row{0xC302, kPark, kNoted, kPark, "somebody has claimed the task"},
    Row{0xC303, kPark, kPark, kPark, "a task becomes SCHEDULED by N-CREATE only"},
    Row{0xC304, kPark, kPark, kPark, "final state requirements are not met"},
    Row{0xC307, kPark, kAgain, kPark, "the task has gone"},
    Row{0xC308, kPark, kPark, kPark, "unknown receiving AE title"},
    Row{0xC309, kPark, kPark, kPark, "a task must be created as SCHEDULED"},
    Row{0xC310, kPark, kPark, kPark, "the task is not in progress"},
    Row{0xC311, kPark, kNoted, kPark, "the task has ended"},
    Row{0xC312, kPark, kPark, kPark, "the performer cannot be reached"},
    Row{0xC313, kPark, kPark, kPark, "the performer chooses not to cancel"},
    Row{0xC314, kPark, kPark, kPark, "the action does not suit the task"},
    Row{0xC315, kPark, kPark, kPark, "the peer has no event reports"},
};

}  // namespace

UpsJudgement judge_ups(UpsStep step, std::uint16_t status) {
  if ((status & 0xFF00) == 0xA700) status = 0xA700;
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& each) { return each.status == status; });
  if (row == kRows.end()) {
    const bool warning = step != UpsStep::find && (status & 0xF000) == 0xB000;
    return {warning ? kNoted : kPark, warning ? "warning" : "failure"};
  }
  const auto verdict = step == UpsStep::find ? row->find : step == UpsStep::set ? row->set : row->create;
  return {verdict, row->meaning, step == UpsStep::create && status == ups::duplicate};
}

}  // namespace inferad::flow
