// SPDX-License-Identifier: Apache-2.0
// How segmentations are written and encoded.
#include <fmt/format.h>

#include <algorithm>

#include "server/config/settings_read.h"

namespace inferad::config {

namespace {

bool sends_any(const ResultDestination& destination, ResultEncoding encoding) {
  return std::any_of(destination.send.begin(), destination.send.end(), [&](const Wish& wish) {
    return std::any_of(wish.begin(), wish.end(), [&](ResultKind kind) { return suits(encoding, kind); });
  });
}

}  // namespace

void read_encodings(const JsonNode& node, ResultDestination& out) {
  constexpr std::string_view kExpected = "RLE or DEFLATED";
  for (const auto& element : node.elements(0, result_encodings().size())) {
    const auto word = element.text(kExpected);
    const auto encoding = word ? result_encoding(*word) : std::nullopt;
    if (!word) continue;
    if (!encoding) {
      element.fail_expected(kExpected);
      continue;
    }
    if (std::find(out.encodings.begin(), out.encodings.end(), *encoding) != out.encodings.end())
      element.fail(fmt::format("\"{}\" is given twice", *word));
    if (!sends_any(out, *encoding))
      element.fail(*encoding == ResultEncoding::rle
                       ? "RLE is for SEG_FRACTIONAL and SEG_LABELMAP, and \"send\" has neither"
                       : "DEFLATED is for segmentations, and \"send\" has none");
    out.encodings.push_back(*encoding);
  }
}

void read_segmentation(const JsonNode& node, SegmentationSettings& out) {
  JsonObject object(node);
  object.read("full_masks", out.full_masks);
}

}  // namespace inferad::config
