// SPDX-License-Identifier: Apache-2.0
// SpatialPad, BorderPad, DivisiblePad, ResizeWithPadOrCrop.
#include <fmt/format.h>

#include <algorithm>

#include "pipelines/tensor/crop_pad.h"

namespace inferad::tensor {
namespace {

// In front of the volume when `more` voxels are added.
std::int64_t share_in_front(std::int64_t more, bool symmetric) { return symmetric ? more / 2 : 0; }

bool read_symmetric(Arguments& arguments) {
  return arguments.one_of("method", "symmetric", {"symmetric", "end"}) == "symmetric";
}

// Grows to a size where it is smaller; with `crop` also cuts the middle out where it is larger.
class SizedPad : public BoxTransform {
 public:
  SizedPad(Arguments& arguments, bool crop) : BoxTransform(arguments.key()), crop_(crop) {
    arguments.unsupported({"lazy"});
    arguments.require("spatial_size");
    size_ = arguments.integers("spatial_size");
    symmetric_ = read_symmetric(arguments);
    mode_ = read_pad_mode(arguments);
  }

 private:
  Status move(Volume& volume) const override {
    const auto own = spatial_shape(volume);
    INFERAD_TRY(auto shape, sizes_or_own(size_, own));
    Shape start(own.size(), 0);
    for (std::size_t axis = 0; axis < own.size(); ++axis) {
      if (!crop_) shape[axis] = std::max(shape[axis], own[axis]);
      start[axis] = shape[axis] >= own[axis] ? -share_in_front(shape[axis] - own[axis], symmetric_)
                                             : own[axis] / 2 - shape[axis] / 2;
    }
    return take_box(volume, start, shape, mode_);
  }

  bool crop_, symmetric_ = true;
  Shape size_;
  PadMode mode_;
};

std::shared_ptr<const Transform> make_spatial_pad(Arguments& arguments) {
  return std::make_shared<const SizedPad>(arguments, false);
}

std::shared_ptr<const Transform> make_pad_or_crop(Arguments& arguments) {
  return std::make_shared<const SizedPad>(arguments, true);
}

class DivisiblePad : public BoxTransform {
 public:
  explicit DivisiblePad(Arguments& arguments) : BoxTransform(arguments.key()) {
    arguments.unsupported({"lazy"});
    arguments.require("k");
    divisors_ = arguments.integers("k");
    symmetric_ = read_symmetric(arguments);
    mode_ = read_pad_mode(arguments);
  }

 private:
  Status move(Volume& volume) const override {
    const auto own = spatial_shape(volume);
    INFERAD_TRY(const auto divisors, for_each_axis(divisors_, own.size(), 1));
    Shape start(own.size(), 0), shape = own;
    for (std::size_t axis = 0; axis < own.size(); ++axis) {
      const auto k = divisors[axis];
      if (k > 0) shape[axis] = (own[axis] + k - 1) / k * k;
      start[axis] = -share_in_front(shape[axis] - own[axis], symmetric_);
    }
    return take_box(volume, start, shape, mode_);
  }

  Shape divisors_;
  bool symmetric_ = true;
  PadMode mode_;
};

// One margin for all sides, one for each axis, or front and behind for each axis.
class BorderPad : public BoxTransform {
 public:
  explicit BorderPad(Arguments& arguments) : BoxTransform(arguments.key()) {
    arguments.unsupported({"lazy"});
    arguments.require("spatial_border");
    border_ = arguments.integers("spatial_border");
    for (const auto voxels : border_)
      if (voxels < 0 || voxels > 100000) arguments.refuse("spatial_border", "must not be negative or beyond 100000");
    mode_ = read_pad_mode(arguments);
  }

 private:
  Status move(Volume& volume) const override {
    const auto own = spatial_shape(volume);
    Shape start(own.size()), shape(own.size());
    const bool both_sides = border_.size() == 2 * own.size();
    if (!both_sides && border_.size() != 1 && border_.size() != own.size())
      return Error{Errc::model, fmt::format("{} margins for {} axes", border_.size(), own.size())};
    for (std::size_t axis = 0; axis < own.size(); ++axis) {
      const auto front = both_sides ? border_[2 * axis] : border_[std::min(axis, border_.size() - 1)];
      const auto behind = both_sides ? border_[2 * axis + 1] : front;
      start[axis] = -front;
      shape[axis] = own[axis] + front + behind;
    }
    return take_box(volume, start, shape, mode_);
  }

  Shape border_;
  PadMode mode_;
};

constexpr Maker kMakers[] = {{"SpatialPad", make_spatial_pad},
                             {"ResizeWithPadOrCrop", make_pad_or_crop},
                             {"DivisiblePad", make<DivisiblePad>},
                             {"BorderPad", make<BorderPad>}};

}  // namespace

std::span<const Maker> pad_makers() { return kMakers; }

}  // namespace inferad::tensor
