// SPDX-License-Identifier: Apache-2.0
#include "server/flow/intake.h"

#include <utility>

#include "server/base/clock.h"
#include "server/base/log.h"

namespace inferad::flow {
namespace {

constexpr std::uint16_t kSuccess = 0x0000, kOutOfResources = 0xA700, kMismatch = 0xA900, kCannotUnderstand = 0xC000,
                        kNotAuthorised = 0x0124;
constexpr std::size_t kCommentMax = 64;  // (0008,0902) is LO

StoreReply reply(std::uint16_t status, std::string comment) {
  comment.resize(std::min(comment.size(), kCommentMax));
  return {status, std::move(comment)};
}

}  // namespace

std::uint16_t store_status(const Error& error) {
  switch (error.code) {
    case Errc::invalid_input:
    case Errc::not_found:
    case Errc::model:
      return kCannotUnderstand;
    case Errc::refused:
      return kNotAuthorised;
    case Errc::overload:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::io:
    case Errc::cancelled:
      return kOutOfResources;
  }
  return kOutOfResources;
}

class Intake::Sink final : public ObjectSink {
 public:
  Sink(Intake& intake, const IncomingObject& object, std::unique_ptr<store::SpoolWriter> writer)
      : intake_(intake), object_(object), writer_(std::move(writer)), opened_at_(steady_now()) {}

  Status append(std::span<const std::byte> bytes) override {
    if (writer_->data_bytes() + std::ssize(bytes) > intake_.options_.object_bytes_max)
      return Error{Errc::overload, "the object is larger than allowed"};
    return writer_->append(bytes);
  }

  void commit(std::function<void(StoreReply)> done) override {
    intake_.pool_.post([this, done = std::move(done)] {
      const auto answer = store();
      intake_.metrics_.count(Counter::store_responses, {store_status_label(answer.status)});
      done(answer);  // may destroy this sink
    });
  }

 private:
  StoreReply store() {
    auto header = intake_.reader_.read(writer_->part_path());
    if (!header) return refuse(store_status(header.error()), header.error().what);
    if (header->sop_class_uid != object_.sop_class_uid)
      return refuse(kMismatch, "SOP Class UID of command and data set differ");
    if (header->instance_uid != object_.sop_instance_uid)
      return refuse(kMismatch, "SOP Instance UID of command and data set differ");
    header->transfer_syntax_uid = object_.transfer_syntax_uid;
    auto stored = writer_->commit();
    if (!stored) return failed(stored.error());
    intake_.metrics_.count(Counter::received_bytes, {}, static_cast<double>(writer_->data_bytes()));
    intake_.metrics_.observe(Stage::receive, std::chrono::duration<double>(steady_now() - opened_at_).count());
    intake_.listener_.received(
        {*std::move(stored), *std::move(header), object_.calling_ae, object_.association, wall_now()});
    return reply(kSuccess, {});
  }

  StoreReply failed(const Error& error) const {
    log::error("object_not_stored", {{"object", writer_->id()}, {"error", error.what}});
    return reply(store_status(error), "out of resources");
  }

  StoreReply refuse(std::uint16_t status, const std::string& why) {
    if (status == kOutOfResources) return failed({Errc::io, why});
    log::warning("object_refused",
                 {{"object", writer_->id()}, {"status", store_status_label(status)}, {"reason", why}});
    if (const auto kept = writer_->quarantine(); !kept)
      log::warning("object_not_quarantined", {{"object", writer_->id()}, {"error", kept.error().what}});
    return reply(status, why);
  }

  Intake& intake_;
  const IncomingObject object_;
  const std::unique_ptr<store::SpoolWriter> writer_;
  const SteadyTime opened_at_;
};

Intake::Intake(store::Spool& spool, HeaderReader& reader, IntakeListener& listener, SyncPool& pool, Metrics& metrics,
               const IntakeOptions& options)
    : spool_(spool), reader_(reader), listener_(listener), pool_(pool), metrics_(metrics), options_(options) {}

Result<std::unique_ptr<ObjectSink>> Intake::open(const IncomingObject& object) {
  const auto refuse = [this](Error error) {
    metrics_.count(Counter::store_responses, {store_status_label(store_status(error))});
    return error;
  };
  if (listener_.overloaded()) return refuse({Errc::overload, "the ledger is behind"});
  auto writer =
      spool_.create({object.sop_class_uid, object.sop_instance_uid, object.transfer_syntax_uid, object.calling_ae});
  if (!writer) return refuse(std::move(writer).error());
  return std::unique_ptr<ObjectSink>(std::make_unique<Sink>(*this, object, *std::move(writer)));
}

void Intake::association_ended(std::uint64_t association, bool released) {
  listener_.association_ended(association, released);
}

}  // namespace inferad::flow
