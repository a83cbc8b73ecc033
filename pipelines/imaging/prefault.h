// SPDX-License-Identifier: Apache-2.0
// Makes memory resident from several threads before one thread writes all of it: page faults of a 300 MB volume cost
// more than decoding it. A hint: does nothing where the kernel cannot (before Linux 5.14). Contents do not change.
#pragma once

#include <cstddef>

namespace inferad::imaging {

void prefault(void* memory, std::size_t bytes, int threads);

}  // namespace inferad::imaging
