// SPDX-License-Identifier: Apache-2.0
// Scenario and reference files: what is read, and what is said about mistakes.
#include "server/simulation/scenario.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/simulation/reference.h"

namespace inferad::simulation {

namespace {

namespace fs = std::filesystem;

struct File {
  explicit File(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "inferad-simulation-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    std::ofstream(folder / "it.json") << text;
  }
  ~File() { fs::remove_all(folder); }
  fs::path folder;
};

// The problems of a file, one a line, without the folder's name.
std::string told(const File& file, const Problems& problems) {
  std::string out;
  for (const auto& problem : problems) out += to_string(problem).substr(file.folder.string().size() + 1) + "\n";
  return out;
}

std::string mistakes(const std::string& text) {
  const File file(text);
  Problems problems;
  read_scenario(file.folder / "it.json", problems);
  return told(file, problems);
}

Scenario scenario(const std::string& text) {
  const File file(text);
  Problems problems;
  auto out = read_scenario(file.folder / "it.json", problems);
  REQUIRE(problems.empty());
  return out;
}

// A reference set whose numbers are Cobham's for one radiologist, load 0.5, and one reading law.
std::string reference(double ai_positive) {
  std::ostringstream out;
  out << R"({"sets": [{"id": "X1", "parameters": {"prevalence": 0.2, "sensitivity": 1, "specificity": 1,
    "radiologists": 1, "utilisation": 0.5, "emergent_fraction": 0, "read_min_diseased": 10,
    "read_min_non_diseased": 10}, "expected": {"arrivals_per_min": 0.05, "ppv": 1, "fifo_all_mean": 10,
    "preemptive_resume": {"with_ai": {"ai_positive": 1}},
    "non_preemptive": {"without_ai": {"others": 10}, "with_ai": {"ai_positive": )"
      << ai_positive << R"(, "ai_negative": 11.1111}}}}]})";
  return out.str();
}

ReferenceResult checked(const std::string& text) {
  const File file(text);
  Problems problems;
  const auto sets = read_reference(file.folder / "it.json", problems);
  REQUIRE(problems.empty());
  return check_reference(sets, 300'000);
}

}  // namespace

TEST_CASE("an empty scenario is the default one, and the examples are right") {
  const auto read = scenario("{}");
  CHECK(read.studies == 50'000);
  CHECK(read.findings.size() == 1);
  CHECK(read.readers_by_hour == Scenario().readers_by_hour);
  int examples = 0;
  for (const auto& entry : fs::directory_iterator(INFERAD_SOURCE_DIR "/config/examples")) {
    if (!entry.path().filename().string().starts_with("scenario-")) continue;
    Problems problems;
    read_scenario(entry.path(), problems);
    CHECK(problems.empty());
    ++examples;
  }
  CHECK(examples >= 1);
}

TEST_CASE("a scenario says what it says") {
  const auto read = scenario(R"({"readers_by_hour": 2,
    "orders": {"STAT": {"share": 0.25, "reading_minutes_mean": 4}, "LOW": 0.75},
    "findings": [{"name": "f", "prevalence": 0.1, "among": ["LOW"], "sensitivity": 0.9, "specificity": 0.8,
                  "level": "HIGH"}],
    "reading": {"law": "constant", "mean_minutes": 6}, "arrivals": {"load": 0.5},
    "ai": {"latency": {"law": "constant", "mean_minutes": 1}},
    "policy": {"delta_minutes": 90, "reserve": 5}, "compare": ["cap_p99"], "seed": 9})");
  CHECK(read.readers_by_hour[13] == 2);
  CHECK(read.reading_minutes_mean() == Approx(0.25 * 4 + 0.75 * 6));
  CHECK(read.arrivals_per_minute() == Approx(0.5 * 2 / 5.5));
  CHECK(read.findings[0].among == std::array<bool, 4>{false, false, false, true});
  CHECK(read.findings[0].level == Level::high);
  CHECK(read.delta_minutes == 90.0);
  CHECK(read.compare == std::vector<std::string>{"cap_p99"});
}

TEST_CASE("every mistake is told with its place and what to do") {
  const auto has = [](const std::string& text, const std::string& words) {
    const auto said = mistakes(text);
    INFO(said);
    CHECK(said.find(words) != std::string::npos);
    CHECK(said.starts_with("it.json:1:"));
  };
  has(R"({"arrivals": {"load": 3}})", "/arrivals/load: found 3, expected");
  has(R"({"orders": {"STAT": 0.5}})", "/orders: ");
  has(R"({"readers_by_hour": [1, 2]})", "/readers_by_hour: ");
  has(R"({"findings": [{"name": "f"}]})", "\"prevalence\" is missing");
  has(R"({"findings": [{"name": "f", "prevalence": 0.1, "sensitivity": 1}]})", "give both");
  has(R"({"compare": ["strct"]})", "did you mean \"strict\"");
  has(R"({"replicatons": 3})", "did you mean \"replications\"");
}

TEST_CASE("right reference numbers hold, a wrong one is found") {
  const auto right = checked(reference(5.5556));  // W0 = 5; 5 / (1 - 0.1)
  INFO(to_text(right));
  CHECK(right.holds());
  CHECK(right.not_compared.size() == 1);
  CHECK(to_text(right).find("reference: 6 of 6 values within bounds, 1 not compared") != std::string::npos);
  const auto wrong = checked(reference(6.2));
  CHECK_FALSE(wrong.holds());
  CHECK(to_text(wrong).find("OUT OF BOUNDS") != std::string::npos);
  auto misspelt = reference(5.5556);
  misspelt.replace(misspelt.find("fifo_all_mean"), 13, "fifo_all_meen");
  const auto unknown = checked(misspelt);
  CHECK_FALSE(unknown.holds());
  CHECK(to_text(unknown).find("X1  fifo_all_meen  NOT KNOWN") != std::string::npos);
  CHECK(to_text(unknown).find("reference: 5 of 6 values within bounds") != std::string::npos);
}

TEST_CASE("a reference file without sets, or without a parameter, is told") {
  for (const auto& [text, words] :
       {std::pair(R"({"set": []})", "\"sets\" is missing"),
        std::pair(R"({"sets": [{"id": "a"}]})", "/sets/0: expected an object"),
        std::pair(R"({"sets": [{"id": "a", "parameters": {}, "expected": {}}]})", "\"utilisation\" is missing")}) {
    const File file(text);
    Problems problems;
    read_reference(file.folder / "it.json", problems);
    CHECK(told(file, problems).find(words) != std::string::npos);
  }
}

}  // namespace inferad::simulation
