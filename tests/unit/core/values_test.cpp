// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "server/core/priority.h"
#include "server/core/uid.h"
#include "server/core/views.h"

namespace inferad {
namespace {

TEST_CASE("a UID is digits and dots, no empty component, at most 64 characters") {
  for (const auto& good : {std::string("1"), std::string("1.2.840.10008.1.1"), std::string("1.02.3"),
                           std::string("2.25.0"), std::string(64, '1')})
    CHECK(is_valid_uid(good));
  for (const auto& bad : {std::string(""), std::string("."), std::string("1."), std::string(".1"), std::string("1..2"),
                          std::string("1.2a"), std::string("../../etc"), std::string("1/2"), std::string("1.2 "),
                          std::string("1.2\0", 4), std::string(65, '1')})
    CHECK_FALSE(is_valid_uid(bad));
}

TEST_CASE("the padding of a UID is removed, what is inside stays") {
  CHECK(trim_uid(std::string_view("1.2.3\0", 6)) == "1.2.3");
  CHECK(trim_uid(" 1.2.3  ") == "1.2.3");
  CHECK(trim_uid(std::string_view("\0\0", 2)).empty());
  CHECK(trim_uid("1 2") == "1 2");
}

TEST_CASE("levels are read in any case and compare by urgency") {
  for (const Level level : {Level::stat, Level::high, Level::routine, Level::low})
    CHECK(level_from(to_string(level)) == level);
  CHECK(level_from("stat") == Level::stat);
  CHECK(level_from("High") == Level::high);
  for (const char* text : {"", "STATS", "STA", "MEDIUM", "1"}) CHECK_FALSE(level_from(text));
  CHECK(more_urgent(Level::routine, Level::stat) == Level::stat);
  CHECK(more_urgent(Level::high, Level::low) == Level::high);
  CHECK(more_urgent(Level::low, Level::low) == Level::low);
}

TEST_CASE("states have the words that the pages and scripts know") {
  CHECK(to_string(AiState::receiving) == "receiving");
  CHECK(to_string(AiState::not_analysed) == "not_analysed");
  CHECK(to_string(AiState::not_applicable) == "not_applicable");
  CHECK(to_string(DeliveryState::waiting) == "waiting");
  CHECK(to_string(DeliveryState::parked) == "parked");
}

}  // namespace
}  // namespace inferad
