// SPDX-License-Identifier: Apache-2.0
#include "server/app/text_table.h"

#include <catch2/catch.hpp>

namespace inferad::app {

TEST_CASE("columns are as wide as their longest cell, counted in characters") {
  CHECK(text_table({{"N", true}, {"NAME"}}, {{"1", "Müller"}, {"100", "X"}}) == "  N  NAME\n  1  Müller\n100  X\n");
}

TEST_CASE("long cells are cut at a character") { CHECK(text_table({{"A", false, 4}}, {{"äöüßx"}}) == "A\näöü…\n"); }

TEST_CASE("control characters of strangers do not reach the terminal") {
  CHECK(printable("a\x1b[2Jb\r\nc\x7f") == "a [2Jb  c ");
  CHECK(printable("a\xc2\x9b"
                  "2Jb") == "a 2Jb");
  CHECK(text_table({{"A"}}, {{"x\ny"}}) == "A\nx y\n");
}

TEST_CASE("missing cells are empty") { CHECK(text_table({{"A"}, {"B"}}, {{"1"}}) == "A  B\n1\n"); }

}  // namespace inferad::app
