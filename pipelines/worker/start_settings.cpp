// SPDX-License-Identifier: Apache-2.0
// What libraries read from the environment when they are loaded, so that the program starts itself anew with it; what
// is set already stays. Between parallel loops OpenMP's threads spin, which on a busy machine keeps the threads that
// have work from running. glibc gives each large array back to the system and faults it in again page by page: huge
// pages and kept memory halve the processor time of a CT (script/bench engine). OpenBLAS takes kernels of 2004 on a
// processor that is younger than itself: it is told what the processor can do (a 3-D U-Net takes a quarter less time).
//
// This runs from .preinit_array, before the initialisers of shared libraries: those of LibTorch take 0.5 s of processor
// time, which so is spent once. The C library may not be set up yet: only system calls and string functions.
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace {

constexpr std::array<const char*, 2> kSettings = {
    "OMP_WAIT_POLICY=passive",
    "GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=536870912"};
constexpr std::size_t kVariablesMax = 1024;

// Null where OpenBLAS has nothing better than what it finds by itself.
const char* blas_kernels() {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return "OPENBLAS_CORETYPE=SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "OPENBLAS_CORETYPE=Haswell";
#endif
  return nullptr;
}

bool is_set(const char* const* environment, std::string_view setting) {
  const auto name = setting.substr(0, setting.find('=') + 1);
  for (; *environment != nullptr; ++environment)
    if (std::string_view(*environment).starts_with(name)) return true;
  return false;
}

// When it returns, the work is only slower.
void start_anew_with_settings(int, char** arguments, char** environment) {
  static std::array<char*, kVariablesMax> wanted{};
  std::size_t count = 0;
  for (auto** variable = environment; *variable != nullptr; ++variable) {
    if (count + kSettings.size() + 2 >= wanted.size()) return;
    wanted[count++] = *variable;
  }
  const auto before = count;
  const auto want = [&](const char* setting) {
    if (!is_set(environment, setting)) wanted[count++] = const_cast<char*>(setting);
  };
  for (const auto* setting : kSettings) want(setting);
  if (const auto* kernels = blas_kernels()) want(kernels);
  if (count == before) return;
  static std::array<char, 4096> self{};
  const auto length = readlink("/proc/self/exe", self.data(), self.size() - 1);
  if (length > 0 && static_cast<std::size_t>(length) < self.size() - 1) execve(self.data(), arguments, wanted.data());
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const kBeforeLibraries)(int, char**,
                                                                             char**) = start_anew_with_settings;

}  // namespace
