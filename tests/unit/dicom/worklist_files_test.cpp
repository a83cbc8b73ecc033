// SPDX-License-Identifier: Apache-2.0
// Worklist files, made and judged by pydicom.
#include "server/dicom/worklist_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "server/base/durable.h"
#include "server/base/unique_fd.h"
#include "tests/support/child_process.h"

namespace inferad::dicom {
namespace {

namespace fs = std::filesystem;
using flow::WorklistOutcome;

constexpr const char* kMake = R"(
import sys, pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
name, uid, accession, priority = sys.argv[1:]
meta = FileMetaDataset()
meta.TransferSyntaxUID = '1.2.840.10008.1.2'
meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = '1.2.840.10008.5.1.4.31', '1.2.3.4'
entry = FileDataset(name, {}, file_meta=meta, preamble=b'\0' * 128)
entry.is_little_endian, entry.is_implicit_VR = True, True
entry.SpecificCharacterSet, entry.PatientName = 'ISO_IR 100', 'Äsop^Jürgen'
entry.StudyInstanceUID, entry.AccessionNumber = uid, accession
step = Dataset()
step.Modality, step.ScheduledStationAETitle = 'CT', 'CT1'
entry.ScheduledProcedureStepSequence = [step]
if priority:
    entry.RequestedProcedurePriority = priority
entry.save_as(name, write_like_original=False)
print('made')
)";

constexpr const char* kRead = R"(
import sys, pydicom
entry = pydicom.dcmread(sys.argv[1])
print('|'.join(str(entry.get(keyword, '')) for keyword in sys.argv[2:]))
)";

struct Bench {
  Bench() {
    std::string name = (fs::temp_directory_path() / "inferad-worklist-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    what.folder = name;
    what.words = {"STAT", "HIGH", "ROUTINE", "LOW"};
    what.level = Level::stat;
    what.study = {{"StudyInstanceUID", "1.2.3"}, {"AccessionNumber", "A1"}, {"PatientName", "Żółć^Anna"},
                  {"PatientID", "4711"},         {"Modality", "CT"},        {"StudyDate", "20261129"}};
    what.file = "inferad-x.wl";
    what.station_ae_title = "ANY";
  }
  ~Bench() { fs::remove_all(what.folder); }

  static std::string python(const char* script, std::vector<std::string> arguments) {
    std::vector<std::string> command{"/usr/bin/python3", "-c", script};
    command.insert(command.end(), arguments.begin(), arguments.end());
    test::ChildProcess process(command);
    auto line = process.read_line();
    REQUIRE(process.wait() == 0);
    return line;
  }
  fs::path make(const std::string& name, const std::string& uid, const std::string& accession,
                const std::string& priority) {
    const auto path = what.folder / name;
    REQUIRE(python(kMake, {path, uid, accession, priority}) == "made");
    return path;
  }
  std::string read(const fs::path& path, std::vector<std::string> keywords) {
    keywords.insert(keywords.begin(), path);
    return python(kRead, keywords);
  }
  WorklistOutcome raise() {
    const auto done = DcmtkWorklistFiles().raise(what, {});
    REQUIRE(done);
    return *done;
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& each : fs::directory_iterator(what.folder)) out.push_back(each.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }
  flow::WorklistRaise what;
};

const std::vector<std::string> kFacts = {"RequestedProcedurePriority", "PatientName", "AccessionNumber",
                                         "SpecificCharacterSet"};

}  // namespace

TEST_CASE("the entry of a study is raised, and nothing else of it or of others changes") {
  Bench bench;
  const auto entry = bench.make("a.wl", "1.2.3", "A1", "ROUTINE"), other = bench.make("b.wl", "1.2.4", "A1", "ROUTINE");
  ::chmod(entry.c_str(), 0640);
  const auto before = read_file(other, 1 << 20);
  CHECK(bench.raise() == WorklistOutcome::raised);
  CHECK(bench.read(entry, kFacts) == "STAT|Äsop^Jürgen|A1|ISO_IR 100");
  CHECK(read_file(other, 1 << 20).value() == before.value());
  CHECK(bench.names() == std::vector<std::string>{"a.wl", "b.wl", "lockfile"});
  CHECK((fs::status(entry).permissions() & fs::perms::mask) == fs::perms(0640));
  bench.what.level = Level::high;
  CHECK(bench.raise() == WorklistOutcome::stays);  // never lowered
  CHECK(bench.read(entry, {"RequestedProcedurePriority"}) == "STAT");
}

TEST_CASE("of several orders the entries of each are raised") {
  Bench bench;
  bench.what.accessions = {"A1", "A3"};
  const auto first = bench.make("a.wl", "1.2.3", "A1", "ROUTINE"),
             second = bench.make("b.wl", "1.2.4", "A3", "ROUTINE"),
             other = bench.make("c.wl", "1.2.5", "A2", "ROUTINE");
  CHECK(bench.raise() == WorklistOutcome::raised);
  for (const auto& each : {first, second}) CHECK(bench.read(each, {"RequestedProcedurePriority"}) == "STAT");
  CHECK(bench.read(other, {"RequestedProcedurePriority"}) == "ROUTINE");
}

TEST_CASE("without an entry of the study those of its accession number are raised") {
  Bench bench;
  const auto entry = bench.make("a.wl", "1.2.999", "A1", "");
  bench.what.words[0] = "EMERGENCY";
  CHECK(bench.raise() == WorklistOutcome::raised);
  CHECK(bench.read(entry, {"RequestedProcedurePriority"}) == "EMERGENCY");
  bench.what.level = Level::high;
  CHECK(bench.raise() == WorklistOutcome::stays);
}

TEST_CASE("a word that nobody explained is not overwritten by less than STAT") {
  Bench bench;
  const auto entry = bench.make("a.wl", "1.2.3", "A1", "CRASH");
  bench.what.level = Level::high;
  CHECK(bench.raise() == WorklistOutcome::stays);
  bench.what.level = Level::stat;
  CHECK(bench.raise() == WorklistOutcome::raised);
}

TEST_CASE("a study without an entry gets one, which is raised later and removed when it is old") {
  Bench bench;
  std::ofstream(bench.what.folder / "broken.wl") << "no DICOM";
  std::ofstream(bench.what.folder / "large.wl") << std::string(100'000, 'x');
  bench.what.level = Level::high;
  ::chmod(bench.what.folder.c_str(), 0750);
  CHECK(bench.raise() == WorklistOutcome::created);
  const auto entry = bench.what.folder / "inferad-x.wl";
  CHECK(bench.read(entry, kFacts) == "HIGH|Żółć^Anna|A1|ISO_IR 192");
  CHECK((fs::status(entry).permissions() & fs::perms::mask) == fs::perms(0640));
  bench.what.level = Level::stat;
  CHECK(bench.raise() == WorklistOutcome::raised);
  CHECK(bench.read(entry, {"RequestedProcedurePriority", "StudyInstanceUID"}) == "STAT|1.2.3");

  bench.what.keep = std::chrono::hours(24);
  fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(25));
  bench.what.study["StudyInstanceUID"] = "1.2.5";
  bench.what.study["AccessionNumber"] = "";
  bench.what.file.clear();
  CHECK(bench.raise() == WorklistOutcome::not_there);
  CHECK(bench.names() == std::vector<std::string>{"broken.wl", "large.wl", "lockfile"});
}

TEST_CASE("a folder that is read at the moment is waited for, one that is not there told") {
  Bench bench;
  const UniqueFd reader(::open((bench.what.folder / "lockfile").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  REQUIRE(::flock(reader.get(), LOCK_SH) == 0);
  std::stop_source stop;
  stop.request_stop();
  const auto waited = DcmtkWorklistFiles().raise(bench.what, stop.get_token());
  REQUIRE_FALSE(waited);
  CHECK(waited.error().code == Errc::cancelled);
  CHECK(bench.names() == std::vector<std::string>{"lockfile"});
  bench.what.folder /= "nowhere";
  const auto nowhere = DcmtkWorklistFiles().raise(bench.what, {});
  bench.what.folder = bench.what.folder.parent_path();
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == Errc::unavailable);
}

}  // namespace inferad::dicom
