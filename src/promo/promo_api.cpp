#include "promo/promo_api.hpp"

#include "base/json.hpp"
#include "base/shape.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"
#include "promo/promo_store.hpp"
#include "share/share_service.hpp"

namespace lianbo::promo {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr int kOfBroadcast = 200;
constexpr std::int64_t kMaxTokens = 20, kTokenText = 400;

Shape page_query() { return {shape::opt(shape::integer("limit", 1, 200)), shape::opt(shape::id("after"))}; }

Field audience_field(bool asked) {
  using namespace shape;
  const auto maybe = [&](Field f) { return asked ? opt(std::move(f)) : std::move(f); };
  return object("audience", {maybe(choice("kind", {"everyone", "region", "lookalikes"},
                                          "lookalikes: have bought elsewhere what this store's buyers bought")),
                             maybe(text("region", 0, 100, "of the brand; takes in what lies below it")),
                             maybe(boolean("exclude_locked", "leave out who is locked to an agent already"))});
}
Shape promotion_shape() {
  using namespace shape;
  return {id("id"),
          id("brand_id"),
          id("store_id"),
          id("broadcast_id"),
          nullable(id("pin_id", "the moment of it that is shown; null: the room")),
          nullable(id("agent_id", "whose wallet paid; null: the brand's")),
          choice("objective", {"enter", "product_click", "order", "value"}),
          fen("budget_fen"),
          fen("spent_fen"),
          fen("returned_fen", "to the wallet, when it ended"),
          choice("pace", {"smooth", "fast"}),
          nullable(price("cap_fen", "for one objective; value: for each 100.00 paid; null: automatic")),
          price("reserve_fen", "no click costs less"),
          audience_field(false),
          instant("starts_at"),
          instant("ends_at"),
          choice("state", {"open", "paused", "ended"}),
          boolean("delivering", "open, in its window, and its room is on air"),
          text("ended_why", 0, 20, "room_over, window_over, spent, stopped"),
          count("shown", "people who saw the slot"),
          count("clicks", "paid for"),
          instant("created_at"),
          nullable(instant("ended_at"))};
}
std::string promotion_json(db::Tx& tx, const Call& call, const Promotion& p) {
  const Spent spent = spent_of(tx, p.id);
  const auto room = live::find_broadcast(tx, p.broadcast);
  JsonWriter w;
  w.begin().field("id", p.id).field("brand_id", p.brand).field("store_id", p.store);
  w.field("broadcast_id", p.broadcast)
      .field("pin_id", p.pin)
      .field("agent_id", p.agent)
      .field("objective", objective_name(p.objective));
  w.field("budget_fen", p.budget_fen).field("spent_fen", spent.spent_fen).field("returned_fen", p.returned_fen);
  w.field("pace", pace_name(p.pace)).field("cap_fen", p.cap_fen).field("reserve_fen", p.reserve_fen);
  w.key("audience").begin().field("kind", audience_name(p.audience.kind)).field("region", p.audience.region);
  w.field("exclude_locked", p.audience.exclude_locked).end();
  w.field_at("starts_at", p.starts_at).field_at("ends_at", p.ends_at).field("state", state_name(p.state));
  w.field("delivering", room && deliverable(p, *room, call.now)).field("ended_why", ended_name(p.ended));
  w.field("shown", spent.shown).field("clicks", spent.clicks).field_at("created_at", p.created_at);
  w.field_at("ended_at", p.ended_at).end();
  return w.take();
}
Shape promotions_shape() {
  return {shape::list("items", promotion_shape(), 0, 200),
          shape::nullable(shape::id("next", "pass as ?after= for the next page"))};
}
Reply promotions_reply(db::Tx& tx, const Call& call, const std::vector<Promotion>& found, int limit) {
  JsonWriter w;
  w.begin_list();
  for (const auto& p : found) w.raw(promotion_json(tx, call, p));
  w.end_list();
  return Reply::json(net::page_json(w.text(), static_cast<int>(found.size()) == limit ? found.back().id.value : 0));
}

Result<Wish> wish_of(const Request& request) {
  TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
  const auto& v = request.value;
  Wish wish;
  wish.broadcast = broadcast;
  wish.pin = get_id<PinId>(v, "pin_id");
  wish.objective = parse_objective(get_text(v, "objective", "enter")).value_or(Objective::enter);
  wish.budget_fen = get_int(v, "budget_fen");
  wish.pace = parse_pace(get_text(v, "pace", "smooth")).value_or(Pace::smooth);
  if (has(v, "cap_fen")) wish.cap_fen = get_int(v, "cap_fen");
  wish.starts_at = get_instant(v, "starts_at");
  wish.ends_at = get_instant(v, "ends_at");
  if (has(v, "audience")) {
    const auto& audience = get_object(v, "audience");
    wish.audience.kind = parse_audience(get_text(audience, "kind", "everyone")).value_or(AudienceKind::everyone);
    wish.audience.region = get_text(audience, "region");
    wish.audience.exclude_locked = get_bool(audience, "exclude_locked");
  }
  return wish;
}

// ---- wallets

Shape wallet_shape() {
  using namespace shape;
  return {id("brand_id"), nullable(id("agent_id", "null: the brand's own")), fen("balance_fen"),
          list("items",
               {id("id"), choice("cause", {"wallet_credit", "promotion_bought", "promotion_returned"}),
                id("cause_id", "the credit, or the promotion"), fen("amount_fen"), text("reason", 0, kMaxReason),
                instant("at")},
               0, 200, "newest first"),
          nullable(id("next"))};
}
Result<Reply> wallet_reply(db::Tx& tx, const Call& call, const Request& request, BrandId brand, AgentId agent) {
  TRY(const auto page, net::page_of(request));
  TRY(const auto wallet, wallet_of(tx, call, brand, agent));
  TRY(const auto moves, wallet_moves(tx, call, brand, agent, LedgerTxId{page.after}, page.limit));
  JsonWriter w;
  w.begin().field("brand_id", brand).field("agent_id", agent).field("balance_fen", wallet.balance_fen);
  w.key("items").begin_list();
  for (const auto& m : moves)
    w.begin()
        .field("id", m.line.tx)
        .field("cause", ledger::cause_name(m.line.cause))
        .field("cause_id", id_text(m.line.cause_id))
        .field("amount_fen", m.line.amount_fen)
        .field("reason", m.reason)
        .field_at("at", m.line.at)
        .end();
  w.end_list();
  w.field("next", static_cast<int>(moves.size()) == page.limit ? moves.back().line.tx : LedgerTxId{}).end();
  return Reply::json(w.take());
}

void wallet_routes(net::Routes& r) {
  using namespace net;
  using namespace shape;
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/wallets", "listWallets",
                         "The wallets that pay for promotions: the brand's own and its agents'", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY_OK(require_staff(call, brand, kAnyStaff));
                           TRY(const auto page, page_of(request));
                           const auto found = store::wallets_of(tx, brand, AgentId{page.after}, page.limit);
                           JsonWriter w;
                           w.begin().field("own_fen", store::wallet_balance(tx, brand, {})).key("items").begin_list();
                           for (const auto& wallet : found) {
                             const auto agent = org::find_agent(tx, wallet.agent);
                             w.begin().field("agent_id", wallet.agent).field("name", agent ? agent->name : "");
                             w.field("balance_fen", wallet.balance_fen).end();
                           }
                           w.end_list();
                           w.field("next",
                                   static_cast<int>(found.size()) == page.limit ? found.back().agent : AgentId{});
                           return Reply::json(w.end().take());
                         })
                  .asking(page_query())
                  .giving({fen("own_fen", "in the brand's own"),
                           list("items", {id("agent_id"), text("name", 0, 200), fen("balance_fen")}, 0, 200),
                           nullable(id("next"))}));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/wallet", "getBrandWallet",
                         "The brand's own wallet and its movements", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           return wallet_reply(tx, call, request, brand, {});
                         })
                  .asking(page_query())
                  .giving(wallet_shape()));
  r.push_back(read_route(Method::get, "/api/v1/agents/{agent_id}/wallet", "getAgentWallet",
                         "An agent's wallet and its movements: for the agent, and staff", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<AgentId>("agent_id"));
                           TRY(const auto agent, org::find_agent(tx, id));
                           return wallet_reply(tx, call, request, agent.brand, id);
                         })
                  .asking(page_query())
                  .giving(wallet_shape())
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::post, "/api/v1/brands/{brand_id}/wallet-credits", "creditWallet",
                          "Puts money into a wallet, or takes it back; owner or finance, audited", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                            TRY(const auto c,
                                credit_wallet(tx, call, brand, get_id<AgentId>(request.value, "agent_id"),
                                              get_int(request.value, "amount_fen"), get_text(request.value, "reason")));
                            JsonWriter w;
                            w.begin().field("id", c.id).field("agent_id", c.agent).field("amount_fen", c.amount_fen);
                            w.field("balance_fen", store::wallet_balance(tx, brand, c.agent)).end();
                            return Reply::json(w.take(), 201);
                          })
                  .taking({nullable(id("agent_id", "null: the brand's own wallet")),
                           integer("amount_fen", -kMaxBudgetFen, kMaxBudgetFen, "negative: taken back"),
                           text("reason", 1, kMaxReason, "for instance what was paid for it, and how")})
                  .giving({id("id"), nullable(id("agent_id")), fen("amount_fen"), fen("balance_fen")})
                  .answers(201)
                  .may_fail({Code::not_found, Code::wallet_too_low}));
}

Shape rules_shape() {
  using namespace shape;
  return {integer("reserve_fen", 1, kMaxCapFen, "a click costs at least this"),
          integer("ceiling_fen", 1, kMaxCapFen, "and with an automatic bid at most this")};
}
Reply rules_reply(const Rules& rules) {
  JsonWriter w;
  w.begin().field("reserve_fen", rules.reserve_fen).field("ceiling_fen", rules.ceiling_fen).end();
  return Reply::json(w.take());
}

using Steer = Result<Promotion> (*)(db::Tx&, const Call&, PromotionId);
net::Route steer_route(const char* verb, const char* name, const char* summary, Steer steer) {
  return net::write_route(Method::post, std::string("/api/v1/promotions/{promotion_id}/") + verb, name, summary,
                          Access::login,
                          [steer](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto id, request.id_param<PromotionId>("promotion_id"));
                            TRY(const auto p, steer(tx, call, id));
                            return Reply::json(promotion_json(tx, call, p));
                          })
      .giving(promotion_shape())
      .may_fail({Code::not_found, Code::promotion_state_conflict});
}

void promotion_routes(net::Routes& r) {
  using namespace net;
  using namespace shape;
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/promotion-rules", "getPromotionRules",
                         "What a paid click costs at least, and with an automatic bid at most: for agents and staff",
                         Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY_OK(org::find_brand(tx, brand));
                           if (call.caller.agent_at(brand) == nullptr)
                             TRY_OK(require_any_staff(call, brand, kAnyStaff));
                           return rules_reply(rules_of(tx, brand));
                         })
                  .giving(rules_shape())
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::put, "/api/v1/brands/{brand_id}/promotion-rules", "putPromotionRules",
                          "Sets them, for promotions bought from now on; owner or operator", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                            TRY(const auto rules, put_rules(tx, call, brand,
                                                            {get_int(request.value, "reserve_fen"),
                                                             get_int(request.value, "ceiling_fen")}));
                            return rules_reply(rules);
                          })
                  .taking(rules_shape())
                  .giving(rules_shape()));
  r.push_back(
      write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/promotions", "buyPromotion",
                  "Buys paid traffic into a broadcast, before or while it is on air: the host from their own "
                  "wallet, staff from the brand's",
                  Access::login,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto wish, wish_of(request));
                    TRY(const auto p, buy(tx, call, wish));
                    return Reply::json(promotion_json(tx, call, p), 201);
                  })
          .taking({opt(choice("objective", {"enter", "product_click", "order", "value"}, "absent: enter")),
                   integer("budget_fen", kMinBudgetFen, kMaxBudgetFen),
                   opt(choice("pace", {"smooth", "fast"}, "absent: smooth")),
                   nullable(integer("cap_fen", 1, kMaxCapFen,
                                    "the bid for one objective (value: for each 100.00 paid); null: automatic")),
                   opt(audience_field(true)),
                   nullable(instant("starts_at", "absent: now, or when the broadcast is to begin")),
                   nullable(instant("ends_at", "absent: two hours after its start")),
                   nullable(id("pin_id", "a moment of it to show, that leads into the room; absent: the room itself"))})
          .giving(promotion_shape())
          .answers(201)
          .may_fail({Code::not_found, Code::broadcast_state_conflict, Code::agent_not_active, Code::wallet_too_low,
                     Code::conflict, Code::missing_field}));
  r.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/promotions", "listBroadcastPromotions",
                         "The promotions of a broadcast, newest first", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                           TRY(const auto b, live::visible_broadcast(tx, call.caller, id));
                           if (!call.caller.owns_store(b.store))
                             TRY_OK(org::require_staff_at(tx, call, b.brand, b.store, kAnyStaff));
                           return promotions_reply(tx, call, store::of_broadcast(tx, id, kOfBroadcast), -1);
                         })
                  .giving(promotions_shape())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/stores/{store_id}/promotions", "listStorePromotions",
                         "The promotions of a store's broadcasts, newest first", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<StoreId>("store_id"));
                           TRY(const auto page, page_of(request));
                           TRY(const auto shop, org::find_store(tx, id));
                           if (!call.caller.owns_store(id))
                             TRY_OK(org::require_staff_at(tx, call, shop.brand, id, kAnyStaff));
                           return promotions_reply(
                               tx, call, store::of_store(tx, id, PromotionId{page.after}, page.limit), page.limit);
                         })
                  .asking(page_query())
                  .giving(promotions_shape())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/promotions", "listBrandPromotions",
                         "All promotions at the brand, newest first", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<BrandId>("brand_id"));
                           TRY(const auto page, page_of(request));
                           TRY_OK(require_any_staff(call, id, kAnyStaff));
                           return promotions_reply(
                               tx, call,
                               store::of_brand(tx, id, call.caller.scope(id), PromotionId{page.after}, page.limit),
                               page.limit);
                         })
                  .asking(page_query())
                  .giving(promotions_shape()));
  r.push_back(read_route(Method::get, "/api/v1/promotions/{promotion_id}", "getPromotion",
                         "A promotion: for the room's host, and staff", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<PromotionId>("promotion_id"));
                           TRY(const auto p, find_promotion(tx, call, id));
                           return Reply::json(promotion_json(tx, call, p));
                         })
                  .giving(promotion_shape())
                  .may_fail({Code::not_found}));
  r.push_back(
      steer_route("pause", "pausePromotion", "No slot goes to it until it is resumed; its budget stays", pause));
  r.push_back(steer_route("resume", "resumePromotion", "Delivery goes on", resume));
  r.push_back(steer_route("stop", "stopPromotion", "Ends it; what was not spent is back in the wallet at once", stop));
}

void slot_routes(net::Routes& r, Auctioneer& auctioneer, const CameFn& came) {
  using namespace net;
  using namespace shape;
  r.push_back(
      read_route(Method::get, "/api/v1/brands/{brand_id}/paid-slot", "getPaidSlot",
                 "Who gets this viewer's next paid slot, for pages that have no feed; null: nobody", Access::guest,
                 [&auctioneer](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                   TRY_OK(org::find_brand(tx, brand));
                   const auto placed =
                       auctioneer.choose(auctioneer.offers(tx, call, brand), call, brand, viewer_of(tx, call, brand));
                   JsonWriter w;
                   w.begin().key("slot");
                   if (placed)
                     w.begin()
                         .field("promotion_id", placed->promotion)
                         .field("broadcast_id", placed->broadcast)
                         .field("store_id", placed->store)
                         .field("paid", true)
                         .field("token", placed->token)
                         .field("address", slot_address(placed->token))
                         .end();
                   else
                     w.null();
                   return Reply::json(w.end().take());
                 })
          .giving({nullable(object("slot", {id("promotion_id"), id("broadcast_id"), id("store_id"),
                                            boolean("paid", "always: to be marked as such"),
                                            text("token", 1, kTokenText, "for POST /promotions/shown"),
                                            text("address", 1, kTokenText, "where a click goes")}))})
          .may_fail({Code::not_found}));
  Route shown = write_route(Method::post, "/api/v1/promotions/shown", "showPaidSlots",
                            "Paid slots the caller was shown; each person counts once a promotion", Access::guest,
                            [&auctioneer](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                              std::vector<std::string> tokens;
                              for (const auto& token : get_list(request.value, "tokens"))
                                tokens.emplace_back(token.as_string());
                              const auto n = show_slots(tx, call, auctioneer.slot_key(), tokens);
                              return Reply::json(JsonWriter().begin().field("counted", n).end().take());
                            })
                    .taking({list_of("tokens", text("", 1, kTokenText), 1, kMaxTokens)})
                    .giving({count("counted")});
  shown.idempotent = false;
  r.push_back(std::move(shown));
  Route click = write_route(Method::get, "/ad/{token}", "openPaidSlot",
                            "A click on a paid slot: one redirect, into the room while it is on air", Access::guest,
                            [&auctioneer, came](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                              TRY(auto clicked, click_slot(tx, call, auctioneer.slot_key(), request.param("token"),
                                                           share::is_preview(request)));
                              if (clicked.counted && came) came(tx, call, clicked);
                              Reply reply{302, {}, "text/plain; charset=utf-8", {}};
                              reply.headers = {{"Location", std::move(clicked.lands_on)},
                                               {"Cache-Control", "no-store"},
                                               {"Referrer-Policy", "same-origin"},
                                               {"X-Robots-Tag", "noindex"}};
                              return reply;
                            })
                    .answers(302)
                    .may_fail({Code::not_found});
  click.idempotent = false;
  r.push_back(std::move(click));
}

}  // namespace

net::Routes promo_routes(Auctioneer& auctioneer, CameFn came) {
  net::Routes r;
  wallet_routes(r);
  promotion_routes(r);
  slot_routes(r, auctioneer, came);
  return r;
}

}  // namespace lianbo::promo
