// SPDX-License-Identifier: Apache-2.0
// The outbox's part of the ledger: waiting → sending → delivered, or parked.
#include <fmt/format.h>

#include <utility>

#include "server/store/ledger_impl.h"

namespace inferad::store {
namespace {

// Spelled as 2 in SQL, where the partial index wants a literal.
static_assert(static_cast<int>(DeliveryState::delivered) == 2);

struct DeliveryRow {
  std::int64_t id = 0, study_id = 0;
  std::string destination, kind;
  DeliveryState state = DeliveryState::waiting;
  bool empty = false;  // nothing to send
};

Result<DeliveryRow> delivery_row(Database& db, std::int64_t delivery_id) {
  DeliveryRow delivery;
  INFERAD_TRY_STATUS(db.each(
      "SELECT id, study_id, destination, kind, state, file = '' AND message = '' FROM delivery WHERE id = $1",
      [&](Row& row) {
        row >> delivery.id >> delivery.study_id >> delivery.destination >> delivery.kind >> delivery.state >>
            delivery.empty;
      },
      delivery_id));
  if (delivery.id == 0) return no_such("delivery");
  return delivery;
}

Error not_sending(std::int64_t delivery_id) {
  return Error{Errc::refused, fmt::format("delivery {} is not being sent", delivery_id)};
}

Status add_fallbacks(Database& db, std::int64_t delivery_id, std::span<const Fallback> fallbacks) {
  int rank = 0;
  for (const Fallback& each : fallbacks)
    INFERAD_TRY_STATUS(
        db.run("INSERT INTO fallback (delivery_id, rank, kind, file, sop_class_uid, sop_instance_uid,"
               " transfer_syntax_uid, beside_class_uid) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
               delivery_id, ++rank, each.kind, each.file, each.sop_class_uid, each.sop_instance_uid,
               each.transfer_syntax_uid, each.beside_class_uid));
  return ok();
}

Result<std::vector<Fallback>> fallbacks_of(Database& db, std::int64_t delivery_id) {
  std::vector<Fallback> fallbacks;
  INFERAD_TRY_STATUS(db.each(
      "SELECT kind, file, sop_class_uid, sop_instance_uid, transfer_syntax_uid, beside_class_uid FROM fallback"
      " WHERE delivery_id = $1 ORDER BY rank",
      [&](Row& row) {
        auto& each = fallbacks.emplace_back();
        row >> each.kind >> each.file >> each.sop_class_uid >> each.sop_instance_uid >> each.transfer_syntax_uid >>
            each.beside_class_uid;
      },
      delivery_id));
  return fallbacks;
}

Status become(Database& db, std::int64_t delivery_id, const Fallback& sent) {
  return db.run(
      "UPDATE delivery SET kind = $1, file = $2, sop_class_uid = $3, sop_instance_uid = $4,"
      " transfer_syntax_uid = $5 WHERE id = $6",
      sent.kind, sent.file, sent.sop_class_uid, sent.sop_instance_uid, sent.transfer_syntax_uid, delivery_id);
}

// Messages of one job are about different orders: one that is put off does not hold the others.
Result<std::vector<DeliveryLease>> due_deliveries(Database& db, const std::string& destination, WallTime now, int max) {
  std::vector<DeliveryLease> leases;
  INFERAD_TRY_STATUS(db.each(
      "SELECT d.id, d.study_id, d.job_id, d.destination, d.kind, d.file, d.message, d.sop_class_uid, "
      "d.sop_instance_uid,"
      " d.transfer_syntax_uid, d.attempts, d.created_at, d.beside_class_uid FROM delivery d JOIN study s ON s.id = "
      "d.study_id"
      " WHERE d.destination = $1 AND d.state <> 2 AND d.state = $2 AND (d.next_attempt_at <= $3 OR d.next_attempt_at > "
      "$4)"
      " AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.destination = d.destination AND e.study_id = d.study_id"
      "  AND e.id < d.id AND e.state <> 2 AND (e.state = $5 OR (e.state = $6 AND e.job_id = d.job_id AND d.file <> '')"
      "  OR (e.state = $2 AND e.next_attempt_at > $3 AND e.next_attempt_at <= $4"
      "   AND NOT (e.job_id = d.job_id AND d.file = ''))))"
      " ORDER BY s.level, d.id LIMIT $7",
      [&](Row& row) {
        auto& lease = leases.emplace_back();
        row >> lease.id >> lease.study_id >> lease.job_id >> lease.destination >> lease.kind >> lease.file >>
            lease.message >> lease.sop_class_uid >> lease.sop_instance_uid >> lease.transfer_syntax_uid >>
            lease.attempts >> lease.created_at >> lease.beside_class_uid;
      },
      destination, DeliveryState::waiting, now, now + Millis(kWaitMaxMs), DeliveryState::sending, DeliveryState::parked,
      max));
  for (auto& lease : leases) {
    INFERAD_TRY(lease.fallbacks, fallbacks_of(db, lease.id));
  }
  return leases;
}

}  // namespace

Status add_deliveries(Database& db, std::int64_t study_id, std::int64_t job_id, std::span<const NewDelivery> deliveries,
                      WallTime now) {
  // Due at 0, not at `now`: a clock that is set back a little must not hold a first attempt.
  for (const NewDelivery& delivery : deliveries) {
    INFERAD_TRY(
        const auto id,
        db.value<std::int64_t>(
            "INSERT INTO delivery (study_id, job_id, destination, kind, file, message, sop_class_uid, sop_instance_uid,"
            " transfer_syntax_uid, state, created_at, next_attempt_at, beside_class_uid, last_error)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13) ON CONFLICT DO NOTHING RETURNING id",
            study_id, job_id, delivery.destination, delivery.kind, delivery.file, delivery.message,
            delivery.sop_class_uid, delivery.sop_instance_uid, delivery.transfer_syntax_uid,
            delivery.parked_because.empty() ? DeliveryState::waiting : DeliveryState::parked, now,
            delivery.beside_class_uid, delivery.parked_because));
    if (id) INFERAD_TRY_STATUS(add_fallbacks(db, *id, delivery.fallbacks));
    if (id && !delivery.parked_because.empty())
      INFERAD_TRY_STATUS(
          add_event(db, study_id, now,
                    fmt::format("{} to {} parked: {}", delivery.kind, delivery.destination, delivery.parked_because)));
  }
  return ok();
}

Result<std::vector<DeliveryLease>> Ledger::lease_deliveries(const std::string& destination, WallTime now, int max) {
  return impl_->write([&](Database& db) -> Result<std::vector<DeliveryLease>> {
    INFERAD_TRY(auto leases, due_deliveries(db, destination, now, max));
    for (DeliveryLease& lease : leases) {
      ++lease.attempts;
      INFERAD_TRY_STATUS(db.run("UPDATE delivery SET state = $1, attempts = $2 WHERE id = $3", DeliveryState::sending,
                                lease.attempts, lease.id));
    }
    return leases;
  });
}

Status Ledger::delivered(std::int64_t delivery_id, WallTime now, std::size_t choice) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(DeliveryRow delivery, delivery_row(db, delivery_id));
    if (delivery.state == DeliveryState::delivered) return ok();
    std::string instead;
    if (choice > 0) {
      INFERAD_TRY(const auto fallbacks, fallbacks_of(db, delivery_id));
      INFERAD_CHECK(choice <= fallbacks.size());
      INFERAD_TRY_STATUS(become(db, delivery_id, fallbacks[choice - 1]));
      instead = " instead of " + std::exchange(delivery.kind, fallbacks[choice - 1].kind);
    }
    INFERAD_TRY_STATUS(db.run("UPDATE delivery SET state = $1, delivered_at = $2, last_error = '' WHERE id = $3",
                              DeliveryState::delivered, now, delivery_id));
    return add_event(db, delivery.study_id, now, delivery.kind + " delivered to " + delivery.destination + instead);
  });
}

Status Ledger::postpone(std::int64_t delivery_id, const std::string& error, WallTime next_attempt_at) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const DeliveryRow delivery, delivery_row(db, delivery_id));
    if (delivery.state != DeliveryState::sending) return not_sending(delivery_id);
    return db.run("UPDATE delivery SET state = $1, last_error = $2, next_attempt_at = $3 WHERE id = $4",
                  DeliveryState::waiting, error, next_attempt_at, delivery_id);
  });
}

Status Ledger::park(std::int64_t delivery_id, const std::string& error, WallTime now) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const DeliveryRow delivery, delivery_row(db, delivery_id));
    if (delivery.state != DeliveryState::sending) return not_sending(delivery_id);
    INFERAD_TRY_STATUS(db.run("UPDATE delivery SET state = $1, last_error = $2 WHERE id = $3", DeliveryState::parked,
                              error, delivery_id));
    return add_event(db, delivery.study_id, now,
                     fmt::format("{} to {} parked: {}", delivery.kind, delivery.destination, error));
  });
}

Status Ledger::release(std::int64_t delivery_id) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const DeliveryRow delivery, delivery_row(db, delivery_id));
    if (delivery.state != DeliveryState::sending) return not_sending(delivery_id);
    return db.run("UPDATE delivery SET state = $1, attempts = attempts - 1 WHERE id = $2", DeliveryState::waiting,
                  delivery_id);
  });
}

Status Ledger::retry_delivery(std::int64_t delivery_id, WallTime now) {
  return impl_->write([&](Database& db) -> Status {
    INFERAD_TRY(const DeliveryRow delivery, delivery_row(db, delivery_id));
    if (delivery.state != DeliveryState::parked && delivery.state != DeliveryState::waiting)
      return Error{Errc::refused, "only a parked or waiting delivery can be retried"};
    if (delivery.empty) return Error{Errc::refused, "there is nothing to send: the object failed its check"};
    INFERAD_TRY_STATUS(db.run("UPDATE delivery SET state = $1, next_attempt_at = 0 WHERE id = $2",
                              DeliveryState::waiting, delivery_id));
    return add_event(db, delivery.study_id, now,
                     fmt::format("{} to {}: retry asked for", delivery.kind, delivery.destination));
  });
}

Result<std::optional<WallTime>> Ledger::next_due(const std::string& destination) {
  return impl_->read([&](Database& db) -> Result<std::optional<WallTime>> {
    INFERAD_TRY(const auto due,
                db.value<std::optional<WallTime>>(
                    "SELECT MIN((SELECT MAX(w.next_attempt_at) FROM delivery w WHERE w.destination = $1 AND w.study_id "
                    "= d.study_id"
                    "  AND w.id <= d.id AND w.state <> 2 AND w.state = $2)) FROM delivery d"
                    " WHERE d.destination = $1 AND d.state <> 2 AND d.state = $2"
                    " AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.destination = $1 AND e.study_id = d.study_id "
                    "AND e.id < d.id"
                    "  AND e.state <> 2 AND (e.state = $3 OR (e.state = $4 AND e.job_id = d.job_id AND d.file <> '')))",
                    destination, DeliveryState::waiting, DeliveryState::sending, DeliveryState::parked));
    return due.value_or(std::nullopt);
  });
}

}  // namespace inferad::store
