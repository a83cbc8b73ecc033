// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/torch_runtime.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>
#include <malloc.h>
#include <torch/torch.h>

#include <filesystem>
#include <mutex>

namespace inferad::engine {

namespace {

constexpr int kKeepBytes = 512 << 20;

void set_openblas_threads(int threads) {
  if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(threads);
}

void once() {
  mallopt(M_MMAP_THRESHOLD, kKeepBytes);
  mallopt(M_TRIM_THRESHOLD, kKeepBytes);
  at::set_num_interop_threads(1);  // refuses a second call
}

Status check_device(const std::string& device) {
  try {
    const torch::Device target(device);
    if (target.is_cpu()) return ok();
    if (!target.is_cuda())
      return Error{Errc::refused, fmt::format("device {}: only cpu and cuda are supported", device)};
    if (!torch::cuda::is_available()) {
      return Error{Errc::refused, fmt::format("device {} is not there: this LibTorch sees no CUDA device", device)};
    }
    if (target.has_index() && target.index() >= static_cast<int>(torch::cuda::device_count())) {
      return Error{Errc::refused,
                   fmt::format("device {} is not there: {} CUDA devices", device, torch::cuda::device_count())};
    }
    return ok();
  } catch (const std::exception&) {
    return Error{Errc::refused, fmt::format("device {} is no device: cpu, cuda or cuda:N", device)};
  }
}

// Debian's libblas.so.3 is a link into the folder of the implementation.
int look(dl_phdr_info* info, std::size_t, void* found) {
  std::error_code ignored;
  const auto path = std::filesystem::canonical(info->dlpi_name, ignored).string();
  auto& name = *static_cast<std::string*>(found);
  if (path.find("openblas") != std::string::npos)
    name = "openblas";
  else if (path.find("blis") != std::string::npos)
    name = "blis";
  else if (path.find("libmkl") != std::string::npos)
    name = "mkl";
  else if (path.find("libblas.so") != std::string::npos && name == "unknown")
    name = "reference";
  return 0;
}

}  // namespace

Status prepare_torch(const std::string& device, int threads) {
  static std::once_flag flag;
  std::call_once(flag, once);
  at::set_num_threads(threads);
  set_openblas_threads(threads);
  return check_device(device);
}

std::string loaded_blas() {
  std::string name = "unknown";
  dl_iterate_phdr(look, &name);
  return name;
}

}  // namespace inferad::engine
