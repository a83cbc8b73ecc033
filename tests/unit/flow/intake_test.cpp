// SPDX-License-Identifier: Apache-2.0
#include "server/flow/intake.h"

#include <future>

#include "tests/unit/flow/flow_support.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

struct Listener final : IntakeListener {
  std::mutex mutex;
  std::vector<ReceivedInstance> instances;
  std::vector<std::uint64_t> ended;
  std::atomic<bool> behind = false;
  void received(ReceivedInstance instance) override {
    const std::lock_guard lock(mutex);
    instances.push_back(std::move(instance));
  }
  void association_ended(std::uint64_t association, bool) override { ended.push_back(association); }
  bool overloaded() const override { return behind; }
};

struct Bench {
  Node node;
  Listener listener;
  SyncPool pool{2};
  Intake intake{*node.spool, node.reader, listener, pool, node.metrics, {.object_bytes_max = 1000}};

  static IncomingObject incoming(const InstanceHeader& h) {
    return {5, "PACS", "INFERAD", "127.0.0.1", h.sop_class_uid, h.instance_uid, h.transfer_syntax_uid};
  }
  StoreReply store(const IncomingObject& object, const std::string& bytes) {
    auto sink = must(intake.open(object));
    must(sink->append(std::as_bytes(std::span(bytes).first(bytes.size() / 2))));
    must(sink->append(std::as_bytes(std::span(bytes).subspan(bytes.size() / 2))));
    std::promise<StoreReply> reply;
    sink->commit([&](StoreReply answer) { reply.set_value(std::move(answer)); });
    return reply.get_future().get();
  }
  std::size_t files(const char* folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(node.folder.path() / folder))
      count += entry.path().extension() == ".dcm" || entry.path().extension() == ".part";
    return count;
  }
};

}  // namespace

TEST_CASE("an object is acknowledged when it is a durable file, bit for bit, and the clerk was told") {
  Bench bench;
  const auto header = ct_header("1.2.3", 1);
  const auto bytes = data_set(header);
  const auto answer = bench.store(Bench::incoming(header), bytes);
  CHECK(answer.status == 0);
  REQUIRE(bench.listener.instances.size() == 1);
  const auto& instance = bench.listener.instances[0];
  CHECK(instance.calling_ae == "PACS");
  CHECK(instance.association == 5);
  CHECK(instance.header.study_uid == "1.2.3");
  CHECK(instance.spool.data_sha256 == sha256_hex(bytes));
  const auto kept = must(bench.node.spool->examine(instance.spool.id));
  CHECK(kept.ref.data_sha256 == sha256_hex(bytes));
  CHECK(kept.meta.source_ae == "PACS");
  CHECK_THAT(bench.node.metrics.text(), Catch::Contains("inferad_store_responses_total{status=\"0000\"} 1"));
}

TEST_CASE("what cannot be stored as valid gets its status and is quarantined") {
  Bench bench;
  const auto header = ct_header("1.2.3", 1);
  auto object = Bench::incoming(header);
  auto bytes = data_set(header);
  std::uint16_t status = 0;
  SECTION("class of the command contradicts the data set") {
    object.sop_class_uid = kSrClass;
    status = 0xA900;
  }
  SECTION("UID of the command contradicts the data set") {
    object.sop_instance_uid = "1.2.3.4.5";
    status = 0xA900;
  }
  SECTION("garbage") {
    bytes = "\x01\x02garbage";
    status = 0xC000;
  }
  SECTION("no Study UID") {
    auto without = header;
    without.study_uid.clear();
    bytes = data_set(without);
    status = 0xC000;
  }
  SECTION("nothing at all") {
    bytes.clear();
    status = 0xC000;
  }
  const auto answer = bench.store(object, bytes);
  CHECK(answer.status == status);
  CHECK(answer.error_comment.size() <= 64);
  CHECK(bench.listener.instances.empty());
  CHECK(must(bench.node.spool->ids()).empty());
  CHECK(bench.files("quarantine") == 1);
}

TEST_CASE("limits are answered with out of resources") {
  Bench bench;
  const auto object = Bench::incoming(ct_header("1.2.3", 1));
  SECTION("the clerk is behind") {
    bench.listener.behind = true;
    const auto opened = bench.intake.open(object);
    REQUIRE_FALSE(opened.has_value());
    CHECK(store_status(opened.error()) == 0xA700);
  }
  SECTION("the object is too large") {
    const auto sink = must(bench.intake.open(object));
    const std::string bytes(900, 'x');
    must(sink->append(std::as_bytes(std::span(bytes))));
    const auto second = sink->append(std::as_bytes(std::span(bytes)));
    REQUIRE_FALSE(second.has_value());
    CHECK(store_status(second.error()) == 0xA700);
  }
}

TEST_CASE("below the watermark of free disk nothing is taken") {
  Bench bench;
  bench.node.spool.reset();
  store::SpoolOptions options;
  options.data_folder = bench.node.folder.path();
  options.free_bytes_min = std::numeric_limits<std::int64_t>::max();
  bench.node.spool = must(store::Spool::open(options));
  Intake intake(*bench.node.spool, bench.node.reader, bench.listener, bench.pool, bench.node.metrics, {});
  const auto opened = intake.open(Bench::incoming(ct_header("1.2.3", 1)));
  REQUIRE_FALSE(opened.has_value());
  CHECK(store_status(opened.error()) == 0xA700);
}

TEST_CASE("an object that was cut off leaves nothing") {
  Bench bench;
  {
    const auto sink = must(bench.intake.open(Bench::incoming(ct_header("1.2.3", 1))));
    const std::string bytes = "half";
    must(sink->append(std::as_bytes(std::span(bytes))));
  }
  CHECK(bench.files("spool") == 0);
  bench.intake.association_ended(5, true);
  CHECK(bench.listener.ended == std::vector<std::uint64_t>{5});
}

TEST_CASE("errors map to C-STORE statuses by one table") {
  struct Row {
    Errc code;
    std::uint16_t status;
  };
  const Row rows[] = {{Errc::invalid_input, 0xC000}, {Errc::model, 0xC000},       {Errc::not_found, 0xC000},
                      {Errc::refused, 0x0124},       {Errc::overload, 0xA700},    {Errc::io, 0xA700},
                      {Errc::timeout, 0xA700},       {Errc::unavailable, 0xA700}, {Errc::cancelled, 0xA700}};
  for (const auto& row : rows) CHECK(store_status({row.code, ""}) == row.status);
}

TEST_CASE("the sync pool finishes what was given before it ends") {
  std::atomic<int> done = 0;
  {
    SyncPool pool(3);
    for (int i = 0; i < 200; ++i) pool.post([&] { ++done; });
  }
  CHECK(done == 200);
}
