#include "order/after_sale_api.hpp"

#include "order/after_sale_service.hpp"
#include "order/after_sale_store.hpp"
#include "order/api_parts.hpp"
#include "order/carriers.hpp"
#include "order/order_service.hpp"
#include "order/refunds.hpp"

namespace lianbo::order {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using namespace lianbo::shape;
using Step = AfterSaleStep;

template <class E, class F>
std::vector<std::string> names(E last, F&& name) {
  std::vector<std::string> out;
  for (int i = 0; i <= static_cast<int>(last); ++i) out.emplace_back(name(static_cast<E>(i)));
  return out;
}
Field kind_field() {
  return choice("kind", names(AfterSaleKind::exchange, [](AfterSaleKind k) { return kind_name(k); }));
}
Field cause_field(std::string doc = {}) {
  return choice("cause", names(AfterSaleCause::fault, [](AfterSaleCause c) { return cause_name(c); }), std::move(doc));
}
Field state_field(std::string name) {
  return choice(std::move(name), names(AfterSaleState::lapsed, [](AfterSaleState s) { return state_name(s); }));
}
Field step_field(std::string name) {
  return choice(std::move(name), names(Step::time_up, [](Step s) { return step_name(s); }));
}

Shape case_shape() {
  return {id("id"),
          id("order_id"),
          integer("line", 0, 499),
          kind_field(),
          cause_field(),
          state_field("state"),
          boolean("open", "while it is, the commission of its line stays frozen"),
          count("qty"),
          fen("amount_fen", "of the line; of an exchange, what is paid back if there is no replacement"),
          fen("shipping_fen", "of the order's shipping fee"),
          nullable(id("sku_id", "of an exchange: what is sent instead")),
          text("reason", 0, 500),
          text("answer", 0, 500),
          text("back_carrier", 0, 20),
          text("back_number", 0, 60),
          count("restocked_qty"),
          nullable(instant("at")),
          nullable(instant("due_at", "at this instant it goes on by itself")),
          nullable(instant("closed_at")),
          nullable(instant("dispute_until", "of a refusal"))};
}
Shape titled_case_shape() {
  Shape s = case_shape();
  s.push_back(text("title", 0, 300, "of the line's product, as it was ordered"));
  s.push_back(text("sku_title", 0, 300));
  return s;
}
Shape detail_shape() {
  Shape s = case_shape();
  s.push_back(list_of("may", step_field(""), 0, 20, "the steps somebody may take now"));
  s.push_back(list("steps",
                   {count("n"), step_field("step"), state_field("to_state"), nullable(id("by_id")),
                    text("note", 0, 500), instant("at")},
                   0, 100));
  s.push_back(list("evidence",
                   {count("n"), nullable(id("by_id")), text("text", 0, 1000), text("media_type", 0, 40),
                    text("sha256", 0, 64), count("size"), instant("at")},
                   0, 100));
  return s;
}
Shape refund_shape() {
  return {id("id"),
          id("order_id"),
          nullable(integer("line", 0, 499)),
          nullable(id("after_sale_id")),
          fen("amount_fen"),
          fen("shipping_fen"),
          count("units"),
          choice("state", {"due", "sent", "done", "failed"}),
          text("number", 13, 40, "what the rail knows it by"),
          count("tries"),
          text("last_error", 0, 2000),
          text("paid_otherwise", 0, 100),
          instant("at")};
}

struct StepRoute {
  Step step;
  const char* path;
  const char* id;
  const char* summary;
};
constexpr StepRoute kSteps[] = {
    {Step::approve, "approve", "approveAfterSale", "Agrees: the money goes back, or the goods may come back"},
    {Step::reject, "reject", "rejectAfterSale", "Refuses the claim, or the goods that came back; say why"},
    {Step::withdraw, "withdraw", "withdrawAfterSale", "The buyer changes their mind"},
    {Step::send_back, "send-back", "sendBackAfterSale", "The buyer has sent the goods back, with this number"},
    {Step::goods_back, "goods-back", "goodsBackAfterSale",
     "The goods have come back; as many go on sale again as are fit for it"},
    {Step::send_replacement, "send-replacement", "sendReplacement", "The replacement leaves, from stock"},
    {Step::receive_replacement, "receive-replacement", "receiveReplacement", "The buyer has the replacement"},
    {Step::refund_instead, "refund-instead", "refundInstead", "There is no replacement: the money goes back"},
    {Step::dispute, "dispute", "disputeAfterSale", "The buyer disputes a refusal"},
    {Step::uphold, "uphold", "upholdAfterSale", "The dispute is decided for the buyer, by another than who refused"},
    {Step::dismiss, "dismiss", "dismissAfterSale", "The dispute is decided for the shop, by another than who refused"},
};

Shape step_wish(Step step) {
  Shape s{opt(text("answer", 0, 500))};
  if (step == Step::send_back || step == Step::send_replacement) {
    s.push_back(text("carrier", 1, 60, "a code or name of GET /carriers"));
    s.push_back(text("tracking_number", 1, 60));
  }
  if (step == Step::goods_back || step == Step::uphold)
    s.push_back(opt(integer("restock_qty", 0, 9999,
                            step == Step::goods_back ? "units fit to be sold again; absent: all"
                                                     : "of goods that were refused when they came; absent: none")));
  return s;
}

Result<Reply> take(db::Tx& tx, const Call& call, const Request& request, Step step) {
  TRY(const auto case_id, request.id_param<AfterSaleId>("after_sale_id"));
  const auto& body = request.value;
  StepDetail detail{get_text(body, "answer"), get_text(body, "carrier"), get_text(body, "tracking_number"), {}};
  if (has(body, "restock_qty")) detail.restock_qty = get_int(body, "restock_qty");
  TRY(const auto a, take_step(tx, call, case_id, step, detail));
  return Reply::json(after_sale_json(a));
}

}  // namespace

net::Routes after_sale_routes(const OrderDeps& deps) {
  using net::plain_route;
  using net::read_route;
  using net::write_route;
  net::Routes r;

  r.push_back(read_route(Method::get, "/api/v1/carriers", "listCarriers", "Carriers, by their codes", Access::open,
                         [](db::Tx&, const Call& call, const Request&) -> Result<Reply> {
                           JsonWriter w;
                           w.begin().key("items").begin_list();
                           for (const auto& c : carriers())
                             w.begin().field("code", c.code).field("name", carrier_name(c.code, call.chinese)).end();
                           return Reply::json(w.end_list().end().take());
                         })
                  .giving({list("items", {text("code", 1, 20), text("name", 1, 60)}, 1, 200)}));

  r.push_back(write_route(Method::post, "/api/v1/orders/{order_id}/after-sales", "requestAfterSale",
                          "Asks for money back for a line, in part or whole, or for other goods", Access::login,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto order_id, request.id_param<OrderId>("order_id"));
                            const auto& body = request.value;
                            AfterSaleWish wish;
                            wish.line = static_cast<int>(get_int(body, "line"));
                            wish.kind = after_sale_kind(get_text(body, "kind")).value_or(wish.kind);
                            wish.cause = after_sale_cause(get_text(body, "cause")).value_or(wish.cause);
                            wish.qty = get_int(body, "qty");
                            wish.amount_fen = get_int(body, "amount_fen");
                            wish.shipping_fen = get_int(body, "shipping_fen");
                            wish.sku = get_id<SkuId>(body, "sku_id");
                            wish.reason = get_text(body, "reason");
                            TRY(const auto a, request_after_sale(tx, call, order_id, wish));
                            return Reply::json(after_sale_json(a), 201);
                          })
                  .taking({integer("line", 0, 499), kind_field(),
                           opt(cause_field("no_reason (default): within the seven days; fault: faulty or wrong goods")),
                           integer("qty", 0, 9999, "units that come back, or (refund_only) need not be sent"),
                           opt(price("amount_fen", "of the line; leave it out for an exchange")),
                           opt(price("shipping_fen", "of the order's shipping fee")),
                           nullable(id("sku_id", "exchange: another SKU of the product")), text("reason", 1, 500)})
                  .giving(case_shape())
                  .answers(201)
                  .may_fail({Code::not_found, Code::order_state_conflict, Code::refund_exceeds, Code::return_exempt,
                             Code::return_time_over}));
  r.push_back(read_route(Method::get, "/api/v1/orders/{order_id}/after-sales", "listAfterSales",
                         "After-sales of an order", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto order_id, request.id_param<OrderId>("order_id"));
                           TRY([[maybe_unused]] const auto o, visible_order(tx, call, order_id));
                           return page_reply(store::after_sales_of(tx, order_id), -1, after_sale_json);
                         })
                  .giving({list("items", case_shape(), 0, 500), nullable(id("next"))})
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/after-sales", "listOpenAfterSales",
                         "After-sales that are open, oldest first", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY_OK(require_any_staff(call, brand, kAnyStaff));
                           return page_reply(
                               store::open_after_sales(tx, brand, call.caller.scope(brand), page.after, page.limit),
                               page.limit, [&](const AfterSale& a) { return titled_after_sale_json(tx, a); });
                         })
                  .asking(page_query())
                  .giving(page_of_items(titled_case_shape())));
  r.push_back(read_route(Method::get, "/api/v1/after-sales/{after_sale_id}", "getAfterSale",
                         "An after-sale with its steps, its evidence, and what may happen now", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto case_id, request.id_param<AfterSaleId>("after_sale_id"));
                           TRY(auto body, after_sale_detail(tx, call, case_id));
                           return Reply::json(std::move(body));
                         })
                  .giving(detail_shape())
                  .may_fail({Code::not_found}));
  for (const auto& s : kSteps)
    r.push_back(write_route(Method::post, std::string("/api/v1/after-sales/{after_sale_id}/") + s.path, s.id, s.summary,
                            Access::login,
                            [step = s.step](db::Tx& tx, const Call& call, const Request& request) {
                              return take(tx, call, request, step);
                            })
                    .taking(step_wish(s.step))
                    .giving(case_shape())
                    .may_fail(s.step == Step::send_replacement
                                  ? std::vector<Code>{Code::not_found, Code::order_state_conflict, Code::sold_out}
                              : s.step == Step::uphold || s.step == Step::dismiss
                                  ? std::vector<Code>{Code::not_found, Code::order_state_conflict, Code::second_person}
                              : s.step == Step::dispute
                                  ? std::vector<Code>{Code::not_found, Code::order_state_conflict,
                                                      Code::return_time_over, Code::refund_exceeds}
                                  : std::vector<Code>{Code::not_found, Code::order_state_conflict}));

  r.push_back(write_route(Method::post, "/api/v1/after-sales/{after_sale_id}/evidence", "addEvidence",
                          "Adds words to an open case", Access::login,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto case_id, request.id_param<AfterSaleId>("after_sale_id"));
                            TRY_OK(add_words(tx, call, case_id, get_text(request.value, "text")));
                            TRY(auto body, after_sale_detail(tx, call, case_id));
                            return Reply::json(std::move(body), 201);
                          })
                  .taking({text("text", 1, static_cast<std::int64_t>(kMaxEvidenceText))})
                  .giving(detail_shape())
                  .answers(201)
                  .may_fail({Code::not_found, Code::order_state_conflict}));
  auto add_one =
      write_route(Method::post, "/api/v1/after-sales/{after_sale_id}/pictures", "addPicture",
                  "Adds a picture to an open case: the body is the file (JPEG, PNG, WebP, at most 300 KiB)",
                  Access::login,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto case_id, request.id_param<AfterSaleId>("after_sale_id"));
                    TRY(const auto digest, add_picture(tx, call, case_id, request.body));
                    JsonWriter w;
                    w.begin().field("sha256", digest).end();
                    return Reply::json(w.take(), 201);
                  })
          .giving({text("sha256", 64, 64)})
          .answers(201)
          .may_fail({Code::not_found, Code::order_state_conflict, Code::body_too_large, Code::unsupported_media_type});
  add_one.raw_body = true;
  r.push_back(std::move(add_one));
  r.push_back(read_route(Method::get, "/api/v1/after-sales/{after_sale_id}/pictures/{sha256}", "getPicture",
                         "A picture of a case: to its buyer and the brand's staff", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto case_id, request.id_param<AfterSaleId>("after_sale_id"));
                           TRY(auto found, picture(tx, call, case_id, request.param("sha256")));
                           return Reply{200, std::move(found.bytes), std::move(found.media_type), {}}.with(
                               "Content-Security-Policy", "default-src 'none'; sandbox");
                         })
                  .may_fail({Code::not_found}));

  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/refunds", "listFailedRefunds",
                         "Refunds that the rail did not carry out and that wait for staff", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY(const auto found, failed_refunds(tx, call, brand, page.after, page.limit));
                           return page_reply(found, page.limit, refund_json);
                         })
                  .asking(page_query())
                  .giving(page_of_items(refund_shape())));
  r.push_back(
      plain_route(Method::post, "/api/v1/refunds/{refund_id}/retry", "retryRefund",
                  "Asks the rail what became of a failed refund and tries it anew, under a new number", Access::staff,
                  [deps](const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto refund_id, request.id_param<RefundId>("refund_id"));
                    TRY(const auto refund, retry_refund(*deps.db, call, *deps.rail, refund_id));
                    return Reply::json(refund_json(refund));
                  })
          .giving(refund_shape())
          .may_fail({Code::not_found, Code::order_state_conflict, Code::payment_refused, Code::payment_unreachable}));
  r.push_back(write_route(Method::post, "/api/v1/refunds/{refund_id}/paid-otherwise", "refundPaidOtherwise",
                          "Finance has paid a failed refund by other means, under this reference", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto refund_id, request.id_param<RefundId>("refund_id"));
                            TRY(const auto refund,
                                refund_paid_otherwise(tx, call, refund_id, get_text(request.value, "reference")));
                            return Reply::json(refund_json(refund));
                          })
                  .taking({text("reference", 1, 100)})
                  .giving(refund_shape())
                  .may_fail({Code::not_found, Code::order_state_conflict}));
  return r;
}

}  // namespace lianbo::order
