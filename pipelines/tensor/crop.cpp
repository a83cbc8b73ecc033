// SPDX-License-Identifier: Apache-2.0
// CenterSpatialCrop, SpatialCrop, CropForeground.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "pipelines/tensor/crop_pad.h"

namespace inferad::tensor {
namespace {

// Of a box around `center`: its part inside the volume.
struct Box {
  Shape start, shape;
};

Box around(const Shape& center, const Shape& size, const Shape& own) {
  Box box;
  for (std::size_t axis = 0; axis < own.size(); ++axis) {
    const auto start = std::max<std::int64_t>(center[axis] - size[axis] / 2, 0);
    box.start.push_back(start);
    box.shape.push_back(std::min(start + size[axis], own[axis]) - start);
  }
  return box;
}

class CenterSpatialCrop : public BoxTransform {
 public:
  explicit CenterSpatialCrop(Arguments& arguments) : BoxTransform(arguments.key()) {
    arguments.unsupported({"lazy"});
    arguments.require("roi_size");
    size_ = arguments.integers("roi_size");
  }

 private:
  Status move(Volume& volume) const override {
    const auto own = spatial_shape(volume);
    INFERAD_TRY(const auto size, sizes_or_own(size_, own));
    Shape center = own;
    for (auto& n : center) n /= 2;
    const auto box = around(center, size, own);
    return take_box(volume, box.start, box.shape, PadMode{});
  }

  Shape size_;
};

// A box by centre and size, or by start and end.
class SpatialCrop : public BoxTransform {
 public:
  explicit SpatialCrop(Arguments& arguments) : BoxTransform(arguments.key()) {
    arguments.unsupported({"lazy", "roi_slices"});
    center_ = arguments.integers("roi_center");
    size_ = arguments.integers("roi_size");
    start_ = arguments.integers("roi_start");
    end_ = arguments.integers("roi_end");
    by_center_ = !center_.empty() && !size_.empty();
    if (!by_center_ && (start_.empty() || end_.empty()))
      arguments.refuse("roi_center", "and roi_size, or roi_start and roi_end, are missing");
  }

 private:
  Status move(Volume& volume) const override {
    const auto own = spatial_shape(volume);
    if (by_center_) {
      INFERAD_TRY(const auto center, for_each_axis(center_, own.size(), 0));
      INFERAD_TRY(const auto size, for_each_axis(size_, own.size(), 0));
      const auto box = around(center, size, own);
      return take_box(volume, box.start, box.shape, PadMode{});
    }
    INFERAD_TRY(auto start, for_each_axis(start_, own.size(), 0));
    INFERAD_TRY(auto shape, for_each_axis(end_, own.size(), 0));
    for (std::size_t axis = 0; axis < own.size(); ++axis) {
      start[axis] = std::max<std::int64_t>(start[axis], 0);
      shape[axis] = std::min(shape[axis], own[axis]) - start[axis];
    }
    return take_box(volume, start, shape, PadMode{});
  }

  Shape center_, size_, start_, end_;
  bool by_center_ = false;
};

// The smallest box around what is above 0 in any channel of one entry, cut out of one or several.
class CropForeground : public Transform {
 public:
  explicit CropForeground(Arguments& arguments) : allow_missing_(arguments.flag("allow_missing_keys", false)) {
    arguments.unsupported({"lazy", "select_fn"});
    arguments.ignore({"start_coord_key", "end_coord_key"});
    arguments.require("source_key");
    source_ = arguments.text("source_key", "");
    channels_ = arguments.integers("channel_indices");
    margin_ = arguments.integers("margin");
    for (const auto voxels : margin_)
      if (voxels < 0) arguments.refuse("margin", "must not be negative");
    divisors_ = arguments.integers("k_divisible");
    allow_smaller_ = arguments.flag("allow_smaller", true);
    for (std::size_t i = 0; i < arguments.step().keys.size(); ++i) {
      Arguments own(arguments.step(), i);
      crops_.push_back(std::make_shared<const Crop>(own.key(), read_pad_mode(own)));
    }
    read_pad_mode(arguments);
  }

  Status apply(Sample& sample) const override {
    INFERAD_TRY(const Volume* source, entry(sample, source_));
    INFERAD_TRY_STATUS(check_spatial(*source));
    INFERAD_TRY(const auto box, foreground(*source));
    for (const auto& crop : crops_) {
      if (allow_missing_ && !sample.contains(crop->key)) continue;
      INFERAD_TRY(Volume * volume, entry(sample, crop->key));
      INFERAD_TRY_STATUS(check_spatial(*volume));
      if (spatial_shape(*volume).size() != box.start.size())
        return Error{Errc::model, fmt::format("`{}` and `{}` have not the same axes", source_, crop->key)};
      INFERAD_TRY_STATUS(crop->take(*volume, box));
    }
    return ok();
  }

 private:
  // What undoes the crop of one entry.
  class Crop : public BoxTransform {
   public:
    Crop(const std::string& name, PadMode mode) : BoxTransform(name), key(name), mode_(std::move(mode)) {}
    Status take(Volume& volume, const Box& box) const { return take_box(volume, box.start, box.shape, mode_); }
    const std::string key;

   private:
    Status move(Volume&) const override { return ok(); }
    PadMode mode_;
  };

  // First and last index with foreground along an axis; none: no foreground.
  static std::optional<std::pair<std::int64_t, std::int64_t>> range(const at::Tensor& mask, std::int64_t axis) {
    auto along = mask;
    for (std::int64_t other = mask.dim(); other-- > 0;)
      if (other != axis) along = along.any(other);
    const auto found = along.nonzero();
    if (found.numel() == 0) return std::nullopt;
    return std::pair(found[0].item<std::int64_t>(), found[-1].item<std::int64_t>());
  }

  Result<Box> foreground(const Volume& volume) const {
    const auto own = spatial_shape(volume);
    INFERAD_TRY(const auto margin, for_each_axis(margin_, own.size(), 0));
    INFERAD_TRY(const auto divisors, for_each_axis(divisors_, own.size(), 1));
    auto data = volume.data;
    if (!channels_.empty()) data = data.index_select(0, at::tensor(channels_, at::kLong).to(data.device()));
    const auto mask = data.gt(0).any(0);
    Box box;
    for (std::size_t axis = 0; axis < own.size(); ++axis) {
      const auto found = range(mask, static_cast<std::int64_t>(axis));
      if (!found) return Error{Errc::model, "there is no foreground: no value is above 0"};
      auto start = found->first - margin[axis], end = found->second + 1 + margin[axis];
      if (allow_smaller_) {
        start = std::max<std::int64_t>(start, 0);
        end = std::min(end, own[axis]);
      }
      const auto k = divisors[axis], size = end - start;
      const auto divisible = k > 0 ? (size + k - 1) / k * k : size;
      box.start.push_back(start - (divisible - size) / 2);
      box.shape.push_back(divisible);
    }
    return box;
  }

  std::string source_;
  Shape channels_, margin_, divisors_;
  bool allow_smaller_ = true, allow_missing_;
  std::vector<std::shared_ptr<const Crop>> crops_;
};

constexpr Maker kMakers[] = {{"CenterSpatialCrop", make<CenterSpatialCrop>},
                             {"SpatialCrop", make<SpatialCrop>},
                             {"CropForeground", make<CropForeground>, true}};

}  // namespace

std::span<const Maker> crop_makers() { return kMakers; }

}  // namespace inferad::tensor
