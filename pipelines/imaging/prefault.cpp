// SPDX-License-Identifier: Apache-2.0
#include "pipelines/imaging/prefault.h"

#include <sys/mman.h>

#include <cstdint>

#include "server/base/parallel.h"

namespace inferad::imaging {

void prefault(void* memory, std::size_t bytes, int threads) {
#ifdef MADV_POPULATE_WRITE
  constexpr std::uintptr_t kPage = 4096, kPiece = 8 << 20;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) & ~(kPage - 1);
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) & ~(kPage - 1);
  if (end <= begin + kPiece) return;
  parallel_for((end - begin + kPiece - 1) / kPiece, threads, [&](std::size_t i) {
    const auto from = begin + i * kPiece;
    static_cast<void>(madvise(reinterpret_cast<void*>(from), std::min(kPiece, end - from), MADV_POPULATE_WRITE));
  });
#else
  static_cast<void>(memory), static_cast<void>(bytes), static_cast<void>(threads);
#endif
}

}  // namespace inferad::imaging
