// What became of the lines of a store's newest paid orders, and who bought a product: for whoever judges a store
// (SPEC 11). Read when asked, bounded, by the key of a store's orders. Threads: any. Errors: none.
#pragma once

#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/order.hpp"

namespace lianbo::order {

struct LineFacts {
  OrderId order;
  int line = 0;
  ProductId product;
  PersonId buyer;
  AgentId buyer_agent;  // the buyer as agent of this brand, when they ordered
  Instant paid_at = 0, shipped_at = 0, received_at = 0, cancelled_at = 0;
  std::int64_t qty = 0, shipped_qty = 0, refunded_qty = 0;
  Fen paid_fen = 0, refunded_fen = 0;
  std::int64_t disputes = 0;

  bool given_back() const { return refunded_qty >= qty || (paid_fen > 0 && refunded_fen >= paid_fen); }
};
// Of at most `orders` orders placed since, the newest first.
std::vector<LineFacts> line_facts_of(db::Tx& tx, StoreId store, Instant since, int orders);
std::optional<LineFacts> line_facts(db::Tx& tx, OrderId order, int line);

struct OrderAtStore {
  OrderId id;
  OrderState state = OrderState::placed;
  Fen total_fen = 0;
  Instant placed_at = 0;
  std::string title;  // of the first line
};
std::vector<OrderAtStore> orders_at_store(db::Tx& tx, const Call& call, PersonId buyer, StoreId store, int limit);

// What somebody paid for at a brand, of their newest orders: at most `lines` lines.
struct BoughtAt {
  StoreId store;
  ProductId product;
};
std::vector<BoughtAt> bought_by(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand, int lines);

// Paid, and not all given back.
bool has_bought(db::Tx& tx, const Call& call, PersonId buyer, ProductId product);

}  // namespace lianbo::order
