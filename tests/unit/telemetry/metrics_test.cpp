// SPDX-License-Identifier: Apache-2.0
#include "server/telemetry/metrics.h"

#include <unistd.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <limits>
#include <thread>
#include <vector>

namespace inferad {
namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t lines_starting(const std::string& text, const std::string& prefix) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    count += text.compare(at, prefix.size(), prefix) == 0;
  return count;
}

TEST_CASE("a new node shows every gauge and every stage at zero") {
  const Metrics metrics("1.2.3");
  const std::string text = metrics.text();
  CHECK(contains(text, "inferad_build_info{version=\"1.2.3\"} 1"));
  CHECK(contains(text, "inferad_deliveries_parked 0"));
  CHECK(contains(text, "inferad_received_bytes_total 0"));
  for (const auto* stage : {"receive", "assemble", "queue", "load", "infer", "write", "deliver"}) {
    CHECK(contains(text, std::string("inferad_stage_duration_seconds_count{stage=\"") + stage + "\"} 0"));
  }
}

TEST_CASE("durations, counts and levels appear in the text") {
  Metrics metrics("1");
  metrics.observe(Stage::infer, 3.5);
  metrics.observe(Stage::infer, 0.004);
  metrics.count(Counter::received_bytes, {}, 1024);
  metrics.count(Counter::deliveries, {"pacs", "delivered"});
  metrics.count(Counter::deliveries, {"pacs", "delivered"});
  metrics.set(Gauge::jobs_pending, 7);
  const std::string text = metrics.text();
  CHECK(contains(text, "inferad_stage_duration_seconds_count{stage=\"infer\"} 2"));
  CHECK(contains(text, "inferad_stage_duration_seconds_bucket{stage=\"infer\",le=\"5\"} 2"));
  CHECK(contains(text, "inferad_received_bytes_total 1024"));
  CHECK(contains(text, "inferad_deliveries_total{destination=\"pacs\",result=\"delivered\"} 2"));
  CHECK(contains(text, "inferad_jobs_pending 7"));
}

TEST_CASE("values that are no numbers change nothing") {
  Metrics metrics("1");
  metrics.observe(Stage::load, -1);
  metrics.observe(Stage::load, std::numeric_limits<double>::quiet_NaN());
  metrics.set(Gauge::workers, std::numeric_limits<double>::infinity());
  metrics.count(Counter::received_bytes, {}, -5);
  CHECK(contains(metrics.text(), "inferad_stage_duration_seconds_count{stage=\"load\"} 0"));
  CHECK(contains(metrics.text(), "inferad_workers 0"));
  CHECK(contains(metrics.text(), "inferad_received_bytes_total 0"));
}

TEST_CASE("ten thousand names make at most 65 series") {
  Metrics metrics("1");
  for (int i = 0; i < 10'000; ++i) metrics.count(Counter::associations, {"name" + std::to_string(i)});
  const std::string text = metrics.text();
  CHECK(lines_starting(text, "inferad_associations_total{") == 65);
  CHECK(contains(text, "inferad_associations_total{result=\"other\"} 9936"));
}

TEST_CASE("a label that is no plain word is counted as other") {
  Metrics metrics("1");
  for (const auto* value : {"", "a\"b", "new\nline", "DOE^JANE", "<script>", "\xff\xfe"}) {
    metrics.count(Counter::jobs, {value});
  }
  CHECK(contains(metrics.text(), "inferad_jobs_total{outcome=\"other\"} 6"));
  CHECK(lines_starting(metrics.text(), "inferad_jobs_total{") == 1);
}

TEST_CASE("a DIMSE status becomes one of few labels") {
  CHECK(store_status_label(0x0000) == "0000");
  CHECK(store_status_label(0xA700) == "A7xx");
  CHECK(store_status_label(0xA900) == "A9xx");
  CHECK(store_status_label(0xB007) == "Bxxx");
  CHECK(store_status_label(0xC001) == "Cxxx");
  CHECK(store_status_label(0x0124) == "0124");
  CHECK(store_status_label(0x1234) == "other");
}

TEST_CASE("counting from several threads loses nothing") {
  Metrics metrics("1");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) metrics.count(Counter::instances, {"current"});
    });
  }
  threads.clear();
  CHECK(contains(metrics.text(), "inferad_instances_received_total{disposition=\"current\"} 4000"));
}

TEST_CASE("promtool finds nothing to complain about") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    std::cout << "SKIPPED: promtool is not installed\n";
    return;
  }
  Metrics metrics("0.1.0");
  metrics.observe(Stage::deliver, 1.5);
  metrics.count(Counter::instances, {"current"});
  metrics.count(Counter::associations, {"released"});
  metrics.count(Counter::store_responses, {"0000"});
  metrics.count(Counter::studies, {"count"});
  metrics.count(Counter::jobs, {"done"});
  metrics.count(Counter::worker_deaths, {"deadline"});
  metrics.count(Counter::deliveries, {"pacs", "delivered"});
  metrics.count(Counter::hl7_acknowledgements, {"AA"});
  const std::string file = "metrics_test." + std::to_string(::getpid()) + ".prom";
  std::ofstream(file) << metrics.text();
  CHECK(std::system(("promtool check metrics < " + file).c_str()) == 0);
  std::remove(file.c_str());
}

}  // namespace
}  // namespace inferad
