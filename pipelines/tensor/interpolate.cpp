// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/interpolate.h"

#include <algorithm>

#include "pipelines/tensor/parallel.h"

namespace inferad::tensor {
namespace {

// Rows of the result one after the other, of one channel. Rows of the data, interpolated along the other two axes, are
// kept as long as they are neighbours: two at a time.
class Channel {
 public:
  struct Pattern {
    std::vector<Tap> a, b, c;  // from the slowest to the fastest axis in memory
    std::int64_t stride_a = 0, stride_b = 0, row_length = 0;

    Pattern(const Source& source, const NormalisedMap& map, const Axes& order)
        : a(taps_along(map, order[0])),
          b(taps_along(map, order[1])),
          c(taps_along(map, order[2])),
          stride_a(source.strides[order[0] + 1]),
          stride_b(source.strides[order[1] + 1]),
          row_length(map.data_shape[order[2]]) {}

    std::int64_t planes() const { return static_cast<std::int64_t>(a.size()); }
    std::int64_t plane_size() const { return static_cast<std::int64_t>(b.size() * c.size()); }
  };

  Channel(const Pattern& pattern, const float* data)
      : pattern_(&pattern), data_(data), line_(static_cast<std::size_t>(pattern.row_length)) {}

  void begin_plane(std::int64_t plane) {
    a_ = pattern_->a[static_cast<std::size_t>(plane)];
    rows_[0].index = rows_[1].index = -1;
  }

  // pattern.c.size() values.
  void row(const Tap& b, float* result) {
    const double* low = row_of_data(b.low, b.high);
    const double* high = row_of_data(b.high, b.low);
    for (std::size_t i = 0; i < pattern_->c.size(); ++i)
      result[i] = static_cast<float>(b.low_weight * low[i] + b.high_weight * high[i]);
  }

 private:
  struct Row {
    std::int64_t index = -1;
    std::vector<double> values;
  };

  // `keep` is the other row that is needed now.
  const double* row_of_data(std::int64_t index, std::int64_t keep) {
    for (const auto& known : rows_)
      if (known.index == index) return known.values.data();
    Row& made = rows_[0].index == keep ? rows_[1] : rows_[0];
    made.index = index;
    made.values.resize(pattern_->c.size());
    const float* low = data_ + a_.low * pattern_->stride_a + index * pattern_->stride_b;
    const float* high = data_ + a_.high * pattern_->stride_a + index * pattern_->stride_b;
    for (std::size_t i = 0; i < line_.size(); ++i)
      line_[i] = a_.low_weight * static_cast<double>(low[i]) + a_.high_weight * static_cast<double>(high[i]);
    for (std::size_t i = 0; i < made.values.size(); ++i) {
      const Tap& c = pattern_->c[i];
      made.values[i] = c.low_weight * line_[static_cast<std::size_t>(c.low)] +
                       c.high_weight * line_[static_cast<std::size_t>(c.high)];
    }
    return made.values.data();
  }

  const Pattern* pattern_;
  const float* data_;
  Tap a_;
  std::array<Row, 2> rows_;
  std::vector<double> line_;
};

// The largest value so far of each voxel of a row, and its channel.
class Best {
 public:
  explicit Best(std::size_t length) : values_(length), channels_(length) {}

  void first(const float* row) {
    std::copy_n(row, values_.size(), values_.begin());
    std::fill(channels_.begin(), channels_.end(), 0);
  }
  // As in argmax, NaN counts as largest and the first of equal values wins.
  void next(const float* row, std::int32_t channel) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const bool better = !(row[i] <= values_[i]) && values_[i] == values_[i];
      values_[i] = better ? row[i] : values_[i];
      channels_[i] = better ? channel : channels_[i];
    }
  }
  void write(std::uint8_t* labels) const {
    std::transform(channels_.begin(), channels_.end(), labels, [](auto c) { return static_cast<std::uint8_t>(c); });
  }

 private:
  std::vector<float> values_;
  std::vector<std::int32_t> channels_;
};

struct Neighbour {
  double weight = 0;
  std::int64_t offset = 0;
};

struct Neighbours {
  std::array<Neighbour, 8> of;
  std::size_t count = 0;

  double sum(const float* channel) const {
    double result = 0;
    for (std::size_t n = 0; n < count; ++n) result += of[n].weight * static_cast<double>(channel[of[n].offset]);
    return result;
  }
};

Neighbours neighbours_of(const Source& source, const NormalisedMap& map, std::size_t i, std::size_t j, std::size_t k) {
  std::array<Tap, 3> taps;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto& row = map.matrix[axis];
    const double g = row[0] * map.base[0][i] + row[1] * map.base[1][j] + row[2] * map.base[2][k] + row[3];
    taps[axis] = tap_at(map.place(axis, g), map.data_shape[axis], map.options);
  }
  Neighbours result;
  for (unsigned corner = 0; corner < 8; ++corner) {
    Neighbour neighbour{1, 0};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const bool high = ((corner >> axis) & 1) != 0;
      neighbour.weight *= high ? taps[axis].high_weight : taps[axis].low_weight;
      neighbour.offset += (high ? taps[axis].high : taps[axis].low) * source.strides[axis + 1];
    }
    if (neighbour.weight != 0) result.of[result.count++] = neighbour;
  }
  return result;
}

// visit(index of the voxel in C order, its neighbours), rows on several threads.
template <class Visit>
void for_each_voxel(const Source& source, const NormalisedMap& map, Visit visit) {
  const auto rows = static_cast<std::int64_t>(map.base[1].size()),
             length = static_cast<std::int64_t>(map.base[2].size());
  in_parallel(static_cast<std::int64_t>(map.base[0].size()) * rows, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t k = 0; k < length; ++k)
        visit(row * length + k, neighbours_of(source, map, static_cast<std::size_t>(row / rows),
                                              static_cast<std::size_t>(row % rows), static_cast<std::size_t>(k)));
  });
}

}  // namespace

void interpolate_axes(const Source& source, const NormalisedMap& map, const Axes& order, float* result) {
  const Channel::Pattern pattern(source, map, order);
  in_parallel(source.channels * pattern.planes(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      Channel channel(pattern, source.data + i / pattern.planes() * source.strides[0]);
      channel.begin_plane(i % pattern.planes());
      float* row = result + i * pattern.plane_size();
      for (const Tap& b : pattern.b) {
        channel.row(b, row);
        row += pattern.c.size();
      }
    }
  });
}

void fractions_axes(const Source& source, const NormalisedMap& map, const Axes& order, std::uint8_t* fractions) {
  const Channel::Pattern pattern(source, map, order);
  in_parallel(pattern.planes(), 1, [&](std::int64_t begin, std::int64_t end) {
    Channel channel(pattern, source.data);
    std::vector<float> row(pattern.c.size());
    for (std::int64_t plane = begin; plane < end; ++plane) {
      channel.begin_plane(plane);
      std::uint8_t* to = fractions + plane * pattern.plane_size();
      for (const Tap& b : pattern.b) {
        channel.row(b, row.data());
        to = std::transform(row.begin(), row.end(), to, in_255ths);
      }
    }
  });
}

void argmax_axes(const Source& source, const NormalisedMap& map, const Axes& order, std::uint8_t* labels) {
  const Channel::Pattern pattern(source, map, order);
  in_parallel(pattern.planes(), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Channel> channels;
    for (std::int64_t c = 0; c < source.channels; ++c)
      channels.emplace_back(pattern, source.data + c * source.strides[0]);
    std::vector<float> row(pattern.c.size());
    Best best(row.size());
    for (std::int64_t plane = begin; plane < end; ++plane) {
      for (auto& channel : channels) channel.begin_plane(plane);
      std::uint8_t* to = labels + plane * pattern.plane_size();
      for (const Tap& b : pattern.b) {
        for (std::size_t c = 0; c < channels.size(); ++c) {
          channels[c].row(b, row.data());
          c == 0 ? best.first(row.data()) : best.next(row.data(), static_cast<std::int32_t>(c));
        }
        best.write(to);
        to += row.size();
      }
    }
  });
}

void interpolate_turned(const Source& source, const NormalisedMap& map, float* result) {
  const auto size = static_cast<std::int64_t>(map.base[0].size() * map.base[1].size() * map.base[2].size());
  for_each_voxel(source, map, [&](std::int64_t voxel, const Neighbours& neighbours) {
    for (std::int64_t c = 0; c < source.channels; ++c)
      result[c * size + voxel] = static_cast<float>(neighbours.sum(source.data + c * source.strides[0]));
  });
}

void fractions_turned(const Source& source, const NormalisedMap& map, std::uint8_t* fractions) {
  for_each_voxel(source, map, [&](std::int64_t voxel, const Neighbours& neighbours) {
    fractions[voxel] = in_255ths(static_cast<float>(neighbours.sum(source.data)));
  });
}

void argmax_turned(const Source& source, const NormalisedMap& map, std::uint8_t* labels) {
  for_each_voxel(source, map, [&](std::int64_t voxel, const Neighbours& neighbours) {
    float best = static_cast<float>(neighbours.sum(source.data));
    labels[voxel] = 0;
    for (std::int64_t c = 1; c < source.channels; ++c) {
      const float value = static_cast<float>(neighbours.sum(source.data + c * source.strides[0]));
      if (value <= best || best != best) continue;
      best = value;
      labels[voxel] = static_cast<std::uint8_t>(c);
    }
  });
}

}  // namespace inferad::tensor
