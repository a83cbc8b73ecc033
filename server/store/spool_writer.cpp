// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/crash_point.h"
#include "server/base/durable.h"
#include "server/store/file_io.h"
#include "server/store/spool.h"

namespace inferad::store {

SpoolWriter::SpoolWriter(Spool& spool, std::int64_t id, std::filesystem::path part, UniqueFd fd)
    : spool_(spool), id_(id), part_(std::move(part)), fd_(std::move(fd)) {}

SpoolWriter::~SpoolWriter() {
  if (fd_) ::unlink(part_.c_str());
}

Status SpoolWriter::write_meta(const FileMeta& meta) {
  const std::string head = encode_file_meta(meta);
  data_offset_ = static_cast<std::int64_t>(head.size());
  return write_fully(fd_.get(), std::as_bytes(std::span(head)), part_);
}

Status SpoolWriter::append(std::span<const std::byte> bytes) {
  if (failed_) return Error{Errc::io, "the object failed before"};
  INFERAD_CHECK(fd_);
  auto status = write_fully(fd_.get(), bytes, part_);
  failed_ = !status;
  if (failed_) return status;
  hash_.update(bytes);
  data_bytes_ += static_cast<std::int64_t>(bytes.size());
  return status;
}

// After a failed sync the kernel may have dropped the dirty pages and call the next sync a success: the file goes.
Result<SpoolRef> SpoolWriter::commit() {
  if (failed_) return Error{Errc::io, "the object failed before"};
  INFERAD_CHECK(fd_);
  crash_point("intake.object_written");
  failed_ = true;  // until all of it succeeded
  if (::fdatasync(fd_.get()) != 0) return file_error("sync", part_);
  crash_point("intake.object_synced");
  const auto final_path = spool_.path(id_);
  if (::rename(part_.c_str(), final_path.c_str()) != 0) return file_error("rename to", final_path);
  fd_.reset();  // the destructor removes nothing any more
  crash_point("intake.object_renamed");
  if (auto status = sync_folder(final_path.parent_path()); !status) {
    ::unlink(final_path.c_str());
    return std::move(status).error();
  }
  crash_point("intake.folder_synced");
  return SpoolRef{id_, data_offset_ + data_bytes_, hash_.finish_hex()};
}

Status SpoolWriter::quarantine() {
  if (failed_) return Error{Errc::io, "the object failed before"};
  INFERAD_CHECK(fd_);
  INFERAD_TRY_STATUS(spool_.take_into_quarantine(part_, id_, data_offset_ + data_bytes_));
  fd_.reset();
  return ok();
}

}  // namespace inferad::store
