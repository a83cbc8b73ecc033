// SPDX-License-Identifier: Apache-2.0
// The shipped JSON Schemas, judged by an independent validator (python3-jsonschema).
#include <stdlib.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/unit/findings/samples.h"

using namespace inferad::findings;
namespace fs = std::filesystem;

namespace {

// The exit status of check_schema.py.
int validate_with(const std::string& schema, const std::string& document) {
  std::string folder = (fs::temp_directory_path() / "inferad-schema-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const auto file = fs::path(folder) / "document.json";
  std::ofstream(file) << document;
  const std::string source = INFERAD_SOURCE_DIR;
  const std::string command = "/usr/bin/python3 '" + source + "/tests/unit/findings/check_schema.py' '" + source +
                              "/config/schema/" + schema + "' '" + file.string() + "'";
  const int status = std::system(command.c_str());
  fs::remove_all(folder);
  if (WEXITSTATUS(status) == 77) std::cout << "SKIPPED: python3-jsonschema is not installed\n";
  return WEXITSTATUS(status);
}

bool accepted(int status) { return status == 0 || status == 77; }
bool refused(int status) { return status == 1 || status == 77; }

}  // namespace

TEST_CASE("what we write is valid under the shipped schemas") {
  CHECK(accepted(validate_with("findings.schema.json", to_json(samples::analysed()))));
  CHECK(accepted(validate_with("findings.schema.json", to_json(samples::not_analysed()))));
  auto located = samples::analysed();
  located.looked_for = {{"27925004", "SCT", "Nodule"}};
  located.items.push_back(samples::located("nodule-1", samples::box_in_patient()));
  located.items.push_back(samples::located("nodule-2", samples::point_in_image()));
  located.items.back().measurements[0].deviation = 0.125;
  located.items.back().heat_map = HeatMapReference{"heatmap-a.pgm", {1.5, 2}, 0.5};
  located.qualifiers = {{codes::kOutsideDomain, "mean 812, the model accepts -700 to -200"}};
  located.header_values = samples::header_values();
  located.files = {samples::image_file()};
  located.input_images = samples::input_images();
  located.items.back().input_image = "left_cc";
  CHECK(accepted(validate_with("findings.schema.json", to_json(located))));
  CHECK(accepted(validate_with("job.schema.json", to_json(samples::job()))));
  auto joining = samples::job();
  joining.inputs = {{"a", "/jobs/1/findings.json", ""}, {"b", "", "the worker died"}};
  CHECK(accepted(validate_with("job.schema.json", to_json(joining))));
}

TEST_CASE("the schemas refuse what the readers refuse") {
  auto unreasoned = samples::analysed();
  unreasoned.outcome = Outcome::failed;
  CHECK(refused(validate_with("findings.schema.json", to_json(unreasoned))));
  auto boxless = samples::analysed();
  boxless.items.push_back(samples::located("nodule-1", samples::box_in_patient()));
  boxless.items.back().location->images.clear();
  CHECK(refused(validate_with("findings.schema.json", to_json(boxless))));
  auto spread = samples::analysed();
  spread.items[0].measurements[0].deviation = -1;
  CHECK(refused(validate_with("findings.schema.json", to_json(spread))));
  auto far = samples::analysed();
  far.items[0].heat_map = HeatMapReference{"../a.pgm", {1.5, 2}, 0.5};
  CHECK(refused(validate_with("findings.schema.json", to_json(far))));
  auto silent = samples::analysed();
  silent.qualifiers = {{codes::kOutsideDomain, ""}};
  CHECK(refused(validate_with("findings.schema.json", to_json(silent))));
  auto job = samples::job();
  job.created_at = "now";
  CHECK(refused(validate_with("job.schema.json", to_json(job))));
}
