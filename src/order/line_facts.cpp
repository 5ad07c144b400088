#include "order/line_facts.hpp"

#include "base/id_time.hpp"

namespace lianbo::order {
namespace {

using db::Row;
using db::Sql;

#define LINE_FACTS                                                                                                  \
  "o.id, l.line, l.product_id, o.buyer_id, o.buyer_agent_id, o.paid_at, o.shipped_at, o.received_at, "              \
  "o.cancelled_at, l.qty, l.shipped_qty, l.refunded_qty, l.paid_fen, l.refunded_fen, (select cast(coalesce(sum("    \
  "a.disputes), 0) as bigint) from after_sales a where a.bucket = l.bucket and a.order_id = l.order_id and a.line " \
  "= l.line) "
const Sql kOfStore{"order.line_facts_of_store",
                   "select " LINE_FACTS
                   "from (select * from orders where store_id = $1 and id >= $2 and paid_at is not null order by id "
                   "desc limit $3) o join order_lines l on l.bucket = o.bucket and l.order_id = o.id order by o.id "
                   "desc, l.line"};
const Sql kOne{"order.line_facts",
               "select " LINE_FACTS
               "from orders o join order_lines l on l.bucket = o.bucket and l.order_id = o.id where o.bucket = $1 and "
               "o.id = $2 and l.line = $3"};
const Sql kAtStore{"order.of_buyer_at_store",
                   "select o.id, o.state, o.total_fen, o.placed_at, (select l.title from order_lines l where l.bucket "
                   "= o.bucket and l.order_id = o.id and l.line = 0) from orders o where o.bucket = $1 and o.buyer_id "
                   "= $2 and o.store_id = $3 order by o.id desc limit $4"};
const Sql kBoughtBy{"order.bought_by",
                    "select o.store_id, l.product_id from orders o join order_lines l on l.bucket = o.bucket and "
                    "l.order_id = o.id where o.bucket = $1 and o.buyer_id = $2 and o.brand_id = $3 and o.paid_at is "
                    "not null order by o.id desc, l.line limit $4"};
const Sql kHasBought{"order.has_bought",
                     "select 1 from orders o join order_lines l on l.bucket = o.bucket and l.order_id = o.id where "
                     "o.bucket = $1 and o.buyer_id = $2 and l.product_id = $3 and o.paid_at is not null and "
                     "l.refunded_qty < l.qty and (l.paid_fen = 0 or l.refunded_fen < l.paid_fen) limit 1"};

LineFacts facts_in(const Row& r) {
  return {r.id<OrderId>(0),   static_cast<int>(r.integer(1)),
          r.id<ProductId>(2), r.id<PersonId>(3),
          r.id<AgentId>(4),   r.integer(5),
          r.integer(6),       r.integer(7),
          r.integer(8),       r.integer(9),
          r.integer(10),      r.integer(11),
          r.integer(12),      r.integer(13),
          r.integer(14)};
}

}  // namespace

std::vector<LineFacts> line_facts_of(db::Tx& tx, StoreId store, Instant since, int orders) {
  return tx.all(kOfStore, {store, first_id_at(since), orders}, facts_in);
}

std::optional<LineFacts> line_facts(db::Tx& tx, OrderId order, int line) {
  return tx.one(kOne, {bucket_in_id(order.value), order, line}, facts_in);
}

std::vector<OrderAtStore> orders_at_store(db::Tx& tx, const Call& call, PersonId buyer, StoreId store, int limit) {
  return tx.all(kAtStore, {call.bucket(buyer), buyer, store, limit}, [](const Row& r) {
    return OrderAtStore{r.id<OrderId>(0), order_state(r.text(1)).value_or(OrderState::placed), r.integer(2),
                        r.integer(3), r.str(4)};
  });
}

std::vector<BoughtAt> bought_by(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand, int lines) {
  return tx.all(kBoughtBy, {call.bucket(buyer), buyer, brand, lines},
                [](const Row& r) { return BoughtAt{r.id<StoreId>(0), r.id<ProductId>(1)}; });
}

bool has_bought(db::Tx& tx, const Call& call, PersonId buyer, ProductId product) {
  return tx.exists(kHasBought, {call.bucket(buyer), buyer, product});
}

}  // namespace lianbo::order
