// SPDX-License-Identifier: Apache-2.0
// What is left of the ledger after kill -9, a torn log, a full or failing disk, and how the spool fills the gap.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <random>
#include <thread>

#include "server/store/schema.h"
#include "server/store/spool.h"
#include "server/store/sqlite.h"
#include "tests/unit/store/store_support.h"
#include "tests/unit/store/sync_faults.h"

namespace inferad::store {
namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(last - first + 1));
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

void check_sound(const fs::path& file) {
  const auto database = must(Database::open(file));
  CHECK(must(database->value<std::string>("PRAGMA integrity_check")) == "ok");
  std::int64_t violations = 0;
  must(database->each("PRAGMA foreign_key_check", [&](Row&) { ++violations; }));
  CHECK(violations == 0);
}

// In a child: studies of 10 images, each completed, leased and finished; tells the number of the last finished one.
[[noreturn]] void work_until_killed(const fs::path& file, int acknowledgements) {
  auto ledger = Ledger::open(file);
  for (int n = 1; ledger && n < 100'000; ++n) {
    const std::string uid = fmt::format("1.2.{}", n);
    const auto recorded = (*ledger)->record_instances(ct_series(10, 10L * n, uid));
    StudyComplete complete;
    complete.study_id = recorded ? recorded->front().study_id : 0;
    complete.jobs = {{"lung", "[]"}};
    if (!(*ledger)->complete_study(complete, at(1))) break;
    const auto lease = (*ledger)->lease_job(at(2));
    const std::vector objects{dicom_delivery("SEG", uid + ".1001"), dicom_delivery("SR", uid + ".1002")};
    if (!lease || !*lease || !(*ledger)->finish_job((*lease)->id, AiState::done, "", objects, at(3))) break;
    if (::write(acknowledgements, &n, sizeof n) != sizeof n) break;
  }
  ::_exit(1);
}

int last_acknowledged(int pipe) {
  int last = 0, n = 0;
  while (::read(pipe, &n, sizeof n) == sizeof n) last = n;
  return last;
}

TEST_CASE("kill -9 in the middle of transactions loses nothing acknowledged and leaves nothing half") {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 8; ++round) {
    TempFolder folder;
    const auto file = folder / "ledger.db";
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) work_until_killed(file, pipe[1]);
    ::close(pipe[1]);
    const auto wait = std::chrono::microseconds(random() % 200'000);
    CAPTURE(round, wait.count());
    int acknowledged = 0;
    REQUIRE(::read(pipe[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged);
    std::this_thread::sleep_for(wait);
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    acknowledged = std::max(acknowledged, last_acknowledged(pipe[0]));
    ::close(pipe[0]);

    const auto ledger = open_ledger(file);
    must(ledger->recover(at(500)));
    const auto entries = must(ledger->worklist(100'000));
    CHECK(static_cast<int>(entries.size()) >= acknowledged);
    CHECK(static_cast<int>(entries.size()) <= acknowledged + 1);
    for (const auto& entry : entries) CHECK(entry.instances == 10);  // a batch is all there or not at all
    CHECK(must(ledger->unrecorded(numbers(10, 10L * acknowledged + 9))).empty());
    const auto jobs = must(ledger->jobs(100'000));
    CHECK(std::count_if(jobs.begin(), jobs.end(), [](const auto& job) { return job.state == AiState::done; }) >=
          acknowledged);
    const auto deliveries = must(ledger->deliveries(100'000));
    CHECK(deliveries.size() % 2 == 0);
    CHECK(static_cast<int>(deliveries.size()) >= 2 * acknowledged);
    check_sound(file);
  }
}

TEST_CASE("whatever tail of the log is torn off, the rows before it stay and unrecorded() finds the rest") {
  TempFolder folder;
  const auto live = folder / "live.db";
  const auto ledger = open_ledger(live);
  for (int batch = 0; batch < 30; ++batch)
    must(ledger->record_instances(ct_series(5, 1 + 5 * batch, fmt::format("1.2.{}", batch))));
  const auto ids = numbers(1, 150);
  const auto wal = live.string() + "-wal";
  const auto wal_bytes = fs::file_size(wal);
  REQUIRE(wal_bytes > 100'000);

  std::mt19937 random(1);
  std::size_t lost_before = ids.size();
  for (int step = 0; step <= 20; ++step) {
    const auto torn = folder / fmt::format("torn{}.db", step);
    fs::copy_file(live, torn);
    fs::copy_file(wal, torn.string() + "-wal");
    const auto cut = wal_bytes * static_cast<std::uintmax_t>(step) / 20;
    CAPTURE(step, cut);
    if (step % 2 == 0) {
      fs::resize_file(torn.string() + "-wal", cut);
    } else {  // the length arrived on the disk, the bytes did not
      std::fstream stream(torn.string() + "-wal", std::ios::in | std::ios::out | std::ios::binary);
      stream.seekp(static_cast<std::streamoff>(cut));
      for (auto at_byte = cut; at_byte < wal_bytes; ++at_byte) stream.put(static_cast<char>(random()));
    }
    const auto reopened = open_ledger(torn);
    const auto missing = must(reopened->unrecorded(ids));
    CHECK(missing.size() % 5 == 0);
    CHECK(missing.size() <= lost_before);
    if (!missing.empty()) CHECK(missing == numbers(missing.front(), 150));  // a tail, not a hole
    lost_before = missing.size();
    check_sound(torn);
  }
  CHECK(lost_before == 0);  // the whole log
}

FileMeta meta_of(const ReceivedInstance& image) {
  return {image.header.sop_class_uid, image.header.instance_uid, image.header.transfer_syntax_uid, image.calling_ae};
}

TEST_CASE("an older ledger and the spool give the same studies again") {
  TempFolder folder;
  SpoolOptions options;
  options.data_folder = folder / "var";
  const auto spool = must(Spool::open(options));
  const auto file = folder / "var/ledger.db";
  std::map<std::int64_t, ReceivedInstance> received;  // what the header scan would read from the file
  {
    const auto ledger = open_ledger(file);
    for (int i = 1; i <= 20; ++i) {
      auto image = ct_image(0, i);
      const auto writer = must(spool->create(meta_of(image)));
      const std::string data = fmt::format("data set {}", i);
      must(writer->append(std::as_bytes(std::span(data))));
      image.spool = must(writer->commit());
      received[image.spool.id] = image;
      must(ledger->record_instances(std::span(&image, 1)));
      if (i == 8) fs::copy_file(file.string() + "-wal", folder / "older-wal");
    }
  }
  fs::remove(file.string() + "-shm");
  fs::remove(file);
  {  // the state after image 8: what a restored copy looks like
    open_ledger(file).reset();
    fs::copy_file(folder / "older-wal", file.string() + "-wal", fs::copy_options::overwrite_existing);
  }
  const auto ledger = open_ledger(file);
  const auto missing = must(ledger->unrecorded(must(spool->ids())));
  CHECK(missing.size() >= 12);
  std::vector<ReceivedInstance> again;
  for (const auto id : missing) {
    const auto found = must(spool->examine(id));
    auto image = received.at(id);
    CHECK(found.ref.data_sha256 == image.spool.data_sha256);
    CHECK(found.meta.source_ae == "PACS");
    image.spool = found.ref;
    again.push_back(image);
  }
  must(ledger->record_instances(again));
  CHECK(must(ledger->unrecorded(must(spool->ids()))).empty());
  CHECK(must(ledger->open_studies()).at(0).instances == 20);
}

TEST_CASE("when the Nth sync of a step fails, the step says so, nothing of it stays, and it can be done again") {
  TempFolder folder;
  const auto file = folder / "ledger.db";
  const auto ledger = open_ledger(file);
  must(ledger->record_instances(ct_series(5)));
  int faults = 0;
  for (int nth = 1; nth < 20; ++nth) {
    const auto images = ct_series(5, 100L * nth, fmt::format("1.3.{}", nth));
    bool happened = false, failed = false;
    {
      FailSync fault(nth);
      const auto recorded = ledger->record_instances(images);
      happened = fault.happened();
      failed = !recorded;
      if (failed) CHECK(recorded.error().code == Errc::io);
    }
    CHECK(failed == happened);
    const auto ids = numbers(100L * nth, 100L * nth + 4);
    if (failed) CHECK(must(ledger->unrecorded(ids)) == ids);
    must(ledger->record_instances(images));
    CHECK(must(ledger->unrecorded(ids)).empty());
    if (!happened) break;
    ++faults;
  }
  CHECK(faults >= 1);
  check_sound(file);
}

TEST_CASE("a full disk is an io error, leaves nothing half, and is over when there is room again") {
  TempFolder folder;
  const auto file = folder / "ledger.db";
  const auto ledger = open_ledger(file);
  must(ledger->record_instances(ct_series(5)));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit kept{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &kept) == 0);
  const rlimit small{fs::file_size(file.string() + "-wal") + 20'000, kept.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto full = ledger->record_instances(ct_series(200, 100, "1.3"));
  const auto views = ledger->worklist();  // reading still works
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &kept) == 0);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == Errc::io);
  CHECK(must(views).size() == 1);
  CHECK(must(ledger->unrecorded(numbers(100, 299))).size() == 200);
  must(ledger->record_instances(ct_series(200, 100, "1.3")));
  CHECK(must(ledger->worklist()).size() == 2);
  check_sound(file);
}

TEST_CASE("a ledger of a newer program is refused and stays as it is") {
  TempFolder folder;
  const auto file = folder / "ledger.db";
  must(open_ledger(file)->record_instances(ct_series(2)));
  must(must(Database::open(file))->script("PRAGMA user_version=99"));
  const auto refused = Ledger::open(file);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::refused);
  CHECK(refused.error().what.find("schema version 99") != std::string::npos);
  must(must(Database::open(file))->script(fmt::format("PRAGMA user_version={}", kSchemaVersion).c_str()));
  CHECK(must(open_ledger(file)->worklist()).size() == 1);
}

TEST_CASE("a ledger of version 1 is taken over, with the reports it knew by their deliveries") {
  TempFolder folder;
  const auto file = folder / "ledger.db";
  const auto study = [&] {
    const auto ledger = open_ledger(file);
    const auto id = complete_study(*ledger);
    const std::vector objects{dicom_delivery("SEG", "2.25.1"), dicom_delivery("SR", "2.25.2"),
                              dicom_delivery("SR", "2.25.2", "archive")};
    must(ledger->finish_job(must(ledger->lease_job(at(110)))->id, AiState::done, "", objects, at(120)));
    return id;
  }();
  must(must(Database::open(file))
           ->script("ALTER TABLE job DROP COLUMN run; DROP TABLE order_statement; DROP VIEW reading_now; DROP TABLE "
                    "reading_finish; DROP TABLE reading_start; "
                    "DROP INDEX study_reading; ALTER TABLE study DROP COLUMN reading; DROP TABLE critical; "
                    "DROP TABLE workitem; DROP TABLE ups_subscription; DROP TABLE ups_event; "
                    "DROP TABLE report_statement; DROP TABLE feedback; DROP TABLE order_study; "
                    "DROP TABLE imaging_order; DROP TABLE hl7_received; DROP INDEX study_accession; "
                    "ALTER TABLE study DROP COLUMN header_level; DROP TABLE fallback; "
                    "DROP INDEX job_failure_report; ALTER TABLE job DROP COLUMN failure_report; "
                    "ALTER TABLE delivery DROP COLUMN beside_class_uid; DROP TABLE held_raise; DROP TABLE hold; "
                    "DROP INDEX job_findings; DROP TABLE report; ALTER TABLE job DROP COLUMN joins; "
                    "ALTER TABLE job DROP COLUMN node_deaths; PRAGMA user_version=1"));
  const auto ledger = open_ledger(file);
  must(ledger->record_instances(std::vector{ct_image(70, 70)}));
  StudyComplete next;
  next.study_id = study;
  next.jobs = {{"lung", "[]"}};
  must(ledger->complete_study(next, at(200)));
  CHECK(must(ledger->lease_job(at(210)))->predecessors == std::vector<Report>{{"SR", "2.25.2"}});
  check_sound(file);
}

TEST_CASE("the database of another program and a file that is none are refused") {
  TempFolder folder;
  must(must(Database::open(folder / "other.db"))->script("CREATE TABLE patients (name TEXT)"));
  CHECK(Ledger::open(folder / "other.db").error().code == Errc::refused);
  std::ofstream(folder / "text.db") << std::string(5000, 'x');
  CHECK(Ledger::open(folder / "text.db").error().code == Errc::io);
  CHECK(Ledger::open(folder / "nowhere/ledger.db").error().code == Errc::io);
}

TEST_CASE("the ledger is private, with its journals") {
  TempFolder folder;
  const auto file = folder / "ledger.db";
  const auto ledger = open_ledger(file);
  must(ledger->record_instances(ct_series(2)));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    REQUIRE(::stat((file.string() + suffix).c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
  }
}

TEST_CASE("every commit is synced: WAL mode with synchronous=FULL") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  must(ledger->record_instances(ct_series(1)));
  FailSync fault(1);
  CHECK_FALSE(ledger->record_instances(ct_series(1, 10, "1.3")));
  CHECK(fault.happened());
}

}  // namespace
}  // namespace inferad::store
