// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/quantile.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>
#include <type_traits>

#include "pipelines/tensor/parallel.h"
#include "server/base/result.h"

namespace inferad::tensor {

namespace {

constexpr int kDigitBits = 16;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
constexpr std::int64_t kGrain = 1 << 20;
constexpr std::int64_t kMonaiTorchElements = 1'000'000;

template <class T>
using Key = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// Unsigned integers in the order of the numbers.
template <class T>
Key<T> key_of(T value) {
  const auto bits = std::bit_cast<Key<T>>(value);
  constexpr auto kSign = Key<T>{1} << (sizeof(T) * 8 - 1);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

template <class T>
T value_of(Key<T> key) {
  constexpr auto kSign = Key<T>{1} << (sizeof(T) * 8 - 1);
  return std::bit_cast<T>((key & kSign) != 0 ? key ^ kSign : ~key);
}

// Those elements whose leading digits are `prefix`, counted by their next digit.
template <class T>
struct Bucket {
  Key<T> prefix;
  std::vector<std::int64_t> counts = std::vector<std::int64_t>(kDigits);
};

// `shift`: bits below the next digit. Returns whether there is a NaN.
template <class T>
bool count_digits(const T* data, std::int64_t size, int shift, std::vector<Bucket<T>>& buckets) {
  std::mutex merging;
  bool nan = false;
  in_parallel(size, kGrain, [&](std::int64_t begin, std::int64_t end) {
    auto mine = buckets;
    bool found = false;
    for (auto n = begin; n < end; ++n) {
      found |= std::isnan(data[n]);
      const auto leading = key_of(data[n]) >> shift;
      const auto prefix = leading >> kDigitBits;
      for (auto& bucket : mine)
        if (bucket.prefix == prefix) ++bucket.counts[leading & (kDigits - 1)];
    }
    const std::lock_guard lock(merging);
    nan |= found;
    for (std::size_t b = 0; b < mine.size(); ++b)
      for (std::size_t d = 0; d < kDigits; ++d) buckets[b].counts[d] += mine[b].counts[d];
  });
  return nan;
}

// The elements that stand at `ranks` in sorted order; empty when there is a NaN. Radix selection, 16 bits a pass.
template <class T>
std::vector<T> order_statistics(const T* data, std::int64_t size, const std::vector<std::int64_t>& ranks) {
  struct Search {
    std::int64_t rank;  // among the elements with this prefix
    Key<T> prefix = 0;
  };
  std::vector<Search> searches;
  for (const auto rank : ranks) searches.push_back({rank});
  for (int shift = sizeof(T) * 8 - kDigitBits; shift >= 0; shift -= kDigitBits) {
    std::vector<Bucket<T>> buckets;
    const auto bucket_of = [&](Key<T> prefix) {
      return std::find_if(buckets.begin(), buckets.end(), [&](const auto& bucket) { return bucket.prefix == prefix; });
    };
    for (const auto& search : searches)
      if (bucket_of(search.prefix) == buckets.end()) buckets.push_back({search.prefix});
    if (count_digits(data, size, shift, buckets)) return {};
    for (auto& search : searches) {
      const auto& counts = bucket_of(search.prefix)->counts;
      std::size_t digit = 0;
      while (search.rank >= counts[digit]) search.rank -= counts[digit++];
      search.prefix = static_cast<Key<T>>(search.prefix << kDigitBits | digit);
    }
  }
  std::vector<T> found;
  for (const auto& search : searches) found.push_back(value_of<T>(search.prefix));
  return found;
}

// Rank is the type in which rank and weight are computed.
template <class T, class Rank>
std::vector<double> quantiles_of(const at::Tensor& data, const std::vector<double>& fractions) {
  INFERAD_CHECK(data.numel() > 0);
  const auto flat = data.cpu().contiguous();
  const auto last = flat.numel() - 1;
  std::vector<std::int64_t> ranks;
  std::vector<Rank> weights;
  for (const auto fraction : fractions) {
    const auto rank = static_cast<Rank>(fraction) * static_cast<Rank>(last);
    const auto below = std::clamp<std::int64_t>(static_cast<std::int64_t>(rank), 0, last);
    ranks.push_back(below);
    ranks.push_back(std::min(below + 1, last));
    weights.push_back(rank - static_cast<Rank>(below));
  }
  const auto found = order_statistics(flat.data_ptr<T>(), flat.numel(), ranks);
  if (found.empty()) return std::vector<double>(fractions.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<double> result;
  for (std::size_t n = 0; n < fractions.size(); ++n) {
    const T below = found[2 * n], above = found[2 * n + 1], step = above - below;
    const auto weight = weights[n];
    if (weight == 0)  // no neighbour takes part: it may be infinite
      result.push_back(below);
    else if (weight < Rank{0.5})
      result.push_back(static_cast<Rank>(below) + static_cast<Rank>(step) * weight);
    else
      result.push_back(static_cast<Rank>(above) - static_cast<Rank>(step) * (1 - weight));
  }
  return result;
}

bool is_double(const at::Tensor& data) { return data.scalar_type() == at::kDouble; }

}  // namespace

std::vector<double> numpy_quantiles(const at::Tensor& data, const std::vector<double>& fractions) {
  const auto type = data.scalar_type();
  if (type == at::kFloat) return quantiles_of<float, double>(data, fractions);
  // Up to 16 bits float32 holds an integer and the difference of two exactly.
  const bool small = type == at::kByte || type == at::kChar || type == at::kShort || type == at::kBool;
  if (small) return quantiles_of<float, double>(data.to(at::kFloat), fractions);
  return quantiles_of<double, double>(data.to(at::kDouble), fractions);
}

std::vector<double> torch_quantiles(const at::Tensor& data, const std::vector<double>& fractions) {
  if (is_double(data)) return quantiles_of<double, double>(data, fractions);
  return quantiles_of<float, float>(data.to(at::kFloat), fractions);
}

std::vector<double> monai_percentiles(const at::Tensor& data, const std::vector<double>& percents) {
  std::vector<double> fractions;
  for (const auto percent : percents) fractions.push_back(percent / 100.0);
  if (data.numel() <= kMonaiTorchElements) return torch_quantiles(data, fractions);
  auto result = numpy_quantiles(data, fractions);
  if (!is_double(data))
    for (auto& value : result) value = static_cast<float>(value);
  return result;
}

}  // namespace inferad::tensor
