// SPDX-License-Identifier: Apache-2.0
#include "server/net/dicom_association.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "server/base/unique_fd.h"

namespace inferad::net {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kWriteBytes = 256 << 10;

ul::RequestorOptions requestor_options(const flow::DicomPeer& peer, std::vector<ul::ProposedContext> contexts,
                                       const DicomClientOptions& options, Millis response_deadline,
                                       std::vector<ul::RoleSelection> roles) {
  ul::RequestorOptions made;
  made.roles = std::move(roles);
  made.calling_ae = peer.our_ae_title;
  made.called_ae = peer.ae_title;
  made.contexts = std::move(contexts);
  made.associate_deadline = options.associate_deadline;
  made.response_deadline = response_deadline;
  made.release_deadline = options.release_deadline;
  return made;
}

// Reads `bytes` bytes from `fd` to the end of `out`.
bool append_from(int fd, std::size_t bytes, ul::Bytes& out) {
  const std::size_t begin = out.size();
  out.resize(begin + bytes);
  for (std::size_t have = 0; have < bytes;) {
    const auto got = ::read(fd, out.data() + begin + have, bytes - have);
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

DicomAssociation::DicomAssociation(const flow::DicomPeer& peer, std::vector<ul::ProposedContext> contexts,
                                   const DicomClientOptions& options, Millis response_deadline, std::stop_token stop,
                                   std::vector<ul::RoleSelection> roles)
    : peer_(peer),
      options_(options),
      stream_(std::move(stop)),
      requestor_(requestor_options(peer, std::move(contexts), options, response_deadline, std::move(roles)),
                 steady_now()) {}

Status DicomAssociation::open() {
  const auto deadline = steady_now() + options_.connect_deadline;
  if (auto connected = stream_.connect(peer_.host, peer_.port, deadline); !connected)
    return with_peer(std::move(connected).error());
  INFERAD_TRY(const auto action, next_action());
  if (std::holds_alternative<ul::PeerAccepted>(action)) return ok();
  return with_peer({Errc::unavailable, "the peer answers before the association is open"});
}

Result<ul::Response> DicomAssociation::request(const ul::NegotiatedContext& context, const ul::Command& command,
                                               ul::ByteView data_set) {
  const auto now = steady_now();
  requestor_.send_command(context, command, now);
  if (command.has_data_set()) requestor_.send_data_set(data_set, now);
  return next_response();
}

Result<ul::Response> DicomAssociation::store(const ul::NegotiatedContext& context, const ul::Command& command,
                                             const std::filesystem::path& file, std::int64_t offset) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || info.st_size <= offset || ::lseek(fd.get(), offset, SEEK_SET) != offset)
    return Error{Errc::io, "cannot read " + file.filename().string()};
  requestor_.send_command(context, command, steady_now());
  INFERAD_TRY_STATUS(flush());
  auto left = static_cast<std::size_t>(info.st_size - offset);
  ul::Bytes out;
  out.reserve(kWriteBytes + ul::kFragmentHeaderBytes);
  while (left > 0) {
    const std::size_t bytes = std::min(requestor_.fragment_bytes(), left);
    left -= bytes;
    const auto header = requestor_.data_header(left == 0, bytes);
    out.insert(out.end(), header.begin(), header.end());
    if (!append_from(fd.get(), bytes, out)) {
      requestor_.abort();
      (void)flush();
      return Error{Errc::io, "cannot read " + file.filename().string()};
    }
    if (left > 0 && out.size() + requestor_.fragment_bytes() <= kWriteBytes) continue;
    if (auto written = stream_.write(out, steady_now() + options_.write_deadline); !written)
      return with_peer(std::move(written).error());
    out.clear();
  }
  requestor_.data_sent(steady_now());
  return next_response();
}

Result<ul::Response> DicomAssociation::next_response() {
  INFERAD_TRY(auto action, next_action());
  if (auto* response = std::get_if<ul::Response>(&action)) return std::move(*response);
  return with_peer({Errc::unavailable, "the peer sent something else than a response"});
}

void DicomAssociation::release() {
  requestor_.release(steady_now());
  (void)next_action();
  stream_.close();
}

Result<ul::Requestor::Action> DicomAssociation::next_action() {
  for (;;) {
    auto step = requestor_.step(ul::ByteView(input_).subspan(consumed_), steady_now());
    consumed_ += step.consumed;
    if (const auto* send = std::get_if<ul::Send>(&step.action)) {
      auto written = stream_.write(send->bytes, steady_now() + options_.write_deadline);
      if (!written) return with_peer(std::move(written).error());
    } else if (std::holds_alternative<ul::NeedInput>(step.action)) {
      INFERAD_TRY_STATUS(receive());
    } else if (const auto* end = std::get_if<ul::RequestorClosed>(&step.action)) {
      return with_peer(closed(*end));
    } else {
      return std::move(step.action);
    }
  }
}

Status DicomAssociation::flush() {
  for (;;) {
    auto step = requestor_.step({}, steady_now());
    const auto* send = std::get_if<ul::Send>(&step.action);
    if (send == nullptr) return ok();
    auto written = stream_.write(send->bytes, steady_now() + options_.write_deadline);
    if (!written) return with_peer(std::move(written).error());
  }
}

Status DicomAssociation::receive() {
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(consumed_));
  consumed_ = 0;
  const std::size_t before = input_.size();
  input_.resize(before + kReadBytes);
  // A machine that waits for nothing has no deadline; a peer that is silent then is given up like one that is asked.
  const auto deadline = std::min(requestor_.deadline(), steady_now() + options_.response_deadline);
  auto got = stream_.read(std::span(input_).subspan(before), deadline);
  input_.resize(before + (got ? *got : 0));
  if (!got && got.error().code == Errc::timeout) {
    if (steady_now() < requestor_.deadline()) return with_peer(std::move(got).error());
    requestor_.expire(steady_now());
    return ok();
  }
  if (!got) return with_peer(std::move(got).error());
  if (*got == 0) return with_peer({Errc::unavailable, "the peer closed the connection"});
  return ok();
}

Error DicomAssociation::closed(const ul::RequestorClosed& end) const {
  using Reason = ul::RequestorClosed::Reason;
  if (end.reason == Reason::timeout) return {Errc::timeout, end.what.empty() ? "no answer in time" : end.what};
  if (end.reason != Reason::rejected) return {Errc::unavailable, end.what.empty() ? "the association ended" : end.what};
  const bool transient = end.reject.result == 2;
  return {Errc::unavailable, fmt::format("the association was rejected ({}, source {}, reason {})",
                                         transient ? "transient" : "permanent", end.reject.source, end.reject.reason)};
}

}  // namespace inferad::net
