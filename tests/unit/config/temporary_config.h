// SPDX-License-Identifier: Apache-2.0
// A folder with configuration files for one test; removed in the end.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/config/configuration.h"

namespace inferad::config {

class TemporaryConfig {
 public:
  TemporaryConfig() {
    std::string pattern = (std::filesystem::temp_directory_path() / "inferad-config-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ / "pipelines/catalog/ct-lung-density");
    std::ofstream(folder_ / "pipelines/catalog/ct-lung-density/pipeline.json") << "{}";
    std::filesystem::create_directories(folder_ / "config");
  }
  ~TemporaryConfig() { std::filesystem::remove_all(folder_); }
  TemporaryConfig(const TemporaryConfig&) = delete;
  TemporaryConfig& operator=(const TemporaryConfig&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = folder_ / "config" / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  // The settings in `text`; every problem as "line:column: pointer: what" in `problems`.
  Settings settings(const std::string& text) {
    Problems found;
    auto out = read_settings(write("inferad.json", text), found);
    keep(found);
    return out;
  }
  Routing routing(const std::string& text) {
    Problems found;
    auto out = read_routing(write("routing.json", text), folder_ / "pipelines/catalog", found);
    keep(found);
    return out;
  }

  const std::filesystem::path& folder() const { return folder_; }
  std::vector<std::string> problems;

  // One problem, and it starts with `place` and contains `words`.
  bool only_problem(const std::string& place, const std::string& words) const {
    return problems.size() == 1 && problems[0].starts_with(place + ": ") &&
           problems[0].find(words) != std::string::npos;
  }

 private:
  void keep(const Problems& found) {
    problems.clear();
    for (const auto& problem : found) {
      const std::string text = to_string(problem);
      problems.push_back(text.substr(problem.file.size() + 1));
    }
  }

  std::filesystem::path folder_;
};

}  // namespace inferad::config
