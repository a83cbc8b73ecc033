// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace inferad::results {

// sRGB → PCS value of Recommended Display CIELab Value (PS3.3 C.10.7.1.1): L* 0..100 and a*, b* -128..127, D50 white,
// each scaled to 0..65535. Pure.
std::array<std::uint16_t, 3> cielab(const std::array<std::uint8_t, 3>& rgb);

}  // namespace inferad::results
