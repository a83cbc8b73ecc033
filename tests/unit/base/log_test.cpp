// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <limits>
#include <thread>
#include <vector>

#include "server/base/unique_fd.h"

namespace inferad::log {
namespace {

// What `work` writes to stderr.
template <class Work>
std::string captured(Work work) {
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  const UniqueFd read_end(pipe[0]);
  const UniqueFd kept(::dup(STDERR_FILENO));
  ::dup2(pipe[1], STDERR_FILENO);
  ::close(pipe[1]);
  work();
  ::dup2(kept.get(), STDERR_FILENO);
  std::string text(65'536, '\0');
  const auto length = ::read(read_end.get(), text.data(), text.size());
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return text;
}

TEST_CASE("a line is one JSON object with time, level, event and fields") {
  const auto line = captured([] {
    info("job.done", {{"job", 42}, {"seconds", 1.5}, {"peer", "pacs"}, {"late", false}});
  });
  CHECK(line.starts_with("{\"time\":\""));
  CHECK(line.ends_with(
      "Z\",\"level\":\"info\",\"event\":\"job.done\",\"job\":42,\"seconds\":1.5,\"peer\":\"pacs\",\"late\":false}\n"));
  const auto odd = captured([] { error("x", {{"value", std::numeric_limits<double>::infinity()}}); });
  CHECK(odd.ends_with("\"value\":null}\n"));
}

TEST_CASE("input cannot forge a line") {
  const auto line = captured([] { warning("x", {{"peer", "a\"}\n{\"level\":\"error\"\x1b[31m"}}); });
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("lines below the level are not written") {
  CHECK(captured([] { debug("x"); }).empty());
  set_level(Level::error);
  CHECK(captured([] { warning("x"); }).empty());
  set_level(Level::info);
}

TEST_CASE("lines of many threads do not mix") {
  const auto text = captured([] {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) info("event", {{"filler", "0123456789"}});
      });
  });
  std::size_t lines = 0;
  for (std::size_t start = 0; start < text.size(); ++lines) {
    const auto end = text.find('\n', start);
    REQUIRE(end != std::string::npos);
    CHECK(text.substr(start, 9) == "{\"time\":\"");
    CHECK(text[end - 1] == '}');
    start = end + 1;
  }
  CHECK(lines == 200);
}

TEST_CASE("quoted text is valid JSON and valid UTF-8 whatever the bytes") {
  CHECK(json_quote("plain") == "\"plain\"");
  CHECK(json_quote("a\"b\\c\n\t") == "\"a\\\"b\\\\c\\n\\u0009\"");
  CHECK(json_quote("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80") == "\"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
  CHECK(json_quote("\x80") == "\"\\ufffd\"");                        // a lone continuation byte
  CHECK(json_quote("\xC0\xAF") == "\"\\ufffd\\ufffd\"");             // overlong
  CHECK(json_quote("\xED\xA0\x80") == "\"\\ufffd\\ufffd\\ufffd\"");  // a surrogate
  CHECK(json_quote("\xF0\x9F\x98") == "\"\\ufffd\\ufffd\\ufffd\"");  // cut
  CHECK(json_quote(std::string_view("\0\x7F", 2)) == "\"\\u0000\\u007f\"");
}

}  // namespace
}  // namespace inferad::log
