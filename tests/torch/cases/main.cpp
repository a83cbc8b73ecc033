// SPDX-License-Identifier: Apache-2.0
// engine-cases FOLDER: runs every golden case below a folder and says how far each one is off.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "tests/torch/cases/golden.h"

namespace fs = std::filesystem;
using namespace inferad::cases;

namespace {

constexpr std::string_view kHelp = R"(usage: engine-cases FOLDER [--filter TEXT] [--threads N]

Runs every golden case below FOLDER: a folder with case.json, which holds a MONAI configuration ("config") or an inferer
("inferer") with shapes, types and tolerances, beside raw files with input and expected output. Bundles are left out:
they need the whole engine. Prints a line for each case, then a summary.

  --filter TEXT   only cases whose path contains TEXT
  --threads N     of ATen; 2 when not given

exit status: 0 all passed, 1 one failed or none was found, 64 wrong usage
)";
constexpr int kUsage = 64;

struct Options {
  fs::path folder;
  std::string filter;
  int threads = 2;
};

int usage(std::string_view what) {
  fmt::print(stderr, "engine-cases: {}\n{}", what, kHelp);
  return kUsage;
}

std::vector<fs::path> find_cases(const Options& options) {
  std::vector<fs::path> found;
  for (const auto& file : fs::recursive_directory_iterator(options.folder))
    if (file.path().filename() == "case.json") {
      const auto folder = file.path().parent_path();
      const auto name = fs::relative(folder, options.folder).string();
      if (name.find(options.filter) != std::string::npos && is_case(folder)) found.push_back(folder);
    }
  std::sort(found.begin(), found.end());
  return found;
}

int run(const Options& options) {
  at::set_num_threads(options.threads);
  std::size_t passed = 0;
  const auto found = find_cases(options);
  for (const auto& folder : found) {
    const auto outcome = run_case(folder);
    passed += outcome.ok ? 1 : 0;
    const auto name = fs::relative(folder, options.folder).string();
    fmt::print("{:<4}  {:<52} {:8.1f} ms  {}\n", outcome.ok ? "ok" : "FAIL", name, outcome.seconds * 1e3, outcome.text);
  }
  fmt::print("{} of {} cases passed\n", passed, found.size());
  return passed == found.size() && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--help" || word == "-h") return fmt::print("{}", kHelp), 0;
    const bool takes_value = word == "--filter" || word == "--threads";
    if (takes_value && i + 1 == count) return usage(fmt::format("{} needs a value", word));
    if (word == "--filter") {
      options.filter = arguments[++i];
    } else if (word == "--threads") {
      options.threads = std::atoi(arguments[++i]);
      if (options.threads < 1 || options.threads > 1024) return usage("--threads must be from 1 to 1024");
    } else if (word.starts_with("-") || !options.folder.empty()) {
      return usage(fmt::format("unexpected `{}`", word));
    } else {
      options.folder = word;
    }
  }
  if (options.folder.empty()) return usage("no FOLDER");
  if (!fs::is_directory(options.folder)) return usage(fmt::format("{} is no folder", options.folder.string()));
  return run(options);
}
