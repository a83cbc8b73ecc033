// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/findings/samples.h"

using namespace inferad;
using namespace inferad::findings;

TEST_CASE("a job survives the way through JSON unchanged") {
  const auto text = to_json(samples::job());
  const auto again = job_from_json(text);
  REQUIRE(again.has_value());
  CHECK(to_json(*again) == text);
  CHECK(again->results == samples::job().results);
  CHECK(again->series[0].files == samples::job().series[0].files);
}

TEST_CASE("encodings and full masks are asked for only where they are wished") {
  auto job = samples::job();
  CHECK(to_json(job).find("encodings") == std::string::npos);
  CHECK(to_json(job).find("full_masks") == std::string::npos);
  job.encodings = {ResultEncoding::rle, ResultEncoding::deflated};
  job.full_masks = true;
  const auto again = job_from_json(to_json(job));
  REQUIRE(again);
  CHECK(again->encodings == job.encodings);
  CHECK(again->full_masks);
  auto text = to_json(job);
  text.replace(text.find("DEFLATED"), 8, "ZIP");
  CHECK(job_from_json(text).error().what == "job.json: /encodings/1: is no encoding of a result: RLE or DEFLATED");
}

TEST_CASE("what other pipelines said is named, or why they said nothing") {
  auto job = samples::job();
  CHECK(to_json(job).find("inputs") == std::string::npos);
  job.inputs = {{"a", "/jobs/1/findings.json", ""}, {"b", "", "the worker died"}};
  const auto again = job_from_json(to_json(job));
  REQUIRE(again);
  CHECK(to_json(*again) == to_json(job));
  CHECK(again->inputs[1].reason == "the worker died");
  job.inputs[0].findings = "findings.json";
  CHECK(job_from_json(to_json(job)).error().what == "job.json: /inputs/0/findings: must be an absolute path");
}

TEST_CASE("a bad job is refused with its JSON pointer") {
  auto job = samples::job();
  const auto error_of = [](const Job& bad) {
    const auto result = job_from_json(to_json(bad));
    REQUIRE_FALSE(result.has_value());
    return result.error().what;
  };
  SECTION("relative path") {
    job.series[0].files[1] = "2.dcm";
    CHECK(error_of(job) == "job.json: /series/0/files/1: must be an absolute path");
  }
  SECTION("time") {
    job.created_at = "yesterday";
    CHECK(error_of(job) == "job.json: /created_at: must be a UTC time such as 2026-11-24T08:30:00.123Z");
  }
  SECTION("timezone") {
    job.timezone_offset = "CET";
    CHECK(error_of(job) == "job.json: /timezone_offset: must be an offset such as +0100");
  }
  SECTION("revision") {
    job.revision = 0;
    CHECK(error_of(job) == "job.json: /revision: must be a whole number from 1 to 1000000");
  }
  SECTION("result") {
    auto text = to_json(job);
    text.replace(text.find("SEG_LABELMAP"), 12, "PDF");
    CHECK(job_from_json(text).error().what == "job.json: /results/1: is no kind of result, such as SEG or SR");
  }
  SECTION("UID") {
    job.series[0].uid = "x";
    CHECK(error_of(job) == "job.json: /series/0/uid: must be a DICOM UID");
  }
}
