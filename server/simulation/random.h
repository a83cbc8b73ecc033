// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same bytes on every machine of one libm: std::mt19937_64, whose output the standard
// fixes, and our own transforms, since std's distributions are left to the implementation.
#pragma once

#include <cstdint>
#include <random>

namespace inferad::simulation {

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream);
  double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }  // in (0, 1)
  bool chance(double probability) { return uniform() < probability; }
  double normal();  // mean 0, variance 1

 private:
  std::mt19937_64 engine_;
};

// A distribution of times; minutes.
struct Law {
  enum class Kind { constant, exponential, gamma };
  Kind kind = Kind::exponential;
  double mean = 10;
  int shape = 2;  // of gamma: the sum of so many exponentials; variance mean^2 / shape
  bool operator==(const Law&) const = default;

  double draw(Random& random) const { return mean == 0 ? 0 : mean * unit(random); }

 private:
  double unit(Random& random) const;  // of mean 1
};

}  // namespace inferad::simulation
