// SPDX-License-Identifier: Apache-2.0
// Arithmetic with affines. Roundings follow LAPACK as MONAI uses it, since a shape is decided by them where a length is
// an odd multiple of half a voxel. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace inferad::tensor {

// Voxel index (i, j, k), the array axes after the channel, to RAS+ millimetres; rows of a 4 x 4 matrix. A 2-D image
// has the k axis too, with its slice at k = 0.
using Affine = std::array<std::array<double, 4>, 4>;
inline constexpr Affine kIdentity{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};

using Vector3 = std::array<double, 3>;
using Shape = std::vector<std::int64_t>;  // spatial axes, 2 or 3

Affine product(const Affine& a, const Affine& b);
std::optional<Affine> solve(const Affine& a, const Affine& b);  // a⁻¹ b; none: a is singular
Affine translation(const Shape& by);                            // missing axes: 0

// What concerns the first `rank` axes; the others become those of the identity.
Affine leading_axes(const Affine& affine, std::size_t rank);

Vector3 spacing_of(const Affine& affine);  // lengths of the columns; a length of 0 counts as 1

// Rotation without zoom and shear, by Cholesky factors; `zoom` for each axis; translation 0. None: singular.
std::optional<Affine> rotation_with_spacing(const Affine& affine, const Vector3& zoom);

// The closest rotation (polar decomposition of the columns without their lengths). None: singular.
std::optional<Affine> closest_rotation(const Affine& affine);

// Largest difference of the elements.
double distance(const Affine& a, const Affine& b);

}  // namespace inferad::tensor
