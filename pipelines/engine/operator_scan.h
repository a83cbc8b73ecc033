// SPDX-License-Identifier: Apache-2.0
// TorchScript is code. What a model may not do is refused before any of it runs: reading and writing files, calling
// Python or other processes, and objects and operators of foreign libraries. The sandbox of the worker stands behind
// this. Both scans are iterative and look at each piece once. No LibTorch in this header. Internal to engine/.
#pragma once

#include <iosfwd>
#include <string>

#include "server/base/result.h"

namespace torch::jit {
struct Module;
}

namespace inferad::engine {

// torch::jit::load compiles the code of an archive, which runs none of it, but then makes the objects, which runs
// __setstate__ of TorchScript classes and the C++ behind torch.classes: an archive with either is refused here, before
// it is loaded. Reads `archive` from its beginning and leaves it there. Errc::refused; Errc::model: no archive that
// torch.jit.save wrote. LibTorch's exceptions pass (torch_errors.h). `who` begins the sentence.
Status scan_archive(std::istream& archive, const std::string& who);

// Looks at every method and function of a loaded or compiled module, with all their blocks and subgraphs: only
// operators of aten:: and prim:: are let in, and of these not the ones that reach out of the process. Errc::refused
// names the operator and the method. LibTorch's exceptions pass.
Status scan_operators(const torch::jit::Module& module, const std::string& who);

}  // namespace inferad::engine
