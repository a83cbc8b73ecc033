// SPDX-License-Identifier: Apache-2.0
// Writers and readers at once; also what the tsan preset runs.
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/unit/store/store_support.h"

namespace inferad::store {
namespace {

constexpr int kWriters = 3, kReaders = 2, kStudies = 12, kBatches = 3, kImages = 5;

// One study after the other: batches, completion, a job, its findings and its end. False: some step failed.
bool write_studies(Ledger& ledger, int writer) {
  for (int n = 0; n < kStudies; ++n) {
    const std::string uid = fmt::format("1.{}.{}", writer, n);
    const std::int64_t first = 1 + writer * 1'000'000 + n * 1000;
    StudyComplete complete;
    for (int batch = 0; batch < kBatches; ++batch) {
      auto images = ct_series(kBatches * kImages, first, uid);
      const auto recorded =
          ledger.record_instances(std::span(images).subspan(static_cast<std::size_t>(batch * kImages), kImages));
      if (!recorded) return false;
      complete.study_id = recorded->front().study_id;
    }
    complete.jobs = {{"lung", "[]"}};
    if (!ledger.complete_study(complete, at(100))) return false;
    const auto lease = ledger.lease_job(at(101));
    if (!lease || !*lease) return false;
    ledger.set_progress((*lease)->id, "infer", 0.5);
    const std::vector objects{dicom_delivery("SEG", (*lease)->study_uid + ".1"),
                              dicom_delivery("SR", (*lease)->study_uid + ".2")};
    if (!ledger.record_findings((*lease)->id, "{}", decision(Level::high, "x"), {}, at(102))) return false;
    if (!ledger.finish_job((*lease)->id, AiState::done, "", objects, at(103))) return false;
  }
  return true;
}

// What one snapshot says must agree with itself, however far the writers are.
bool consistent(const WorklistEntry& entry) {
  const bool complete = entry.revision == 1;
  if (entry.instances % kImages != 0 || entry.series != 1) return false;
  if (complete != (entry.instances == kBatches * kImages && entry.ai_state != AiState::receiving)) return false;
  return (entry.level == Level::high) == (entry.decisions.size() == 1);
}

bool consistent(const StudyDetail& detail) {
  if (!consistent(detail.entry) || detail.series.size() != 1) return false;
  if (detail.series[0].instances != detail.entry.instances) return false;
  if (detail.jobs.size() != static_cast<std::size_t>(detail.entry.revision)) return false;
  const bool done = detail.entry.ai_state == AiState::done;
  return detail.deliveries.size() == (done ? 2U : 0U);
}

TEST_CASE("readers see one consistent moment while writers write") {
  TempFolder folder;
  const auto ledger = open_ledger(folder / "ledger.db");
  std::atomic<int> failures{0}, snapshots{0};
  std::atomic<bool> written{false};
  std::vector<std::jthread> readers;
  for (int r = 0; r < kReaders; ++r)
    readers.emplace_back([&] {
      do {
        const auto entries = ledger->worklist();
        if (!entries) ++failures;
        for (const auto& entry : entries ? *entries : std::vector<WorklistEntry>{}) {
          const auto detail = ledger->study_detail(entry.id);
          if (!consistent(entry) || !detail || !*detail || !consistent(**detail)) ++failures;
          ++snapshots;
        }
        if (!ledger->counts() || !ledger->jobs() || !ledger->deliveries()) ++failures;
      } while (!written);
    });
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; ++w)
      writers.emplace_back([&, w] {
        if (!write_studies(*ledger, w)) ++failures;
      });
  }
  written = true;
  readers.clear();
  CHECK(failures == 0);
  CHECK(snapshots > 0);
  CHECK(must(ledger->worklist()).size() == kWriters * kStudies);
  const auto jobs = must(ledger->jobs(kWriters * kStudies + 1));
  CHECK(std::count_if(jobs.begin(), jobs.end(), [](const auto& job) { return job.state == AiState::done; }) ==
        kWriters * kStudies);
}

}  // namespace
}  // namespace inferad::store
