// Everything the server has answered and must therefore still know at the end, whatever happened to it in between:
// orders, payments, pins, shares. Compared with what it says when the day is over. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/money.hpp"

namespace lianbo::sim {

// What the server says of an order.
struct OrderFact {
  std::string store_id, state;
  Instant placed_at = 0, paid_at = 0;
  Fen total_fen = 0, refunded_fen = 0;
};
OrderFact order_fact(const json::value& order);

class Journal {
 public:
  void ordered(const std::string& order_id) { orders_.insert(order_id); }
  void paid(const std::string& order_id) { payments_.insert(order_id); }
  void pinned(const std::string& broadcast_id, const std::string& pin_id) { pins_[broadcast_id].insert(pin_id); }
  void shared(const std::string& share_id) { shares_.insert(share_id); }

  const std::map<std::string, std::set<std::string>>& pins() const { return pins_; }
  const std::set<std::string>& shares() const { return shares_; }
  std::size_t orders() const { return orders_.size(); }
  std::size_t payments() const { return payments_.size(); }
  std::size_t answers() const;

  // What was answered and is not there: "order 01h…", "payment of order …", "pin …". Empty is right.
  std::vector<std::string> lost_orders(const std::unordered_map<std::string, OrderFact>& facts) const;
  static std::vector<std::string> lost_pins(const std::set<std::string>& answered, const std::set<std::string>& found);

 private:
  std::set<std::string> orders_, payments_, shares_;
  std::map<std::string, std::set<std::string>> pins_;  // by broadcast
};

}  // namespace lianbo::sim
