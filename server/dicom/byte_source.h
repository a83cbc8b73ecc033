// SPDX-License-Identifier: Apache-2.0
// Bytes that are read once, forwards: memory, a file from an offset, or what a deflated stream inflates to. Small fixed
// buffers whatever the size of the object. Not thread-safe; one reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "server/base/result.h"
#include "server/base/unique_fd.h"

namespace inferad::dicom {

class ByteSource {
 public:
  static constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

  virtual ~ByteSource() = default;
  // Both return how many bytes they took: fewer than asked only at the end. Errors: io, and invalid_input for a
  // compressed stream that is broken or grows beyond its limits.
  virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
  virtual Result<std::uint64_t> skip(std::uint64_t bytes) = 0;
  virtual std::uint64_t remaining() const = 0;  // kUnknown for a compressed stream
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::span<std::byte> out) override;
  Result<std::uint64_t> skip(std::uint64_t bytes) override;
  std::uint64_t remaining() const override { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
};

// Reads with pread(2), 16 KiB at a time, and steps over what is skipped: a 500 MB image costs two reads. (Not mapped: a
// disk error must be an error, not a signal.) Does not own the descriptor.
class FileSource : public ByteSource {
 public:
  FileSource(int fd, std::uint64_t begin, std::uint64_t end) : fd_(fd), position_(begin), end_(end) {}
  Result<std::size_t> read(std::span<std::byte> out) override;
  Result<std::uint64_t> skip(std::uint64_t bytes) override;
  std::uint64_t remaining() const override { return end_ - position_; }

 private:
  Status fill();

  int fd_;
  std::uint64_t position_, end_;  // of the next byte to hand out
  std::byte buffer_[16 * 1024];
  std::uint64_t buffer_begin_ = 0, buffer_end_ = 0;  // what buffer_ holds, as file positions
};

// The data set of Deflated Explicit VR Little Endian (PS3.5 A.5): RFC 1951 without a zlib header. Stops as a bomb when
// more than kInflatedMax bytes come out, or beyond the first megabyte more than kRatioMax bytes for each byte in.
class InflateSource : public ByteSource {
 public:
  static constexpr std::uint64_t kInflatedMax = 256u << 20, kRatioMax = 200, kRatioFreeBytes = 1u << 20;

  explicit InflateSource(ByteSource& from);
  ~InflateSource() override;
  Result<std::size_t> read(std::span<std::byte> out) override;
  Result<std::uint64_t> skip(std::uint64_t bytes) override;
  std::uint64_t remaining() const override { return kUnknown; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace inferad::dicom
