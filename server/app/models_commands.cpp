// SPDX-License-Identifier: Apache-2.0
// models fetch and models import: what brings models to this machine.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "server/app/ask_node.h"
#include "server/app/commands.h"
#include "server/app/worker_program.h"
#include "server/base/hash.h"
#include "server/base/json_document.h"
#include "server/net/download.h"

namespace inferad::app {

namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kBytesMax = std::int64_t{8} << 30;

bool is_name(const std::string& text) {  // of a folder, no way out of the models' folder
  return !text.empty() && text.find('/') == std::string::npos && text != "." && text != "..";
}

// The members of model.json that a download needs; the worker reads the whole file strictly.
std::optional<net::Download> read_source(const fs::path& folder, Problems& problems) {
  const auto document = JsonDocument::load(folder / "model.json", problems);
  if (!document) return std::nullopt;
  const auto root = document->root();
  const auto required = [](const JsonNode& node, const char* name) {
    auto member = node.member(name);
    if (!member) node.fail(fmt::format("\"{}\" is missing: add it here", name));
    return member;
  };
  const auto file = required(root, "file"), sha256 = required(root, "sha256"), source = required(root, "source");
  const auto url = source ? source->member("url") : std::nullopt;
  const auto size = source ? required(*source, "size_bytes") : std::nullopt;
  if (!file || !sha256 || !size) return std::nullopt;
  const fs::path path = file->text().value_or("");
  const bool leaves = path.is_absolute() || !path.has_filename() ||
                      std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
  if (leaves) file->fail_expected("the path of a file within the folder of model.json");
  net::Download what;
  what.from = url ? url->text().value_or("") : "";
  what.to = folder / path;
  what.size_bytes = static_cast<std::uint64_t>(size->integer(1, kBytesMax).value_or(0));
  what.sha256 = sha256->text().value_or("");
  if (url && !what.from.starts_with("https://") && !what.from.starts_with("http://"))
    url->fail_expected("a text that begins with https:// or http://");
  return problems.empty() ? std::optional(what) : std::nullopt;
}

// A line that is written over on a terminal, and one for each tenth elsewhere.
net::DownloadProgress print_progress(std::uint64_t size) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return [terminal, size, last = std::uint64_t{101}](std::uint64_t bytes) mutable {
    const auto percent = bytes * 100 / std::max<std::uint64_t>(1, size);
    const auto step = terminal ? percent : percent / 10;
    if (step == last) return;
    last = step;
    const bool end = !terminal || percent == 100;
    fmt::print(stderr, "{}{} % of {:.1f} MB{}", terminal ? "\r" : "", percent, static_cast<double>(size) / 1e6,
               end ? "\n" : "");
    std::fflush(stderr);
  };
}

}  // namespace

int fetch_command(const NodeChoice& node, const std::string& model, const std::string& mirror) {
  const auto settings = settings_or_print(node.config);
  if (!settings) return exit_status::kConfiguration;
  if (!is_name(model)) {
    fmt::print(stderr, "inferad: \"{}\" is no name of a model\n", model);
    return exit_status::kFailed;
  }
  Problems problems;
  auto what = read_source(settings->models_folder / model, problems);
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", to_string(problem));
  if (!what) return exit_status::kFailed;
  if (const auto there = sha256_file(what->to); there && *there == what->sha256) {
    fmt::print("{} is there and right\n", what->to.string());
    return exit_status::kDone;
  }
  if (!mirror.empty())
    what->from =
        fmt::format("{}{}{}/{}", mirror, mirror.ends_with('/') ? "" : "/", model, what->to.filename().string());
  if (what->from.empty()) {
    fmt::print(
        stderr,
        "inferad: {} names no url: these bytes are published nowhere; give --mirror, a folder or URL with {}/{}\n",
        (settings->models_folder / model / "model.json").string(), model, what->to.filename().string());
    return exit_status::kFailed;
  }
  std::error_code failure;
  fs::create_directories(what->to.parent_path(), failure);
  const auto done = net::download(*what, print_progress(what->size_bytes));
  if (!done) {
    fmt::print(stderr, "inferad: {}\n", done.error().what);
    return exit_status::kFailed;
  }
  fmt::print("{}: {} bytes, SHA-256 {}\n", what->to.string(), what->size_bytes, what->sha256);
  return exit_status::kDone;
}

int import_command(const NodeChoice& node, const fs::path& source, const std::string& name) {
  const auto settings = settings_or_print(node.config);
  if (!settings) return exit_status::kConfiguration;
  std::vector<std::string> arguments{"import", source.string()};
  if (!name.empty()) arguments.insert(arguments.end(), {"--name", name});
  for (const auto& argument : engine_arguments(*settings)) arguments.push_back(argument);
  return run_worker(*settings, arguments);
}

}  // namespace inferad::app
