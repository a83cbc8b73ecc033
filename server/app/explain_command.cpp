// SPDX-License-Identifier: Apache-2.0
// explain: the rules over the headers of files, without a node and without pixels.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "server/app/ask_node.h"
#include "server/app/text_table.h"
#include "server/base/parallel.h"
#include "server/dicom/header_scan.h"
#include "server/flow/explain.h"

namespace inferad::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 200'000;

std::vector<fs::path> files_below(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && entry != end && files.size() < kFilesMax; entry.increment(error)) {
      if (entry->is_regular_file(error)) files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct ReadFiles {
  std::vector<InstanceHeader> headers;
  std::size_t unreadable = 0;
  std::string first_unreadable;
};

ReadFiles read_headers(const std::vector<fs::path>& files) {
  std::vector<Result<dicom::FileHeader>> scanned(files.size(), Error{});
  parallel_for(files.size(), 4, [&](std::size_t i) { scanned[i] = dicom::scan_file(files[i]); });
  ReadFiles out;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (scanned[i]) {
      out.headers.push_back(std::move(scanned[i]->instance));
    } else if (out.unreadable++ == 0) {
      out.first_unreadable = fmt::format("{}: {}", files[i].string(), scanned[i].error().what);
    }
  }
  return out;
}

// Header values come from strangers: no control character but the line ends of our own text reaches the terminal.
void print_lines(const std::string& text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = std::min(text.find('\n', start), text.size());
    fmt::print("{}\n", printable(std::string_view(text).substr(start, end - start)));
    start = end + 1;
  }
}

}  // namespace

int explain_command(const NodeChoice& node, const std::vector<fs::path>& paths, const std::string& calling_ae) {
  const auto configuration = load_or_print(node.config);
  if (!configuration) return exit_status::kConfiguration;
  const auto files = read_headers(files_below(paths));
  if (files.unreadable > 0) {
    fmt::print(stderr, "{} files cannot be read as DICOM instances; the first: {}\n", files.unreadable,
               printable(files.first_unreadable));
  }
  const auto studies = flow::studies_of(files.headers, calling_ae);
  if (studies.empty()) {
    fmt::print(stderr, "no images of a study here: nothing for the rules\n");
    return exit_status::kFailed;
  }
  for (const auto& study : studies) print_lines(flow::explain(configuration->routing, study));
  return exit_status::kDone;
}

}  // namespace inferad::app
