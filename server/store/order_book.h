// SPDX-License-Identifier: Apache-2.0
// Orders of the RIS inside one transaction: finds the order that a message speaks of, takes over what it says, joins it
// with studies, and does to those what follows from it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "server/core/order.h"
#include "server/store/sqlite.h"

namespace inferad::store {

inline constexpr std::string_view kOrderNotJoined =
    "an order with the number of this study is for another patient or another study: not joined";

class OrderBook {
 public:
  OrderBook(Database& database, WallTime now) : db_(database), now_(now) {}

  Status take(const OrderNews& news);
  Status join_study(std::int64_t study_id);  // with the orders that wait for it
  const std::set<std::int64_t>& changed() const { return changed_; }

 private:
  struct Order {
    std::int64_t id = 0;
    OrderNumbers numbers;
    std::string study_uid, patient_ids, location, started_by, finished_by;
    std::optional<Level> level;
    bool level_changed = false, cancelled = false;
  };

  struct Statement {
    FindingStatement says;
    std::string source;
  };

  template <class... Args>
  Result<std::vector<Order>> orders(std::string_view where, const Args&... args);
  Result<std::vector<Order>> meant(const OrderNews& news);
  Status insert(const OrderNews& news, Order& order);
  Status apply(const OrderNews& news, Order& order);
  Result<bool> is_echo(const Order& order, Level level);
  Status take_level(Level level, Order& order);
  Status join(const Order& order);
  Status link(const Order& order, std::int64_t study_id, bool same);  // patient and study
  Status note_other_uid(const Order& order);
  Status unlink_others(const Order& order, std::int64_t study_id);
  Status carry_over(const OrderNews& news, const Order& before, const Order& order);
  Status settle(std::int64_t study_id);
  Result<std::vector<Statement>> statements(std::int64_t order_id);
  Status keep_statements(const OrderNews& news, const Order& order);
  Status state(const Statement& statement, std::int64_t study_id);
  Result<std::vector<std::int64_t>> studies_of(std::int64_t order_id);
  Status note(const Order& order, const std::string& what);  // in the history of its studies

  Database& db_;
  const WallTime now_;
  std::set<std::int64_t> changed_;
};

}  // namespace inferad::store
