// SPDX-License-Identifier: Apache-2.0
// Who wants to know of which workitem, and what is still to be told (PS3.4 CC.2.3, CC.2.4).
#include "server/store/workitem_rows.h"

namespace inferad::store {
namespace {

// Everyone who is told of the workitem: by name, or of all (until a subscription was suspended) and not against it.
// `created`: the parameter with the time of the workitem's creation.
std::string receivers_sql(const std::string& created) {
  return "FROM ups_subscription u WHERE ((u.workitem = $1 AND u.wanted = 1) OR (u.workitem = '' AND (u.until IS NULL OR"
         " u.until >= " +
         created + ") AND NOT EXISTS (SELECT 1 FROM ups_subscription o WHERE o.ae = u.ae AND o.workitem = $1)))";
}
const std::string kAnnounce =
    "INSERT INTO ups_event (ae, workitem, type, information, keys, created_at)"
    " SELECT u.ae, $1, $2, $3, u.keys, $4 " +
    receivers_sql("$5") + " AND (SELECT COUNT(*) FROM ups_event e WHERE e.ae = u.ae) < 10000";
static_assert(Workitems::kEventsMax == 10'000);
const std::string kCountReceivers = "SELECT COUNT(*) " + receivers_sql("$2");

// Table CC.2.4-1, UPS State Report. The priority is ours beside it: a change of it has no event of its own.
DataSet state_information(const Workitem& item) {
  DataSet information;
  return information.set(tag::state, ups::to_string(item.state))
      .set(tag::readiness, item.ready ? "READY" : "INCOMPLETE")
      .set(tag::priority, ups::priority_of(item.level));
}

Status report_to(Database& db, const std::string& ae, const Workitem& item, const DataSet& keys, WallTime now) {
  const auto information = data_set_to_json(state_information(item)), matching = data_set_to_json(keys);
  return db.run(
      "INSERT INTO ups_event (ae, workitem, type, information, keys, created_at) VALUES ($1, $2, $3, $4, $5, $6)", ae,
      item.uid, ups::state_report, information, matching, now);
}

}  // namespace

Status announce(Database& db, const Workitem& item, std::uint16_t type, const DataSet& information, WallTime now) {
  const auto text = data_set_to_json(information);
  return db.run(kAnnounce, item.uid, type, text, now, item.created_at);
}

Status announce_state(Database& db, const Workitem& item, WallTime now) {
  return announce(db, item, ups::state_report, state_information(item), now);
}

Status Workitems::announce(const Workitem& item, std::uint16_t type, const DataSet& information, WallTime now) {
  return ledger_.impl_->write([&](Database& db) { return store::announce(db, item, type, information, now); });
}

Result<int> Workitems::receivers(const std::string& workitem) {
  return ledger_.impl_->read([&](Database& db) -> Result<int> {
    INFERAD_TRY(const auto created, db.value<WallTime>("SELECT created_at FROM workitem WHERE uid = $1", workitem));
    INFERAD_TRY(const auto count, db.value<int>(kCountReceivers, workitem, created.value_or(WallTime{})));
    return count.value_or(0);
  });
}

Status Workitems::subscribe(const Subscription& wish, WallTime now) {
  const auto keys = data_set_to_json(wish.keys);
  return ledger_.impl_->write([&](Database& db) -> Status {
    if (wish.workitem.empty())  // everything: earlier exceptions end
      INFERAD_TRY_STATUS(db.run("DELETE FROM ups_subscription WHERE ae = $1", wish.ae));
    INFERAD_TRY_STATUS(
        db.run("INSERT INTO ups_subscription (ae, workitem, wanted, deletion_lock, keys) VALUES ($1, $2, 1, $3, $4)"
               " ON CONFLICT (ae, workitem) DO UPDATE SET wanted = 1, deletion_lock = $3, keys = $4",
               wish.ae, wish.workitem, wish.deletion_lock, keys));
    static const std::string kPresent =
        kWorkitemColumns + "WHERE ($1 = '' AND w.state < 2) OR w.uid = $1 ORDER BY w.level, w.created_at LIMIT 1000";
    std::vector<Workitem> present;
    INFERAD_TRY_STATUS(db.each(
        kPresent,
        [&](Row& row) {
          if (auto read = workitem_of(row)) present.push_back(*std::move(read));
        },
        wish.workitem));
    for (const auto& each : present) INFERAD_TRY_STATUS(report_to(db, wish.ae, each, wish.keys, now));
    return ok();
  });
}

Status Workitems::unsubscribe(const std::string& ae, const std::string& workitem) {
  return ledger_.impl_->write([&](Database& db) -> Status {
    if (workitem.empty()) return db.run("DELETE FROM ups_subscription WHERE ae = $1", ae);
    INFERAD_TRY_STATUS(db.run("DELETE FROM ups_event WHERE ae = $1 AND workitem = $2", ae, workitem));
    return db.run(
        "INSERT INTO ups_subscription (ae, workitem, wanted, deletion_lock, keys) VALUES ($1, $2, 0, 0, '{}')"
        " ON CONFLICT (ae, workitem) DO UPDATE SET wanted = 0, deletion_lock = 0",
        ae, workitem);
  });
}

Status Workitems::suspend(const std::string& ae, WallTime now) {
  return ledger_.impl_->write([&](Database& db) {
    return db.run("UPDATE ups_subscription SET until = $1 WHERE ae = $2 AND workitem = '' AND until IS NULL", now, ae);
  });
}

Result<std::vector<Subscription>> Workitems::subscriptions() {
  return ledger_.impl_->read([&](Database& db) -> Result<std::vector<Subscription>> {
    std::vector<Subscription> out;
    INFERAD_TRY_STATUS(db.each("SELECT ae, workitem, wanted, deletion_lock FROM ups_subscription ORDER BY ae, workitem",
                               [&](Row& row) {
                                 auto& each = out.emplace_back();
                                 row >> each.ae >> each.workitem >> each.wanted >> each.deletion_lock;
                               }));
    return out;
  });
}

Result<std::vector<UpsEvent>> Workitems::events(const std::string& ae, int max) {
  return ledger_.impl_->read([&](Database& db) -> Result<std::vector<UpsEvent>> {
    std::vector<UpsEvent> out;
    std::vector<std::pair<std::string, std::string>> texts;
    INFERAD_TRY_STATUS(db.each(
        "SELECT id, ae, workitem, type, created_at, information, keys FROM ups_event WHERE ae = $1 ORDER BY id LIMIT "
        "$2",
        [&](Row& row) {
          auto& event = out.emplace_back();
          auto& [information, keys] = texts.emplace_back();
          row >> event.id >> event.ae >> event.workitem >> event.type >> event.created_at >> information >> keys;
        },
        ae, max));
    for (std::size_t i = 0; i < out.size(); ++i) {
      INFERAD_TRY(out[i].information, data_set_from_json(texts[i].first));
      INFERAD_TRY(out[i].keys, data_set_from_json(texts[i].second));
    }
    return out;
  });
}

Status Workitems::reported(std::int64_t event_id) {
  return ledger_.impl_->write([&](Database& db) { return db.run("DELETE FROM ups_event WHERE id = $1", event_id); });
}

}  // namespace inferad::store
