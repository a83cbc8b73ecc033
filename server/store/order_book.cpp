// SPDX-License-Identifier: Apache-2.0
#include "server/store/order_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/store/ledger_impl.h"

namespace inferad::store {
namespace {

constexpr char kSeparator = '\n';  // around each patient id: no identifier holds one

std::string joined_ids(const std::vector<std::string>& ids) {
  std::string text(1, kSeparator);
  for (const auto& id : ids) text += id + kSeparator;
  return text;
}

bool names(const std::string& patient_ids, const std::string& id) {
  return !id.empty() && patient_ids.find(kSeparator + id + kSeparator) != std::string::npos;
}

// Two numbers that are both known and differ belong to different orders.
bool differ(const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; }

void update(std::string& value, const std::string& news) {
  if (!news.empty()) value = news;
}

// Refused means that it is so already, or that a human was quicker.
Status unless_refused(Status status) {
  return status || status.error().code != Errc::refused ? std::move(status) : ok();
}

std::string_view word(const std::optional<Level>& level) { return level ? to_string(*level) : "none"; }

}  // namespace

template <class... Args>
Result<std::vector<OrderBook::Order>> OrderBook::orders(std::string_view where, const Args&... args) {
  std::vector<Order> found;
  INFERAD_TRY_STATUS(db_.each(
      fmt::format("SELECT id, placer_number, filler_number, accession_number, placer_field, filler_field,"
                  " service_field, study_uid, patient_ids, location, started_by, finished_by, level, level_changed,"
                  " cancelled FROM imaging_order WHERE {} ORDER BY id",
                  where),
      [&](Row& row) {
        auto& order = found.emplace_back();
        auto& numbers = order.numbers;
        row >> order.id >> numbers.placer >> numbers.filler >> numbers.accession >> numbers.placer_field >>
            numbers.filler_field >> numbers.service_field >> order.study_uid >> order.patient_ids >> order.location >>
            order.started_by >> order.finished_by >> order.level >> order.level_changed >> order.cancelled;
      },
      args...));
  return found;
}

// Numbers are unique at whoever gave them, not beyond: the patient has to be the same, too.
Result<std::vector<OrderBook::Order>> OrderBook::meant(const OrderNews& news) {
  const auto other_patient = [&](const Order& order) {
    return std::none_of(news.patient_ids.begin(), news.patient_ids.end(),
                        [&](const auto& id) { return names(order.patient_ids, id); });
  };
  const auto other_order = [&](const Order& order) {
    return differ(order.numbers.filler, news.numbers.filler) || differ(order.numbers.placer, news.numbers.placer) ||
           differ(order.study_uid, news.study_uid);
  };
  const std::pair<const char*, const std::string*> keys[] = {{"filler_number = $1", &news.numbers.filler},
                                                             {"placer_number = $1", &news.numbers.placer},
                                                             {"accession_number = $1", &news.numbers.accession},
                                                             {"study_uid = $1", &news.study_uid}};
  for (const auto& [where, value] : keys) {
    if (value->empty()) continue;
    INFERAD_TRY(auto found, orders(where, *value));
    std::erase_if(found, other_patient);
    // One placer's order may be several procedures of the filler, each with a number of its own.
    if (value == &news.numbers.placer)
      std::erase_if(found, [&](const Order& order) { return differ(order.numbers.filler, news.numbers.filler); });
    else if (value != &news.numbers.filler)
      std::erase_if(found, other_order);
    if (!found.empty()) return found;
  }
  return std::vector<Order>();
}

Status OrderBook::take(const OrderNews& news) {
  INFERAD_TRY(auto found, meant(news));
  if (found.empty()) INFERAD_TRY_STATUS(insert(news, found.emplace_back()));
  for (auto& order : found) INFERAD_TRY_STATUS(apply(news, order));
  return ok();
}

Status OrderBook::insert(const OrderNews& news, Order& order) {
  order.patient_ids = joined_ids(news.patient_ids);
  order.level = news.level;
  INFERAD_TRY(const auto id,
              db_.value<std::int64_t>(
                  "INSERT INTO imaging_order (study_uid, accession_number, placer_number, filler_number, placer_field,"
                  " filler_field, service_field, patient_ids, location, changed_at)"
                  " VALUES ('', '', '', '', '', '', '', $1, '', $2) RETURNING id",
                  order.patient_ids, now_));
  order.id = id.value();
  return ok();
}

Status OrderBook::apply(const OrderNews& news, Order& order) {
  const Order before = order;
  auto& numbers = order.numbers;
  update(numbers.placer, news.numbers.placer), update(numbers.placer_field, news.numbers.placer_field);
  update(numbers.filler, news.numbers.filler), update(numbers.filler_field, news.numbers.filler_field);
  update(numbers.accession, news.numbers.accession), update(numbers.service_field, news.numbers.service_field);
  update(order.study_uid, news.study_uid), update(order.location, news.location);
  order.patient_ids = joined_ids(news.patient_ids);
  order.cancelled = news.cancelled.value_or(order.cancelled);
  if (news.level) INFERAD_TRY_STATUS(take_level(*news.level, order));
  if (news.reading == ReadingNews::started && order.started_by.empty()) order.started_by = news.source;
  if (news.reading == ReadingNews::withdrawn) order.finished_by.clear();
  if (news.reading == ReadingNews::finished || news.reading == ReadingNews::corrected)
    if (order.finished_by.empty()) order.finished_by = news.source;
  INFERAD_TRY_STATUS(db_.run(
      "UPDATE imaging_order SET placer_number = $1, filler_number = $2, accession_number = $3, placer_field ="
      " $4, filler_field = $5, service_field = $6, study_uid = $7, patient_ids = $8, location = $9, level = $10,"
      " level_changed = $11, cancelled = $12, started_by = $13, finished_by = $14, changed_at = $15"
      " WHERE id = $16",
      numbers.placer, numbers.filler, numbers.accession, numbers.placer_field, numbers.filler_field,
      numbers.service_field, order.study_uid, order.patient_ids, order.location, order.level, order.level_changed,
      order.cancelled, order.started_by, order.finished_by, now_, order.id));
  INFERAD_TRY_STATUS(keep_statements(news, order));
  INFERAD_TRY_STATUS(join(order));
  return carry_over(news, before, order);
}

// The RIS that took over our raise tells it to everybody, us included: what was ordered stays known. Only as urgent as
// AI made the study, so nothing is lost for its place on the list.
Result<bool> OrderBook::is_echo(const Order& order, Level level) {
  if (!order.level || level >= *order.level) return false;
  INFERAD_TRY(const auto found, db_.value<int>("SELECT 1 FROM order_study j JOIN study s ON s.id = j.study_id WHERE"
                                               " j.order_id = $1 AND j.joined = 1 AND s.ai_level = $2 LIMIT 1",
                                               order.id, level));
  return found.has_value();
}

Status OrderBook::take_level(Level level, Order& order) {
  if (order.level == level) return ok();
  INFERAD_TRY(const bool echo, is_echo(order, level));
  if (echo) return ok();
  order.level_changed = order.level.has_value();
  order.level = level;
  return ok();
}

Status OrderBook::join(const Order& order) {
  std::vector<std::pair<std::int64_t, std::string>> studies;
  const auto add = [&](Row& row) {
    auto& [id, patient_id] = studies.emplace_back();
    row >> id >> patient_id;
  };
  const bool by_uid = !order.study_uid.empty();
  if (!by_uid && order.numbers.accession.empty()) return ok();
  INFERAD_TRY_STATUS(db_.each(fmt::format("SELECT id, patient_id FROM study WHERE first_image_at IS NOT NULL AND {} ="
                                          " $1 ORDER BY id",
                                          by_uid ? "study_uid" : "accession_number"),
                              add, by_uid ? order.study_uid : order.numbers.accession));
  for (const auto& [id, patient_id] : studies) {
    const bool nobody = by_uid && patient_id.empty();  // the UID alone says enough of images without a patient
    INFERAD_TRY_STATUS(link(order, id, nobody || names(order.patient_ids, patient_id)));
  }
  return by_uid && studies.empty() ? note_other_uid(order) : ok();
}

// No images have the order's Study Instance UID, but a study of the patient has its accession number: made under
// another UID, or another study. Its priority may be meant for that one, so the study is as urgent, and says why.
Status OrderBook::note_other_uid(const Order& order) {
  if (order.numbers.accession.empty()) return ok();
  std::vector<std::int64_t> studies;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT id, patient_id FROM study WHERE first_image_at IS NOT NULL AND accession_number = $1 ORDER BY id",
      [&](Row& row) {
        std::int64_t id = 0;
        std::string patient_id;
        row >> id >> patient_id;
        if (names(order.patient_ids, patient_id)) studies.push_back(id);
      },
      order.numbers.accession));
  for (const auto id : studies) {
    INFERAD_TRY_STATUS(link(order, id, false));
    INFERAD_TRY_STATUS(update_level(db_, id));
  }
  return ok();
}

// The order has found its study: of those that only had its number it says no more.
Status OrderBook::unlink_others(const Order& order, std::int64_t study_id) {
  if (order.study_uid.empty()) return ok();
  std::vector<std::int64_t> others;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT study_id FROM order_study WHERE order_id = $1 AND joined = 0 AND study_id <> $2",
      [&](Row& row) { row >> others.emplace_back(); }, order.id, study_id));
  INFERAD_TRY_STATUS(
      db_.run("DELETE FROM order_study WHERE order_id = $1 AND joined = 0 AND study_id <> $2", order.id, study_id));
  for (const auto id : others) {
    changed_.insert(id);
    INFERAD_TRY_STATUS(update_level(db_, id));
    INFERAD_TRY_STATUS(add_event(db_, id, now_, "the order with the number of this study has found its own"));
  }
  return ok();
}

Status OrderBook::link(const Order& order, std::int64_t study_id, bool same) {
  INFERAD_TRY(const auto linked, db_.value<bool>("SELECT joined FROM order_study WHERE order_id = $1 AND study_id = $2",
                                                 order.id, study_id));
  if (linked && (*linked || !same)) return ok();  // what has joined stays
  INFERAD_TRY_STATUS(
      db_.run("INSERT INTO order_study (order_id, study_id, joined) VALUES ($1, $2, $3)"
              " ON CONFLICT (order_id, study_id) DO UPDATE SET joined = $3",
              order.id, study_id, same));
  changed_.insert(study_id);
  if (!same) return add_event(db_, study_id, now_, std::string(kOrderNotJoined));
  INFERAD_TRY_STATUS(unlink_others(order, study_id));
  INFERAD_TRY_STATUS(db_.run("UPDATE imaging_order SET waits = 0 WHERE id = $1", order.id));
  INFERAD_TRY_STATUS(add_event(
      db_, study_id, now_,
      fmt::format("joined with its order: priority {}{}", word(order.level), order.cancelled ? ", cancelled" : "")));
  INFERAD_TRY_STATUS(update_level(db_, study_id));
  if (!order.started_by.empty())
    INFERAD_TRY_STATUS(unless_refused(start_reading(db_, study_id, order.started_by, now_)));
  INFERAD_TRY(const auto all, statements(order.id));
  for (const auto& each : all) INFERAD_TRY_STATUS(state(each, study_id));
  return settle(study_id);
}

Result<std::vector<OrderBook::Statement>> OrderBook::statements(std::int64_t order_id) {
  std::vector<Statement> all;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT finding, present, source FROM order_statement WHERE order_id = $1 ORDER BY finding",
      [&](Row& row) {
        auto& [says, source] = all.emplace_back();
        row >> says.finding >> says.present >> source;
      },
      order_id));
  return all;
}

// What the report says now, in place of what it said. A report that is withdrawn says nothing.
Status OrderBook::keep_statements(const OrderNews& news, const Order& order) {
  auto all = news.statements;
  if (news.reading == ReadingNews::withdrawn) {
    INFERAD_TRY(const auto before, statements(order.id));
    all.clear();
    for (const auto& each : before) all.push_back({each.says.finding, std::nullopt});
  }
  INFERAD_TRY(const auto studies, studies_of(order.id));
  for (const auto& says : all) {
    INFERAD_TRY_STATUS(
        says.present
            ? db_.run("INSERT INTO order_statement (order_id, finding, present, source) VALUES ($1, $2, $3, $4)"
                      " ON CONFLICT (order_id, finding) DO UPDATE SET present = $3, source = $4",
                      order.id, says.finding, *says.present, news.source)
            : db_.run("DELETE FROM order_statement WHERE order_id = $1 AND finding = $2", order.id, says.finding));
    for (const auto study : studies) INFERAD_TRY_STATUS(state({says, news.source}, study));
  }
  return ok();
}

// In a study's evidence. What another source stated stays when this one takes its own back.
Status OrderBook::state(const Statement& statement, std::int64_t study_id) {
  const auto& [says, source] = statement;
  if (says.present) return record_statement(db_, study_id, says.finding, *says.present, source, now_);
  INFERAD_TRY_STATUS(db_.run("DELETE FROM report_statement WHERE study_id = $1 AND finding = $2 AND source = $3",
                             study_id, says.finding, source));
  if (db_.changes() == 0) return ok();
  return add_event(db_, study_id, now_,
                   fmt::format("the report no longer says whether there is: {} ({})", says.finding, source));
}

// What changed of an order, to the studies that it has joined.
Status OrderBook::carry_over(const OrderNews& news, const Order& before, const Order& order) {
  INFERAD_TRY(const auto studies, studies_of(order.id));
  if (before.level && before.level != order.level)
    INFERAD_TRY_STATUS(note(
        order, fmt::format("the order's priority was changed from {} to {}", word(before.level), word(order.level))));
  if (before.cancelled != order.cancelled)
    INFERAD_TRY_STATUS(note(order, order.cancelled ? "the order was cancelled; the study stays on the list"
                                                   : "the order is no longer cancelled"));
  if (news.reading == ReadingNews::corrected) INFERAD_TRY_STATUS(note(order, "the report was corrected"));
  for (const auto study : studies) {
    changed_.insert(study);
    INFERAD_TRY_STATUS(update_level(db_, study));
    if (before.started_by.empty() && !order.started_by.empty())
      INFERAD_TRY_STATUS(unless_refused(start_reading(db_, study, order.started_by, now_)));
    if (news.reading == ReadingNews::withdrawn)
      INFERAD_TRY_STATUS(unless_refused(reopen_reading(db_, study, news.source, now_)));
    INFERAD_TRY_STATUS(settle(study));
  }
  return ok();
}

// A study of several orders is read when the report of each is final.
Status OrderBook::settle(std::int64_t study_id) {
  int unread = 0;
  std::string finished_by;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT o.finished_by FROM order_study j JOIN imaging_order o ON o.id = j.order_id"
      " WHERE j.study_id = $1 AND j.joined = 1 AND (o.cancelled = 0 OR o.finished_by <> '') ORDER BY o.changed_at",
      [&](Row& row) {
        std::string by;
        row >> by;
        if (by.empty()) ++unread;
        if (!by.empty()) finished_by = by;
      },
      study_id));
  return unread > 0 || finished_by.empty() ? ok() : finish_reading(db_, study_id, finished_by, now_);
}

Result<std::vector<std::int64_t>> OrderBook::studies_of(std::int64_t order_id) {
  std::vector<std::int64_t> studies;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT study_id FROM order_study WHERE order_id = $1 AND joined = 1 ORDER BY study_id",
      [&](Row& row) { row >> studies.emplace_back(); }, order_id));
  return studies;
}

Status OrderBook::note(const Order& order, const std::string& what) {
  INFERAD_TRY(const auto studies, studies_of(order.id));
  for (const auto study : studies) INFERAD_TRY_STATUS(add_event(db_, study, now_, what));
  return ok();
}

Status OrderBook::join_study(std::int64_t study_id) {
  std::string uid, accession;
  INFERAD_TRY_STATUS(db_.each(
      "SELECT study_uid, accession_number FROM study WHERE id = $1", [&](Row& row) { row >> uid >> accession; },
      study_id));
  INFERAD_TRY(auto waiting, orders("study_uid = $1", uid));
  if (!accession.empty()) {
    INFERAD_TRY(const auto more, orders("accession_number = $1 AND (study_uid = '' OR (study_uid <> $2 AND waits = 1))",
                                        accession, uid));
    waiting.insert(waiting.end(), more.begin(), more.end());
  }
  for (const auto& order : waiting) INFERAD_TRY_STATUS(join(order));
  return ok();
}

}  // namespace inferad::store
