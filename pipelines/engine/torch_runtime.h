// SPDX-License-Identifier: Apache-2.0
// What is set once in a process before LibTorch computes. No LibTorch in this header.
#pragma once

#include <string>

#include "server/base/result.h"

namespace inferad::engine {

// Sets the threads of ATen (intra-op as asked, inter-op 1) and of OpenBLAS, and makes malloc keep large blocks instead
// of mapping and faulting them again for each tensor. Later calls change the intra-op threads only. Errc::refused: the
// device is not there.
Status prepare_torch(const std::string& device, int threads);

// The BLAS this process has loaded: "openblas", "blis", "mkl", "reference", "unknown". Debian's LibTorch works with
// any; the reference one makes convolutions 4 to 13 times slower.
std::string loaded_blas();

}  // namespace inferad::engine
