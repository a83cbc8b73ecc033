// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/worklist_files.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/durable.h"
#include "server/base/hash.h"
#include "server/base/unique_fd.h"

namespace inferad::dicom {
namespace {

namespace fs = std::filesystem;
using flow::WorklistOutcome;
using flow::WorklistRaise;

constexpr std::uintmax_t kFileBytesMax = 64 << 10;
constexpr std::chrono::seconds kLockWait{5};
constexpr std::string_view kOurs = "inferad-";
constexpr const char* kWorklistClass = "1.2.840.10008.5.1.4.31";  // Modality Worklist Information Model - FIND

Error failed(const fs::path& path, Errc code = Errc::io) {
  return {code, fmt::format("{}: {}", path.string(), std::strerror(errno))};
}

// Who may read it: whoever may read what it replaces, or what else lies there.
void take_over_rights(const fs::path& file, const fs::path& example) {
  struct stat facts {};
  if (::stat(example.c_str(), &facts) != 0) return;
  static_cast<void>(::chown(file.c_str(), static_cast<uid_t>(-1), facts.st_gid) == 0);
  ::chmod(file.c_str(), facts.st_mode & 0666);
}

// Held until it is destroyed.
Result<UniqueFd> lock_folder(const fs::path& folder, const std::stop_token& stop) {
  const auto path = folder / "lockfile";
  std::error_code ignored;
  const bool missing = !fs::exists(path, ignored);
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file) return failed(path, Errc::unavailable);
  if (missing) take_over_rights(path, folder);
  const auto deadline = steady_now() + kLockWait;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    if (errno != EWOULDBLOCK && errno != EINTR) return failed(path);
    if (steady_now() > deadline) return Error{Errc::unavailable, path.string() + " stays locked"};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return file;
}

std::string text_of(DcmItem& item, const DcmTagKey& tag) {
  OFString text;
  item.findAndGetOFStringArray(tag, text);
  std::string out(text.c_str(), text.length());
  out.erase(out.find_last_not_of(' ') + 1);
  out.erase(0, out.find_first_not_of(' '));
  return out;
}

struct Entry {
  fs::path path;
  std::string study_uid, accession, priority;
};

bool load(const fs::path& path, DcmFileFormat& file) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kFileBytesMax || error) return false;
  return file.loadFile(path.c_str()).good();
}

std::vector<Entry> entries_of(const fs::path& folder) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".wl") continue;
    DcmFileFormat file;
    if (!load(at->path(), file)) continue;
    auto& item = *file.getDataset();
    entries.push_back({at->path(), text_of(item, DCM_StudyInstanceUID), text_of(item, DCM_AccessionNumber),
                       text_of(item, DCM_RequestedProcedurePriority)});
  }
  return entries;
}

// A modality that serves several orders by one study leaves the Study Instance UIDs of the others unused: their entries
// are known by accession number alone.
std::vector<Entry> entries_for(const std::vector<Entry>& all, const WorklistRaise& raise) {
  const auto uid = attribute(raise.study, "StudyInstanceUID");
  auto accessions = raise.accessions;
  if (accessions.empty()) accessions.emplace_back(attribute(raise.study, "AccessionNumber"));
  std::erase(accessions, "");
  const auto of_study = [&](const Entry& entry) { return !uid.empty() && entry.study_uid == uid; };
  const bool by_accession = accessions.size() > 1 || std::none_of(all.begin(), all.end(), of_study);
  std::vector<Entry> found;
  std::copy_if(all.begin(), all.end(), std::back_inserter(found), [&](const Entry& entry) {
    return of_study(entry) ||
           (by_accession && std::find(accessions.begin(), accessions.end(), entry.accession) != accessions.end());
  });
  return found;
}

// nullopt: a word that nobody told us.
std::optional<Level> level_of(const Entry& entry, const WorklistRaise& raise) {
  if (entry.priority.empty()) return Level::low;
  for (std::size_t i = 0; i < raise.words.size(); ++i)
    if (entry.priority == raise.words.at(i)) return static_cast<Level>(i);
  if (entry.priority == "MEDIUM") return Level::routine;  // PS3.3 table C.4-11
  return level_from(entry.priority);
}

// Under another name first, which no reader takes for an entry.
Status replace(DcmFileFormat& file, const fs::path& path, E_TransferSyntax syntax) {
  const auto temporary = path.parent_path() / ("." + path.filename().string() + ".part");
  const bool with_meta = file.getMetaInfo()->card() > 0;
  const auto written = file.saveFile(temporary.c_str(), syntax, EET_ExplicitLength, EGL_recalcGL, EPD_noChange, 0, 0,
                                     with_meta ? EWM_fileformat : EWM_dataset);
  if (written.bad()) return Error{Errc::io, fmt::format("{}: {}", temporary.string(), written.text())};
  std::error_code exists;
  take_over_rights(temporary, fs::exists(path, exists) ? path : path.parent_path());
  const UniqueFd bytes(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
  if (!bytes || ::fsync(bytes.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = failed(temporary);
    ::unlink(temporary.c_str());
    return error;
  }
  return sync_folder(path.parent_path());
}

// Of a known VR, whatever DCMTK's dictionary says.
void set_priority(DcmItem& item, const std::string& word) {
  auto* element = new DcmShortString(DCM_RequestedProcedurePriority);
  element->putString(word.c_str());
  item.insert(element, true);
}

// nullopt: it stays as it is.
Result<std::optional<WorklistOutcome>> raise_entry(const Entry& entry, const WorklistRaise& raise) {
  const auto level = level_of(entry, raise);
  // An unknown word may be more urgent than anything but the most urgent.
  if (level ? *level <= raise.level : raise.level != Level::stat) return std::optional<WorklistOutcome>();
  DcmFileFormat file;
  if (!load(entry.path, file)) return Error{Errc::io, entry.path.string() + " cannot be read any more"};
  const auto syntax = file.getDataset()->getOriginalXfer();
  set_priority(*file.getDataset(), raise.words.at(static_cast<std::size_t>(raise.level)));
  INFERAD_TRY_STATUS(replace(file, entry.path, syntax));
  return std::optional(WorklistOutcome::raised);
}

// PS3.4 table K.6-1: what a worklist has to answer. Text is UTF-8.
Status create(const WorklistRaise& raise) {
  if (!dcmDataDict.isDictionaryLoaded())
    return Error{Errc::unavailable, "DCMTK finds no data dictionary: install it, or set DCMDICTPATH"};
  DcmFileFormat file;
  auto& item = *file.getDataset();
  const auto set = [](DcmItem& into, const DcmTagKey& tag, std::string_view value) {
    into.putAndInsertString(tag, std::string(value).c_str());
  };
  const auto value = [&](const char* keyword, std::string_view otherwise = "") {
    const auto found = attribute(raise.study, keyword);
    return found.empty() ? otherwise : found;
  };
  set(item, DCM_SpecificCharacterSet, "ISO_IR 192");
  set(item, DCM_AccessionNumber, value("AccessionNumber"));
  set(item, DCM_ReferringPhysicianName, value("ReferringPhysicianName"));
  set(item, DCM_PatientName, value("PatientName"));
  set(item, DCM_PatientID, value("PatientID"));
  if (!value("IssuerOfPatientID").empty()) set(item, DCM_IssuerOfPatientID, value("IssuerOfPatientID"));
  set(item, DCM_PatientBirthDate, value("PatientBirthDate"));
  set(item, DCM_PatientSex, value("PatientSex"));
  set(item, DCM_StudyInstanceUID, value("StudyInstanceUID"));
  set(item, DCM_RequestedProcedureDescription, value("StudyDescription", value("Modality")));
  set(item, DCM_RequestedProcedureID, value("StudyID", value("AccessionNumber", "READ")));
  set_priority(item, raise.words.at(static_cast<std::size_t>(raise.level)));
  DcmItem* step = nullptr;
  item.findOrCreateSequenceItem(DCM_ScheduledProcedureStepSequence, step);
  if (step == nullptr) return Error{Errc::overload, "DCMTK makes no sequence"};
  set(*step, DCM_Modality, value("Modality"));
  set(*step, DCM_ScheduledStationAETitle, raise.station_ae_title);
  set(*step, DCM_ScheduledProcedureStepStartDate, value("StudyDate"));
  set(*step, DCM_ScheduledProcedureStepStartTime, value("StudyTime"));
  set(*step, DCM_ScheduledPerformingPhysicianName, "");
  set(*step, DCM_ScheduledProcedureStepDescription, value("StudyDescription", value("Modality")));
  set(*step, DCM_ScheduledProcedureStepID, "READ");
  auto& meta = *file.getMetaInfo();
  set(meta, DCM_MediaStorageSOPClassUID, kWorklistClass);
  set(meta, DCM_MediaStorageSOPInstanceUID, derive_uid("worklist|" + raise.file));
  return replace(file, raise.folder / raise.file, EXS_LittleEndianExplicit);
}

// An entry that we made is nobody's to remove but ours.
void remove_old(const fs::path& folder, std::chrono::hours keep) {
  std::error_code error;
  std::vector<fs::path> old;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (!name.starts_with(kOurs) || !name.ends_with(".wl")) continue;
    std::error_code ignored;
    const auto written = fs::last_write_time(at->path(), ignored);
    if (!ignored && fs::file_time_type::clock::now() - written > keep) old.push_back(at->path());
  }
  for (const auto& path : old) fs::remove(path, error);
}

}  // namespace

Result<WorklistOutcome> DcmtkWorklistFiles::raise(const WorklistRaise& raise, std::stop_token stop) {
  // DCMTK's warnings may repeat values, which are patients'.
  static std::once_flag quiet;
  std::call_once(quiet, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
  std::error_code error;
  if (!fs::is_directory(raise.folder, error)) return Error{Errc::unavailable, raise.folder.string() + " is no folder"};
  INFERAD_TRY(const auto held, lock_folder(raise.folder, stop));
  if (raise.keep.count() > 0) remove_old(raise.folder, raise.keep);
  const auto entries = entries_for(entries_of(raise.folder), raise);
  if (entries.empty()) {
    if (raise.file.empty()) return WorklistOutcome::not_there;
    INFERAD_TRY_STATUS(create(raise));
    return WorklistOutcome::created;
  }
  auto outcome = WorklistOutcome::stays;
  for (const auto& entry : entries) {
    INFERAD_TRY(const auto changed, raise_entry(entry, raise));
    outcome = changed.value_or(outcome);
  }
  return outcome;
}

}  // namespace inferad::dicom
