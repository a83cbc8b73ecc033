// SPDX-License-Identifier: Apache-2.0
// How fast the store is on this disk: ledger_rate [FOLDER [STUDIES]]. FOLDER: on the disk in question (default: the
// current one); STUDIES: in the backlog of the outbox, two deliveries each (default 500).
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "server/base/hash.h"
#include "server/store/ledger.h"
#include "server/store/spool.h"

namespace {

using namespace inferad;
using namespace inferad::store;

constexpr int kAttributes = 60;  // a CT header has about as many that the node keeps, most the same in a series

ReceivedInstance made_instance(std::int64_t spool_id) {
  const std::int64_t study = spool_id / 300;
  const std::string uid = "2.25." + std::to_string(1000 + study), number = std::to_string(spool_id);
  ReceivedInstance received;
  received.spool = {spool_id, 526'000, sha256_hex(number)};
  received.header.study_uid = uid;
  received.header.series_uid = uid + ".1";
  received.header.instance_uid = uid + ".1." + number;
  received.header.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
  received.header.transfer_syntax_uid = "1.2.840.10008.1.2.1";
  received.header.modality = "CT";
  for (int i = 0; i < kAttributes; ++i)
    received.header.attributes["Attribute" + std::to_string(i)] = "value of a header";
  for (const char* changing :
       {"SOPInstanceUID", "InstanceNumber", "ImagePositionPatient", "SliceLocation", "ContentTime"})
    received.header.attributes[changing] = number;
  received.calling_ae = "PACS";
  received.received_at = wall_now();
  return received;
}

double seconds_since(SteadyTime start) { return std::chrono::duration<double>(steady_now() - start).count(); }

template <class T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "ledger_rate: %s\n", result.error().what.c_str());
  std::exit(1);
}

std::int64_t record(Ledger& ledger, std::int64_t first, int batch, int instances) {
  std::vector<ReceivedInstance> made;
  for (int i = 0; i < instances; ++i) made.push_back(made_instance(first + i));
  const auto start = steady_now();
  for (int i = 0; i < instances; i += batch)
    must(
        ledger.record_instances(std::span(made).subspan(static_cast<std::size_t>(i), static_cast<std::size_t>(batch))));
  const double seconds = seconds_since(start);
  std::printf("ledger, batches of %4d  %8.0f instances/s  %7.2f ms a commit\n", batch, instances / seconds,
              1000 * seconds * batch / instances);
  return first + instances;
}

void spool_rate(const std::filesystem::path& folder) {
  SpoolOptions options;
  options.data_folder = folder;
  const auto spool = must(Spool::open(options));
  const std::string bytes(526'000, 'x');
  constexpr int kObjects = 300;
  const auto start = steady_now();
  for (int i = 0; i < kObjects; ++i) {
    const auto writer = must(spool->create({"1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1", "PACS"}));
    must(writer->append(std::as_bytes(std::span(bytes))));
    must(writer->commit());
  }
  const double seconds = seconds_since(start);
  std::printf("spool, 526 kB objects    %8.0f objects/s    %7.1f MB/s, one thread, durable\n", kObjects / seconds,
              kObjects * 0.526 / seconds);
}

void views_rate(Ledger& ledger) {
  const auto start = steady_now();
  constexpr int kTimes = 20;
  std::size_t entries = 0;
  for (int i = 0; i < kTimes; ++i) entries = must(ledger.worklist()).size();
  std::printf("worklist of %zu studies   %8.2f ms\n", entries, 1000 * seconds_since(start) / kTimes);
}

template <class Work>
void print_time(const char* what, Work work) {
  constexpr int kTimes = 10;
  const auto start = steady_now();
  for (int i = 0; i < kTimes; ++i) work();
  std::printf("  %-24s %8.2f ms\n", what, 1000 * seconds_since(start) / kTimes);
}

// What the outbox asks for while the peer is away and everything waits.
void waiting_times(Ledger& ledger) {
  print_time("lease of 1, given back", [&] {
    for (const auto& lease : must(ledger.lease_deliveries("pacs", wall_now(), 1))) must(ledger.release(lease.id));
  });
  print_time("lease of 8, given back", [&] {
    for (const auto& lease : must(ledger.lease_deliveries("pacs", wall_now(), 8))) must(ledger.release(lease.id));
  });
  print_time("when is the next due", [&] { must(ledger.next_due("pacs")); });
  print_time("counts for the metrics", [&] { must(ledger.counts()); });
}

// A backlog as after an outage of the PACS: leases of eight, each delivered.
void backlog_rate(Ledger& ledger, int studies) {
  for (int n = 0; n < studies; ++n) {
    auto image = made_instance(10'000'000 + 300L * n);
    StudyComplete complete;
    complete.study_id = must(ledger.record_instances(std::span(&image, 1))).front().study_id;
    complete.jobs = {{"lung", "[]"}};
    must(ledger.complete_study(complete, wall_now()));
    const auto lease = must(ledger.lease_job(wall_now()));
    const std::string uid = image.header.study_uid;
    const std::vector<NewDelivery> objects{{"pacs", "SEG", "seg.dcm", "", "1.2", uid + ".2", "1.2"},
                                           {"pacs", "SR", "sr.dcm", "", "1.2", uid + ".3", "1.2"}};
    must(ledger.finish_job(lease->id, AiState::done, "", objects, wall_now()));
  }
  std::printf("backlog of %d deliveries\n", 2 * studies);
  waiting_times(ledger);
  const auto start = steady_now();
  int sent = 0;
  for (;;) {
    const auto leases = must(ledger.lease_deliveries("pacs", wall_now(), 8));
    if (leases.empty()) break;
    for (const auto& lease : leases) must(ledger.delivered(lease.id, wall_now()));
    sent += static_cast<int>(leases.size());
  }
  std::printf("  delivered               %8.0f deliveries/s\n", sent / seconds_since(start));
}

}  // namespace

int main(int argc, char** argv) {
  std::string name = (std::filesystem::path(argc > 1 ? argv[1] : ".") / "ledger-rate-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return std::perror(name.c_str()), 1;
  {
    const auto ledger = must(Ledger::open(std::filesystem::path(name) / "ledger.db"));
    std::int64_t next = 300;
    next = record(*ledger, next, 1, 300);
    next = record(*ledger, next, 10, 1500);
    next = record(*ledger, next, 100, 30'000);
    record(*ledger, next, 300, 30'000);
    views_rate(*ledger);
    backlog_rate(*ledger, argc > 2 ? std::atoi(argv[2]) : 500);
    spool_rate(name);
  }
  std::filesystem::remove_all(name);
  return 0;
}
