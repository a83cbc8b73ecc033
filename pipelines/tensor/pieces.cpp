// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/pieces.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "pipelines/tensor/parallel.h"

namespace inferad::tensor {

namespace {

constexpr std::int64_t kPiece = 512 * 1024;  // elements: 2 MB of float32

}  // namespace

at::Tensor as_floating(const at::Tensor& data) {
  const auto type = data.scalar_type();
  return type == at::kFloat || type == at::kDouble ? data : data.to(at::kFloat);
}

at::Tensor map_pieces(const at::Tensor& input, at::ScalarType type,
                      const std::function<void(at::Tensor& out, const at::Tensor& in)>& work) {
  const auto flat_in = input.contiguous().view(-1);
  auto result = at::empty(input.sizes(), input.options().dtype(type));
  const auto flat_out = result.view(-1);
  const auto count = flat_in.numel();
  const auto length = flat_in.is_cpu() ? kPiece : std::max<std::int64_t>(1, count);
  for (std::int64_t begin = 0; begin < count; begin += length) {
    const auto size = std::min(length, count - begin);
    auto out = flat_out.narrow(0, begin, size);
    work(out, flat_in.narrow(0, begin, size));
  }
  return result;
}

void in_parallel(std::int64_t count, std::int64_t grain,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& work) {
  const auto parts = std::clamp<std::int64_t>(count / std::max<std::int64_t>(1, grain), 1, at::get_num_threads());
  std::vector<std::thread> threads;
  for (std::int64_t part = 1; part < parts; ++part)
    threads.emplace_back(work, count * part / parts, count * (part + 1) / parts);
  work(0, count / parts);
  for (auto& thread : threads) thread.join();
}

}  // namespace inferad::tensor
