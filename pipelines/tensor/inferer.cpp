// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/inferer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "pipelines/tensor/arguments.h"
#include "pipelines/tensor/windows.h"

namespace inferad::tensor {

namespace {

constexpr std::int64_t kSlicesAtOnce = 32;

// What MONAI's inferers take and what does not change the result: where and how they compute.
void ignore_execution(Arguments& arguments) {
  arguments.ignore(
      {"sw_device", "device", "progress", "cache_roi_weight_map", "cpu_thresh", "buffer_steps", "buffer_dim"});
}

Inferer read_windows(Arguments& arguments, Inferer::Kind kind) {
  Inferer result;
  result.kind = kind;
  ignore_execution(arguments);
  arguments.unsupported({"with_coord"});
  arguments.require("roi_size");
  result.roi_size = arguments.integers("roi_size");
  result.batch_size = arguments.integer("sw_batch_size", 1);
  if (result.batch_size < 1) arguments.refuse("sw_batch_size", "must be at least 1");
  if (auto overlap = arguments.numbers("overlap"); !overlap.empty()) result.overlap = std::move(overlap);
  for (const auto overlap : result.overlap)
    if (!(overlap >= 0 && overlap < 1)) arguments.refuse("overlap", "must be at least 0 and below 1");
  if (auto scale = arguments.numbers("sigma_scale"); !scale.empty()) result.sigma_scale = std::move(scale);
  for (const auto scale : result.sigma_scale)
    if (!(scale > 0)) arguments.refuse("sigma_scale", "must be above 0");
  const auto blend = arguments.one_of("mode", "constant", {"constant", "gaussian"});
  result.blend = blend == "gaussian" ? Inferer::Blend::gaussian : Inferer::Blend::constant;
  result.padding = arguments.one_of("padding_mode", "constant", {"constant", "reflect", "replicate", "circular"});
  result.padding_value = arguments.number("cval", 0);
  result.background = arguments.optional_number("background");
  result.background_output = arguments.numbers("background_output");
  if (result.background && result.background_output.empty())
    arguments.refuse("background_output", "is missing, `background` needs it");
  return result;
}

Inferer read_slice(Arguments& arguments) {
  auto result = read_windows(arguments, Inferer::Kind::slice);
  result.slice_axis = arguments.integer("spatial_dim", 0);
  if (result.slice_axis < 0 || result.slice_axis > 2) arguments.refuse("spatial_dim", "must be 0, 1 or 2");
  if (result.roi_size.size() != 2) arguments.refuse("roi_size", "must have two numbers");
  // Lists for three axes, of which the slices' own does not matter.
  for (auto* list : {&result.overlap, &result.sigma_scale})
    if (list->size() == 3) list->erase(list->begin() + std::clamp<std::int64_t>(result.slice_axis, 0, 2));
  return result;
}

// Calls the network, between the questions whether to go on and the news of how far it is.
class Calls {
 public:
  Calls(const Network& network, const Progress& progress, const Stop& stop, std::int64_t count)
      : network_(network), progress_(progress), stop_(stop), count_(count) {}

  Result<at::Tensor> call(const at::Tensor& input) {
    if (stop_ && stop_()) return Error{Errc::cancelled, "stopped during inference"};
    auto output = network_(input);
    if (progress_) progress_(static_cast<double>(++done_) / static_cast<double>(count_));
    if (!output.defined()) return Error{Errc::model, "the network gave no tensor"};
    return output;
  }

 private:
  const Network& network_;
  const Progress& progress_;
  const Stop& stop_;
  std::int64_t count_, done_ = 0;
};

// A box of the last axes.
at::Tensor box(at::Tensor tensor, const Shape& start, const Shape& size) {
  const auto first = tensor.dim() - static_cast<std::int64_t>(start.size());
  for (std::size_t axis = 0; axis < start.size(); ++axis)
    tensor = tensor.narrow(first + static_cast<std::int64_t>(axis), start[axis], size[axis]);
  return tensor;
}

at::Tensor padded(const at::Tensor& input, const Inferer& inferer, const Windows& windows) {
  if (windows.padded == windows.image) return input;
  Shape pads;  // the last axis first
  for (std::size_t axis = windows.image.size(); axis-- > 0;) {
    pads.push_back(windows.pad_before[axis]);
    pads.push_back(windows.padded[axis] - windows.image[axis] - windows.pad_before[axis]);
  }
  const auto value = inferer.padding == "constant" ? c10::optional<double>(inferer.padding_value) : c10::nullopt;
  return at::pad(input, pads, inferer.padding, value);
}

std::int64_t scaled(std::int64_t place, double zoom) {
  return static_cast<std::int64_t>(static_cast<double>(place) * zoom);
}

// One window of one image of the batch.
struct Place {
  std::int64_t image;
  const Shape* start;
};
using Places = std::span<const Place>;

// Those that the network is shown: all, or those that are not all background, but at least one.
std::vector<Place> places_of(const Inferer& inferer, const Windows& windows, const at::Tensor& images) {
  std::vector<Place> result;
  for (std::int64_t image = 0; image < images.size(0); ++image)
    for (const auto& start : windows.starts)
      if (!inferer.background || !box(images[image], start, windows.window).le(*inferer.background).all().item<bool>())
        result.push_back({image, &start});
  if (result.empty()) result.push_back({0, &windows.starts.front()});
  return result;
}

// Sums of weighted windows. A network may give windows of another size than it gets: all places are scaled then.
class Blending {
 public:
  Blending(const Inferer& inferer, const Windows& windows, std::int64_t batch)
      : inferer_(inferer), windows_(windows), batch_(batch) {}

  // `output`: the network's on these windows.
  Status add(const at::Tensor& output, Places places) {
    const auto axes = static_cast<std::int64_t>(windows_.window.size());
    const auto count = static_cast<std::int64_t>(places.size());
    if (output.dim() != axes + 2 || output.size(0) != count)
      return Error{Errc::model, fmt::format("the network gave {} axes for {} windows of {} spatial axes", output.dim(),
                                            count, axes)};
    if (!sum_.defined()) prepare(output);
    if (output.sizes().slice(1) != at::IntArrayRef(window_).slice(1))
      return Error{Errc::model, "the network gave windows of different sizes"};
    if (alone()) return add_whole(output, places);
    for (std::int64_t n = 0; n < count; ++n) {
      const auto& place = places[static_cast<std::size_t>(n)];
      auto target = box(sum_[place.image], in_output(*place.start), size_);
      if (inferer_.blend == Inferer::Blend::constant)
        target.add_(output[n]);
      else
        target.addcmul_(output[n].to(at::kFloat), weights_);
    }
    return ok();
  }

  // The whole image, without what padding added. `places`: all that were added.
  Result<at::Tensor> finish(Places places) {
    if (!alone()) {
      auto total = at::zeros(shape_, sum_.options());
      // Without background all images have the same windows.
      for (std::int64_t image = 0; image < (inferer_.background ? batch_ : 1); ++image) {
        if (image > 0) total.zero_();
        for (const auto& place : places)
          if (place.image == image) box(total, in_output(*place.start), size_).add_(weights_);
        (inferer_.background ? sum_[image] : sum_).div_(total);
        if (inferer_.background) INFERAD_TRY_STATUS(fill_background(sum_[image], total));
      }
    }
    if (windows_.padded == windows_.image) return sum_;
    Shape start, size;
    for (std::size_t axis = 0; axis < zoom_.size(); ++axis) {
      const auto place = [&](std::int64_t n) {  // Python's round
        return std::clamp<std::int64_t>(std::llrint(static_cast<double>(n) * zoom_[axis]), 0, shape_[axis]);
      };
      start.push_back(place(windows_.pad_before[axis]));
      size.push_back(place(windows_.pad_before[axis] + windows_.image[axis]) - start.back());
    }
    return box(sum_, start, size).contiguous();
  }

 private:
  // One window an image: nothing to blend.
  bool alone() const { return windows_.starts.size() == 1 && !inferer_.background; }

  Status add_whole(const at::Tensor& output, Places places) {
    const auto count = static_cast<std::int64_t>(places.size());
    if (count == batch_)
      sum_ = output.to(at::kFloat);
    else
      sum_.narrow(0, places.front().image, count).copy_(output);
    return ok();
  }

  // Where no window was shown to the network.
  Status fill_background(at::Tensor image, const at::Tensor& total) const {
    const auto& values = inferer_.background_output;
    const auto nowhere = total.eq(0);
    if (values.size() != 1 && static_cast<std::int64_t>(values.size()) != image.size(0))
      return Error{Errc::model,
                   fmt::format("{} numbers in `background_output`, {} channels", values.size(), image.size(0))};
    for (std::int64_t c = 0; c < image.size(0); ++c)
      image[c].masked_fill_(nowhere, values[values.size() == 1 ? 0 : static_cast<std::size_t>(c)]);
    return ok();
  }

  void prepare(const at::Tensor& output) {
    window_ = output.sizes().vec();
    size_.assign(window_.begin() + 2, window_.end());
    for (std::size_t axis = 0; axis < size_.size(); ++axis) {
      zoom_.push_back(static_cast<double>(size_[axis]) / static_cast<double>(windows_.window[axis]));
      shape_.push_back(scaled(windows_.padded[axis], zoom_[axis]));
    }
    Shape all{batch_, output.size(1)};
    all.insert(all.end(), shape_.begin(), shape_.end());
    sum_ = at::empty(all, output.options().dtype(at::kFloat));
    if (alone()) return;
    sum_.zero_();
    weights_ = window_weights(inferer_, windows_.window).to(output.device());
    if (size_ != windows_.window) weights_ = resized(weights_);
  }

  // Nearest neighbour, at the middle of each place.
  at::Tensor resized(at::Tensor weights) const {
    for (std::size_t axis = 0; axis < size_.size(); ++axis) {
      const auto from = windows_.window[axis], to = size_[axis];
      const auto index =
          at::arange(to, at::kDouble).add_(0.5).mul_(static_cast<double>(from) / static_cast<double>(to));
      weights = weights.index_select(static_cast<std::int64_t>(axis),
                                     index.floor_().clamp_(0, from - 1).to(at::kLong).to(weights.device()));
    }
    return weights;
  }

  Shape in_output(const Shape& start) const {
    Shape place;
    for (std::size_t axis = 0; axis < start.size(); ++axis) place.push_back(scaled(start[axis], zoom_[axis]));
    return place;
  }

  const Inferer& inferer_;
  const Windows& windows_;
  std::int64_t batch_;
  Shape window_;              // the network's output for a batch of windows
  Shape size_, shape_;        // spatial, in the output: a window, the padded image
  std::vector<double> zoom_;  // output to input
  at::Tensor weights_, sum_;
};

Result<at::Tensor> slide(const Inferer& inferer, const at::Tensor& input, const Network& network,
                         const Progress& progress, const Stop& stop) {
  if (input.dim() < 3) return Error{Errc::model, fmt::format("an input of {} axes has no spatial one", input.dim())};
  INFERAD_TRY(const auto windows, place_windows(inferer, input.sizes().slice(2).vec()));
  const auto image = padded(input, inferer, windows);
  const auto places = places_of(inferer, windows, image);
  const auto total = static_cast<std::int64_t>(places.size());
  Calls calls(network, progress, stop, (total + inferer.batch_size - 1) / inferer.batch_size);
  Blending blending(inferer, windows, image.size(0));

  auto shape = image.sizes().vec();
  std::copy(windows.window.begin(), windows.window.end(), shape.begin() + 2);
  shape[0] = std::min(inferer.batch_size, total);
  // One window an image: the images are the batches.
  const bool whole = windows.starts.size() == 1 && !inferer.background;
  const auto batch = whole ? at::Tensor() : at::empty(shape, image.options());
  for (std::int64_t first = 0; first < total; first += inferer.batch_size) {
    const auto count = std::min(inferer.batch_size, total - first);
    const auto these = Places(places).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    auto part = whole ? image.narrow(0, first, count) : batch.narrow(0, 0, count);
    for (std::int64_t n = 0; !whole && n < count; ++n) {
      const auto& place = these[static_cast<std::size_t>(n)];
      part[n].copy_(box(image[place.image], *place.start, windows.window));
    }
    INFERAD_TRY(const auto output, calls.call(part));
    INFERAD_TRY_STATUS(blending.add(output, these));
  }
  return blending.finish(places);
}

// The last axis in front of the others, contiguous. Of matrices copy_() knows a transpose in blocks.
at::Tensor last_axis_first(const at::Tensor& volume) {
  auto shape = volume.sizes().vec();
  std::rotate(shape.begin(), shape.end() - 1, shape.end());
  const auto matrix = volume.contiguous().view({-1, shape[0]});
  return at::empty({matrix.size(1), matrix.size(0)}, matrix.options()).copy_(matrix.t()).view(shape);
}

at::Tensor first_axis_last(const at::Tensor& stack) {
  auto shape = stack.sizes().vec();
  std::rotate(shape.begin(), shape.begin() + 1, shape.end());
  const auto matrix = stack.contiguous().view({stack.size(0), -1});
  return at::empty({matrix.size(1), matrix.size(0)}, matrix.options()).copy_(matrix.t()).view(shape);
}

// Slices as images of a batch. Some at a time: in a volume they lie across the lines of memory, so that one alone costs
// as much to fetch as many, and all together would be the volume once more.
Result<at::Tensor> slide_slices(const Inferer& inferer, const at::Tensor& input, const Network& network,
                                const Progress& progress, const Stop& stop) {
  if (input.dim() != 5) return Error{Errc::model, "the slice inferer is for three spatial axes"};
  const auto axis = inferer.slice_axis + 2;
  const auto slices = input.size(axis), images = input.size(0);
  const auto step = (kSlicesAtOnce + inferer.batch_size - 1) / inferer.batch_size * inferer.batch_size;
  at::Tensor result;
  for (std::int64_t first = 0; first < slices; first += step) {
    const auto count = std::min(step, slices - first);
    // [slice, image, channel, …] as [slice and image, channel, …]
    const auto stack = last_axis_first(input.narrow(axis, first, count).movedim(axis, -1)).flatten(0, 1);
    const auto news = [&](double fraction) {
      progress((static_cast<double>(first) + fraction * static_cast<double>(count)) / static_cast<double>(slices));
    };
    INFERAD_TRY(const auto output, slide(inferer, stack, network, progress ? Progress(news) : Progress(), stop));
    const auto part = first_axis_last(output.unflatten(0, {count, images})).movedim(-1, axis);
    if (!result.defined()) {
      auto shape = part.sizes().vec();
      shape[static_cast<std::size_t>(axis)] = slices;
      result = at::empty(shape, part.options());
    }
    result.narrow(axis, first, count).copy_(part);
  }
  return result.defined() ? Result<at::Tensor>(result) : Error{Errc::model, "the image is empty"};
}

}  // namespace

Result<Inferer> make_inferer(const recipe::Step& step) {
  Arguments arguments(step);
  Inferer result;
  if (step.target == "SlidingWindowInferer" || step.target == "SlidingWindowInfererAdapt")
    result = read_windows(arguments, Inferer::Kind::sliding_window);
  else if (step.target == "SliceInferer")
    result = read_slice(arguments);
  else if (!step.target.empty() && step.target != "SimpleInferer")
    return Error{Errc::invalid_input, fmt::format("{}: inferer `{}` is not supported", step.where, step.target)};
  INFERAD_TRY_STATUS(arguments.finish());
  return result;
}

Result<at::Tensor> infer(const Inferer& inferer, const at::Tensor& input, const Network& network,
                         const Progress& progress, const Stop& stop) {
  const c10::InferenceMode inference;
  switch (inferer.kind) {
    case Inferer::Kind::sliding_window:
      return slide(inferer, input, network, progress, stop);
    case Inferer::Kind::slice:
      return slide_slices(inferer, input, network, progress, stop);
    case Inferer::Kind::simple:
      break;
  }
  return Calls(network, progress, stop, 1).call(input);
}

}  // namespace inferad::tensor
