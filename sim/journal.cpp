#include "sim/journal.hpp"

#include "base/shape.hpp"

namespace lianbo::sim {

OrderFact order_fact(const json::value& order) {
  return {get_text(order, "store_id"),   get_text(order, "state"),    get_instant(order, "placed_at"),
          get_instant(order, "paid_at"), get_int(order, "total_fen"), get_int(order, "refunded_fen")};
}

std::size_t Journal::answers() const {
  std::size_t n = orders_.size() + payments_.size() + shares_.size();
  for (const auto& [broadcast, pins] : pins_) n += pins.size();
  return n;
}

std::vector<std::string> Journal::lost_orders(const std::unordered_map<std::string, OrderFact>& facts) const {
  std::vector<std::string> lost;
  for (const auto& id : orders_)
    if (!facts.contains(id)) lost.push_back("order " + id);
  for (const auto& id : payments_)
    if (const auto at = facts.find(id); at != facts.end() && at->second.paid_at == 0)
      lost.push_back("payment of order " + id);
  return lost;
}

std::vector<std::string> Journal::lost_pins(const std::set<std::string>& answered, const std::set<std::string>& found) {
  std::vector<std::string> lost;
  for (const auto& id : answered)
    if (!found.contains(id)) lost.push_back("pin " + id);
  return lost;
}

}  // namespace lianbo::sim
