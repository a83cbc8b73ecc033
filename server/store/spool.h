// SPDX-License-Identifier: Apache-2.0
// The spool: received objects as files, named by our own number, bit for bit what the peer sent behind a DICOM file
// header that also carries the calling AE title. An object is durable when SpoolWriter::commit returned ok; from then
// on the file alone proves it. Numbers grow and never come again, also after a restart and after files were removed.
//
//     <data folder>/inferad.lock           one node a folder (flock)
//                   spool/next             numbers below this may have been given away; written ahead in blocks
//                   spool/<n/1000>/<n>.part → <n>.dcm
//                   quarantine/<n>.dcm     refused objects, the oldest make room for the newest
//
// Spool is thread-safe; a SpoolWriter is used by one thread at a time. Errors: overload below the watermark or when the
// disk is full, io when the disk fails. A failed sync is final: the object is gone and must not be acknowledged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "server/base/hash.h"
#include "server/base/result.h"
#include "server/base/unique_fd.h"
#include "server/core/instance.h"
#include "server/store/part10.h"

namespace inferad::store {

struct SpoolOptions {
  std::filesystem::path data_folder;
  std::int64_t free_bytes_min = 0;  // below this much free disk, create() says overload
  int quarantine_files_max = 1000;
  std::int64_t quarantine_bytes_max = 1'000'000'000;
};

class Spool;

// One object while it is written. Destroyed before commit() or quarantine(): nothing of it stays.
class SpoolWriter {
 public:
  ~SpoolWriter();
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;

  Status append(std::span<const std::byte> data_set_bytes);  // write(2); no sync. After an error only destruction helps
  std::int64_t id() const { return id_; }
  std::int64_t data_bytes() const { return data_bytes_; }           // appended so far
  std::int64_t data_offset() const { return data_offset_; }         // where the data set starts in the file
  const std::filesystem::path& part_path() const { return part_; }  // for the header scan, readable at any time

  Result<SpoolRef> commit();  // fdatasync, rename to .dcm, fsync of the folder: durable. Once
  Status quarantine();        // moves it to the quarantine folder instead (not synced: it was never acknowledged). Once

 private:
  friend class Spool;
  SpoolWriter(Spool& spool, std::int64_t id, std::filesystem::path part, UniqueFd fd);
  Status write_meta(const FileMeta& meta);

  Spool& spool_;
  const std::int64_t id_;
  const std::filesystem::path part_;
  UniqueFd fd_;
  Sha256 hash_;
  std::int64_t data_bytes_ = 0, data_offset_ = 0;
  bool failed_ = false;
};

struct SpooledObject {
  SpoolRef ref;
  FileMeta meta;
  std::int64_t data_offset = 0;
};

class Spool {
 public:
  // Makes the folders, takes the lock, removes unfinished .part files. refused: another process holds the folder.
  static Result<std::unique_ptr<Spool>> open(const SpoolOptions& options);
  ~Spool();

  Result<std::unique_ptr<SpoolWriter>> create(const FileMeta& meta);  // the writer must not outlive the spool

  Result<std::vector<std::int64_t>> ids() const;         // every complete object, ascending; reads the folders
  std::filesystem::path path(std::int64_t id) const;     // of the complete object, whether it exists or not
  Result<SpooledObject> examine(std::int64_t id) const;  // reads and hashes the whole file
  Status remove(std::int64_t id);                        // ok when it is not there

  std::int64_t free_bytes() const;  // for us on this disk; 0 when that cannot be told
  bool below_watermark() const { return free_bytes() < options_.free_bytes_min; }
  const std::filesystem::path& data_folder() const { return options_.data_folder; }

 private:
  friend class SpoolWriter;
  struct State;
  Spool(const SpoolOptions& options, UniqueFd lock);
  Status recover();
  Result<std::int64_t> next_id();
  std::filesystem::path quarantine_path(std::int64_t id) const;
  Status take_into_quarantine(const std::filesystem::path& part, std::int64_t id, std::int64_t bytes);

  const SpoolOptions options_;
  UniqueFd lock_;
  std::unique_ptr<State> state_;
};

}  // namespace inferad::store
