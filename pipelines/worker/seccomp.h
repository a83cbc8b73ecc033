// SPDX-License-Identifier: Apache-2.0
// The system calls a worker may not make (seccomp-bpf, all threads): they give EPERM from then on.
#pragma once

#include "server/base/result.h"

namespace inferad::worker {

// Needs PR_SET_NO_NEW_PRIVS. Cannot be undone.
Status install_seccomp();

}  // namespace inferad::worker
