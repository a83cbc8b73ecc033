// SPDX-License-Identifier: Apache-2.0
#include "server/evidence/groups.h"

#include <catch2/catch.hpp>

namespace inferad::evidence {

namespace {

// The sizes of the groups that cases of these many of each sex make.
struct Sexes {
  std::vector<Case> all;
  Sexes(std::initializer_list<std::pair<const char*, int>> counts) {
    for (const auto& [sex, count] : counts)
      for (int i = 0; i < count; ++i) all.emplace_back().sex = sex;
  }
  std::vector<std::pair<std::string, std::size_t>> grouped(int least) const {
    std::vector<const Case*> cases;
    for (const auto& one : all) cases.push_back(&one);
    std::vector<std::pair<std::string, std::size_t>> out;
    for (const auto& group : groups_by(Grouping::sex, cases, least))
      out.emplace_back((group.merged ? "merged: " : "") + group.name, group.cases.size());
    return out;
  }
};

using Groups = std::vector<std::pair<std::string, std::size_t>>;

}  // namespace

TEST_CASE("groups that are large enough stand alone, by name; what is not stated is a group") {
  CHECK(Sexes{{"M", 30}, {"F", 20}, {"", 25}}.grouped(20) == Groups{{"F", 20}, {"M", 30}, {"not stated", 25}});
}

TEST_CASE("small groups are put together") {
  CHECK(Sexes{{"M", 30}, {"F", 40}, {"", 12}, {"O", 8}}.grouped(20) ==
        Groups{{"F", 40}, {"M", 30}, {"merged: O + not stated", 20}});
  CHECK(Sexes{{"A", 40}, {"B", 4}, {"C", 4}, {"D", 4}, {"E", 4}, {"G", 4}}.grouped(20) ==
        Groups{{"A", 40}, {"merged: 5 groups", 20}});
}

TEST_CASE("a small group alone takes the smallest other one with it, so that no difference gives it away") {
  CHECK(Sexes{{"M", 30}, {"F", 40}, {"O", 2}}.grouped(20) == Groups{{"F", 40}, {"merged: M + O", 32}});
}

TEST_CASE("when nothing is left to compare, no group is shown") {
  CHECK(Sexes{{"M", 30}, {"O", 2}}.grouped(20).empty());
  CHECK(Sexes{{"M", 9}, {"F", 9}}.grouped(20).empty());
  CHECK(Sexes{{"M", 19}}.grouped(20).empty());
  CHECK(Sexes{{"M", 20}}.grouped(20) == Groups{{"M", 20}});
}

TEST_CASE("ages fall in bands by whole years") {
  CHECK(age_band(0) == "0-17");
  CHECK(age_band(17.99) == "0-17");
  CHECK(age_band(18) == "18-39");
  CHECK(age_band(59) == "40-59");
  CHECK(age_band(79) == "60-79");
  CHECK(age_band(104) == "80+");
  CHECK(age_band(999).empty());
  CHECK(age_band(-1).empty());
  CHECK(age_band(std::nullopt).empty());
}

TEST_CASE("the same maker in other letters is the same group") {
  CHECK(group_name("  Siemens   Healthineers ") == "SIEMENS HEALTHINEERS");
  CHECK(group_name("SIEMENS Healthineers") == "SIEMENS HEALTHINEERS");
  CHECK(group_name("").empty());
}

}  // namespace inferad::evidence
