// SPDX-License-Identifier: Apache-2.0
#include "server/net/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "server/base/durable.h"
#include "server/base/hash.h"
#include "server/base/unique_fd.h"
#include "server/net/curl_handle.h"

namespace inferad::net {

namespace {

constexpr long kConnectSeconds = 20, kRedirectsMax = 5;
constexpr std::chrono::milliseconds kPause{500};  // before the second attempt; doubled for each further one

std::string reason() { return std::strerror(errno); }

// The file that grows: bytes are added at its end.
class Part {
 public:
  static Result<Part> open(const std::filesystem::path& path, std::uint64_t size_max) {
    Part part(path, size_max);
    part.fd_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    struct stat status {};
    if (!part.fd_ || ::fstat(part.fd_.get(), &status) != 0)
      return Error{Errc::io, fmt::format("{}: {}", path.string(), reason())};
    part.size_ = static_cast<std::uint64_t>(status.st_size);
    if (part.size_ > size_max) INFERAD_TRY_STATUS(part.clear());
    return part;
  }

  std::uint64_t size() const { return size_; }
  bool is_complete() const { return size_ == size_max_; }
  bool would_overflow(std::size_t more) const { return more > size_max_ - size_; }

  Status clear() {
    size_ = 0;
    return ::ftruncate(fd_.get(), 0) == 0 ? ok() : failed();
  }

  Status append(const char* bytes, std::size_t count) {
    while (count > 0) {
      const auto written = ::pwrite(fd_.get(), bytes, count, static_cast<off_t>(size_));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return failed();
      bytes += written;
      count -= static_cast<std::size_t>(written);
      size_ += static_cast<std::uint64_t>(written);
    }
    return ok();
  }

  // Durable under its final name.
  Status finish(const std::filesystem::path& name) {
    if (::fsync(fd_.get()) != 0 || ::rename(path_.c_str(), name.c_str()) != 0) return failed();
    return sync_folder(name.parent_path().empty() ? "." : name.parent_path());
  }

 private:
  Part(std::filesystem::path path, std::uint64_t size_max) : path_(std::move(path)), size_max_(size_max) {}
  Error failed() const { return {Errc::io, fmt::format("{}: {}", path_.string(), reason())}; }

  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t size_ = 0, size_max_ = 0;
};

Error too_large(const Download& what) {
  return {Errc::refused, fmt::format("{}: more than the {} bytes that are expected", what.from, what.size_bytes)};
}

// One connection.
class Transfer {
 public:
  Transfer(const Download& what, Part& part, const DownloadProgress& progress)
      : what_(what), part_(part), progress_(progress) {}

  Status run() {
    INFERAD_TRY(curl_, make_curl());
    auto* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, what_.from.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kRedirectsMax);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, what_.from.starts_with("https:") ? "https" : "http,https");
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(what_.stall_seconds));
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "inferad/" INFERAD_VERSION);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(part_.size()));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message_.data());
    return outcome(curl_easy_perform(curl));
  }

 private:
  static std::size_t receive(char* bytes, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.part_.would_overflow(count)) {
      transfer.failure_ = too_large(transfer.what_);
    } else if (auto written = transfer.part_.append(bytes, count); !written) {
      transfer.failure_ = written.error();
    }
    if (transfer.failure_) return count == 0 ? 1 : 0;  // another number than count ends the transfer
    transfer.progress_(transfer.part_.size());
    return count;
  }

  Status outcome(CURLcode code) {
    if (failure_) return *failure_;
    if (code == CURLE_OK) return ok();
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    // A server without ranges, or one whose file is shorter than what is there: from the start.
    if (part_.size() > 0 && (code == CURLE_RANGE_ERROR || status == 416)) {
      INFERAD_TRY_STATUS(part_.clear());
      return Error{Errc::unavailable, what_.from + ": starts again"};
    }
    const std::string text = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    const auto error = [&](Errc errc) { return Error{errc, fmt::format("{}: {}", what_.from, text)}; };
    if (status == 404 || status == 410) return error(Errc::not_found);
    if (status >= 400 && status < 500 && status != 408 && status != 429) return error(Errc::refused);
    const bool hopeless = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                          code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
                          code == CURLE_TOO_MANY_REDIRECTS;
    return error(hopeless ? Errc::refused : Errc::unavailable);
  }

  const Download& what_;
  Part& part_;
  const DownloadProgress& progress_;
  CurlHandle curl_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  std::optional<Error> failure_;
};

Status copy_file(const Download& what, Part& part, const DownloadProgress& progress) {
  INFERAD_TRY_STATUS(part.clear());
  const UniqueFd source(::open(what.from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) return Error{Errc::not_found, fmt::format("{}: {}", what.from, reason())};
  std::vector<char> buffer(1 << 20);
  while (true) {
    const auto count = ::read(source.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{Errc::unavailable, fmt::format("{}: {}", what.from, reason())};
    if (count == 0) return ok();
    if (part.would_overflow(static_cast<std::size_t>(count))) return too_large(what);
    INFERAD_TRY_STATUS(part.append(buffer.data(), static_cast<std::size_t>(count)));
    progress(part.size());
  }
}

Status fetch(const Download& what, Part& part, const DownloadProgress& progress) {
  if (!what.from.starts_with("http://") && !what.from.starts_with("https://")) return copy_file(what, part, progress);
  auto pause = kPause;
  for (int attempt = 1;; ++attempt) {
    auto done = Transfer(what, part, progress).run();
    if (done || done.error().code != Errc::unavailable || attempt >= what.attempts) return done;
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

Status check(const Download& what, const Part& part, const std::filesystem::path& path) {
  if (!part.is_complete())
    return Error{Errc::refused, fmt::format("{}: {} bytes, expected {}", what.from, part.size(), what.size_bytes)};
  INFERAD_TRY(const auto found, sha256_file(path));
  if (found == what.sha256) return ok();
  return Error{Errc::refused, fmt::format("{}: SHA-256 is {}, expected {}", what.from, found, what.sha256)};
}

}  // namespace

Status download(const Download& what, const DownloadProgress& progress) {
  auto path = what.to;
  path += ".part";
  INFERAD_TRY(auto part, Part::open(path, what.size_bytes));
  auto fetched = part.is_complete() ? ok() : fetch(what, part, progress);
  if (fetched) fetched = check(what, part, path);
  if (fetched) return part.finish(what.to);
  std::error_code ignored;
  if (fetched.error().code == Errc::refused || part.size() == 0) std::filesystem::remove(path, ignored);
  return fetched;
}

}  // namespace inferad::net
