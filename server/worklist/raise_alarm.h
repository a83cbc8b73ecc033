// SPDX-License-Identifier: Apache-2.0
// A pipeline that raises nearly everything (a new scanner, a wrong threshold) makes the list first come, first served
// again and hides the truly urgent. Its raises are then held: recorded and shown, not applied, until fewer of its
// results ask for one. Two limits, so that it does not switch back and forth. Pure.
#pragma once

namespace inferad::worklist {

struct RaiseAlarm {
  int results = 100;           // looked at: the latest of the pipeline; 0 = no alarm
  double hold_share = 0.5;     // more of them raise: hold
  double release_share = 0.3;  // fewer: release
};

// Whether the raises of a pipeline are held from now on. `held`: they are now. Fewer results than the alarm looks at
// start no hold.
inline bool holds(bool held, int raises, int results, const RaiseAlarm& alarm) {
  if (alarm.results <= 0 || results < alarm.results) return false;
  const double share = static_cast<double>(raises) / results;
  return held ? share >= alarm.release_share : share > alarm.hold_share;
}

}  // namespace inferad::worklist
