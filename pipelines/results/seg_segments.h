// SPDX-License-Identifier: Apache-2.0
// Segment Sequence (PS3.3 C.8.20.2): what each segment is, who found it, how it is coloured. Internal to results/.
#pragma once

#include "pipelines/results/item_writer.h"
#include "pipelines/results/seg_form.h"

namespace inferad::results {

// A label map also describes its background, number 0: each value of its pixels has an item.
void write_segments(ItemWriter& out, const ResultRequest& request, const SegForm& form);

extern const findings::CodedConcept kBackground;  // (125040,DCM,"Background")

}  // namespace inferad::results
