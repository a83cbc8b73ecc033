// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/presentation.h"

#include <algorithm>
#include <cmath>

namespace inferad::engine {

namespace {

// From [low, low + width] to 0..1, clipped. Written so that g++ makes vector instructions of it; both ends and all
// whole numbers between them come out as exactly as float32 can say them.
void scale(std::span<const float> values, double low, double width, bool inverted, std::span<float> shown) {
  const auto from = static_cast<float>(inverted ? low + width : low);
  const auto way = static_cast<float>(inverted ? -width : width);
  for (std::size_t i = 0; i < values.size(); ++i) {
    float place = (values[i] - from) / way;
    place = place > 0 ? place : 0;
    shown[i] = place < 1 ? place : 1;
  }
}

void sigmoid(std::span<const float> values, double centre, double width, bool inverted, std::span<float> shown) {
  const double sign = inverted ? 4 : -4;
  for (std::size_t i = 0; i < values.size(); ++i)
    shown[i] = static_cast<float>(1 / (1 + std::exp(sign * (static_cast<double>(values[i]) - centre) / width)));
}

void threshold(std::span<const float> values, double least, bool inverted, std::span<float> shown) {
  for (std::size_t i = 0; i < values.size(); ++i)
    shown[i] = (static_cast<double>(values[i]) > least) != inverted ? 1.0F : 0.0F;
}

// The VOI window (PS3.3 C.11.2.1.2 and .3), or without one the range that the stored bits can hold.
void present(std::span<const float> values, const findings::GreyScale& grey, std::span<float> shown) {
  using Function = findings::GreyScale::Function;
  const bool inverted = grey.inverted;
  if (!grey.windowed) {
    const double range = grey.highest > grey.lowest ? grey.highest - grey.lowest : 1;
    scale(values, grey.lowest, range, inverted, shown);
  } else if (grey.function == Function::sigmoid) {
    sigmoid(values, grey.centre, grey.width, inverted, shown);
  } else if (grey.function == Function::linear && grey.width > 1) {
    scale(values, grey.centre - 0.5 - (grey.width - 1) / 2, grey.width - 1, inverted, shown);
  } else if (grey.function == Function::linear) {
    threshold(values, grey.centre - 0.5, inverted, shown);
  } else {
    scale(values, grey.centre - grey.width / 2, grey.width, inverted, shown);
  }
}

void turn(std::span<const float> values, const findings::GreyScale& grey, std::span<float> shown) {
  for (std::size_t i = 0; i < values.size(); ++i)
    shown[i] = static_cast<float>(grey.lowest + grey.highest - static_cast<double>(values[i]));
}

bool is_turned(const findings::GreyScale& grey, const recipe::Input& input) {
  return grey.inverted && input.invert_monochrome1;
}

}  // namespace

void to_presentation(std::span<float> values, const findings::GreyScale& grey) { present(values, grey, values); }

void turn_inverted(std::span<float> values, const findings::GreyScale& grey) {
  if (grey.inverted) turn(values, grey, values);
}

bool shows_as_it_is(const findings::GreyScale& grey, const recipe::Input& input) {
  return input.values == recipe::Input::Values::modality && !is_turned(grey, input);
}

void projection_values(std::span<const float> values, findings::GreyScale grey, const recipe::Input& input,
                       std::span<float> shown) {
  grey.inverted = is_turned(grey, input);
  if (input.values == recipe::Input::Values::window) {
    present(values, grey, shown);
  } else if (grey.inverted) {
    turn(values, grey, shown);
  } else {
    std::copy(values.begin(), values.end(), shown.begin());
  }
}

std::vector<float> projection_values(const findings::Image& image, const recipe::Input& input) {
  std::vector<float> values(image.voxels.size());
  projection_values(image.voxels, image.grey, input, values);
  return values;
}

}  // namespace inferad::engine
