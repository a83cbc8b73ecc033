// SPDX-License-Identifier: Apache-2.0
#include "server/base/durable.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

namespace inferad {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    char name[] = "/tmp/inferad-durable-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  int files() const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(path)) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
};

TEST_CASE("a file is written whole, over the one before, private, and with no temporary file left") {
  const Folder folder;
  const auto file = folder.path / "findings.json";
  REQUIRE(write_file_durable(file, "first"));
  REQUIRE(write_file_durable(file, std::string(1'000'000, 'x')));
  CHECK(read_file(file, 2'000'000).value() == std::string(1'000'000, 'x'));
  CHECK(folder.files() == 1);
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a write that fails leaves the old file and nothing else") {
  const Folder folder;
  const auto file = folder.path / "findings.json";
  REQUIRE(write_file_durable(file, "old"));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit kept{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &kept) == 0);
  const rlimit small{1000, kept.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto status = write_file_durable(file, std::string(100'000, 'x'));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &kept) == 0);
  CHECK_FALSE(status);
  CHECK(read_file(file, 100).value() == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("a folder that is not there, or is a file, is an error") {
  const Folder folder;
  CHECK(write_file_durable(folder.path / "none" / "file", "x").error().code == Errc::io);
  REQUIRE(write_file_durable(folder.path / "file", "x"));
  CHECK(make_folders_durable(folder.path / "file" / "below").error().code == Errc::io);
}

TEST_CASE("folders are made level by level; existing ones are fine") {
  const Folder folder;
  REQUIRE(make_folders_durable(folder.path / "a/b/c"));
  REQUIRE(make_folders_durable(folder.path / "a/b/c"));
  CHECK(fs::is_directory(folder.path / "a/b/c"));
}

TEST_CASE("a file is read up to its limit only") {
  const Folder folder;
  const auto file = folder.path / "file";
  REQUIRE(write_file_durable(file, std::string(70'000, 'x')));
  CHECK(read_file(file, 70'000).value().size() == 70'000);
  CHECK(read_file(file, 69'999).error().code == Errc::invalid_input);
  CHECK(read_file(folder.path / "none", 10).error().code == Errc::not_found);
}

}  // namespace
}  // namespace inferad
