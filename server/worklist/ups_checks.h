// SPDX-License-Identifier: Apache-2.0
// The attribute requirements of a Unified Procedure Step (PS3.4 table CC.2.5-3): for N-CREATE, N-SET, and the final
// states. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/core/data_set.h"
#include "server/core/ups.h"

namespace inferad::worklist {

struct UpsVerdict {
  std::uint16_t status = ups::success;
  std::string why;  // names the attribute, no value; fits Error Comment (0000,0902)
  bool ok() const { return status == ups::success; }
};

// An attribute of a workitem: what N-CREATE has to say of it, and whether N-SET may.
struct UpsAttribute {
  enum class Create { value, present, empty, absent, free };  // type 1; type 2; type 2 and empty; not allowed; type 3
  std::uint32_t number;
  std::string_view name;  // PS3.6
  Create create;
  bool set;
};
std::span<const UpsAttribute> ups_attributes();  // by number

// 0120: an attribute of type 1 or 2 is missing; 0121: one of type 1 is empty; 0106: a value that is not allowed; C309:
// the state is not SCHEDULED.
UpsVerdict check_create(const DataSet& attributes);
// Of N-SET, without the Transaction UID. 0106: an attribute that N-SET may not touch, or a value that is not allowed.
UpsVerdict check_set(const DataSet& attributes);
// What a workitem must hold to become COMPLETED: one performed procedure with station, code, start and end. To become
// CANCELED it needs nothing that we would not add (time of cancellation).
bool meets_final_state(const DataSet& workitem, ups::State wanted);

}  // namespace inferad::worklist
