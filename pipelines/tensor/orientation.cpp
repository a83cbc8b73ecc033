// SPDX-License-Identifier: Apache-2.0
// Orientation and Flip: axes change places and directions, voxels keep their values. Memory is copied at most once and
// keeps its order: only the view is permuted.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipelines/tensor/spatial.h"

namespace inferad::tensor {
namespace {

// An axis of the array runs along an axis of the world, or against it.
struct Direction {
  std::size_t world = 0;
  bool against = false;
};

// The axis that is best aligned with its direction chooses first.
Result<std::vector<Direction>> directions_of(const Affine& affine, std::size_t rank) {
  const auto rotation = closest_rotation(leading_axes(affine, rank));
  if (!rotation) return Error{Errc::model, "the affine is singular"};
  std::vector<std::size_t> axes(rank);
  for (std::size_t i = 0; i < rank; ++i) axes[i] = i;
  const auto strength = [&](std::size_t axis) {
    double most = 0;
    for (std::size_t i = 0; i < rank; ++i) most = std::max(most, std::abs((*rotation)[i][axis]));
    return most;
  };
  std::stable_sort(axes.begin(), axes.end(), [&](auto a, auto b) { return strength(a) > strength(b) + 1e-9; });
  std::vector<Direction> result(rank);
  std::vector<bool> taken(rank, false);
  for (const auto axis : axes) {
    std::size_t best = rank;
    for (std::size_t i = 0; i < rank; ++i)
      if (!taken[i] && (best == rank || std::abs((*rotation)[i][axis]) > std::abs((*rotation)[best][axis]))) best = i;
    taken[best] = true;
    result[axis] = {best, (*rotation)[best][axis] < 0};
  }
  return result;
}

// result axis r is data axis `from[r]`, turned round where `flip[r]`.
struct Rearrangement {
  std::vector<std::int64_t> from;
  std::vector<std::int64_t> flip;  // 0 or 1

  static Rearrangement of(const std::vector<std::int64_t>& numbers) {
    const auto half = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
    return {{numbers.begin(), half}, {half, numbers.end()}};
  }
  std::vector<std::int64_t> numbers() const {
    auto result = from;
    result.insert(result.end(), flip.begin(), flip.end());
    return result;
  }
  std::vector<std::int64_t> flipped_dimensions() const {  // of the data
    std::vector<std::int64_t> result;
    for (std::size_t r = 0; r < from.size(); ++r)
      if (flip[r] != 0) result.push_back(from[r] + 1);
    return result;
  }
};

at::Tensor flipped(const at::Tensor& data, const std::vector<std::int64_t>& dimensions) {
  return dimensions.empty() ? data : at::flip(data, dimensions);
}

at::Tensor rearranged(const at::Tensor& data, const Rearrangement& how) {
  std::vector<std::int64_t> dimensions{0};
  for (const auto axis : how.from) dimensions.push_back(axis + 1);
  return flipped(data, how.flipped_dimensions()).permute(dimensions);
}

at::Tensor put_back(const at::Tensor& data, const Rearrangement& how) {
  std::vector<std::int64_t> dimensions(how.from.size() + 1, 0);
  for (std::size_t r = 0; r < how.from.size(); ++r)
    dimensions[static_cast<std::size_t>(how.from[r]) + 1] = static_cast<std::int64_t>(r) + 1;
  return flipped(data.permute(dimensions), how.flipped_dimensions());
}

Affine index_map(const Rearrangement& how, const Shape& shape) {
  Affine result = kIdentity;
  for (std::size_t r = 0; r < how.from.size(); ++r) {
    const auto axis = static_cast<std::size_t>(how.from[r]);
    result[r][r] = 0;
    result[axis][3] = how.flip[r] != 0 ? static_cast<double>(shape[axis] - 1) : 0;
  }
  for (std::size_t r = 0; r < how.from.size(); ++r)
    result[static_cast<std::size_t>(how.from[r])][r] = how.flip[r] != 0 ? -1 : 1;
  return result;
}

class Rearranging : public SpatialTransform {
 public:
  using SpatialTransform::SpatialTransform;

  Result<Volume> undo(Volume volume, const Done& done, bool) const override {
    volume.data = put_back(volume.data, Rearrangement::of(done.numbers));
    volume.affine = done.affine_before;
    return volume;
  }
  bool moves_only() const override { return true; }

 protected:
  void rearrange(Volume& volume, const Rearrangement& how) const {
    record(volume, rearranged(volume.data, how), index_map(how, spatial_shape(volume)), how.numbers());
  }
};

class Orientation : public Rearranging {
 public:
  explicit Orientation(Arguments& arguments) : Rearranging(arguments.key()) {
    arguments.unsupported({"lazy", "labels"});
    if (arguments.flag("as_closest_canonical", false)) {
      arguments.ignore({"axcodes"});
      read_codes("RAS", arguments);
      return;
    }
    arguments.require("axcodes");
    read_codes(arguments.joined_text("axcodes"), arguments);
  }

 private:
  void read_codes(const std::string& codes, Arguments& arguments) {
    constexpr std::string_view kLetters = "LRPAIS";
    std::array<bool, 3> taken{};
    for (const char letter : codes) {
      const auto at = kLetters.find(letter);
      if (at == std::string_view::npos || taken[at / 2])
        return arguments.refuse("axcodes", "must name each axis once: L or R, P or A, I or S");
      taken[at / 2] = true;
      wanted_.push_back({at / 2, at % 2 == 0});
    }
  }

  Status move(Volume& volume) const override {
    const auto rank = spatial_shape(volume).size();
    if (wanted_.size() < rank)
      return Error{Errc::model, fmt::format("{} axis codes for {} axes", wanted_.size(), rank)};
    INFERAD_TRY(const auto present, directions_of(volume.affine, rank));
    Rearrangement how;
    for (std::size_t r = 0; r < rank; ++r)
      for (std::size_t axis = 0; axis < rank; ++axis)
        if (present[axis].world == wanted_[r].world) {
          how.from.push_back(static_cast<std::int64_t>(axis));
          how.flip.push_back(present[axis].against != wanted_[r].against ? 1 : 0);
        }
    if (how.from.size() != rank) return Error{Errc::model, "the axis codes name an axis that the image does not have"};
    rearrange(volume, how);
    return ok();
  }

  std::vector<Direction> wanted_;
};

class Flip : public Rearranging {
 public:
  explicit Flip(Arguments& arguments) : Rearranging(arguments.key()) {
    arguments.unsupported({"lazy"});
    all_ = arguments.value("spatial_axis") == nullptr;
    axes_ = arguments.integers("spatial_axis");
  }

 private:
  Status move(Volume& volume) const override {
    const auto rank = static_cast<std::int64_t>(spatial_shape(volume).size());
    Rearrangement how{{}, std::vector<std::int64_t>(static_cast<std::size_t>(rank), all_ ? 1 : 0)};
    for (std::int64_t axis = 0; axis < rank; ++axis) how.from.push_back(axis);
    for (const auto axis : axes_) {
      if (axis < -rank || axis >= rank)
        return Error{Errc::model, fmt::format("there is no spatial axis {} in a volume of {}", axis, rank)};
      how.flip[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = 1;
    }
    rearrange(volume, how);
    return ok();
  }

  bool all_ = true;
  std::vector<std::int64_t> axes_;
};

constexpr Maker kMakers[] = {{"Orientation", make<Orientation>}, {"Flip", make<Flip>}};

}  // namespace

std::span<const Maker> orientation_makers() { return kMakers; }

}  // namespace inferad::tensor
