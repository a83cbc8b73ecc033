// SPDX-License-Identifier: Apache-2.0
// The RIS's part of the ledger: messages about orders, each once.
#include "server/store/ledger_impl.h"
#include "server/store/order_book.h"

namespace inferad::store {
namespace {

constexpr std::chrono::hours kMessageKept{30 * 24};  // a message that comes again later is a new one
constexpr std::chrono::hours kOrderWaits{90 * 24};   // for a study that may never come to us

// True: taken before.
Result<bool> note_message(Database& db, const ReceivedMessage& message, WallTime now) {
  INFERAD_TRY(const auto digest, db.value<std::string>("SELECT digest FROM hl7_received WHERE sender = $1 AND"
                                                       " control_id = $2",
                                                       message.sender, message.control_id));
  if (digest == message.digest) return true;
  INFERAD_TRY_STATUS(
      db.run("INSERT INTO hl7_received (sender, control_id, digest, at) VALUES ($1, $2, $3, $4)"
             " ON CONFLICT (sender, control_id) DO UPDATE SET digest = $3, at = $4",
             message.sender, message.control_id, message.digest, now));
  return false;
}

Status forget_old(Database& db, WallTime now) {
  INFERAD_TRY_STATUS(db.run("DELETE FROM hl7_received WHERE at < $1", now - Millis(kMessageKept)));
  INFERAD_TRY_STATUS(
      db.run("DELETE FROM order_study WHERE joined = 0 AND order_id IN (SELECT id FROM imaging_order"
             " WHERE waits = 1 AND changed_at < $1)",
             now - Millis(kOrderWaits)));
  INFERAD_TRY_STATUS(
      db.run("DELETE FROM order_statement WHERE order_id IN (SELECT id FROM imaging_order"
             " WHERE waits = 1 AND changed_at < $1)",
             now - Millis(kOrderWaits)));
  return db.run("DELETE FROM imaging_order WHERE waits = 1 AND changed_at < $1", now - Millis(kOrderWaits));
}

}  // namespace

Status join_orders(Database& db, std::int64_t study_id, WallTime now) {
  return OrderBook(db, now).join_study(study_id);
}

Result<OrderEffect> Ledger::take_orders(const ReceivedMessage& message, std::span<const OrderNews> orders,
                                        WallTime now) {
  return impl_->write([&](Database& db) -> Result<OrderEffect> {
    OrderEffect effect;
    INFERAD_TRY(effect.repeated, note_message(db, message, now));
    if (effect.repeated) return effect;
    INFERAD_TRY_STATUS(forget_old(db, now));
    OrderBook book(db, now);
    for (const auto& news : orders) INFERAD_TRY_STATUS(book.take(news));
    effect.studies.assign(book.changed().begin(), book.changed().end());
    return effect;
  });
}

Result<std::vector<OrderNumbers>> Ledger::order_numbers(std::int64_t study_id) {
  return impl_->read([&](Database& db) -> Result<std::vector<OrderNumbers>> {
    std::vector<OrderNumbers> found;
    INFERAD_TRY_STATUS(db.each(
        "SELECT o.placer_number, o.filler_number, o.accession_number, o.placer_field, o.filler_field, o.service_field"
        " FROM order_study j JOIN imaging_order o ON o.id = j.order_id WHERE j.study_id = $1 AND j.joined = 1"
        " AND o.cancelled = 0 AND o.finished_by = '' ORDER BY o.id",
        [&](Row& row) {
          auto& numbers = found.emplace_back();
          row >> numbers.placer >> numbers.filler >> numbers.accession >> numbers.placer_field >>
              numbers.filler_field >> numbers.service_field;
        },
        study_id));
    return found;
  });
}

}  // namespace inferad::store
