// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/script_model.h"

#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>
#include <cstring>

#include "pipelines/engine/operator_scan.h"
#include "pipelines/engine/torch_errors.h"

namespace inferad::engine {

namespace {

constexpr std::int64_t kSlabVoxels = 4 << 20;  // keeps intermediate tensors small, and the progress moving
constexpr int kWarmUpCalls = 2;                // the profiling executor optimises after the first

struct Shape {
  std::int64_t slices, rows, columns;
  std::int64_t plane() const { return rows * columns; }
};

}  // namespace

struct ScriptModel::Impl {
  mutable torch::jit::Module module;
  torch::Device device;
  std::string name;

  // Classes of `slices` slices at `voxels`, written to `classes`.
  Status run(const float* voxels, const Shape& shape, std::uint8_t* classes) const {
    const c10::InferenceMode inference;
    // The model only reads: LibTorch has no const tensors.
    const auto host = torch::from_blob(const_cast<float*>(voxels), {shape.slices, shape.rows, shape.columns});
    const auto answer = module.forward({host.to(device)});
    if (!answer.isTensor()) return Error{Errc::model, fmt::format("model {} gave no tensor", name)};
    const auto tensor = answer.toTensor().to(torch::kCPU).contiguous();
    if (tensor.scalar_type() != torch::kUInt8 || tensor.sizes() != host.sizes()) {
      return Error{Errc::model,
                   fmt::format("model {} gave a tensor of another type or shape than one byte a voxel", name)};
    }
    std::memcpy(classes, tensor.data_ptr<std::uint8_t>(), static_cast<std::size_t>(tensor.numel()));
    return ok();
  }

  Status guarded(const std::function<Status()>& body) const { return engine::guarded("model " + name, body); }
};

ScriptModel::ScriptModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScriptModel::ScriptModel(ScriptModel&&) noexcept = default;
ScriptModel& ScriptModel::operator=(ScriptModel&&) noexcept = default;
ScriptModel::~ScriptModel() = default;

Result<ScriptModel> ScriptModel::compile(const std::string& source, const std::string& name,
                                         const std::string& device) {
  try {
    torch::jit::Module module("inferad_model");
    module.define(source);
    INFERAD_TRY_STATUS(scan_operators(module, fmt::format("model {}", name)));
    if (!module.find_method("forward")) return Error{Errc::model, fmt::format("model {} has no method forward", name)};
    module.eval();
    const torch::Device target(device);
    module.to(target);
    return ScriptModel(std::make_unique<Impl>(Impl{std::move(module), target, name}));
  } catch (const std::exception& failure) {
    return Error{Errc::model, fmt::format("model {} does not compile: {}", name, in_short(failure.what()))};
  }
}

Result<std::vector<std::uint8_t>> ScriptModel::classify(const findings::Image& image,
                                                        const std::function<void(double)>& progress) const {
  const auto& geometry = image.geometry;
  const Shape all{geometry.slices, geometry.rows, geometry.columns};
  std::vector<std::uint8_t> classes;
  const auto slab = std::max<std::int64_t>(1, kSlabVoxels / all.plane());
  const auto status = impl_->guarded([&]() -> Status {
    classes.resize(geometry.voxels());
    for (std::int64_t k = 0; k < all.slices; k += slab) {
      const Shape part{std::min(slab, all.slices - k), all.rows, all.columns};
      const auto offset = k * all.plane();
      INFERAD_TRY_STATUS(impl_->run(image.voxels.data() + offset, part, classes.data() + offset));
      progress(static_cast<double>(k + part.slices) / static_cast<double>(all.slices));
    }
    return ok();
  });
  if (!status) return status.error();
  return classes;
}

Status ScriptModel::warm_up(int columns, int rows) const {
  const Shape shape{std::max<std::int64_t>(1, kSlabVoxels / (static_cast<std::int64_t>(rows) * columns)), rows,
                    columns};
  const std::vector<float> air(static_cast<std::size_t>(shape.slices * shape.plane()), -1000.0F);
  std::vector<std::uint8_t> classes(air.size());
  return impl_->guarded([&]() -> Status {
    for (int call = 0; call < kWarmUpCalls; ++call) INFERAD_TRY_STATUS(impl_->run(air.data(), shape, classes.data()));
    return ok();
  });
}

}  // namespace inferad::engine
