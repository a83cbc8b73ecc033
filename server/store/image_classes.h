// SPDX-License-Identifier: Apache-2.0
// Which storage SOP classes hold images a pipeline may look at. Reports, presentation states, key object selections,
// segmentations, maps, registrations, waveforms, RT plans and documents are not: they neither open a study nor count.
#pragma once

#include <string_view>

namespace inferad::store {

bool is_image_class(std::string_view sop_class_uid);

}  // namespace inferad::store
