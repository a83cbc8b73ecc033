// SPDX-License-Identifier: Apache-2.0
// Which transforms only take voxels from the labels of a label map, or give them some.
#pragma once

#include <string_view>

namespace inferad::tensor {

bool cleans_labels(std::string_view target);  // KeepLargestConnectedComponent, RemoveSmallObjects, …

}  // namespace inferad::tensor
