// SPDX-License-Identifier: Apache-2.0
// Where the slices of one file lie. A single-frame image says it in its data set; an enhanced or legacy converted
// multi-frame image (PS3.3 C.7.6.16) in functional groups, each either shared by all frames or given for each frame.
// Internal to imaging/.
#pragma once

#include <vector>

#include "pipelines/imaging/slice_header.h"

class DcmItem;
class DcmDataset;

namespace inferad::imaging {

// Position, orientation, pixel spacing, phase, rescale and convolution kernel, from the data set of a single-frame
// image.
void read_plane(DcmItem& item, SliceHeader& header);

// What the item says for the attributes of header_attribute.h, over what `header` already says.
void read_texts(DcmItem& item, findings::HeaderTexts& header);

// One header a frame when the file has functional groups for each of its frames, else `file` alone, which then still
// tells of several frames. What a frame's groups do not say is taken from `file`.
std::vector<SliceHeader> slices_of(DcmDataset& dataset, const SliceHeader& file);

}  // namespace inferad::imaging
