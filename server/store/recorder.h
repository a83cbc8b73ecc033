// SPDX-License-Identifier: Apache-2.0
// Records a batch of received instances inside one transaction: decides their disposition, keeps the studies and series
// it touches in memory, and writes the studies once at the end.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "server/store/ledger_types.h"
#include "server/store/sqlite.h"

namespace inferad::store {

class Recorder {
 public:
  explicit Recorder(Database& database) : db_(database) {}

  Result<Recorded> add(const ReceivedInstance& received);
  Status finish();  // after the last add

 private:
  struct Study {
    std::int64_t id = 0;
    bool open = false, changed = false, fresh = false;  // fresh: its first image is in this batch
    int revision = 0, images = 0, duplicates = 0, conflicts = 0;
    std::optional<WallTime> first_image_at, last_image_at, last_duplicate_at, last_conflict_at;
    std::optional<Level> header_level;  // what the images say the order asks for
  };
  struct Series {
    std::int64_t id = 0;
    Attributes attributes;  // of the first instance: later ones keep the difference
  };
  using SeriesKey = std::pair<std::int64_t, std::string>;  // study id, UID

  Result<std::optional<Recorded>> known(const ReceivedInstance& received);
  Result<Study*> study_of(const ReceivedInstance& received);
  Result<Series*> series_of(std::int64_t study_id, const InstanceHeader& header);
  Result<Disposition> disposition_of(const Study& study, const ReceivedInstance& received);
  Status insert(std::int64_t study_id, const ReceivedInstance& received, Disposition disposition);
  Result<bool> count_image(Study& study, const ReceivedInstance& received);  // true: reopened
  Status set_header(const Study& study, const ReceivedInstance& received);
  Status save(const Study& study);

  Database& db_;
  std::map<std::string, Study> studies_;  // by UID
  std::map<SeriesKey, Series> series_;
};

}  // namespace inferad::store
