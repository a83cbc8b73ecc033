// SPDX-License-Identifier: Apache-2.0
// The only CATCH_CONFIG_MAIN: compiled once, linked into every test binary.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
