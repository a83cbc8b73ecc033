// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/torch_runtime.h"

#include <ATen/Parallel.h>
#include <c10/core/Device.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <filesystem>
#include <mutex>

namespace inferad::engine {

namespace {

constexpr int kKeepBytes = 512 << 20;

// The file that LibTorch's matrix products come from, whatever else is loaded. Debian's libblas.so.3 is a link into the
// folder of the implementation.
std::string blas_file() {
  Dl_info info{};
  void* product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (product == nullptr || dladdr(product, &info) == 0) return "";
  std::error_code failure;
  const auto file = std::filesystem::canonical(info.dli_fname, failure);
  return failure ? info.dli_fname : file.string();
}

// OpenBLAS keeps threads of its own.
void set_openblas_threads(int threads) {
  void* library = dlopen(blas_file().c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return;
  if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"))) set(threads);
  dlclose(library);
}

void once() {
  mallopt(M_MMAP_THRESHOLD, kKeepBytes);
  mallopt(M_TRIM_THRESHOLD, kKeepBytes);
  at::set_num_interop_threads(1);  // refuses a second call
}

Status check_device(const std::string& device) {
  try {
    const c10::Device target(device);
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

}  // namespace

Status prepare_torch(const std::string& device, int threads) {
  static std::once_flag flag;
  std::call_once(flag, once);
  at::set_num_threads(threads);
  set_openblas_threads(threads);
  return check_device(device);
}

std::string loaded_blas() {
  const auto file = blas_file();
  for (const char* name : {"openblas", "blis", "mkl"})
    if (file.find(name) != std::string::npos) return name;
  return file.find("libblas.so") != std::string::npos ? "reference" : "unknown";
}

}  // namespace inferad::engine
