// SPDX-License-Identifier: Apache-2.0
#include "server/app/conformance.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

TEST_CASE("the tables of CONFORMANCE.md are what the code does (else: inferad conformance prints them)") {
  std::ifstream file(INFERAD_SOURCE_DIR "/server/CONFORMANCE.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string mark = "<!-- inferad conformance -->\n";
  const auto at = text.str().find(mark);
  REQUIRE(at != std::string::npos);
  CHECK(text.str().substr(at + mark.size()) == inferad::app::conformance_tables());
}
