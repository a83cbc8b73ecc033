// SPDX-License-Identifier: Apache-2.0
#include "server/flow/job_file.h"

#include <nlohmann/json.hpp>

#include "tests/unit/flow/flow_support.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

struct Desk {
  Node node;
  std::filesystem::path folder = node.folder.path() / "jobs" / "17";
  store::JobLease lease;

  Desk() {
    lease.id = 17;
    lease.study_uid = "1.2";
    lease.pipeline = "ct-lung-density";
    lease.series_json = R"([{"uid":"1.2.1","objects":[1,2]}])";
    lease.created_at = from_unix_ms(1'790'000'000'000);
  }
  Status ensure(const std::string& timezone = "+0100") {
    return ensure_job_folder(folder, lease, *node.spool, {timezone, "SERIAL", "Hospital"});
  }
  std::string job() { return must(read_file(folder / "job.json", 1 << 20)); }
  void put(const std::string& name, const std::string& text = "of the job before") {
    must(write_file_durable(folder / name, text));
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(folder)) names.push_back(each.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
};

}  // namespace

TEST_CASE("a later attempt finds its job.json as it was, and what the first one made") {
  Desk desk;
  must(desk.ensure());
  const auto first = desk.job();
  desk.put("findings.json");
  desk.lease.attempts = 2;
  must(desk.ensure("+0500"));
  CHECK(desk.job() == first);
  CHECK(desk.files() == std::vector<std::string>{"findings.json", "job.json"});
}

TEST_CASE("encodings and full masks reach the worker when they are configured") {
  Desk desk;
  must(desk.ensure());
  CHECK(desk.job().find("encodings") == std::string::npos);
  desk.lease.id = 18;
  JobSite site{"+0100", "SERIAL", "Hospital", {ResultKind::seg}, {ResultEncoding::deflated}, true};
  must(ensure_job_folder(desk.folder, desk.lease, *desk.node.spool, site));
  const auto job = nlohmann::json::parse(desk.job());
  CHECK(job.at("encodings") == nlohmann::json{"DEFLATED"});
  CHECK(job.at("full_masks") == true);
}

TEST_CASE("a job that is tried again after its failure was reported supersedes that report, and is the same else") {
  Desk desk;
  must(desk.ensure());
  auto expected = nlohmann::json::parse(desk.job());
  desk.put("findings.json");
  desk.lease.predecessors = {{"SR", "2.25.1"}};
  must(desk.ensure("+0500"));
  expected["predecessors"] = {{{"kind", "SR"}, {"sop_instance_uid", "2.25.1"}}};
  CHECK(nlohmann::json::parse(desk.job()) == expected);
  CHECK(desk.files() == std::vector<std::string>{"findings.json", "job.json"});
}

TEST_CASE("a job that joins is told where the findings of the others lie, or why there are none") {
  Desk desk;
  must(desk.ensure());
  CHECK(desk.job().find("inputs") == std::string::npos);
  desk.lease.pipeline = "chest-report";
  desk.lease.inputs = {{15, "ct-lung-density", "", true}, {16, "ct-nodules", "the worker died", false}};
  must(desk.ensure());
  const auto job = nlohmann::json::parse(desk.job());
  const auto findings = std::filesystem::absolute(desk.node.folder.path() / "jobs/15/findings.json").string();
  const nlohmann::json wanted = {{{"pipeline", "ct-lung-density"}, {"findings", findings}, {"reason", ""}},
                                 {{"pipeline", "ct-nodules"}, {"findings", ""}, {"reason", "the worker died"}}};
  CHECK(job.at("inputs") == wanted);
}

TEST_CASE("the folder of another job with this number is emptied, never mixed") {
  Desk desk;
  must(desk.ensure());
  const auto before = desk.job();
  desk.put("findings.json");
  desk.put("seg.dcm");
  std::filesystem::create_directory(desk.folder / "scratch");
  desk.put("scratch/mask");
  SECTION("another study") { desk.lease.study_uid = "1.3"; }
  SECTION("another pipeline") { desk.lease.pipeline = "nodules"; }
  SECTION("another revision") { desk.lease.revision = 2; }
  SECTION("other images of the same study") { desk.lease.series_json = R"([{"uid":"1.2.1","objects":[1,2,3]}])"; }
  SECTION("its job.json is torn") { desk.put("job.json", before.substr(0, before.size() / 2)); }
  SECTION("its job.json lacks who it is") { desk.put("job.json", "{}"); }
  SECTION("its job.json is gone") { std::filesystem::remove(desk.folder / "job.json"); }
  must(desk.ensure());
  CHECK(desk.files() == std::vector<std::string>{"job.json"});
  CHECK_THAT(desk.job(), Catch::Contains(desk.lease.study_uid) && Catch::Contains(desk.lease.pipeline));
  const auto again = desk.job();
  must(desk.ensure());
  CHECK(desk.job() == again);
}

TEST_CASE("a link in a foreign folder is removed, not what it points to") {
  Desk desk;
  must(desk.ensure());
  const auto outside = desk.node.folder.path() / "outside";
  must(write_file_durable(outside, "kept"));
  std::filesystem::create_symlink(outside, desk.folder / "seg.dcm");
  desk.lease.study_uid = "1.3";
  must(desk.ensure());
  CHECK(desk.files() == std::vector<std::string>{"job.json"});
  CHECK(must(read_file(outside, 100)) == "kept");
}

TEST_CASE("a foreign folder that cannot be emptied holds the job: the disk is in trouble, not the job") {
  Desk desk;
  must(make_folders_durable(desk.folder));
  std::filesystem::create_directory(desk.folder / "job.json");
  const auto result = desk.ensure();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::io);
}
