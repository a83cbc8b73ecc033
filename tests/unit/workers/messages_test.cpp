// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "server/workers/worker_messages.h"

namespace inferad::workers {

TEST_CASE("every message of the protocol is read") {
  const std::string sha(64, 'a');
  const auto ready =
      parse_event(R"({"event":"ready","pipelines":[{"name":"p","version":"1","models":[{"name":"m","sha256":")" + sha +
                  R"("}]}],"blas":"x"})");
  REQUIRE(ready);
  CHECK(std::get<ReadyEvent>(*ready).pipelines == std::vector<OfferedPipeline>{{"p", "1", {{"m", sha}}}});
  const auto missing = parse_event(
      R"({"event":"ready","pipelines":[{"name":"p","version":"1","models":[],"not_installed":"fetch m"}],"blas":""})");
  REQUIRE(missing);
  CHECK(std::get<ReadyEvent>(*missing).pipelines == std::vector<OfferedPipeline>{{"p", "1", {}, "fetch m"}});
  CHECK(std::get<LoadingEvent>(*parse_event(R"({"event":"loading","pipeline":"p"})")).pipeline == "p");
  CHECK(std::get<RefusedPipeline>(*parse_event(R"({"event":"refused","pipeline":"p","reason":"r"})")).reason == "r");
  CHECK(std::get<ProgressEvent>(*parse_event(R"({"event":"progress","job":"1","stage":"infer","fraction":1})"))
            .fraction == 1);
  CHECK(std::get<FindingsEvent>(*parse_event(R"({"event":"findings","job":"17"})")).job == "17");
  const auto done = parse_event(
      R"({"event":"done","job":"1","outcome":"not_analysed","reason":"r","objects":[{"file":"seg.dcm","kind":"SEG"},)"
      R"({"file":"sr.dcm","kind":"SR","beside":"SEG"},{"kind":"PR","refused":"PR check: x"}]})");
  REQUIRE(done);
  CHECK(std::get<DoneEvent>(*done).result.outcome == flow::WorkerResult::Outcome::not_analysed);
  CHECK(std::get<DoneEvent>(*done).result.objects ==
        std::vector<flow::WorkerObject>{{"seg.dcm", ResultKind::seg},
                                        {"sr.dcm", ResultKind::sr, ResultKind::seg},
                                        {"", ResultKind::pr, {}, "PR check: x"}});
}

TEST_CASE("what is no message of the protocol is refused") {
  for (const char* line : {
           "",
           "x",
           "[]",
           "null",
           "{}",
           R"({"event":5})",
           R"({"event":"other"})",
           "{\"event\":\"findings\"}",
           R"({"event":"findings","job":17})",
           R"({"event":"findings","job":""})",
           R"({"event":"progress","job":"1","stage":"infer","fraction":1.5})",
           R"({"event":"progress","job":"1","stage":"infer","fraction":"1"})",
           R"({"event":"progress","job":"1","stage":"dance","fraction":0.5})",
           R"({"event":"done","job":"1","outcome":"great","reason":"","objects":[]})",
           R"({"event":"done","job":"1","outcome":"done","reason":""})",
           R"({"event":"done","job":"1","outcome":"done","reason":5,"objects":[]})",
           R"({"event":"done","job":"1","outcome":"done","objects":[{"file":"../../etc/passwd","kind":"SR"}]})",
           R"({"event":"done","job":"1","outcome":"done","objects":[{"file":".hidden","kind":"SR"}]})",
           R"({"event":"done","job":"1","outcome":"done","objects":[{"file":"a\nb","kind":"SR"}]})",
           R"({"event":"done","job":"1","outcome":"done","objects":[1]})",
           R"({"event":"done","job":"1","outcome":"done","objects":["sr.dcm"]})",
           R"({"event":"done","job":"1","outcome":"done","objects":[{"file":"sr.dcm","kind":"PDF"}]})",
           R"({"event":"done","job":"1","outcome":"done","objects":[{"file":"sr.dcm","kind":"SR","beside":"x"}]})",
           R"({"event":"ready","pipelines":[{"name":"p"}]})",
           R"({"event":"ready","pipelines":[5]})",
           R"({"event":"ready","pipelines":[{"name":"p","version":"1","models":[{"name":"m","sha256":"x"}]}]})",
           R"({"event":"refused","pipeline":"p"})",
           R"({"event":"loading"})",
       }) {
    INFO(line);
    CHECK_FALSE(parse_event(line));
  }
  CHECK_FALSE(parse_event(std::string(60'000, '[')));
  CHECK_FALSE(parse_event(R"({"event":"refused","pipeline":"p","reason":")" + std::string(10'000, 'x') + "\"}"));
}

TEST_CASE("an order is one line") {
  CHECK(run_line({.job_id = 17, .pipeline = "p", .folder = "/var/17", .failure = "the worker died"}) ==
        "{\"do\":\"report_failure\",\"folder\":\"/var/17\",\"job\":\"17\",\"reason\":\"the worker died\"}\n");
  CHECK(run_line({.job_id = 17, .pipeline = "p", .folder = "/var/a\nb/17"}) ==
        "{\"do\":\"run\",\"folder\":\"/var/a\\nb/17\",\"job\":\"17\"}\n");
}

}  // namespace inferad::workers
