// SPDX-License-Identifier: Apache-2.0
// Received objects become durable files of the spool, or get the status that says why not.
//
// Operation: bytes go to a .part file as they come; at the end, on a thread of the sync pool, the header is read and
// checked, the file made durable, the listener told, and only then 0000 answered. The ledger is not asked: the file
// alone proves the object after a crash. Concurrency: thread-safe; one sink is used by one thread at a time.
//
//     0000  durable                         A700  no space, over a limit, disk trouble, stopping
//     A900  class or UID of the command contradict the data set (quarantined)
//     C000  the data set cannot be read, or lacks Study, Series or SOP UIDs (quarantined)
#pragma once

#include <memory>

#include "server/core/instance.h"
#include "server/flow/ports.h"
#include "server/flow/sync_pool.h"
#include "server/store/spool.h"
#include "server/telemetry/metrics.h"

namespace inferad::flow {

// What intake tells, from several threads. Must not block.
class IntakeListener {
 public:
  virtual ~IntakeListener() = default;
  virtual void received(ReceivedInstance instance) = 0;                          // durable; before it is acknowledged
  virtual void association_ended(std::uint64_t association, bool released) = 0;  // after all its objects, if released
  virtual bool overloaded() const = 0;                                           // behind: new objects get A700 for now
};

// The C-STORE status for an error (server/ARCHITECTURE.md, "Errors").
std::uint16_t store_status(const Error& error);

struct IntakeOptions {
  std::int64_t object_bytes_max = 4'294'967'295;  // of one data set
};

class Intake final : public IntakePort {
 public:
  // All of them outlive the intake and its sinks.
  Intake(store::Spool& spool, HeaderReader& reader, IntakeListener& listener, SyncPool& pool, Metrics& metrics,
         const IntakeOptions& options);

  Result<std::unique_ptr<ObjectSink>> open(const IncomingObject& object) override;
  void association_ended(std::uint64_t association, bool released) override;

 private:
  class Sink;

  store::Spool& spool_;
  HeaderReader& reader_;
  IntakeListener& listener_;
  SyncPool& pool_;
  Metrics& metrics_;
  const IntakeOptions options_;
};

}  // namespace inferad::flow
