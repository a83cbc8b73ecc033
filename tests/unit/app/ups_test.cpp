// SPDX-License-Identifier: Apache-2.0
// The worklist over real associations on loopback: our SCP (listener, desk, ledger) spoken to by our requestor, and the
// outbox's channel to a UPS worklist against it.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>

#include "server/dicom/data_set_codec.h"
#include "server/flow/ups_channel.h"
#include "server/flow/ups_desk.h"
#include "server/flow/ups_reporter.h"
#include "server/net/dicom_server.h"
#include "server/net/dimse_client.h"
#include "server/worklist/reading_task.h"
#include "tests/unit/flow/flow_support.h"

using namespace inferad;
using namespace inferad::flow;
using namespace inferad::flow::testing;

namespace {

struct AllowAll final : net::AdmissionPolicy {
  bool address_allowed(std::string_view) const override { return true; }
  std::optional<ul::AssociateRj> admit(std::string_view, std::string_view, std::string_view) const override {
    return std::nullopt;
  }
  ul::Services services(std::string_view calling, std::string_view) const override {
    return {.storage = true, .worklist = calling != "STRANGER"};
  }
};

struct NoIntake final : IntakePort {
  Result<std::unique_ptr<ObjectSink>> open(const IncomingObject&) override { return Error{Errc::refused, "no"}; }
  void association_ended(std::uint64_t, bool) override {}
};

net::DicomServerOptions any_port() {
  net::DicomServerOptions options;
  options.port = 0;
  return options;
}

// A node whose worklist listens.
struct Worklist {
  Node node;
  store::Workitems items{*node.ledger};
  dicom::Codec codec;
  Doorbell events;
  AllowAll policy;
  NoIntake intake;
  UpsDesk desk{
      {*node.ledger, items, node.reader, codec, "INFERAD", node.folder.path(),
       [](const std::string& pipeline) { return pipeline == "lungs"; },
       [](const std::string& ae) { return ae == "READ1"; }, [] { return std::make_shared<const config::Routing>(); },
       [this](std::int64_t study) { desk.study_changed(study); }},
      events};
  std::unique_ptr<net::DicomServer> server = must(net::DicomServer::start(any_port(), intake, policy, nullptr, &desk));
  net::DimseClient client{codec};

  Worklist() { desk.start(); }
  ~Worklist() { server->stop(Millis(0)); }

  DicomPeer peer(const std::string& as = "READ1") const { return {"node", "INFERAD", "127.0.0.1", server->port(), as}; }
  std::unique_ptr<DimseConversation> call(const std::string& as = "READ1") {
    return must(client.call(
        peer(as), {std::string(ups::push), std::string(ups::pull), std::string(ups::watch), std::string(ups::query)},
        false, {}));
  }
  std::int64_t study(const std::string& uid) {
    ReceivedInstance image;
    image.spool.id = ++spool_id;
    image.spool.bytes = 1;
    image.spool.data_sha256 = std::to_string(spool_id);
    image.header = ct_header(uid, 1);
    image.received_at = wall_now();
    const auto id = must(node.ledger->record_instances(std::span(&image, 1)))[0].study_id;
    REQUIRE(items.sync(id, wall_now()));
    return id;
  }
  std::int64_t spool_id = 0;
};

DimseRequest request(DimseVerb verb, std::string_view context, const std::string& uid, std::optional<DataSet> set = {},
                     std::uint16_t type = 0) {
  return {verb, std::string(context), std::string(verb == DimseVerb::find ? context : ups::push), uid,
          type, std::move(set)};
}

DataSet with(std::uint32_t number, std::string_view value) {
  DataSet out;
  return out.set(number, value);
}

DimseAnswer query(DimseConversation& peer, DataSet keys, std::string_view context = ups::query) {
  return must(peer.ask(request(DimseVerb::find, context, "", std::move(keys))));
}

std::uint16_t act(DimseConversation& peer, const std::string& uid, std::uint16_t type, DataSet information,
                  std::string_view context) {
  return must(peer.ask(request(DimseVerb::action, context, uid, std::move(information), type))).status;
}

DataSet to(ups::State state, std::string_view transaction) {
  return with(tag::state, ups::to_string(state)).set(tag::transaction_uid, transaction);
}

DataSet performed() {
  DataSet item;
  item.set(tag::performed_start, "20261129120000").set(tag::performed_end, "20261129120500");
  item.set_items(tag::performed_station_name, {code_item("R1", "99SITE", "Reader 1")});
  item.set_items(tag::performed_workitem_code, {code_item("110005", "DCM", "Interpretation")});
  return item.set_items(tag::output_information, {});
}

DataSet wish(const std::string& pipeline, const std::string& study) {
  worklist::ReadingTask task;
  task.priority = "MEDIUM";
  task.workitem_code = code_item(pipeline, "99INFERAD", pipeline);
  task.start = wall_now();
  task.study_uid = study;
  return worklist::reading_workitem(task);
}

}  // namespace

TEST_CASE("a workstation queries, claims, annotates and completes a reading over the network", "[ups]") {
  Worklist worklist;
  const auto study = worklist.study("1.2.3");
  worklist.study("1.2.4");
  auto peer = worklist.call();
  CHECK(query(*peer, with(tag::state, "SCHEDULED")).data_sets.size() == 2);
  CHECK(query(*peer, with(tag::state, "COMPLETED")).data_sets.empty());
  DataSet keys = with(tag::state, "").set(tag::priority, "").set(tag::patient_id, "");
  keys.set_items(tag::referenced_request, {with(tag::study_uid, "1.2.3").set(tag::accession_number, "")});
  const auto found = query(*peer, keys, ups::pull);
  REQUIRE(found.data_sets.size() == 1);
  CHECK(found.data_sets[0].text(tag::priority) == "MEDIUM");
  CHECK(found.data_sets[0].text(tag::patient_id) == "4711");
  CHECK(found.data_sets[0].item(tag::referenced_request).text(tag::accession_number) == "A1");
  const std::string uid(found.data_sets[0].text(tag::sop_instance_uid));

  CHECK(act(*peer, uid, ups::change_state, to(ups::State::in_progress, ""), ups::pull) == ups::wrong_transaction);
  CHECK(act(*peer, uid, ups::change_state, to(ups::State::in_progress, "1.77"), ups::pull) == ups::success);
  CHECK(must(worklist.node.ledger->study_detail(study))->entry.reading_by == "worklist peer READ1");
  CHECK(act(*peer, uid, ups::change_state, to(ups::State::in_progress, "1.77"), ups::pull) == ups::already_in_progress);
  const auto set = [&](DataSet change) {
    return must(peer->ask(request(DimseVerb::set, ups::pull, uid, std::move(change)))).status;
  };
  CHECK(set(with(tag::step_label, "Mine")) == ups::wrong_transaction);
  CHECK(set(with(tag::step_label, "Mine").set(tag::transaction_uid, "1.77")) == ups::success);
  CHECK(set(with(tag::priority, "LOW").set(tag::transaction_uid, "1.77")) == ups::invalid_value);
  CHECK(act(*peer, uid, ups::change_state, to(ups::State::completed, "1.77"), ups::pull) == ups::final_state_unmet);
  DataSet done = with(tag::transaction_uid, "1.77");
  CHECK(set(done.set_items(tag::performed, {performed()})) == ups::success);
  CHECK(act(*peer, uid, ups::change_state, to(ups::State::completed, "1.77"), ups::pull) == ups::success);
  CHECK(act(*peer, uid, ups::change_state, to(ups::State::completed, "1.77"), ups::pull) == ups::already_completed);
  CHECK(set(done) == ups::not_updatable);
  const auto whole = must(peer->ask(request(DimseVerb::get, ups::watch, uid))).data_sets.at(0);
  CHECK(whole.text(tag::state) == "COMPLETED");
  CHECK(whole.text(tag::step_label) == "Mine");
  CHECK_FALSE(whole.has(tag::transaction_uid));
  CHECK(worklist.node.ledger->worklist()->size() == 1);  // the other one
  peer->release();
}

TEST_CASE("a reading task names every order of its study, and is found by the accession number of each", "[ups]") {
  Worklist worklist;
  worklist.study("1.2.3");  // its images bear A1
  std::vector<OrderNews> orders(2);
  orders[0].numbers = {"P1", "F1", "A1", "P1", "F1", ""};
  orders[1].numbers = {"P2", "F2", "A2", "P2", "F2", ""};
  for (auto& each : orders) {
    each.study_uid = "1.2.3";
    each.patient_ids = {"4711"};
  }
  REQUIRE(worklist.node.ledger->take_orders({"RIS|", "1", "digest"}, orders, wall_now()));
  auto peer = worklist.call();
  const auto with_number = [&](const std::string& accession) {
    DataSet keys = with(tag::state, "SCHEDULED");
    DataSet request = with(tag::accession_number, accession).set(tag::filler_order_number, "");
    return query(*peer, keys.set_items(tag::referenced_request, {request})).data_sets;
  };
  for (const std::string accession : {"A1", "A2"}) {
    const auto found = with_number(accession);
    REQUIRE(found.size() == 1);
    const auto& requests = found[0].items(tag::referenced_request);
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].text(tag::filler_order_number) == "F1");
    CHECK(requests[1].text(tag::accession_number) == "A2");
  }
  CHECK(with_number("A3").empty());
  peer->release();
}

TEST_CASE("the negotiated class decides which operations there are, and strangers negotiate none", "[ups]") {
  Worklist worklist;
  worklist.study("1.2.3");
  auto peer = worklist.call();
  CHECK(query(*peer, {}, ups::push).status == 0x0211);
  CHECK(act(*peer, "1.2", ups::change_state, {}, ups::watch) == 0x0211);
  CHECK(act(*peer, "1.2", 9, {}, ups::watch) == ups::no_such_action);
  CHECK(act(*peer, "1.2", ups::change_state, to(ups::State::in_progress, "1.7"), ups::pull) == ups::no_such_workitem);
  CHECK(must(peer->ask(request(DimseVerb::get, ups::push, "1.2"))).status == ups::no_such_workitem);
  const auto stranger = worklist.call("STRANGER");
  CHECK_FALSE(stranger->accepts(ups::pull));
}

TEST_CASE("a study that waits cannot be canceled from outside", "[ups]") {
  Worklist worklist;
  worklist.study("1.2.3");
  auto peer = worklist.call();
  const std::string uid(query(*peer, {}).data_sets.at(0).text(tag::sop_instance_uid));
  CHECK(act(*peer, uid, ups::request_cancel, {}, ups::push) == ups::performer_refuses);
  CHECK(act(*peer, uid, ups::change_state, to(ups::State::in_progress, "1.7"), ups::pull) == ups::success);
  CHECK(act(*peer, uid, ups::request_cancel, {}, ups::push) == ups::performer_unreachable);
  CHECK(act(*peer, ups::global.data(), ups::subscribe, with(tag::receiving_ae, "NOBODY"), ups::watch) ==
        ups::unknown_receiver);
  CHECK(act(*peer, ups::global.data(), ups::subscribe, with(tag::receiving_ae, "READ1").set(tag::deletion_lock, "TRUE"),
            ups::watch) == ups::success);
  CHECK(act(*peer, uid, ups::request_cancel,
            with(tag::cancellation_reason, "no").set(tag::contact_uri, "tel:1").set(tag::contact_name, "Desk"),
            ups::push) == ups::success);
  const auto events = must(worklist.items.events("READ1", 10));
  REQUIRE(events.size() == 2);  // the present state, and the request
  CHECK(events[1].type == ups::cancel_requested);
  CHECK(events[1].information.text(tag::requesting_ae) == "READ1");
  CHECK(events[1].information.text(tag::contact_uri) == "tel:1");
  CHECK(events[1].information.text(tag::contact_name) == "Desk");
  CHECK(act(*peer, uid, ups::change_state, to(ups::State::canceled, "1.7"), ups::pull) == ups::success);
  CHECK(query(*peer, with(tag::state, "SCHEDULED")).data_sets.size() == 1);  // back on the list
}

TEST_CASE("an analysis is asked for by a workitem, and refused when pipeline or study are unknown", "[ups]") {
  Worklist worklist;
  const auto study = worklist.study("1.2.3");
  store::StudyComplete complete;
  complete.study_id = study;
  complete.without_jobs = AiState::not_applicable;
  REQUIRE(worklist.node.ledger->complete_study(complete, wall_now()));
  auto peer = worklist.call();
  const auto create = [&](const std::string& uid, DataSet set) {
    return must(peer->ask(request(DimseVerb::create, ups::push, uid, std::move(set)))).status;
  };
  CHECK(create("1.50", wish("hearts", "1.2.3")) == ups::invalid_value);
  CHECK(create("1.50", wish("lungs", "1.2.9")) == ups::invalid_value);
  auto incomplete = wish("lungs", "1.2.3");
  incomplete.elements.erase(tag::step_label);
  CHECK(create("1.50", incomplete) == ups::missing_attribute);
  CHECK(create("1.50", wish("lungs", "1.2.3").set(tag::state, "IN PROGRESS")) == ups::not_scheduled);
  auto large = wish("lungs", "1.2.3");
  large.elements[0x00091001] = {"UN", std::string(300 << 10, 'x'), {}};
  CHECK(create("1.50", large) == ups::resource_limit);
  CHECK(create("1.50", wish("lungs", "1.2.3")) == ups::success);
  CHECK(create("1.50", wish("lungs", "1.2.3")) == ups::duplicate);
  CHECK(act(*peer, "1.50", ups::change_state, to(ups::State::in_progress, "1.7"), ups::pull) ==
        ups::not_for_this_instance);
  const auto lease = must(worklist.node.ledger->lease_job(wall_now()));
  REQUIRE(lease);
  CHECK(lease->pipeline == "lungs");
  REQUIRE(worklist.node.ledger->finish_job(lease->id, AiState::not_analysed, "no lungs", {}, wall_now()));
  REQUIRE(worklist.items.sync(study, wall_now()));
  const auto shown = must(peer->ask(request(DimseVerb::get, ups::push, "1.50"))).data_sets.at(0);
  CHECK(shown.text(tag::state) == "CANCELED");
  CHECK(shown.item(tag::progress_information).text(tag::cancellation_reason) == "no lungs");
}

TEST_CASE("our requestor finds and reports at a worklist of ours: refused priority is parked, nothing is lowered",
          "[ups]") {
  Worklist worklist;
  const auto study = worklist.study("1.2.3");
  worklist::ReadingTask task;
  task.priority = "HIGH";
  task.study_uid = "1.2.3";
  store::DeliveryLease lease;
  lease.study_id = study;
  lease.message = data_set_to_json(worklist::reading_workitem(task));
  auto channel = make_ups_channel(worklist.client, worklist.peer(), {});
  // Our own list takes its priorities from nobody (0106): an honest answer of a real SCP.
  CHECK(channel->send(std::span(&lease, 1), {}).at(0)->verdict == Verdict::park);
  task.priority = "LOW";
  lease.message = data_set_to_json(worklist::reading_workitem(task));
  CHECK(channel->send(std::span(&lease, 1), {}).at(0)->verdict == Verdict::delivered);
}
