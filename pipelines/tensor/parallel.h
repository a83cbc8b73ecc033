// SPDX-License-Identifier: Apache-2.0
// Loops over bare memory on several threads. Inside pipelines/tensor and engine only; no LibTorch in this header.
#pragma once

#include <cstdint>
#include <functional>

namespace inferad::tensor {

// work(begin, end) for parts of [0, count) on as many threads as ATen uses; parts have at least `grain` elements.
// `work` must not throw and must not use tensors: ATen's thread-local state stays behind.
void in_parallel(std::int64_t count, std::int64_t grain,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& work);

}  // namespace inferad::tensor
