#include "order/order_api.hpp"

#include <algorithm>
#include <functional>
#include <variant>

#include "base/id_time.hpp"
#include "base/log.hpp"
#include "catalog/catalog_service.hpp"
#include "net/metrics.hpp"
#include "order/after_sale_api.hpp"
#include "order/api_parts.hpp"
#include "order/money_api.hpp"
#include "order/order_parts.hpp"
#include "order/order_store.hpp"
#include "order/quote.hpp"
#include "order/refunds.hpp"
#include "order/settlement.hpp"
#include "order/shipping.hpp"
#include "order/transfer.hpp"
#include "org/org_service.hpp"

namespace lianbo::order {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using namespace lianbo::shape;

constexpr std::int64_t kMaxCartLines = 200;

Shape line_shape() {
  return {integer("line", 0, 499, "place in the order, from 0"),
          id("sku_id"),
          id("product_id"),
          text("title", 0, 300),
          text("sku_title", 0, 300),
          count("qty"),
          fen("list_fen", "of one unit, as listed"),
          fen("price_fen", "of one unit, as sold"),
          choice("price_source", {"list", "campaign", "flash"}),
          fen("goods_fen"),
          fen("paid_fen", "its goods less its share of the discount"),
          fen("refunded_fen"),
          count("refunded_qty", "given back, their money too"),
          count("shipped_qty"),
          count("dropped_qty", "given up before they left"),
          boolean("no_return")};
}
Shape address_shape() {
  return {opt(text("name", 0, 60)), opt(text("phone", 0, 30)), opt(text("region", 0, 120)),
          opt(text("detail", 0, 300))};
}
Field states() { return choice("state", {"placed", "paid", "shipped", "received", "completed", "cancelled"}); }
Shape order_shape() {
  return {id("id"),
          id("brand_id"),
          id("store_id"),
          id("buyer_id"),
          nullable(id("broadcast_id")),
          nullable(id("pin_id")),
          nullable(id("share_id")),
          nullable(id("coupon_id", "what the discount came from")),
          states(),
          text("currency", 3, 3),
          fen("goods_fen"),
          fen("discount_fen"),
          fen("shipping_fen"),
          fen("total_fen"),
          fen("refunded_fen", "with the shipping fee's part"),
          fen("shipping_refunded_fen"),
          list("lines", line_shape(), 1, 500),
          list("parcels",
               {id("id"), nullable(id("after_sale_id", "of a replacement")), text("carrier", 1, 20),
                text("carrier_name", 1, 60), text("tracking_number", 0, 60), instant("at"),
                list("lines", {integer("line", 0, 499), id("sku_id"), count("qty")}, 1, 500)},
               0, 10000),
          object("address", address_shape(), "masked for those who need not deliver"),
          text("carrier", 0, 60, "code of the last parcel's carrier"),
          text("carrier_name", 0, 60),
          text("tracking_number", 0, 60),
          text("cancel_reason", 0, 200),
          nullable(instant("placed_at")),
          nullable(instant("release_at", "unpaid at this instant: cancelled")),
          nullable(instant("paid_at")),
          nullable(instant("shipped_at")),
          nullable(instant("received_at")),
          nullable(instant("completed_at")),
          nullable(instant("cancelled_at"))};
}
Shape entry_shape() {
  return {id("id"),
          id("agent_id"),
          id("order_id"),
          integer("line", 0, 499),
          choice("role", {"host", "promoter", "recruiter", "clipper"}),
          count("seq"),
          fen("net_fen"),
          bp("bp"),
          fen("amount_fen"),
          choice("state", {"pending", "available", "settled", "paid"}),
          nullable(id("refund_id")),
          nullable(id("settlement_id")),
          nullable(instant("at")),
          nullable(instant("available_at"))};
}
Shape settlement_shape() {
  return {id("id"),
          id("run_id"),
          id("agent_id"),
          choice("state", {"settled", "paid"}),
          fen("entries_fen"),
          fen("debt_before_fen"),
          fen("worked_off_fen"),
          fen("new_debt_fen"),
          fen("payable_fen"),
          text("payout_reference", 0, 100),
          nullable(instant("at")),
          nullable(instant("paid_at"))};
}
Shape run_shape() {
  return {id("id"),
          id("brand_id"),
          nullable(instant("cutoff_at")),
          choice("state", {"proposed", "open", "finished"}, "proposed: another person has to approve it"),
          nullable(id("proposed_by_id")),
          nullable(id("approved_by_id")),
          count("agents"),
          count("settled_now"),
          count("settled_before"),
          fen("entries_fen"),
          fen("worked_off_fen"),
          fen("new_debt_fen"),
          fen("payable_fen"),
          list_of("failed", text("", 0, 2000), 0, 1000000)};
}
Shape account_shape() {
  return {id("agent_id"),     fen("pending_fen"), fen("available_fen"),
          fen("settled_fen"), fen("paid_fen"),    fen("debt_fen")};
}
// A page of orders by their ids, in the order given.
Result<Reply> order_page(db::Tx& tx, const Call& call, const std::vector<OrderId>& ids, int limit,
                         std::vector<Order>* read_by_staff = nullptr) {
  JsonWriter w;
  w.begin_list();
  for (const OrderId id : ids)
    if (auto o = store::load(tx, id)) {
      const bool audited = read_by_staff != nullptr && staff_may_read_address(tx, call, *o);
      w.raw(order_json(call, *o, audited));
      if (audited) read_by_staff->push_back(std::move(*o));
    }
  w.end_list();
  const std::int64_t next = static_cast<int>(ids.size()) == limit ? ids.back().value : 0;
  return Reply::json(net::page_json(w.text(), next));
}

// Before staff is handed addresses, each reading is written down, so that its buyer can be told.
Status audit_addresses(db::Database& db, const Call& call, const std::vector<Order>& orders) {
  if (orders.empty()) return {};
  return db.write([&](db::Tx& tx) -> Status {
    for (const auto& o : orders) org::audit(tx, call, o.brand, "order.read_address", "order", o.id.value);
    return {};
  });
}

// Lists show masked addresses to staff, unless they ask for ?addresses=1.
using OrderIds = std::function<Result<std::vector<OrderId>>(db::Tx&, const Call&, const Request&, const net::Page&)>;
net::PlainHandler list_orders(const OrderDeps& deps, OrderIds ids_of) {
  return [deps, ids_of = std::move(ids_of)](const Call& call, const Request& request) -> Result<Reply> {
    TRY(const auto page, net::page_of(request));
    std::vector<Order> read_by_staff;
    TRY(auto reply, deps.db->read([&](db::Tx& tx) -> Result<Reply> {
      read_by_staff.clear();
      TRY(const auto ids, ids_of(tx, call, request, page));
      return order_page(tx, call, ids, page.limit, request.query_value("addresses") == "1" ? &read_by_staff : nullptr);
    }));
    TRY_OK(audit_addresses(*deps.db, call, read_by_staff));
    return reply;
  };
}

Result<std::vector<OrderId>> brand_orders(db::Tx& tx, const Call& call, BrandId brand, const Request& request,
                                          const net::Page& page) {
  if (request.query_value("newest") != "1")
    return store::of_brand(tx, brand, call.caller.scope(brand), page.after, page.limit);
  store::OrderFilter filter;
  if (const auto state = request.query_value("state"); !state.empty()) {
    filter.state = order_state(state);
    if (!filter.state) return fail(Code::invalid_field, "must be a state of an order, like paid", "query state");
  }
  if (const auto text = request.query_value("agent_id"); !text.empty()) {
    const auto id = AgentId::parse(text);
    if (!id) return fail(Code::invalid_field, "must be the id of an agent", "query agent_id");
    TRY(const auto agent, org::find_agent(tx, *id));
    if (agent.brand != brand) return fail(Code::not_found, "the brand has no such agent", "query agent_id");
    TRY_OK(org::require_staff_at(tx, call, brand, agent.store, kAnyStaff));
    filter.store = agent.store;
  }
  if (const auto from = request.query_value("from_at"); !from.empty()) {
    TRY(const Instant at, parse_rfc3339(from, "query from_at"));
    filter.after = first_id_at(at) - 1;
  }
  if (const auto until = request.query_value("until_at"); !until.empty()) {
    TRY(const Instant at, parse_rfc3339(until, "query until_at"));
    filter.before = first_id_at(at);
  }
  if (page.after != 0) filter.before = std::min(filter.before, page.after);
  return store::newest_of_brand(tx, brand, call.caller.scope(brand), filter, page.limit);
}

std::string address_json(const json::value& address) {
  JsonWriter w;
  w.begin();
  for (const char* name : {"name", "phone", "region", "detail"}) w.field(name, get_text(address, name));
  w.end();
  return w.take();
}

PlaceWish place_wish(const json::value& body) {
  PlaceWish wish;
  wish.store = get_id<StoreId>(body, "store_id");
  wish.broadcast = get_id<BroadcastId>(body, "broadcast_id");
  wish.share = get_id<ShareId>(body, "share_id");
  wish.address_json = address_json(get_object(body, "address"));
  for (const auto& l : get_list(body, "lines")) {
    PlaceLine line;
    line.sku = get_id<SkuId>(l, "sku_id");
    line.qty = get_int(l, "qty");
    if (has(l, "price_fen")) line.price_fen = get_int(l, "price_fen");
    wish.lines.push_back(line);
  }
  wish.coupon = get_id<CouponId>(body, "coupon_id");
  if (has(body, "total_fen")) wish.total_fen = get_int(body, "total_fen");
  return wish;
}

Result<Reply> place_order(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto order, place(tx, call, place_wish(request.value)));
  return Reply::json(order_json(call, order), 201);
}

Result<Reply> read_cart(db::Tx& tx, const Call& call, const Request& request) {
  const auto store_id = StoreId::parse(request.query_value("store_id"));
  if (!store_id) return fail(Code::invalid_field, "give the store whose cart you want", "store_id");
  JsonWriter w;
  w.begin().field("store_id", *store_id).key("lines").begin_list();
  Fen sum = 0;
  for (const auto& l : store::cart(tx, call.bucket(call.caller.person), call.caller.person, *store_id)) {
    const auto sale = catalog::sale_of(tx, l.sku, *store_id, call.now);
    if (!sale) continue;
    const auto product = catalog::find_product(tx, sale->sku.product);
    if (!product) continue;
    const Fen price_fen = sale->campaign ? sale->campaign->price_fen : sale->sku.price_fen;
    sum += price_fen * l.qty;
    w.begin().field("sku_id", l.sku).field("product_id", sale->sku.product).field("title", product->title);
    w.field("sku_title", sale->sku.title).field("image_url", product->image_url).field("qty", l.qty);
    w.field("list_fen", sale->sku.price_fen).field("price_fen", price_fen).field("on_sale", product->on_sale);
    w.field("left", catalog::stock_left(tx, l.sku, *store_id)).field("no_return", product->no_return);
    w.field("broadcast_id", l.broadcast).field("share_id", l.share).end();
  }
  w.end_list().field("goods_fen", sum).end();
  return Reply::json(w.take());
}

Result<Reply> put_cart(db::Tx& tx, const Call& call, const Request& request) {
  const auto& body = request.value;
  store::CartLine l{get_id<StoreId>(body, "store_id"),         get_id<SkuId>(body, "sku_id"),     get_int(body, "qty"),
                    get_id<BroadcastId>(body, "broadcast_id"), get_id<ShareId>(body, "share_id"), call.now};
  TRY(const auto shop, org::find_store(tx, l.store));
  TRY(const auto sku, catalog::find_sku(tx, l.sku));
  if (sku.brand != shop.brand) return fail(Code::invalid_field, "is not sold by this store's brand", "/sku_id");
  const Bucket bucket = call.bucket(call.caller.person);
  if (l.qty > 0 && store::cart_size(tx, bucket, call.caller.person) >= kMaxCartLines)
    return fail(Code::invalid_field, "a cart holds at most " + std::to_string(kMaxCartLines) + " lines");
  store::put_cart_line(tx, bucket, call.caller.person, l);
  return Reply::none();
}

// The rail tells us of money. Answered 204 once it is in the books (or was before); else the rail tries again.
Result<Reply> take_notice(const OrderDeps& deps, const Call& call, const Request& request) {
  const auto counted = [](std::string_view outcome) { net::metrics().counter(net::Metric::payments, {outcome}).add(); };
  const auto refuse = [](int status, const Error& e) {
    JsonWriter w;
    w.begin().field("code", "FAIL").field("message", e.text()).end();
    return Reply::json(w.take(), status);
  };
  const auto notice = deps.rail->read_notice(request.headers, request.body, call.now);
  if (!notice) {
    log_event(LogEvent::notice_refused, "{}", notice.error().text());
    counted("refused");
    return refuse(info(notice.error().code).http_status, notice.error());
  }
  const auto done = deps.db->write([&](db::Tx& tx) -> Result<bool> {
    if (const auto* p = std::get_if<pay::PaymentNotice>(&*notice)) {
      if (p->state != pay::TradeState::success) return false;
      TRY_OK(apply_payment(tx, call, p->out_trade_no, p->transaction_id, p->amount_fen, p->currency, p->success_at));
      return true;
    }
    if (const auto* t = std::get_if<pay::TransferNotice>(&*notice)) {
      TRY_OK(apply_transfer(tx, system_call(call), t->transfer));
      return true;
    }
    const auto& r = std::get<pay::RefundNotice>(*notice);
    if (r.state == pay::RefundState::processing) return false;  // the job asks again
    if (r.state != pay::RefundState::success)
      TRY_OK(apply_refund_failure(tx, call, r.out_refund_no, r.state));
    else
      TRY_OK(apply_refund(tx, call, r.out_refund_no, r.refund_id, r.refund_fen));
    return true;
  });
  if (!done) {
    log_event(LogEvent::notice_failed, "{}", done.error().text());
    counted("failed");
    return refuse(info(done.error().code).http_status, done.error());
  }
  counted(*done ? "booked" : "ignored");
  return Reply::none();
}

}  // namespace

net::Routes order_routes(const OrderDeps& deps) {
  using net::plain_route;
  using net::read_route;
  using net::write_route;
  net::Routes r;

  r.push_back(read_route(Method::get, "/api/v1/cart", "getCart", "My cart at a store", Access::guest, read_cart)
                  .asking({id("store_id")})
                  .giving({id("store_id"),
                           list("lines",
                                {id("sku_id"), id("product_id"), text("title", 0, 300), text("sku_title", 0, 300),
                                 text("image_url", 0, 2000), count("qty"), fen("list_fen"),
                                 fen("price_fen", "in this store now; flash prices and coupons: quote"),
                                 boolean("on_sale"), count("left", "what this store can sell"), boolean("no_return"),
                                 nullable(id("broadcast_id")), nullable(id("share_id"))},
                                0, kMaxCartLines),
                           fen("goods_fen")}));
  r.push_back(write_route(Method::put, "/api/v1/cart/lines", "putCartLine",
                          "Puts so many of a SKU into my cart; 0 takes it out", Access::guest, put_cart)
                  .taking({id("store_id"), id("sku_id"), integer("qty", 0, 9999), nullable(id("broadcast_id")),
                           nullable(id("share_id"))})
                  .answers(204)
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::del, "/api/v1/cart", "clearCart", "Empties my cart at a store", Access::guest,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            const auto store_id = StoreId::parse(request.query_value("store_id"));
                            if (!store_id)
                              return fail(Code::invalid_field, "give the store whose cart to empty", "store_id");
                            store::clear_cart(tx, call.bucket(call.caller.person), call.caller.person, *store_id);
                            return Reply::none();
                          })
                  .asking({id("store_id")})
                  .answers(204));

  const Shape order_wish{
      id("store_id"),
      list("lines",
           {id("sku_id"), integer("qty", 1, 9999),
            nullable(price("price_fen", "what the buyer saw; refused with price_changed if it is another now"))},
           1, 500),
      nullable(id("broadcast_id", "the room the buyer is in: its flash prices and coupons count")),
      nullable(id("share_id", "the share the buyer came through")),
      nullable(id("coupon_id", "one that the buyer has claimed")),
      object("address", address_shape(), "its region decides on the shipping fee"),
      nullable(price("total_fen", "what the buyer was shown; refused with price_changed if it is another now"))};
  r.push_back(read_route(Method::post, "/api/v1/orders/quote", "quoteOrder",
                         "What these lines would cost now, to the fen, and what is in the way; nothing is kept",
                         Access::guest,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(auto body, quote_json(tx, call, place_wish(request.value)));
                           return Reply::json(std::move(body));
                         })
                  .taking(order_wish)
                  .giving(quote_shape())
                  .may_fail({Code::not_found, Code::agent_not_active, Code::amount_overflow}));
  auto place_route =
      write_route(
          Method::post, "/api/v1/orders", "placeOrder",
          "Places an order: every line is reserved or none; prices, coupon, shipping, plan, lock and attribution "
          "are fixed now",
          Access::login, place_order)
          .taking(order_wish)
          .giving(order_shape())
          .answers(201)
          .may_fail({Code::not_found, Code::sold_out, Code::not_on_sale, Code::price_changed, Code::coupon_unusable,
                     Code::agent_not_active, Code::amount_overflow});
  place_route.require_key = true;
  r.push_back(std::move(place_route));

  r.push_back(read_route(Method::get, "/api/v1/orders", "listMyOrders", "My orders, newest first", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto page, net::page_of(request));
                           const auto me = call.caller.person;
                           return order_page(tx, call, store::of_buyer(tx, call.bucket(me), me, page.after, page.limit),
                                             page.limit);
                         })
                  .asking(page_query())
                  .giving(page_of_items(order_shape())));
  const Field addresses = opt(choice("addresses", {"1"}, "staff that operates: whole ones; the reading is audited"));
  r.push_back(plain_route(Method::get, "/api/v1/stores/{store_id}/orders", "listStoreOrders",
                          "A store's orders, newest first", Access::login,
                          list_orders(deps,
                                      [](db::Tx& tx, const Call& call, const Request& request,
                                         const net::Page& page) -> Result<std::vector<OrderId>> {
                                        TRY(const auto store_id, request.id_param<StoreId>("store_id"));
                                        TRY(const auto shop, org::find_store(tx, store_id));
                                        if (!call.caller.owns_store(store_id))
                                          TRY_OK(org::require_staff_at(tx, call, shop.brand, store_id, kAnyStaff));
                                        const auto state = order_state(request.query_value("state"));
                                        if (!state && !request.query_value("state").empty())
                                          return fail(Code::invalid_field, "must be a state of an order, like paid",
                                                      "query state");
                                        return store::of_store(tx, store_id, state, page.after, page.limit);
                                      }))
                  .asking({opt(states()), opt(integer("limit", 1, 200)), opt(id("after")), addresses})
                  .giving(page_of_items(order_shape())));
  r.push_back(plain_route(Method::get, "/api/v1/brands/{brand_id}/orders", "listBrandOrders",
                          "The brand's orders, oldest first, or newest first with filters", Access::staff,
                          list_orders(deps,
                                      [](db::Tx& tx, const Call& call, const Request& request,
                                         const net::Page& page) -> Result<std::vector<OrderId>> {
                                        TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                                        TRY_OK(require_any_staff(call, brand, kAnyStaff));
                                        return brand_orders(tx, call, brand, request, page);
                                      }))
                  .asking({opt(choice("newest", {"1"}, "newest first, and the filters below")), opt(states()),
                           opt(id("agent_id", "of this agent's store")),
                           opt(instant("from_at", "placed then or later")), opt(instant("until_at", "placed before")),
                           opt(integer("limit", 1, 200)), opt(id("after")), addresses})
                  .giving(page_of_items(order_shape())));
  r.push_back(plain_route(Method::get, "/api/v1/orders/{order_id}", "getOrder",
                          "One order; staff that operates reads the address, and the reading is audited", Access::login,
                          [deps](const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto order_id, request.id_param<OrderId>("order_id"));
                            bool audited = false;
                            TRY(const auto o, deps.db->read([&](db::Tx& tx) -> Result<Order> {
                              TRY(auto found, visible_order(tx, call, order_id));
                              audited = staff_may_read_address(tx, call, found);
                              return found;
                            }));
                            if (audited) TRY_OK(audit_addresses(*deps.db, call, {o}));
                            return Reply::json(order_json(call, o, audited));
                          })
                  .giving(order_shape())
                  .may_fail({Code::not_found}));
  r.push_back(
      plain_route(Method::post, "/api/v1/orders/{order_id}/pay", "payOrder",
                  "What the buyer's client needs to pay; may be asked again", Access::login,
                  [deps](const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto order_id, request.id_param<OrderId>("order_id"));
                    TRY(const auto paid,
                        pay_order(*deps.db, call, *deps.rail, order_id, get_text(request.value, "openid")));
                    JsonWriter w;
                    w.begin().field("prepay_id", paid.prepay_id).key("pay_params").raw(paid.pay_params).end();
                    return Reply::json(w.take());
                  })
          .taking({opt(text("openid", 1, 128, "the payer's openid at the payment rail"))})
          .giving({text("prepay_id", 1, 64), any("pay_params")})
          .may_fail({Code::not_found, Code::order_state_conflict, Code::payment_refused, Code::payment_unreachable}));

  const auto order_intent = [](auto intent) {
    return [intent](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
      TRY(const auto order_id, request.id_param<OrderId>("order_id"));
      TRY(const auto o, intent(tx, call, order_id, request.value));
      return Reply::json(order_json(call, o));
    };
  };
  const std::vector<Code> order_errors = {Code::not_found, Code::order_state_conflict};
  r.push_back(write_route(Method::post, "/api/v1/orders/{order_id}/cancel", "cancelOrder", "Cancels an unpaid order",
                          Access::login,
                          order_intent([](db::Tx& tx, const Call& call, OrderId order, const json::value& body) {
                            return cancel(tx, call, order, get_text(body, "reason", "cancelled by the buyer"));
                          }))
                  .taking({opt(text("reason", 1, 200))})
                  .giving(order_shape())
                  .may_fail(order_errors));
  r.push_back(write_route(Method::post, "/api/v1/orders/{order_id}/ship", "shipOrder",
                          "A parcel is on its way; the order is shipped with the last", Access::login,
                          order_intent([](db::Tx& tx, const Call& call, OrderId order, const json::value& body) {
                            ParcelWish wish{get_text(body, "carrier"), get_text(body, "tracking_number"), {}};
                            if (has(body, "lines"))
                              for (const auto& l : get_list(body, "lines"))
                                wish.lines.push_back({static_cast<int>(get_int(l, "line")), get_int(l, "qty")});
                            return ship(tx, call, order, wish);
                          }))
                  .taking({text("carrier", 1, 60, "a code or name of GET /carriers"), text("tracking_number", 1, 60),
                           opt(list("lines", {integer("line", 0, 499), integer("qty", 1, 9999)}, 1, 500,
                                    "absent: all that is left"))})
                  .giving(order_shape())
                  .may_fail(order_errors));
  r.push_back(write_route(Method::post, "/api/v1/orders/{order_id}/receive", "receiveOrder", "The buyer has the goods",
                          Access::login,
                          order_intent([](db::Tx& tx, const Call& call, OrderId order, const json::value&) {
                            return receive(tx, call, order);
                          }))
                  .giving(order_shape())
                  .may_fail(order_errors));

  auto notice =
      plain_route(Method::post, "/api/v1/pay/wechat/notice", "payNotice",
                  "Signed notices of the payment rail (WeChat Pay API v3)", Access::open,
                  [deps](const Call& call, const Request& request) { return take_notice(deps, call, request); })
          .answers(204);
  notice.raw_body = true;
  r.push_back(std::move(notice));

  // Money.
  r.push_back(read_route(Method::get, "/api/v1/agents/{agent_id}/account", "getAccount",
                         "An agent's money: frozen, available, settled, paid, debt", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto agent, request.id_param<AgentId>("agent_id"));
                           TRY(auto body, account_json(tx, call, agent));
                           return Reply::json(std::move(body));
                         })
                  .giving(account_shape())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/agents/{agent_id}/entries", "listEntries",
                         "An agent's commission, entry by entry, newest first", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto agent, request.id_param<AgentId>("agent_id"));
                           TRY_OK(require_agent_money(tx, call, agent));
                           return page_reply(store::entries_of_agent(tx, agent, page.after, page.limit), page.limit,
                                             entry_json);
                         })
                  .asking(page_query())
                  .giving(page_of_items(entry_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/agents/{agent_id}/settlements", "listSettlements",
                         "An agent's settlements, newest first", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto agent, request.id_param<AgentId>("agent_id"));
                           TRY_OK(require_agent_money(tx, call, agent));
                           return page_reply(store::settlements_of_agent(tx, agent, page.after, page.limit), page.limit,
                                             settlement_json);
                         })
                  .asking(page_query())
                  .giving(page_of_items(settlement_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(plain_route(Method::post, "/api/v1/brands/{brand_id}/settlements", "runSettlement",
                          "Settles what became available until the cut-off; the same cut-off again is the same run",
                          Access::staff,
                          [deps](const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                            TRY(const auto report,
                                run_settlement(*deps.db, call, brand, get_instant(request.value, "cutoff_at")));
                            return Reply::json(run_json(report));
                          })
                  .taking({instant("cutoff_at", "not in the future")})
                  .giving(run_shape())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/settlement-runs/{run_id}/settlements", "listRunSettlements",
                         "What a run gave each agent", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto run_id, request.id_param<SettlementId>("run_id"));
                           const auto run = store::run_by_id(tx, run_id);
                           if (!run) return fail(Code::not_found, "there is no such settlement run");
                           TRY_OK(require_staff(call, run->brand, kAnyStaff));
                           return page_reply(store::settlements_of_run(tx, run_id, page.after, page.limit), page.limit,
                                             settlement_json);
                         })
                  .asking(page_query())
                  .giving(page_of_items(settlement_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::post, "/api/v1/settlements/{settlement_id}/paid", "markSettlementPaid",
                          "Finance has paid it out; once, with the bank's reference", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto s_id, request.id_param<SettlementId>("settlement_id"));
                            TRY(const auto s, mark_paid(tx, call, s_id, get_text(request.value, "reference")));
                            return Reply::json(settlement_json(s));
                          })
                  .taking({text("reference", 1, 100)})
                  .giving(settlement_shape())
                  .may_fail({Code::not_found, Code::settlement_conflict}));
  const auto explain = [&](std::string path, std::string op, std::string summary, auto fn) {
    r.push_back(read_route(Method::get, std::move(path), std::move(op), std::move(summary), Access::login,
                           [fn](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                             TRY(auto body, fn(tx, call, request));
                             return Reply::json(std::move(body));
                           })
                    .may_fail({Code::not_found}));
  };
  explain("/api/v1/orders/{order_id}/explain", "explainOrder",
          "Why: attribution, plans, entries, lock, ledger of an order",
          [](db::Tx& tx, const Call& call, const Request& request) -> Result<std::string> {
            TRY(const auto order_id, request.id_param<OrderId>("order_id"));
            return explain_order(tx, call, order_id);
          });
  explain("/api/v1/entries/{entry_id}/explain", "explainEntry", "Why: one commission entry, to the fen",
          [](db::Tx& tx, const Call& call, const Request& request) -> Result<std::string> {
            TRY(const auto entry_id, request.id_param<EntryId>("entry_id"));
            return explain_entry(tx, call, entry_id);
          });
  explain("/api/v1/settlements/{settlement_id}/explain", "explainSettlement",
          "Why: one settlement, its entries and debt",
          [](db::Tx& tx, const Call& call, const Request& request) -> Result<std::string> {
            TRY(const auto settlement_id, request.id_param<SettlementId>("settlement_id"));
            TRY(const auto page, net::page_of(request));
            return explain_settlement(tx, call, settlement_id, page.after, page.limit);
          });
  r.back().query = page_query();
  for (auto& more : {after_sale_routes(deps), money_routes(deps, run_shape())})
    r.insert(r.end(), more.begin(), more.end());
  return r;
}

}  // namespace lianbo::order
