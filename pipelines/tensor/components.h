// SPDX-License-Identifier: Apache-2.0
// Connected components of arrays of up to four axes, for many labels at once: union-find over runs of equal class along
// the last axis. Inside pipelines/tensor only; no LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "pipelines/tensor/parallel.h"

namespace inferad::tensor {

inline constexpr std::size_t kAxesMax = 4;

// An array or a box in one; fewer axes: ones in front. The last axis is dense.
template <class T>
struct View {
  const T* data;
  std::array<std::int64_t, kAxesMax> shape, strides;

  std::int64_t rows() const { return shape[0] * shape[1] * shape[2]; }
  const T* row(std::int64_t n) const {
    const auto j = n % shape[2], i = n / shape[2] % shape[1], c = n / shape[2] / shape[1];
    return data + c * strides[0] + i * strides[1] + j * strides[2];
  }
};

// Elements [begin, end) of a row, all of one class.
struct Run {
  std::int32_t begin, end;
  std::uint32_t value;  // the class, not 0
};

// All runs of an array, row after row. Class 0 is background and has none.
struct Runs {
  std::array<std::int64_t, kAxesMax> shape{};
  std::vector<Run> runs;
  std::vector<std::uint32_t> starts;  // of each row, and the end

  std::int64_t rows() const { return shape[0] * shape[1] * shape[2]; }
};

// classify(value) is asked once for each stretch of equal values; stretches of one class that touch are one run.
template <class T, class Classify>
Runs find_runs(const View<T>& view, const Classify& classify);

class Components {
 public:
  // Neighbours are elements of the same class at most `connectivity` steps along axes apart, each axis at most once:
  // 1 counts faces only, 4 (or the number of axes) corners too. `runs` must outlive the components.
  Components(const Runs& runs, int connectivity);

  std::size_t count() const { return sizes_.size(); }
  std::int64_t size(std::size_t component) const { return sizes_[component]; }  // elements
  std::uint32_t value(std::size_t component) const { return values_[component]; }
  // In the order of their first element.
  std::size_t of_run(std::size_t run) const { return component_of_run_[run]; }

  // Whether each component has an element in the first or last place of one of `axes` (0 to 3).
  std::vector<bool> touching(const std::vector<std::size_t>& axes) const;

 private:
  const Runs* runs_;
  std::vector<std::uint32_t> component_of_run_;
  std::vector<std::int64_t> sizes_;
  std::vector<std::uint32_t> values_;
};

template <class T, class Classify>
void find_runs_of_row(const T* row, std::int64_t length, const Classify& classify, std::vector<Run>& out) {
  std::uint32_t open = 0;  // the class of the run that ends where we stand
  for (std::int64_t begin = 0; begin < length;) {
    const T value = row[begin];
    auto end = begin + 1;
    while (end < length && row[end] == value) ++end;
    const std::uint32_t found = classify(value);
    if (found != 0 && found == open)
      out.back().end = static_cast<std::int32_t>(end);
    else if (found != 0)
      out.push_back({static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end), found});
    open = found;
    begin = end;
  }
}

template <class T, class Classify>
Runs find_runs(const View<T>& view, const Classify& classify) {
  constexpr std::int64_t kRowsOfPart = 256;
  const auto rows = view.rows();
  const auto parts = (rows + kRowsOfPart - 1) / kRowsOfPart;
  std::vector<std::vector<Run>> found(static_cast<std::size_t>(parts));
  Runs result{view.shape, {}, std::vector<std::uint32_t>(static_cast<std::size_t>(rows) + 1)};
  in_parallel(parts, 8, [&](std::int64_t begin, std::int64_t end) {
    for (auto part = begin; part < end; ++part) {
      auto& runs = found[static_cast<std::size_t>(part)];
      for (auto n = part * kRowsOfPart; n < std::min(rows, (part + 1) * kRowsOfPart); ++n) {
        const auto before = runs.size();
        find_runs_of_row(view.row(n), view.shape[3], classify, runs);
        result.starts[static_cast<std::size_t>(n) + 1] = static_cast<std::uint32_t>(runs.size() - before);
      }
    }
  });
  std::partial_sum(result.starts.begin(), result.starts.end(), result.starts.begin());
  result.runs.reserve(result.starts.back());
  for (const auto& part : found) result.runs.insert(result.runs.end(), part.begin(), part.end());
  return result;
}

}  // namespace inferad::tensor
