// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/affine.h"

#include <algorithm>
#include <cmath>

namespace inferad::tensor {
namespace {

Affine transposed(const Affine& a) {
  Affine result{};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) result[i][j] = a[j][i];
  return result;
}

Affine without_translation(const Affine& a) {
  Affine result = a;
  for (std::size_t i = 0; i < 3; ++i) result[i][3] = 0;
  return result;
}

Affine diagonal(const Vector3& d) {
  Affine result = kIdentity;
  for (std::size_t i = 0; i < 3; ++i) result[i][i] = d[i];
  return result;
}

// Lower factor of a symmetric positive matrix, 3 x 3. None: not positive.
std::optional<Affine> cholesky(const Affine& a) {
  Affine lower = kIdentity;
  for (std::size_t j = 0; j < 3; ++j) {
    double square = a[j][j];
    for (std::size_t k = 0; k < j; ++k) square -= lower[j][k] * lower[j][k];
    if (!(square > 0)) return std::nullopt;
    lower[j][j] = std::sqrt(square);
    for (std::size_t i = j + 1; i < 3; ++i) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = sum / lower[j][j];
    }
  }
  return lower;
}

}  // namespace

Affine product(const Affine& a, const Affine& b) {
  Affine result{};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t j = 0; j < 4; ++j) result[i][j] += a[i][k] * b[k][j];
  return result;
}

std::optional<Affine> solve(const Affine& a, const Affine& b) {
  Affine lu = a, x = b;
  for (std::size_t column = 0; column < 4; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < 4; ++i)
      if (std::abs(lu[i][column]) > std::abs(lu[pivot][column])) pivot = i;
    if (lu[pivot][column] == 0 || !std::isfinite(lu[pivot][column])) return std::nullopt;
    std::swap(lu[pivot], lu[column]);
    std::swap(x[pivot], x[column]);
    const double reciprocal = 1 / lu[column][column];
    for (std::size_t i = column + 1; i < 4; ++i) {
      const double factor = lu[i][column] * reciprocal;
      if (factor == 0) continue;
      for (std::size_t j = column; j < 4; ++j) lu[i][j] -= factor * lu[column][j];
      for (std::size_t j = 0; j < 4; ++j) x[i][j] -= factor * x[column][j];
    }
  }
  for (std::size_t i = 4; i-- > 0;) {
    const double reciprocal = 1 / lu[i][i];
    for (std::size_t j = 0; j < 4; ++j) {
      for (std::size_t k = i + 1; k < 4; ++k) x[i][j] -= lu[i][k] * x[k][j];
      x[i][j] *= reciprocal;
    }
  }
  return x;
}

Affine translation(const Shape& by) {
  Affine result = kIdentity;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, by.size()); ++i) result[i][3] = static_cast<double>(by[i]);
  return result;
}

Affine leading_axes(const Affine& affine, std::size_t rank) {
  Affine result = kIdentity;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, rank); ++i) {
    for (std::size_t j = 0; j < std::min<std::size_t>(3, rank); ++j) result[i][j] = affine[i][j];
    result[i][3] = affine[i][3];
  }
  return result;
}

Vector3 spacing_of(const Affine& affine) {
  Vector3 result{};
  for (std::size_t j = 0; j < 3; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) sum += affine[i][j] * affine[i][j];
    result[j] = sum == 0 ? 1 : std::sqrt(sum);
  }
  return result;
}

std::optional<Affine> rotation_with_spacing(const Affine& affine, const Vector3& zoom) {
  const auto matrix = without_translation(affine);
  const auto lower = cholesky(product(transposed(matrix), matrix));
  if (!lower) return std::nullopt;
  const auto inverse = solve(transposed(*lower), kIdentity);
  if (!inverse) return std::nullopt;
  return product(product(matrix, *inverse), diagonal(zoom));
}

std::optional<Affine> closest_rotation(const Affine& affine) {
  auto rotation = without_translation(affine);
  const auto spacing = spacing_of(affine);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) rotation[i][j] /= spacing[j];
  for (int iteration = 0; iteration < 100; ++iteration) {  // Newton; converges quadratically
    const auto inverse = solve(rotation, kIdentity);
    if (!inverse) return std::nullopt;
    auto next = transposed(*inverse);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) next[i][j] = (next[i][j] + rotation[i][j]) / 2;
    const bool settled = distance(next, rotation) < 1e-14;
    rotation = next;
    if (settled) break;
  }
  return rotation;
}

double distance(const Affine& a, const Affine& b) {
  double result = 0;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) result = std::max(result, std::abs(a[i][j] - b[i][j]));
  return result;
}

}  // namespace inferad::tensor
