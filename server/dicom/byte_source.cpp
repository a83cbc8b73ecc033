// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/byte_source.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace inferad::dicom {

Result<std::size_t> MemorySource::read(std::span<std::byte> out) {
  const auto count = std::min(out.size(), bytes_.size());
  std::copy_n(bytes_.begin(), count, out.begin());
  bytes_ = bytes_.subspan(count);
  return count;
}

Result<std::uint64_t> MemorySource::skip(std::uint64_t bytes) {
  const auto count = std::min<std::uint64_t>(bytes, bytes_.size());
  bytes_ = bytes_.subspan(static_cast<std::size_t>(count));
  return count;
}

Status FileSource::fill() {
  ssize_t got;
  do {
    const auto wanted = std::min<std::uint64_t>(sizeof buffer_, end_ - position_);
    got = ::pread(fd_, buffer_, static_cast<std::size_t>(wanted), static_cast<off_t>(position_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Error{Errc::io, std::string("cannot read the file: ") + std::strerror(errno)};
  if (got == 0) end_ = position_;  // the file shrank meanwhile
  buffer_begin_ = position_;
  buffer_end_ = position_ + static_cast<std::uint64_t>(got);
  return ok();
}

Result<std::size_t> FileSource::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size() && position_ < end_) {
    if (position_ < buffer_begin_ || position_ >= buffer_end_) {
      INFERAD_TRY_STATUS(fill());
      continue;
    }
    const auto count = std::min<std::uint64_t>(out.size() - done, buffer_end_ - position_);
    std::memcpy(out.data() + done, buffer_ + (position_ - buffer_begin_), static_cast<std::size_t>(count));
    done += static_cast<std::size_t>(count);
    position_ += count;
  }
  return done;
}

Result<std::uint64_t> FileSource::skip(std::uint64_t bytes) {
  const auto count = std::min(bytes, end_ - position_);
  position_ += count;
  return count;
}

struct InflateSource::State {
  explicit State(ByteSource& compressed) : from(compressed) {}

  ByteSource& from;
  z_stream stream{};
  bool ready = false, ended = false;
  std::byte input[16 * 1024];
};

InflateSource::InflateSource(ByteSource& from) : state_(std::make_unique<State>(from)) {
  state_->ready = inflateInit2(&state_->stream, -MAX_WBITS) == Z_OK;
}

InflateSource::~InflateSource() {
  if (state_->ready) inflateEnd(&state_->stream);
}

Result<std::size_t> InflateSource::read(std::span<std::byte> out) {
  auto& stream = state_->stream;
  if (!state_->ready) return Error{Errc::overload, "no memory to inflate a data set"};
  std::size_t done = 0;
  while (done < out.size() && !state_->ended) {
    if (stream.avail_in == 0) {
      INFERAD_TRY(const auto count, state_->from.read(state_->input));
      if (count == 0) return Error{Errc::invalid_input, "the deflated data set is cut short"};
      stream.next_in = reinterpret_cast<Bytef*>(state_->input);
      stream.avail_in = static_cast<uInt>(count);
    }
    const auto room = static_cast<uInt>(std::min<std::size_t>(out.size() - done, 1u << 20));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    stream.avail_out = room;
    const int code = inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      return Error{Errc::invalid_input, "the deflated data set is broken"};
    done += room - stream.avail_out;
    state_->ended = code == Z_STREAM_END;
    if (stream.total_out > kInflatedMax ||
        (stream.total_out > kRatioFreeBytes && stream.total_out / kRatioMax > stream.total_in))
      return Error{Errc::invalid_input, "the deflated data set inflates beyond the limit"};
  }
  return done;
}

Result<std::uint64_t> InflateSource::skip(std::uint64_t bytes) {
  std::byte discarded[4096];
  std::uint64_t done = 0;
  while (done < bytes) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(sizeof discarded, bytes - done));
    INFERAD_TRY(const auto count, read({discarded, wanted}));
    if (count == 0) break;
    done += count;
  }
  return done;
}

}  // namespace inferad::dicom
