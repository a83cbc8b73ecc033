// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/label_cleaning.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "pipelines/tensor/components.h"

namespace inferad::tensor {

namespace {

// A contiguous copy in host memory that may be changed.
at::Tensor own(const at::Tensor& data) { return at::empty(data.sizes(), data.options().device(at::kCPU)).copy_(data); }

template <class T>
View<T> view_of(const at::Tensor& contiguous) {
  View<T> view{contiguous.data_ptr<T>(), {1, 1, 1, 1}, {}};
  std::copy_backward(contiguous.sizes().begin(), contiguous.sizes().end(), view.shape.end());
  std::int64_t stride = 1;
  for (std::size_t axis = kAxesMax; axis-- > 0; stride *= view.shape[axis]) view.strides[axis] = stride;
  return view;
}

template <class T>
void fill_run(const View<T>& view, std::int64_t row, const Run& run, T value) {
  auto* begin = const_cast<T*>(view.row(row));  // our own copy
  std::fill(begin + run.begin, begin + run.end, value);
}

// visit(row, run, number of the run)
template <class Visit>
void for_each_run(const Runs& runs, Visit visit) {
  for (std::int64_t row = 0; row < runs.rows(); ++row)
    for (auto n = runs.starts[static_cast<std::size_t>(row)]; n < runs.starts[static_cast<std::size_t>(row) + 1]; ++n)
      visit(row, runs.runs[n], n);
}

template <class T>
std::vector<double> values_of(const View<T>& view) {
  std::mutex merging;
  std::set<T> all;
  in_parallel(view.rows(), 1024, [&](std::int64_t begin, std::int64_t end) {
    std::set<T> mine;
    for (auto n = begin; n < end; ++n) {
      const T* row = view.row(n);
      for (std::int64_t k = 0; k < view.shape[3]; ++k)
        if ((k == 0 || row[k] != row[k - 1]) && row[k] == row[k]) mine.insert(row[k]);
    }
    const std::lock_guard lock(merging);
    all.merge(mine);
  });
  return {all.begin(), all.end()};
}

// The class of a value: the place of its label in ascending order, from 1; 0 for other values.
class Classes {
 public:
  explicit Classes(std::vector<double> labels) : labels_(std::move(labels)) {
    std::sort(labels_.begin(), labels_.end());
    labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
  }

  std::size_t count() const { return labels_.size(); }
  double label(std::uint32_t found) const { return labels_[found - 1]; }

  template <class T>
  std::uint32_t operator()(T value) const {
    const auto number = static_cast<double>(value);
    const auto found = std::lower_bound(labels_.begin(), labels_.end(), number);
    return found == labels_.end() || *found != number ? 0 : static_cast<std::uint32_t>(found - labels_.begin()) + 1;
  }

 private:
  std::vector<double> labels_;
};

template <class T>
Classes classes_of(const View<T>& view, const std::vector<std::int64_t>& labels) {
  auto values = labels.empty() ? values_of(view) : std::vector<double>(labels.begin(), labels.end());
  if (labels.empty()) std::erase(values, 0.0);
  return Classes(std::move(values));
}

Status check(const at::Tensor& data, int connectivity) {
  if (data.dim() < 2 || data.dim() > static_cast<std::int64_t>(kAxesMax))
    return Error{Errc::model, fmt::format("a tensor of {} axes is no label map", data.dim())};
  if (connectivity >= data.dim())
    return Error{Errc::model, fmt::format("`connectivity` {} of {} spatial axes", connectivity, data.dim() - 1)};
  return ok();
}

int or_full(int connectivity, const at::Tensor& spatial) {
  return connectivity > 0 ? connectivity : static_cast<int>(spatial.dim());
}

Status check_channels(const at::Tensor& data, const std::vector<std::int64_t>& channels) {
  for (const auto channel : channels)
    if (channel < 0 || channel >= data.size(0))
      return Error{Errc::model, fmt::format("label {} has no channel: there are {}", channel, data.size(0))};
  return ok();
}

// Of each class the `count` largest.
std::vector<bool> largest(const Components& components, std::size_t count) {
  std::vector<std::vector<std::size_t>> best;
  for (std::size_t c = 0; c < components.count(); ++c) {
    if (components.value(c) >= best.size()) best.resize(components.value(c) + 1);
    auto& list = best[components.value(c)];
    const auto smaller = [&](std::size_t other) { return components.size(other) <= components.size(c); };
    list.insert(std::find_if(list.begin(), list.end(), smaller), c);
    if (list.size() > count) list.pop_back();
  }
  std::vector<bool> kept(components.count());
  for (const auto& list : best)
    for (const auto c : list) kept[c] = true;
  return kept;
}

// Zeroes components in one channel.
template <class T>
void zero_others(const View<T>& view, const Runs& runs, const Components& components, const std::vector<bool>& kept) {
  for_each_run(runs, [&](std::int64_t row, const Run& run, std::size_t n) {
    if (!kept[components.of_run(n)]) fill_run<T>(view, row, run, T{});
  });
}

template <class T, class Classify>
void keep_largest_of(const View<T>& view, const Classify& classify, int connectivity, std::size_t count) {
  const auto runs = find_runs(view, classify);
  const Components components(runs, connectivity);
  zero_others(view, runs, components, largest(components, count));
}

// One-hot channels with anything in them, without the background.
std::vector<std::int64_t> used_channels(const at::Tensor& data) {
  std::vector<std::int64_t> result;
  for (std::int64_t c = 1; c < data.size(0); ++c)
    if (data[c].sum().item<double>() > 0) result.push_back(c);
  return result;
}

Status keep_largest_one_hot(at::Tensor& data, const KeepLargest& how, int connectivity) {
  const auto labels = how.labels.empty() ? used_channels(data) : how.labels;
  INFERAD_TRY_STATUS(check_channels(data, labels));
  const auto foreground = [](auto value) { return value > 0 ? 1U : 0U; };
  if (how.independent) {
    AT_DISPATCH_ALL_TYPES_AND(at::kBool, data.scalar_type(), "keep_largest", [&] {
      for (const auto label : labels)
        keep_largest_of(view_of<scalar_t>(data[label]), foreground, connectivity, how.count);
    });
    return ok();
  }
  if (labels.empty()) return ok();
  const auto any = data.index_select(0, at::tensor(labels)).eq(1).any(0).to(at::kByte).contiguous();
  const auto runs = find_runs(view_of<std::uint8_t>(any), foreground);
  const Components components(runs, connectivity);
  const auto kept = largest(components, how.count);
  AT_DISPATCH_ALL_TYPES_AND(at::kBool, data.scalar_type(), "keep_largest", [&] {
    for (const auto label : labels) zero_others(view_of<scalar_t>(data[label]), runs, components, kept);
  });
  return ok();
}

template <class T>
void fill_holes_of(const View<T>& view, const Classes& classes, int connectivity, std::size_t axes) {
  using Box = std::array<std::pair<std::int64_t, std::int64_t>, kAxesMax>;
  std::vector<Box> boxes(classes.count() + 1);
  const auto runs = find_runs(view, classes);
  for_each_run(runs, [&](std::int64_t row, const Run& run, std::size_t) {
    auto& box = boxes[run.value];
    const auto& shape = view.shape;
    const std::array<std::int64_t, kAxesMax> first{row / shape[2] / shape[1], row / shape[2] % shape[1], row % shape[2],
                                                   run.begin};
    const bool is_new = box[3].second == 0;
    for (std::size_t axis = 0; axis < kAxesMax; ++axis) {
      const auto end = axis == 3 ? run.end : first[axis] + 1;
      box[axis] = {is_new ? first[axis] : std::min(box[axis].first, first[axis]),
                   is_new ? end : std::max(box[axis].second, end)};
    }
  });
  std::vector<std::size_t> spatial(axes);
  std::iota(spatial.begin(), spatial.end(), kAxesMax - axes);
  for (std::uint32_t found = 1; found < boxes.size(); ++found) {
    auto part = view;
    for (std::size_t axis = 0; axis < kAxesMax; ++axis) {
      const auto [begin, end] = boxes[found][axis];
      part.data += begin * view.strides[axis];
      part.shape[axis] = end - begin;
    }
    // What surrounds the label reaches its box, or it is a hole.
    const auto label = static_cast<T>(classes.label(found));
    const auto others = find_runs(part, [&](T value) { return value == label ? 0U : 1U; });
    const Components components(others, connectivity);
    const auto open = components.touching(spatial);
    for_each_run(others, [&](std::int64_t row, const Run& run, std::size_t n) {
      if (!open[components.of_run(n)]) fill_run(part, row, run, label);
    });
  }
}

template <class T>
Status remove_small_labels(const at::Tensor& data, std::int64_t elements_min) {
  const auto view = view_of<T>(data);
  std::vector<double> labels;
  for (const auto value : values_of(view)) {
    if (value < 0) return Error{Errc::model, "a label is negative"};
    if (std::trunc(value) != 0) labels.push_back(std::trunc(value));
  }
  const Classes classes(std::move(labels));
  const auto runs = find_runs(view, [&](T value) { return classes(std::trunc(static_cast<double>(value))); });
  std::vector<std::int64_t> sizes(classes.count() + 1);
  for (const auto& run : runs.runs) sizes[run.value] += run.end - run.begin;
  for_each_run(runs, [&](std::int64_t row, const Run& run, std::size_t) {
    const bool kept = sizes[run.value] >= elements_min;
    fill_run(view, row, run, kept ? static_cast<T>(classes.label(run.value)) : T{});
  });
  return ok();
}

}  // namespace

Result<at::Tensor> keep_largest(const at::Tensor& data, const KeepLargest& how) {
  INFERAD_TRY_STATUS(check(data, how.connectivity));
  auto result = own(data);
  const auto connectivity = or_full(how.connectivity, data[0]);
  if (how.one_hot.value_or(data.size(0) > 1)) {
    INFERAD_TRY_STATUS(keep_largest_one_hot(result, how, connectivity));
    return result.to(data.device());
  }
  if (how.labels.empty() && data.size(0) != 1) return Error{Errc::model, "a label map has one channel"};
  AT_DISPATCH_ALL_TYPES_AND(at::kBool, data.scalar_type(), "keep_largest", [&] {
    const auto view = view_of<scalar_t>(result[0]);
    const auto classes = classes_of(view, how.labels);
    const auto joint = [&](scalar_t value) { return std::min(1U, classes(value)); };
    if (how.independent)
      keep_largest_of(view, classes, connectivity, how.count);
    else
      keep_largest_of(view, joint, connectivity, how.count);
  });
  return result.to(data.device());
}

Result<at::Tensor> remove_small(const at::Tensor& data, const RemoveSmall& how) {
  INFERAD_TRY_STATUS(check(data, 0));
  auto result = own(data);
  const auto [low, high] = at::aminmax(result);
  if (low.equal(high)) return data;
  if (how.independent_channels && high.item<double>() > 1) {
    Status status = ok();
    AT_DISPATCH_ALL_TYPES_AND(at::kBool, data.scalar_type(), "remove_small",
                              [&] { status = remove_small_labels<scalar_t>(result, how.elements_min); });
    INFERAD_TRY_STATUS(status);
    return result.to(data.device());
  }
  const auto foreground = how.independent_channels ? result.ne(0) : result.gt(0);
  const auto view = view_of<bool>(foreground);
  const auto runs = find_runs(view, [](bool value) { return value ? 1U : 0U; });
  const Components components(runs, how.connectivity);
  for_each_run(runs, [&](std::int64_t row, const Run& run, std::size_t n) {
    if (components.size(components.of_run(n)) < how.elements_min) fill_run(view, row, run, false);
  });
  if (how.independent_channels) return foreground.to(data.options());
  return result.mul_(foreground).to(data.device());
}

Result<at::Tensor> fill_holes(const at::Tensor& data, const std::vector<std::int64_t>& labels, int connectivity) {
  INFERAD_TRY_STATUS(check(data, 0));
  auto result = own(data);
  const auto steps = or_full(connectivity, data[0]);
  const auto axes = static_cast<std::size_t>(data.dim() - 1);
  if (data.size(0) == 1) {
    AT_DISPATCH_ALL_TYPES_AND(at::kBool, data.scalar_type(), "fill_holes", [&] {
      const auto view = view_of<scalar_t>(result[0]);
      auto wanted = labels;
      std::erase(wanted, 0);
      if (labels.empty() || !wanted.empty()) fill_holes_of(view, classes_of(view, wanted), steps, axes);
    });
    return result.to(data.device());
  }
  const auto channels = labels.empty() ? used_channels(result) : labels;
  INFERAD_TRY_STATUS(check_channels(result, channels));
  for (const auto channel : channels) {
    if (channel == 0) continue;
    const auto mask = result[channel].ne(0);
    fill_holes_of(view_of<bool>(mask), Classes({1}), steps, axes);
    result[channel].copy_(mask);
  }
  return result.to(data.device());
}

at::Tensor filter_labels(const at::Tensor& data, const std::vector<std::int64_t>& labels) {
  auto result = own(data);
  const Classes classes(std::vector<double>(labels.begin(), labels.end()));
  AT_DISPATCH_ALL_TYPES_AND(at::kBool, data.scalar_type(), "filter_labels", [&] {
    auto* values = result.data_ptr<scalar_t>();
    in_parallel(result.numel(), 1 << 18, [&](std::int64_t begin, std::int64_t end) {
      while (begin < end) {
        const auto value = values[begin];
        auto next = begin + 1;
        while (next < end && values[next] == value) ++next;
        if (classes(value) == 0) std::fill(values + begin, values + next, scalar_t{});
        begin = next;
      }
    });
  });
  return result.to(data.device());
}

Result<at::Tensor> clear_border(const at::Tensor& data, const std::vector<std::int64_t>& axes, int connectivity) {
  INFERAD_TRY_STATUS(check(data, connectivity));
  const auto spatial = data.dim() - 1;
  std::vector<std::size_t> places;
  for (std::int64_t axis = 0; axis < spatial; ++axis)
    if (axes.empty() || std::find(axes.begin(), axes.end(), axis) != axes.end())
      places.push_back(kAxesMax - static_cast<std::size_t>(spatial - axis));
  if (!axes.empty() && places.size() != axes.size())
    return Error{Errc::model, fmt::format("`axes` are not among {} spatial axes", spatial)};
  auto result = own(data);
  AT_DISPATCH_ALL_TYPES_AND(at::kBool, data.scalar_type(), "clear_border", [&] {
    for (std::int64_t c = 0; c < data.size(0); ++c) {
      const auto view = view_of<scalar_t>(result[c]);
      const auto runs = find_runs(view, [](scalar_t value) { return value != 0 ? 1U : 0U; });
      const Components components(runs, or_full(connectivity, data[0]));
      auto kept = components.touching(places);
      kept.flip();
      zero_others(view, runs, components, kept);
    }
  });
  return result.to(data.device());
}

}  // namespace inferad::tensor
