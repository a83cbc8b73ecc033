// SPDX-License-Identifier: Apache-2.0
// Makes fsync and fdatasync of this test program fail as a dying disk would.
#pragma once

namespace inferad::store {

// While it lives, the nth sync from now (1: the next one) and, as on Linux, only that one fails with EIO.
class FailSync {
 public:
  explicit FailSync(int nth);
  ~FailSync();
  FailSync(const FailSync&) = delete;
  FailSync& operator=(const FailSync&) = delete;
  bool happened() const;
};

}  // namespace inferad::store
