// SPDX-License-Identifier: Apache-2.0
// A model that ships as readable TorchScript text: forward(hu) -> classes, slices are independent. Compiles against
// LibTorch 1.13 and 2.x; no LibTorch in this header. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipelines/findings/image.h"
#include "server/base/result.h"

namespace inferad::engine {

class ScriptModel {
 public:
  // `name` is for error messages; `device` is cpu, cuda or cuda:N. Errc::model: the text is no TorchScript.
  static Result<ScriptModel> compile(const std::string& source, const std::string& name, const std::string& device);
  ScriptModel(ScriptModel&&) noexcept;
  ScriptModel& operator=(ScriptModel&&) noexcept;
  ~ScriptModel();

  // One class a voxel. Errc::model: the model failed or gave something else than bytes of the same shape;
  // Errc::overload: memory does not suffice.
  Result<std::vector<std::uint8_t>> classify(const findings::Image& image,
                                             const std::function<void(double fraction)>& progress) const;
  // The first calls with a shape are slow: makes them now.
  Status warm_up(int columns, int rows) const;

 private:
  struct Impl;
  explicit ScriptModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inferad::engine
