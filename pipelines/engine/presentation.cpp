// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/presentation.h"

#include <cmath>

namespace inferad::engine {

namespace {

// As slope and offset of the value, clipped to 0..1. Written so that g++ makes vector instructions of it.
void scale(std::span<float> values, double slope, double offset, bool inverted) {
  if (inverted) slope = -slope, offset = 1 - offset;
  for (auto& value : values) {
    double shown = static_cast<double>(value) * slope + offset;
    shown = shown > 0 ? shown : 0;
    value = static_cast<float>(shown < 1 ? shown : 1);
  }
}

void sigmoid(std::span<float> values, double centre, double width, bool inverted) {
  const double sign = inverted ? 4 : -4;
  for (auto& value : values) {
    value = static_cast<float>(1 / (1 + std::exp(sign * (static_cast<double>(value) - centre) / width)));
  }
}

}  // namespace

void to_presentation(std::span<float> values, const findings::GreyScale& grey) {
  using Function = findings::GreyScale::Function;
  if (!grey.windowed) {
    const double range = grey.highest > grey.lowest ? grey.highest - grey.lowest : 1;
    scale(values, 1 / range, -grey.lowest / range, grey.inverted);
  } else if (grey.function == Function::sigmoid) {
    sigmoid(values, grey.centre, grey.width, grey.inverted);
  } else if (grey.function == Function::linear && grey.width > 1) {
    scale(values, 1 / (grey.width - 1), 0.5 - (grey.centre - 0.5) / (grey.width - 1), grey.inverted);
  } else if (grey.function == Function::linear) {  // width 1: a threshold
    for (auto& value : values) value = (static_cast<double>(value) > grey.centre - 0.5) != grey.inverted ? 1.0F : 0.0F;
  } else {
    scale(values, 1 / grey.width, 0.5 - grey.centre / grey.width, grey.inverted);
  }
}

void turn_inverted(std::span<float> values, const findings::GreyScale& grey) {
  if (!grey.inverted) return;
  for (auto& value : values) value = static_cast<float>(grey.lowest + grey.highest - static_cast<double>(value));
}

std::vector<float> projection_values(const findings::Image& image, const recipe::Input& input) {
  auto values = image.voxels;
  auto grey = image.grey;
  if (!input.invert_monochrome1) grey.inverted = false;
  if (input.values == recipe::Input::Values::window) {
    to_presentation(values, grey);
  } else {
    turn_inverted(values, grey);
  }
  return values;
}

}  // namespace inferad::engine
