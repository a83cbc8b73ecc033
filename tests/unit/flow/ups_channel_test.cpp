// SPDX-License-Identifier: Apache-2.0
// The priority of a reading task at a UPS worklist: what is asked, what is set, and what each status means.
#include "server/flow/ups_channel.h"

#include <map>

#include "server/core/uid.h"
#include "server/core/ups.h"
#include "server/flow/ups_judgement.h"
#include "server/flow/way.h"
#include "tests/unit/flow/flow_support.h"

using namespace inferad;
using namespace inferad::flow;

namespace {

// A worklist in memory. `statuses`: what a verb is answered with, once, instead of being done.
struct FakeWorklist final : DimseCaller {
  std::map<std::string, DataSet> tasks;
  std::map<DimseVerb, std::vector<std::uint16_t>> statuses;
  bool down = false, ignores_keys = false, hides = false;
  std::vector<DimseRequest> asked;

  struct Talk final : DimseConversation {
    explicit Talk(FakeWorklist& w) : worklist(w) {}
    bool accepts(std::string_view) const override { return true; }
    Result<DimseAnswer> ask(const DimseRequest& request) override { return worklist.answer(request); }
    void release() override {}
    FakeWorklist& worklist;
  };
  Result<std::unique_ptr<DimseConversation>> call(const DicomPeer&, const std::vector<std::string>&, bool,
                                                  std::stop_token) override {
    if (down) return Error{Errc::unavailable, "connection refused"};
    return std::unique_ptr<DimseConversation>(std::make_unique<Talk>(*this));
  }

  DataSet& add(const std::string& uid, const std::string& study, const std::string& accession,
               const std::string& priority = "LOW", const std::string& state = "SCHEDULED") {
    DataSet request;
    request.set(tag::study_uid, study).set(tag::accession_number, accession);
    auto& task = tasks[uid];
    task.set(tag::sop_instance_uid, uid).set(tag::priority, priority).set(tag::state, state);
    return task.set_items(tag::referenced_request, {request});
  }

  Result<DimseAnswer> answer(const DimseRequest& request) {
    asked.push_back(request);
    auto& planned = statuses[request.verb];
    if (!planned.empty()) {
      const auto status = planned.front();
      planned.erase(planned.begin());
      return DimseAnswer{status, "", {}};
    }
    DimseAnswer out;
    if (request.verb == DimseVerb::find) return found(request);
    if (request.verb == DimseVerb::create) {
      if (!tasks.emplace(request.sop_instance_uid, *request.data_set).second) out.status = ups::duplicate;
      return out;
    }
    const auto task = tasks.find(request.sop_instance_uid);
    if (task == tasks.end()) return DimseAnswer{ups::no_such_workitem, "", {}};
    if (request.verb == DimseVerb::get) out.data_sets.push_back(task->second);
    if (request.verb == DimseVerb::set)
      for (const auto& [tag, element] : request.data_set->elements) task->second.elements[tag] = element;
    return out;
  }
  DimseAnswer found(const DimseRequest& request) const {
    DimseAnswer out;
    if (hides) return out;
    const auto& wanted = request.data_set->item(tag::referenced_request);
    for (const auto& [uid, task] : tasks) {
      const auto& have = task.item(tag::referenced_request);
      const auto fits = [&](std::uint32_t key) {
        return wanted.text(key).empty() || wanted.text(key) == have.text(key);
      };
      if (ignores_keys || (fits(tag::study_uid) && fits(tag::accession_number))) out.data_sets.push_back(task);
    }
    return out;
  }
  int count(DimseVerb verb) const {
    return static_cast<int>(
        std::count_if(asked.begin(), asked.end(), [&](const auto& each) { return each.verb == verb; }));
  }
};

Ways ways(config::UpsDestination destination) {
  config::Settings settings;
  settings.peers.push_back({"ris", "RIS", {}, "::1", 104, {config::PeerRole::ups}});
  destination.name = "tasks";
  destination.peer = "ris";
  settings.ups.push_back(std::move(destination));
  return ways_of(settings);
}

struct Bench {
  FakeWorklist worklist;
  config::UpsDestination destination;
  std::vector<OrderNumbers> orders;

  store::DeliveryLease delivery(Level level = Level::stat, int attempts = 1) const {
    PriorityDecision decision;
    decision.level = level;
    decision.reason = "made";
    store::JobLease job;
    job.study_uid = "1.2.3";
    const Attributes study{{"AccessionNumber", "A1"}, {"PatientID", "4711"}, {"PatientName", "Made^Up"}};
    const auto messages = messages_about({job, decision, Level::routine, study, {}, orders}, ways(destination));
    REQUIRE(messages.size() == 1);
    store::DeliveryLease lease;
    lease.study_id = 1;
    lease.message = messages[0].message;
    lease.sop_instance_uid = messages[0].sop_instance_uid;
    lease.attempts = attempts;
    return lease;
  }
  Judgement send(const store::DeliveryLease& lease) {
    auto channel = make_ups_channel(worklist, {}, destination);
    const auto judgements = channel->send(std::span(&lease, 1), {});
    REQUIRE(judgements.at(0).has_value());
    return *judgements[0];
  }
  Verdict send() { return send(delivery()).verdict; }
};

}  // namespace

TEST_CASE("the task of the study is raised, by study UID or else by accession number", "[ups]") {
  Bench bench;
  bench.worklist.add("1.9", "1.2.3", "A1");
  bench.worklist.add("1.8", "1.2.4", "A2");
  CHECK(bench.send() == Verdict::delivered);
  CHECK(bench.worklist.tasks["1.9"].text(tag::priority) == "HIGH");
  CHECK(bench.worklist.tasks["1.8"].text(tag::priority) == "LOW");
  const auto& set = bench.worklist.asked.back();
  CHECK(set.sop_class_uid == ups::push);  // PS3.4 CC.3.1, whatever the context
  CHECK(set.abstract_syntax == ups::pull);
  CHECK(set.data_set->elements.size() == 1);

  Bench other;
  other.worklist.add("1.9", "", "A1");
  CHECK(other.send() == Verdict::delivered);
  CHECK(other.worklist.tasks["1.9"].text(tag::priority) == "HIGH");
}

TEST_CASE("of several orders the task of each is raised, once", "[ups]") {
  Bench bench;
  bench.orders = {{"P1", "F1", "A1", "P1", "F1", ""}, {"P2", "F2", "A2", "P2", "F2", ""}};
  bench.worklist.add("1.9", "1.2.3", "A1");
  bench.worklist.add("1.8", "", "A2");
  bench.worklist.add("1.7", "1.2.4", "A2");  // the number again, and it says that it is another study
  CHECK(bench.send() == Verdict::delivered);
  CHECK(bench.worklist.tasks["1.9"].text(tag::priority) == "HIGH");
  CHECK(bench.worklist.tasks["1.8"].text(tag::priority) == "HIGH");
  CHECK(bench.worklist.tasks["1.7"].text(tag::priority) == "LOW");
  CHECK(bench.worklist.count(DimseVerb::set) == 2);
  CHECK(bench.worklist.count(DimseVerb::find) == 3);
}

TEST_CASE("nothing is lowered, and a second attempt changes nothing", "[ups]") {
  Bench bench;
  bench.destination.priorities = {"MEDIUM", "MEDIUM", "LOW", "LOW"};
  bench.worklist.add("1.9", "1.2.3", "A1", "HIGH");
  CHECK(bench.send() == Verdict::delivered);
  CHECK(bench.send() == Verdict::delivered);
  CHECK(bench.worklist.count(DimseVerb::set) == 0);
  CHECK(bench.worklist.tasks["1.9"].text(tag::priority) == "HIGH");
}

TEST_CASE("a peer that ignores keys cannot make us raise the task of another study", "[ups]") {
  Bench bench;
  bench.worklist.ignores_keys = true;
  bench.worklist.add("1.8", "1.2.4", "A2");
  bench.worklist.add("1.7", "1.2.5", "A1");  // the same accession number, another study
  CHECK(bench.send() == Verdict::retry);
  CHECK(bench.worklist.count(DimseVerb::set) == 0);
}

TEST_CASE("a claimed or ended task stays as it is, and the delivery says so", "[ups]") {
  Bench bench;
  bench.worklist.add("1.9", "1.2.3", "A1", "LOW", "IN PROGRESS");
  const auto claimed = bench.send(bench.delivery());
  CHECK(claimed.verdict == Verdict::delivered_with_warning);
  CHECK(claimed.text == "somebody has claimed the task");
  bench.worklist.add("1.9", "1.2.3", "A1", "LOW", "COMPLETED");
  CHECK(bench.send() == Verdict::delivered_with_warning);
  CHECK(bench.worklist.count(DimseVerb::set) == 0);
}

TEST_CASE("a missing task is created where the site wants it, once, under a UID of the study", "[ups]") {
  Bench bench;
  bench.destination.create_if_missing = true;
  CHECK(bench.send() == Verdict::delivered);
  REQUIRE(bench.worklist.tasks.size() == 1);
  const auto& [uid, task] = *bench.worklist.tasks.begin();
  CHECK(is_valid_uid(uid));
  CHECK(uid.starts_with("2.25."));
  CHECK(task.text(tag::priority) == "HIGH");
  CHECK(task.has(tag::transaction_uid));
  CHECK(task.text(tag::transaction_uid).empty());
  CHECK(task.item(tag::referenced_request).text(tag::study_uid) == "1.2.3");
  CHECK_FALSE(task.has(tag::cancellation_time));

  SECTION("the same at every attempt") {
    CHECK(bench.send() == Verdict::delivered);
    CHECK(bench.worklist.tasks.size() == 1);
  }
  SECTION("a task of ours that the query hides is raised by N-GET and N-SET") {
    bench.worklist.hides = true;
    bench.worklist.tasks.begin()->second.set(tag::priority, "LOW");
    CHECK(bench.send() == Verdict::delivered);
    CHECK(bench.worklist.tasks.begin()->second.text(tag::priority) == "HIGH");
  }
}

TEST_CASE("a task that does not come is parked in the end", "[ups]") {
  Bench bench;
  CHECK(bench.send(bench.delivery(Level::stat, 1)).verdict == Verdict::retry);
  CHECK(bench.send(bench.delivery(Level::stat, kUpsMissingAttemptsMax)).verdict == Verdict::park);
  bench.worklist.down = true;
  CHECK(bench.send() == Verdict::retry_peer);
}

TEST_CASE("levels below the site's wish are not sent", "[ups]") {
  config::UpsDestination destination;
  PriorityDecision decision;
  decision.level = Level::routine;
  CHECK(messages_about({{}, decision, Level::low, {}}, ways(destination)).empty());
}

TEST_CASE("each status of a UPS worklist has its reaction", "[ups]") {
  using enum Verdict;
  struct Cell {
    std::uint16_t status;
    Verdict find, set, create;
  };
  const Cell cells[] = {
      {0x0000, delivered, delivered, delivered},
      {0x0001, delivered, delivered_with_warning, delivered_with_warning},
      {0x0105, park, park, park},
      {0x0106, park, park, park},
      {0x0110, retry, retry, retry},
      {0x0111, park, park, delivered},
      {0x0112, park, retry, park},
      {0x0120, park, park, park},
      {0x0121, park, park, park},
      {0x0122, park, park, park},
      {0x0124, park, park, park},
      {0x0213, retry, retry, retry},
      {0xA700, retry, retry, retry},
      {0xA7FF, retry, retry, retry},
      {0xA900, park, park, park},
      {0xB300, park, delivered_with_warning, delivered_with_warning},
      {0xB305, park, delivered_with_warning, delivered_with_warning},
      {0xBFFF, park, delivered_with_warning, delivered_with_warning},
      {0xC300, park, delivered_with_warning, park},
      {0xC301, park, delivered_with_warning, park},
      {0xC302, park, delivered_with_warning, park},
      {0xC303, park, park, park},
      {0xC304, park, park, park},
      {0xC307, park, retry, park},
      {0xC308, park, park, park},
      {0xC309, park, park, park},
      {0xC310, park, park, park},
      {0xC311, park, delivered_with_warning, park},
      {0xC312, park, park, park},
      {0xC313, park, park, park},
      {0xC314, park, park, park},
      {0xC315, park, park, park},
      {0xC000, park, park, park},
      {0x0FFF, park, park, park},
  };
  for (const auto& cell : cells) {
    INFO(fmt::format("{:04X}", cell.status));
    CHECK(judge_ups(UpsStep::find, cell.status).verdict == cell.find);
    CHECK(judge_ups(UpsStep::set, cell.status).verdict == cell.set);
    CHECK(judge_ups(UpsStep::create, cell.status).verdict == cell.create);
    if (cell.status == 0) continue;

    Bench query;  // the channel does what the table says
    query.worklist.statuses[DimseVerb::find] = {cell.status};
    if (cell.find != delivered) CHECK(query.send() == cell.find);

    Bench set;
    set.worklist.add("1.9", "1.2.3", "A1");
    set.worklist.statuses[DimseVerb::set] = {cell.status};
    CHECK(set.send() == cell.set);

    Bench create;
    create.destination.create_if_missing = true;
    create.worklist.statuses[DimseVerb::create] = {cell.status};
    const auto judged = create.send();
    if (cell.status == 0x0111)
      CHECK(judged == retry);  // it was there, and has gone when asked: looked for again
    else
      CHECK(judged == cell.create);
  }
}
