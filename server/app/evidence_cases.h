// SPDX-License-Identifier: Apache-2.0
// Cases for evidence, from the ledger: what jobs found, what readers and reports said, how long studies waited. What a
// job found is read once and kept, a few hundred bytes a job. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/evidence/case.h"
#include "server/store/evidence.h"

namespace inferad::app {

class EvidenceCases {
 public:
  explicit EvidenceCases(store::Ledger& ledger) : ledger_(ledger), evidence_(ledger) {}

  struct Collected {
    std::vector<evidence::Case> cases;
    int starts = 0;  // of readings
  };
  // Of each study and pipeline the last revision that was analysed, when its findings were recorded after `since`.
  Result<Collected> collect(WallTime since);

 private:
  struct Known {  // of one job
    bool analysed = false;
    std::string manufacturer, reason;
    std::vector<evidence::Case::Item> items;
    std::map<std::string, std::string, std::less<>> names;  // of each item, by id and by name in capitals

    std::string name_of(const std::string& finding) const;  // "": there is none such
  };
  struct Entry {
    evidence::Case one;
    const Known* known = nullptr;
    std::int64_t job_id = 0;
  };
  using Entries = std::map<std::pair<std::int64_t, std::string>, Entry>;  // by study and pipeline

  Result<const Known*> known(std::int64_t job_id);
  Result<Entries> analysed(WallTime since);
  Status add_words(Entries& entries, WallTime since);
  Status add_statements(Entries& entries, WallTime since);
  Result<int> add_waits(Entries& entries, WallTime since);

  store::Ledger& ledger_;
  store::EvidenceLedger evidence_;
  std::map<std::int64_t, Known> known_;  // by job
};

}  // namespace inferad::app
