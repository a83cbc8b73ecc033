// SPDX-License-Identifier: Apache-2.0
#include "server/store/spool.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "server/base/durable.h"
#include "tests/unit/store/store_support.h"
#include "tests/unit/store/sync_faults.h"

namespace inferad::store {
namespace {

const FileMeta kMeta{std::string(kCtClass), "1.2.3.1.1", "1.2.840.10008.1.2.1", "PACS"};

std::unique_ptr<Spool> open_spool(const TempFolder& folder, std::int64_t quarantine_bytes_max = 1'000'000) {
  SpoolOptions options;
  options.data_folder = folder / "var";
  options.quarantine_files_max = 3;
  options.quarantine_bytes_max = quarantine_bytes_max;
  return must(Spool::open(options));
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(20261125);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

SpoolRef store(Spool& spool, const std::string& bytes) {
  const auto writer = must(spool.create(kMeta));
  must(writer->append(std::as_bytes(std::span(bytes))));
  return must(writer->commit());
}

std::string contents(const std::filesystem::path& path) { return must(read_file(path, 100'000'000)); }

int files_below(const std::filesystem::path& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    count += entry.is_regular_file() ? 1 : 0;
  return count;
}

TEST_CASE("an object is stored bit for bit behind a file header that tells where it came from") {
  TempFolder folder;
  const auto spool = open_spool(folder);
  const std::string bytes = random_bytes(3'000'001);
  const auto writer = must(spool->create(kMeta));
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto piece = rest.substr(0, 16'378);
    must(writer->append(std::as_bytes(std::span(piece))));
    rest.remove_prefix(piece.size());
  }
  CHECK(writer->data_bytes() == 3'000'001);
  const auto part = contents(writer->part_path());
  CHECK(part.substr(static_cast<std::size_t>(writer->data_offset())) == bytes);
  CHECK(must(spool->ids()).empty());  // not there before it is durable
  const auto ref = must(writer->commit());
  CHECK(ref.id == writer->id());
  CHECK(ref.data_sha256 == sha256_hex(bytes));
  const auto file = contents(spool->path(ref.id));
  CHECK(static_cast<std::int64_t>(file.size()) == ref.bytes);
  CHECK(file == part);
  CHECK(must(spool->ids()) == std::vector<std::int64_t>{ref.id});

  const auto seen = must(spool->examine(ref.id));
  CHECK(seen.ref.id == ref.id);
  CHECK(seen.ref.bytes == ref.bytes);
  CHECK(seen.ref.data_sha256 == ref.data_sha256);
  CHECK(seen.meta.source_ae == "PACS");
  CHECK(seen.meta.sop_class_uid == kCtClass);
  CHECK(seen.meta.sop_instance_uid == kMeta.sop_instance_uid);
  CHECK(seen.meta.transfer_syntax_uid == kMeta.transfer_syntax_uid);
  CHECK(seen.data_offset == writer->data_offset());
}

TEST_CASE("stored objects are private: nobody else may read patient data") {
  TempFolder folder;
  const auto spool = open_spool(folder);
  const auto ref = store(*spool, "x");
  struct stat info {};
  REQUIRE(::stat(spool->path(ref.id).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(::stat(spool->path(ref.id).parent_path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("a header of ours is read back whatever the lengths, and nothing else is taken for one") {
  for (const char* ae : {"", "A", "AB", "SIXTEEN CHARS AE"})
    for (const char* uid : {"1.2", "1.23", "1.2.3456789012345678901234567890123456789012345678901234567890"}) {
      const FileMeta meta{std::string(kCtClass), uid, "1.2.840.10008.1.2", ae};
      const std::string head = encode_file_meta(meta);
      CHECK(head.size() % 2 == 0);
      CHECK(head.size() <= kFileMetaBytesMax);
      const auto decoded = must(decode_file_meta(head + "data"));
      CHECK(decoded.data_offset == static_cast<std::int64_t>(head.size()));
      CHECK(decoded.meta.sop_instance_uid == uid);
      CHECK(decoded.meta.source_ae == ae);
      for (std::size_t cut = 0; cut < head.size(); ++cut)
        CHECK_FALSE(decode_file_meta(std::string_view(head).substr(0, cut)));
    }
  std::string head = encode_file_meta(kMeta);
  for (std::size_t i = 128; i < head.size(); ++i) {  // must not read out of bounds, whatever the bytes
    const char kept = std::exchange(head[i], '\xFF');
    static_cast<void>(decode_file_meta(head));
    head[i] = kept;
  }
}

TEST_CASE("an object that is dropped or interrupted leaves nothing") {
  TempFolder folder;
  {
    const auto spool = open_spool(folder);
    const auto writer = must(spool->create(kMeta));
    must(writer->append(std::as_bytes(std::span("half an object"))));
  }
  CHECK(files_below(folder / "var/spool") == 1);  // spool/next
  std::ofstream(folder / "var/spool/0/17.part") << "left by a crash";
  std::ofstream(folder / "var/spool/0/readme.txt") << "not ours";
  const auto spool = open_spool(folder);
  CHECK_FALSE(std::filesystem::exists(folder / "var/spool/0/17.part"));
  CHECK(std::filesystem::exists(folder / "var/spool/0/readme.txt"));
  CHECK(must(spool->ids()).empty());
}

TEST_CASE("numbers never come again, also after a restart and when the newest files are gone") {
  TempFolder folder;
  std::int64_t last = 0;
  for (int start = 0; start < 3; ++start) {
    const auto spool = open_spool(folder);
    for (int i = 0; i < 3; ++i) {
      const auto ref = store(*spool, "x");
      CHECK(ref.id > last);
      last = ref.id;
    }
    must(spool->remove(last));
    must(spool->remove(last));  // ok when it is not there
  }
  SECTION("without the file of reserved numbers those of the files count") {
    std::filesystem::remove(folder / "var/spool/next");
    const auto ids = must(open_spool(folder)->ids());
    CHECK(store(*open_spool(folder), "x").id > ids.back());
  }
  SECTION("a damaged file of reserved numbers stops the start") {
    std::ofstream(folder / "var/spool/next") << "nonsense";
    SpoolOptions options;
    options.data_folder = folder / "var";
    CHECK(Spool::open(options).error().code == Errc::io);
  }
}

TEST_CASE("a thousand objects lie in a folder, the next ones in another") {
  TempFolder folder;
  std::filesystem::create_directories(folder / "var/spool");
  std::ofstream(folder / "var/spool/next") << "998\n";
  const auto spool = open_spool(folder);
  std::set<std::string> folders;
  for (int i = 0; i < 4; ++i) folders.insert(spool->path(store(*spool, "x").id).parent_path().filename().string());
  CHECK(folders == std::set<std::string>{"0", "1"});
  CHECK(must(spool->ids()) == std::vector<std::int64_t>{998, 999, 1000, 1001});
}

TEST_CASE("one node a data folder: a second process is refused") {
  TempFolder folder;
  auto spool = open_spool(folder);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    SpoolOptions options;
    options.data_folder = folder / "var";
    const auto second = Spool::open(options);
    ::_exit(!second && second.error().code == Errc::refused ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  spool.reset();
  open_spool(folder);  // free again
}

TEST_CASE("many threads store at once: every number once, every object whole") {
  TempFolder folder;
  const auto spool = open_spool(folder);
  constexpr int kThreads = 4, kObjects = 50;
  std::vector<std::vector<SpoolRef>> refs(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < kObjects; ++i) {
          const auto writer = spool->create(kMeta);
          const std::string bytes = fmt::format("thread {} object {}", t, i);
          if (!writer || !(*writer)->append(std::as_bytes(std::span(bytes)))) return;
          if (auto ref = (*writer)->commit()) refs[static_cast<std::size_t>(t)].push_back(*ref);
        }
      });
  }
  std::set<std::int64_t> ids;
  for (int t = 0; t < kThreads; ++t) {
    REQUIRE(refs[static_cast<std::size_t>(t)].size() == kObjects);
    for (int i = 0; i < kObjects; ++i) {
      const auto& ref = refs[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)];
      ids.insert(ref.id);
      CHECK(must(spool->examine(ref.id)).ref.data_sha256 == sha256_hex(fmt::format("thread {} object {}", t, i)));
    }
  }
  CHECK(ids.size() == kThreads * kObjects);
}

TEST_CASE("below the watermark no object is begun") {
  TempFolder folder;
  SpoolOptions options;
  options.data_folder = folder / "var";
  options.free_bytes_min = std::int64_t{1} << 60;
  const auto spool = must(Spool::open(options));
  CHECK(spool->below_watermark());
  CHECK(spool->free_bytes() > 0);
  CHECK(spool->create(kMeta).error().code == Errc::overload);
}

TEST_CASE("a failed sync is final: no acknowledgement, no object, and the next one works") {
  TempFolder folder;
  const auto spool = open_spool(folder);
  store(*spool, "the first makes the folder");
  for (const int nth : {1, 2}) {  // of the file, of its folder
    const auto writer = must(spool->create(kMeta));
    must(writer->append(std::as_bytes(std::span("x"))));
    FailSync fault(nth);
    CHECK(writer->commit().error().code == Errc::io);
    CHECK(fault.happened());
    CHECK_FALSE(writer->commit());  // a second sync would lie
    CHECK_FALSE(std::filesystem::exists(spool->path(writer->id())));
  }
  CHECK(must(spool->ids()).size() == 1);
  store(*spool, "x");
  CHECK(files_below(folder / "var/spool") == 3);
}

TEST_CASE("a sync that fails while numbers are reserved gives no number away") {
  TempFolder folder;
  const auto spool = open_spool(folder);
  {
    FailSync fault(1);
    CHECK(spool->create(kMeta).error().code == Errc::io);
  }
  CHECK(store(*spool, "x").id == 1);
}

TEST_CASE("a full disk is overload, and the object is gone") {
  TempFolder folder;
  const auto spool = open_spool(folder);
  store(*spool, "x");
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit kept{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &kept) == 0);
  const rlimit small{64 * 1024, kept.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  Errc code{};
  {
    const auto writer = spool->create(kMeta);
    const std::string bytes = random_bytes(100'000);
    const auto status = writer ? (*writer)->append(std::as_bytes(std::span(bytes))) : Status(writer.error());
    code = status ? Errc::invalid_input : status.error().code;
    CHECK_FALSE((*writer)->append(std::as_bytes(std::span("more"))));
    CHECK_FALSE((*writer)->commit());
  }
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &kept) == 0);
  CHECK(code == Errc::overload);
  CHECK(must(spool->ids()).size() == 1);
  CHECK(files_below(folder / "var/spool") == 2);
}

TEST_CASE("the quarantine keeps the newest objects within its limits") {
  TempFolder folder;
  std::vector<std::int64_t> ids;
  const auto refuse = [&](Spool& spool, std::size_t bytes) {
    const auto writer = must(spool.create(kMeta));
    const std::string text(bytes, 'q');
    must(writer->append(std::as_bytes(std::span(text))));
    must(writer->quarantine());
    ids.push_back(writer->id());
  };
  const auto kept = [&](std::size_t i) {
    return std::filesystem::exists(folder / "var/quarantine" / (std::to_string(ids[i]) + ".dcm"));
  };
  {
    const auto spool = open_spool(folder);
    for (int i = 0; i < 5; ++i) refuse(*spool, 100);
    CHECK(files_below(folder / "var/quarantine") == 3);
    CHECK_FALSE(kept(1));
    CHECK(kept(2));
    CHECK(must(spool->ids()).empty());
  }
  const auto spool = open_spool(folder, 2000);  // about three and a half of these; counted after a restart too
  refuse(*spool, 1000);
  CHECK(kept(5));
  CHECK(files_below(folder / "var/quarantine") < 3);
  const auto writer = must(spool->create(kMeta));
  const std::string large(3000, 'q');
  must(writer->append(std::as_bytes(std::span(large))));
  CHECK(writer->quarantine().error().code == Errc::overload);
}

}  // namespace
}  // namespace inferad::store
