// SPDX-License-Identifier: Apache-2.0
#include "server/flow/retry.h"

#include <catch2/catch.hpp>

using namespace inferad;
using namespace inferad::flow;

TEST_CASE("what a C-STORE status means for a delivery") {
  struct Row {
    std::uint16_t status;
    Verdict verdict;
  };
  const Row rows[] = {{0x0000, Verdict::delivered},
                      {0x0111, Verdict::delivered},  // the peer has it already
                      {0xB000, Verdict::delivered_with_warning},
                      {0xB007, Verdict::delivered_with_warning},
                      {0xA700, Verdict::retry},
                      {0xA7FF, Verdict::retry},
                      {0x0110, Verdict::retry},
                      {0x0213, Verdict::retry},
                      {0xFE00, Verdict::retry},
                      {0xA900, Verdict::park},
                      {0xC000, Verdict::park},
                      {0xCFFF, Verdict::park},
                      {0x0117, Verdict::park},
                      {0x0122, Verdict::park},
                      {0x0124, Verdict::park},
                      {0x0211, Verdict::park},
                      {0x1234, Verdict::park}};
  for (const auto& row : rows) {
    INFO(row.status);
    CHECK(judge_store_status(row.status).verdict == row.verdict);
  }
  CHECK(judge_store_status(0xA701).text == "status A701: out of resources");
}

TEST_CASE("what a missing answer means for a delivery") {
  CHECK(judge_error({Errc::unavailable, "x"}).verdict == Verdict::retry_peer);
  CHECK(judge_error({Errc::timeout, "x"}).verdict == Verdict::retry_peer);
  CHECK(judge_error({Errc::io, "x"}).verdict == Verdict::retry);
  CHECK(judge_error({Errc::refused, "no context"}) == Judgement{Verdict::park, "no context"});
  CHECK(judge_error({Errc::invalid_input, "x"}).verdict == Verdict::park);
}

TEST_CASE("what an HL7 acknowledgement means for a delivery") {
  const auto judge = [](const char* code, int attempts) {
    return judge_acknowledgement({code, "1", "secret"}, attempts);
  };
  CHECK(judge("AA", 1).verdict == Verdict::delivered);
  CHECK(judge("CA", 1).verdict == Verdict::delivered);
  CHECK(judge("AR", 1).verdict == Verdict::park);
  CHECK(judge("CR", 1).verdict == Verdict::park);
  CHECK(judge("AE", 1).verdict == Verdict::retry);
  CHECK(judge("CE", 4).verdict == Verdict::retry);
  CHECK(judge("AE", 5).verdict == Verdict::park);
  CHECK(judge("AR", 1).text == "acknowledged with AR");  // what the receiver says may repeat patient data
}

TEST_CASE("waits double up to the longest, with jitter around them") {
  const config::RetrySettings settings;
  const Millis expected[] = {Millis(5'000),  Millis(10'000),  Millis(20'000),  Millis(40'000),
                             Millis(80'000), Millis(160'000), Millis(300'000), Millis(300'000)};
  for (int attempt = 1; attempt <= 8; ++attempt) {
    CHECK(back_off(attempt, settings, 0.5) == expected[attempt - 1]);
    CHECK(back_off(attempt, settings, 0.0) == expected[attempt - 1] * 8 / 10);
    CHECK(back_off(attempt, settings, 1.0) == expected[attempt - 1] * 12 / 10);
  }
  CHECK(back_off(1'000'000, settings, 0.5) == Millis(300'000));
}

TEST_CASE("by default deliveries are tried for ever") {
  config::RetrySettings settings;
  CHECK_FALSE(give_up(1'000'000, std::chrono::hours(100'000), settings));
  settings.attempts_max = 3;
  CHECK_FALSE(give_up(2, Millis(0), settings));
  CHECK(give_up(3, Millis(0), settings));
  settings = {};
  settings.age_max = std::chrono::hours(2);
  CHECK_FALSE(give_up(100, std::chrono::minutes(119), settings));
  CHECK(give_up(1, std::chrono::hours(2), settings));
}
