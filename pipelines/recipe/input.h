// SPDX-License-Identifier: Apache-2.0
// What a pipeline shows to its network (pipeline.json, "input"). Plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/header_attribute.h"
#include "pipelines/findings/image.h"
#include "pipelines/recipe/eligibility.h"

namespace inferad::recipe {

// One number from the header. Of a number: scale * (value in `unit`) + offset; of a word: its code. Where the header
// does not say it, `fallback` stands in (before scale and offset); without one the image is not analysed. What the
// header does say is never replaced: outside `range`, or a word without a code, the image is not analysed.
struct HeaderInput {
  const findings::HeaderAttribute* attribute = nullptr;  // of the closed table
  findings::HeaderUnit unit{};                           // of a word: ""
  double scale = 1, offset = 0;
  Range range;  // in `unit`
  std::map<std::string, double> codes;
  std::optional<double> fallback;
};

// How the pixels of a DICOM series become the entry image_key, before preprocessing (LoadImage and EnsureChannelFirst
// are done by this): [1, i, j, k] or [1, i, j], float32, RAS+ affine.
struct Input {
  enum class Values {
    modality,  // after the modality LUT or rescale: Hounsfield units for CT
    window,    // as shown, 0 (black) to 1 (white): the first VOI window, without one the range of the stored bits
  };
  Values values = Values::modality;
  bool invert_monochrome1 = true;  // of modality values too: white is high, whatever the photometric interpretation
  int dimensions = 3;              // 3: a volume; 2: one image, no slices
  // Of multi-frame images. All: the frames are the channels of the entry, [frames, i, j].
  findings::FrameChoice frames = findings::FrameChoice::none;
  // Not empty: the network needs these images together. Each goes through the preprocessing by itself, then they are …
  enum class Join {
    arguments,  // forward's arguments, each [1, channel, i, j]
    channels,   // one tensor [1, channels of all, i, j]
    batch,      // one tensor [images, channel, i, j]; pred is postprocessed for each, the numbers follow one another
  };
  std::vector<findings::WantedView> images;
  Join join = Join::arguments;
  std::vector<HeaderInput> header;  // not empty: forward gets [batch, numbers] as its last argument, float32
};

}  // namespace inferad::recipe
