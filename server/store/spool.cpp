// SPDX-License-Identifier: Apache-2.0
#include "server/store/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <mutex>
#include <system_error>

#include "server/base/crash_point.h"
#include "server/base/durable.h"
#include "server/base/log.h"
#include "server/store/file_io.h"

namespace inferad::store {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kIdsPerFolder = 1000;
constexpr std::int64_t kIdsAhead = 1000;  // numbers reserved by one durable write of spool/next

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

struct Scan {
  std::vector<std::int64_t> ids;  // of complete objects
  std::vector<fs::path> orphans;  // unfinished ones
};

// Files with other names are not ours and stay alone.
Result<Scan> scan(const fs::path& spool) {
  Scan found;
  std::error_code error;
  for (fs::recursive_directory_iterator at(spool, error), end; !error && at != end; at.increment(error)) {
    const auto id = number_of(at->path().stem().string());
    if (at->path().extension() == ".part")
      found.orphans.push_back(at->path());
    else if (id && at->path().extension() == ".dcm")
      found.ids.push_back(*id);
  }
  if (error) return Error{Errc::io, fmt::format("cannot read {}: {}", spool.string(), error.message())};
  std::sort(found.ids.begin(), found.ids.end());
  return found;
}

Result<UniqueFd> lock_folder(const fs::path& folder) {
  const fs::path path = folder / "inferad.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return file_error("create", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return Error{Errc::refused, fmt::format("another node uses the data folder {}", folder.string())};
  return fd;
}

// The first number that was certainly never given away.
Result<std::int64_t> first_free_id(const fs::path& next_file, const std::vector<std::int64_t>& ids) {
  std::int64_t first = ids.empty() ? 1 : ids.back() + 1;
  const auto text = read_file(next_file, 32);
  if (!text && text.error().code != Errc::not_found) return text.error();
  if (!text) return first;
  const auto reserved = number_of(std::string_view(*text).substr(0, text->find('\n')));
  if (!reserved) return Error{Errc::io, fmt::format("{} is damaged", next_file.string())};
  return std::max(first, *reserved);
}

}  // namespace

struct Spool::State {
  std::mutex mutex;
  std::int64_t next = 1, reserved = 1;  // numbers from next to reserved - 1 may be given away
  fs::path folder_made;                 // the last folder known to exist durably
  std::mutex quarantine_mutex;
  std::map<std::int64_t, std::int64_t> quarantined;  // id → bytes
  std::int64_t quarantined_bytes = 0;
};

Spool::Spool(const SpoolOptions& options, UniqueFd lock)
    : options_(options), lock_(std::move(lock)), state_(std::make_unique<State>()) {}
Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(const SpoolOptions& options) {
  INFERAD_TRY_STATUS(make_folders_durable(options.data_folder / "spool"));
  INFERAD_TRY_STATUS(make_folders_durable(options.data_folder / "quarantine"));
  INFERAD_TRY(UniqueFd lock, lock_folder(options.data_folder));
  std::unique_ptr<Spool> spool(new Spool(options, std::move(lock)));
  INFERAD_TRY_STATUS(spool->recover());
  return spool;
}

Status Spool::recover() {
  INFERAD_TRY(const Scan found, scan(options_.data_folder / "spool"));
  for (const fs::path& orphan : found.orphans) ::unlink(orphan.c_str());
  if (!found.orphans.empty()) log::info("spool.orphans_removed", {{"files", found.orphans.size()}});

  INFERAD_TRY(const Scan refused, scan(options_.data_folder / "quarantine"));
  for (const std::int64_t id : refused.ids) {
    std::error_code error;
    const auto bytes = static_cast<std::int64_t>(fs::file_size(quarantine_path(id), error));
    state_->quarantined[id] = error ? 0 : bytes;
    state_->quarantined_bytes += state_->quarantined[id];
  }
  INFERAD_TRY(const auto first, first_free_id(options_.data_folder / "spool" / "next", found.ids));
  state_->next = state_->reserved = std::max(first, refused.ids.empty() ? 1 : refused.ids.back() + 1);
  return ok();
}

Result<std::int64_t> Spool::next_id() {
  const std::lock_guard lock(state_->mutex);
  if (state_->next >= state_->reserved) {
    const std::int64_t reserved = state_->next + kIdsAhead;
    INFERAD_TRY_STATUS(write_file_durable(options_.data_folder / "spool" / "next", fmt::format("{}\n", reserved)));
    state_->reserved = reserved;
  }
  const fs::path folder = path(state_->next).parent_path();
  if (folder != state_->folder_made) {
    INFERAD_TRY_STATUS(make_folders_durable(folder));
    state_->folder_made = folder;
  }
  return state_->next++;
}

Result<std::unique_ptr<SpoolWriter>> Spool::create(const FileMeta& meta) {
  if (below_watermark()) return Error{Errc::overload, "the disk of the data folder is nearly full"};
  INFERAD_TRY(const std::int64_t id, next_id());
  const fs::path part = path(id).replace_extension(".part");
  UniqueFd fd(::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return file_error("create", part);
  std::unique_ptr<SpoolWriter> writer(new SpoolWriter(*this, id, part, std::move(fd)));
  INFERAD_TRY_STATUS(writer->write_meta(meta));
  crash_point("intake.object_open");
  return writer;
}

Result<std::vector<std::int64_t>> Spool::ids() const {
  INFERAD_TRY(Scan found, scan(options_.data_folder / "spool"));
  return std::move(found.ids);
}

fs::path Spool::path(std::int64_t id) const {
  return options_.data_folder / "spool" / std::to_string(id / kIdsPerFolder) / fmt::format("{}.dcm", id);
}

fs::path Spool::quarantine_path(std::int64_t id) const {
  return options_.data_folder / "quarantine" / fmt::format("{}.dcm", id);
}

Result<SpooledObject> Spool::examine(std::int64_t id) const {
  const fs::path file = path(id);
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Error{Errc::not_found, fmt::format("cannot open {}", file.string())};
  std::string chunk(1 << 20, '\0');
  SpooledObject object;
  Sha256 hash;
  while (stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), stream.gcount() > 0) {
    auto bytes = std::as_bytes(std::span(chunk)).first(static_cast<std::size_t>(stream.gcount()));
    if (object.ref.bytes == 0) {
      const std::size_t head = std::min(bytes.size(), kFileMetaBytesMax);
      auto decoded = decode_file_meta(std::string_view(chunk).substr(0, head));
      if (!decoded) return with_context(std::move(decoded).error(), file.string());
      object.meta = std::move(decoded->meta);
      object.data_offset = decoded->data_offset;
      object.ref.bytes = static_cast<std::int64_t>(bytes.size());
      bytes = bytes.subspan(static_cast<std::size_t>(object.data_offset));
    } else {
      object.ref.bytes += static_cast<std::int64_t>(bytes.size());
    }
    hash.update(bytes);
  }
  if (stream.bad()) return Error{Errc::io, fmt::format("cannot read {}", file.string())};
  if (object.ref.bytes == 0) return Error{Errc::invalid_input, fmt::format("{} is empty", file.string())};
  object.ref.id = id;
  object.ref.data_sha256 = hash.finish_hex();
  return object;
}

// Not synced: a file that comes back after a power cut is found without a row, and recorded or removed again.
Status Spool::remove(std::int64_t id) {
  const fs::path file = path(id);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return file_error("remove", file);
  return ok();
}

Status Spool::take_into_quarantine(const fs::path& part, std::int64_t id, std::int64_t bytes) {
  const std::lock_guard lock(state_->quarantine_mutex);
  auto& kept = state_->quarantined;
  if (bytes > options_.quarantine_bytes_max || options_.quarantine_files_max < 1)
    return Error{Errc::overload, "the object is larger than the quarantine"};
  while (!kept.empty() && (static_cast<int>(kept.size()) >= options_.quarantine_files_max ||
                           state_->quarantined_bytes + bytes > options_.quarantine_bytes_max)) {
    const fs::path oldest = quarantine_path(kept.begin()->first);
    if (::unlink(oldest.c_str()) != 0 && errno != ENOENT) return file_error("remove", oldest);
    state_->quarantined_bytes -= kept.begin()->second;
    kept.erase(kept.begin());
  }
  if (::rename(part.c_str(), quarantine_path(id).c_str()) != 0) return file_error("move to quarantine", part);
  kept[id] = bytes;
  state_->quarantined_bytes += bytes;
  return ok();
}

std::int64_t Spool::free_bytes() const {
  struct statvfs disk {};
  if (::statvfs(options_.data_folder.c_str(), &disk) != 0) return 0;
  return static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
}

}  // namespace inferad::store
