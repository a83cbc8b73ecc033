// SPDX-License-Identifier: Apache-2.0
// The real site over a real ledger of made-up studies, without edges and workers: list_site FOLDER [STUDIES].
// Prints "PORT n", then obeys lines on stdin and answers "OK n":
//   stat        an urgent study arrives on top                         n: its number
//   image       one more image of the study in the middle              n: its number
//   cpu         n: processor time of this process so far, ms
//   times       n: none; prints where the time of the whole list goes
//   quit
#include <time.h>

#include <fmt/format.h>

#include <iostream>
#include <map>

#include "server/app/live_node_view.h"
#include "server/net/http_server.h"
#include "server/web/encode.h"
#include "server/web/site.h"

namespace {

using namespace inferad;
using std::chrono::minutes;

template <class T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  fmt::print(stderr, "list_site: {}\n", result.error().what);
  std::exit(1);
}
void must(const Status& status) {
  if (status) return;
  fmt::print(stderr, "list_site: {}\n", status.error().what);
  std::exit(1);
}

double ms_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

constexpr int kSeries = 3, kImagesOfSeries = 4;

class Hospital {
 public:
  Hospital(store::Ledger& ledger, int studies) : ledger_(ledger), start_(wall_now() - minutes(600)) {
    for (int number = 1; number <= studies; ++number) receive(number, start_ + Millis(number * 36'000'000LL / studies));
    for (int number = 1; number <= studies; ++number) {
      order(number);
      if (number % 10 != 0) analyse(number, number % 9 == 0 ? Level::high : Level::low);
    }
  }

  std::int64_t urgent() {
    const int number = ++newcomers_ + 1'000'000;
    const auto id = receive(number, wall_now(), "STAT");
    analyse(number, Level::low);
    return id;
  }
  std::int64_t image(int number) {
    record({made(number, wall_now(), "")});
    return number;
  }

 private:
  static std::string uid(int number) { return "2.25.3297653210465" + std::to_string(10'000'000 + number); }

  ReceivedInstance made(int number, WallTime at, const std::string& priority) {
    ReceivedInstance out;
    const auto spool_id = ++spool_id_;
    out.spool = {spool_id, 526'000, std::string(40, 'a') + fmt::format("{:024d}", spool_id)};
    out.header.study_uid = uid(number);
    out.header.series_uid = uid(number) + fmt::format(".{}", spool_id % kSeries + 1);
    out.header.instance_uid = uid(number) + fmt::format(".9.{}", spool_id);
    out.header.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
    out.header.transfer_syntax_uid = "1.2.840.10008.1.2.1";
    out.header.modality = "CT";
    out.header.attributes = {{"Modality", number % 5 == 0 ? "CR" : "CT"},
                             {"PatientName", fmt::format("Patient^Number {}", number)},
                             {"PatientID", fmt::format("MRN-{:07d}", number)},
                             {"PatientAge", fmt::format("{:03d}Y", number % 90)},
                             {"PatientSex", number % 2 == 0 ? "F" : "M"},
                             {"AccessionNumber", fmt::format("A{}", number)},
                             {"StudyDescription", fmt::format("CT chest without contrast {}", number % 7)},
                             {"BodyPartExamined", "CHEST"},
                             {"StudyDate", "20261124"},
                             {"StudyTime", "083000"},
                             {"InstitutionName", "General Hospital"},
                             {"ReferringPhysicianName", "Weber^Anna^^Dr"}};
    if (!priority.empty()) out.header.attributes["RequestedProcedurePriority"] = priority;
    out.calling_ae = "PACS";
    out.received_at = at;
    return out;
  }
  std::int64_t record(const std::vector<ReceivedInstance>& instances) {
    return must(ledger_.record_instances(instances)).back().study_id;
  }
  std::int64_t receive(int number, WallTime at, const std::string& priority = "") {
    std::vector<ReceivedInstance> instances;
    const std::string asked = !priority.empty() ? priority : number % 11 == 5 ? "STAT" : number % 5 == 4 ? "HIGH" : "";
    for (int i = 0; i < kSeries * kImagesOfSeries; ++i) instances.push_back(made(number, at, asked));
    return id_of_[number] = record(instances);
  }
  void order(int number) {
    OrderNews news;
    news.numbers.placer = fmt::format("P{}", number);
    news.numbers.filler = fmt::format("F{}", number);
    news.numbers.accession = fmt::format("A{}", number);
    news.patient_ids = {fmt::format("MRN-{:07d}", number)};
    news.location = "ED 12 1";
    must(ledger_.take_orders({"RIS|", std::to_string(number), "d"}, std::vector{news}, wall_now()));
  }
  void analyse(int number, Level level) {
    const WallTime now = wall_now();
    store::StudyComplete verdict;
    verdict.study_id = id_of_.at(number);
    verdict.reason = "count reported by PACS (12 of 12)";
    verdict.rule = "chest-ct";
    verdict.jobs = {{"ct-lung-density", "[]"}};
    must(ledger_.complete_study(verdict, now));
    const auto job = must(ledger_.lease_job(now)).value();
    const PriorityDecision decision{level,
                                    "Pulmonary emphysema: LAA-950 31.2 % (threshold 25 %)",
                                    "ct-lung-density",
                                    "1.0.0",
                                    std::string(64, '5'),
                                    31.2,
                                    25,
                                    "LAA-950 %",
                                    now};
    const bool asks = level < Level::low;
    must(ledger_.record_findings(job.id, "{}", asks ? std::optional(decision) : std::nullopt, {}, now));
    must(ledger_.finish_job(job.id, AiState::done, "", {}, now));
  }

  store::Ledger& ledger_;
  const WallTime start_;
  std::int64_t spool_id_ = 0;
  int newcomers_ = 0;
  std::map<int, std::int64_t> id_of_;
};

class Stopwatch {
 public:
  void lap(const char* what) {
    const double now = ms_of(CLOCK_THREAD_CPUTIME_ID);
    fmt::print(stderr, "  {:<28} {:7.1f} ms\n", what, now - last_);
    last_ = ms_of(CLOCK_THREAD_CPUTIME_ID);
  }

 private:
  double last_ = ms_of(CLOCK_THREAD_CPUTIME_ID);
};

void print_times(store::Ledger& ledger, web::Site& site) {
  Stopwatch watch;
  must(ledger.worklist());
  watch.lap("reading all of the ledger");
  const auto body = site.handle({"GET", "/api/v1/worklist", "", {}, ""}).body;
  watch.lap("the whole answer");
  fmt::print(stderr, "  {:<28} {:7.1f} kB\n", "its size", static_cast<double>(body.size()) / 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return fmt::print(stderr, "usage: list_site FOLDER [STUDIES]\n"), 2;
  const std::filesystem::path folder = argv[1];
  const int studies = argc > 2 ? std::stoi(argv[2]) : 5000;
  auto ledger = must(store::Ledger::open(folder / "ledger.db"));
  Hospital hospital(*ledger, studies);
  auto spool = must(store::Spool::open({.data_folder = folder}));
  app::LiveConfiguration live{config::Configuration()};
  Metrics metrics("bench");
  workers::HostOptions no_workers;
  no_workers.count = 0;
  workers::ProcessHost host(no_workers);
  app::LiveNodeView view({live, *ledger, *spool, metrics, host, {}, {}, {}, {}});
  web::Site site(view);
  net::HttpOptions options;
  options.port = 0;
  auto server = must(net::HttpServer::start(options, site));
  fmt::print("PORT {}\n", server->port());
  std::fflush(stdout);
  for (std::string verb; std::getline(std::cin, verb) && verb != "quit";) {
    std::int64_t study = 0;
    if (verb == "cpu") {
      study = static_cast<std::int64_t>(ms_of(CLOCK_PROCESS_CPUTIME_ID));
    } else if (verb == "times") {
      print_times(*ledger, site);
    } else {
      study = verb == "stat" ? hospital.urgent() : hospital.image(studies / 2);
      server->publish("changed", web::Site::changed_data(study));
    }
    fmt::print("OK {}\n", study);
    std::fflush(stdout);
  }
}
