// SPDX-License-Identifier: Apache-2.0
#include "server/simulation/random.h"

#include <cmath>
#include <numbers>

namespace inferad::simulation {
namespace {

// Neighbouring seeds give unrelated streams: the words of both numbers, stirred by the standard's seed sequence.
std::mt19937_64 seeded(std::uint64_t seed, std::uint64_t stream) {
  const auto low = [](std::uint64_t number) { return static_cast<std::uint32_t>(number); };
  std::seed_seq words{low(seed), low(seed >> 32), low(stream), low(stream >> 32)};
  return std::mt19937_64(words);
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream) : engine_(seeded(seed, stream)) {}

double Random::normal() {  // Box and Muller
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Law::unit(Random& random) const {
  if (kind == Kind::constant) return 1;
  if (kind == Kind::exponential) return -std::log(random.uniform());
  double product = 1;
  for (int i = 0; i < shape; ++i) product *= random.uniform();
  return -std::log(product) / shape;
}

}  // namespace inferad::simulation
