// verify must find nothing in a shop that did nothing wrong, and must name what somebody breaks by hand: every rule of
// it is broken once, on both engines. The report's figures are counted against a day whose outcome is known.
#include "insight/verify.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/json.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/coupon.hpp"
#include "insight/report.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "promo/promo_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::insight {
namespace {

using order::Order;
using test::must;
using test::Shop;

// A shop with one of everything: orders in every state, refunds in every state, a debt, settlements paid and not, a
// late payment, locks moved by touches, orders and a login, two pins, a cascade of shares.
class Verify : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    Shop& s = *shop_;
    s.plan(1000, 800, 200);
    boss_ = s.agent("Boss");
    anna_ = s.agent("Anna", boss_.id);
    bella_ = s.agent("Bella");
    mask_ = s.item("mask", 9900, 50);
    xiao_ = s.person("Xiao");
    const share::Share root = s.share_of(anna_.person, anna_.store);
    s.open(s.as(xiao_), root);
    const share::Share child = s.share_of(xiao_, anna_.store);
    const PersonId guest = s.new_guest();
    const PersonId yue = s.person("Yue");
    s.open(s.guest(guest), child);
    s.log_in(guest, yue);
    broadcast_ = must(db().write([&](db::Tx& tx) -> Result<BroadcastId> {
      live::NewBroadcast wish;
      wish.title = "Evening";
      wish.scheduled_at = s.now();
      wish.products = {mask_.product};
      TRY(const auto made, live::schedule_broadcast(tx, s.system(), bella_.store, wish));
      TRY([[maybe_unused]] const auto started, live::start_broadcast(tx, s.system(), made.broadcast.id));
      return made.broadcast.id;
    }));
    for (int i = 0; i < 2; ++i) {
      s.pass(1000);
      must(db().write([&](db::Tx& tx) { return live::unpin(tx, s.system(), broadcast_); }));
      must(db().write([&](db::Tx& tx) { return live::pin_product(tx, s.system(), broadcast_, mask_.product); }));
    }

    const Order first = s.delivered(xiao_, bella_.store, {{mask_.sku, 2, {}}});
    const Order second = s.delivered(yue, anna_.store, {{mask_.sku, 1, {}}});
    s.pass(7 * kDayMs);
    must(s.settle());
    must(s.pay_out(s.settlements(bella_.id).at(0).id, "bank-1"));
    s.refund(second.id, 0, 9900);
    s.pass(1);
    must(s.settle());
    s.refund(first.id, 0, 5000);  // available, not settled
    const Order swapped = s.delivered(yue, bella_.store, {{mask_.sku, 2, {}}});
    order::AfterSaleWish exchange{0, order::AfterSaleKind::exchange, 1, 0, "another"};
    const auto asked = must(s.ask_back(s.as(yue), swapped.id, exchange));
    for (const auto step : {order::AfterSaleStep::approve, order::AfterSaleStep::goods_back,
                            order::AfterSaleStep::send_replacement, order::AfterSaleStep::receive_replacement})
      must(s.step(s.owner(), asked.id, step, {"", "SF", "SF9", {}}));
    const Order gone = s.bought(yue, bella_.store, {{mask_.sku, 1, {}}});
    s.refund(gone.id, 0, 9900);  // before it left
    const Order third = s.delivered(xiao_, bella_.store, {{mask_.sku, 3, {}}});
    s.refund(third.id, 0, 1000);  // pending
    must(s.ask_back(s.as(xiao_), third.id, {0, order::AfterSaleKind::return_and_refund, 1, 100, "open"}));
    const Order late = must(s.place(xiao_, bella_.store, {{mask_.sku, 1, {}}}));
    must(s.prepay(xiao_, late.id));
    must(s.confirm(late.id));
    must(s.cancel(s.as(xiao_), late.id));
    s.deliver();
    s.jobs();
    must(s.ship(s.bought(xiao_, bella_.store, {{mask_.sku, 1, {}}}).id));
    s.bought(yue, bella_.store, {{mask_.sku, 1, {}}});
    must(s.place(yue, bella_.store, {{mask_.sku, 1, {}}}));
  }

  // Two promotions of a room on air, each with a paid click: one goes on, one was stopped.
  void promotions() {
    Shop& s = *shop_;
    const Call owner = s.owner();
    const std::string key = promo::slot_key("server");
    SecureRandom random;
    must(db().write(
        [&](db::Tx& tx) { return promo::credit_wallet(tx, owner, s.brand(), {}, 50'000, "for the launch"); }));
    for (const bool stopped : {false, true}) {
      promo::Wish wish;
      wish.broadcast = broadcast_;
      wish.budget_fen = 10'000;
      const auto p = must(db().write([&](db::Tx& tx) { return promo::buy(tx, owner, wish); }));
      const Call guest = s.guest(s.new_guest());
      const std::string slot = promo::seal_slot(key, {p.id, {}, guest.caller.person, 60, s.now()}, random);
      EXPECT_EQ(must(db().write([&](db::Tx& tx) { return promo::click_slot(tx, guest, key, slot, false); })).price_fen,
                60);
      if (stopped) must(db().write([&](db::Tx& tx) { return promo::stop(tx, owner, p.id); }));
    }
  }

  // One of each offer: used, and given back by an order that was cancelled.
  void offers() {
    Shop& s = *shop_;
    const Call owner = s.owner();
    catalog::Coupon terms;
    terms.brand = s.brand();
    terms.name = "1 off";
    terms.off_fen = 100;
    terms.total = 5;
    terms.starts_at = s.now();
    terms.ends_at = s.now() + 90 * kDayMs;
    const auto coupon = must(db().write([&](db::Tx& tx) { return catalog::create_coupon(tx, owner, terms); }));
    const Call buyer = s.as(xiao_);
    must(db().write([&](db::Tx& tx) { return catalog::claim_coupon(tx, buyer, coupon.id); }));
    catalog::CampaignWish campaign;
    campaign.name = "week";
    campaign.starts_at = s.now();
    campaign.ends_at = s.now() + 7 * kDayMs;
    campaign.items.push_back({mask_.sku, 9500, "", {}});
    const auto made =
        must(db().write([&](db::Tx& tx) { return catalog::create_campaign(tx, owner, s.brand(), campaign); }));
    must(db().write([&](db::Tx& tx) { return catalog::push_campaign(tx, owner, made.id); }));
    s.jobs();
    must(db().write([&](db::Tx& tx) { return live::open_flash(tx, owner, broadcast_, {mask_.sku, 9000, 3, 60}); }));
    must(db().write([&](db::Tx& tx) { return catalog::allot(tx, owner, mask_.sku, bella_.store, {10, 0, true, 0}); }));
    live::BagWish wish;
    wish.title = wish.prize = "tea";
    wish.winners = 1;
    wish.seconds = 60;
    const auto bag = must(db().write([&](db::Tx& tx) { return live::open_bag(tx, owner, broadcast_, wish); }));
    must(db().write([&](db::Tx& tx) { return live::enter_bag(tx, buyer, bag.id); }));
    order::PlaceWish in_room;
    in_room.store = bella_.store;
    in_room.broadcast = broadcast_;
    in_room.coupon = coupon.id;
    in_room.lines = {{mask_.sku, 2, {}}, {mask_.sku, 2, {}}};  // the first at the flash price, the second not
    for (const bool keep : {false, true}) {
      const auto o = must(db().write([&](db::Tx& tx) { return order::place(tx, buyer, in_room); }));
      if (keep)
        must(s.pay(xiao_, o.id));
      else
        must(s.cancel(buyer, o.id));
    }
    s.pass(kMinuteMs);                                    // the bag is drawn, the flash price is over
    s.bought(xiao_, bella_.store, {{mask_.sku, 1, {}}});  // not in the figures yet
  }

  Shop& shop() { return *shop_; }
  VerifyReport report() { return must(verify(db())); }
  std::set<std::string> broken() {
    std::set<std::string> names;
    for (const auto& c : report().checks)
      if (c.wrong != 0) names.insert(c.name);
    return names;
  }

  std::unique_ptr<Shop> shop_;
  org::Agent boss_, anna_, bella_;
  Shop::Item mask_;
  PersonId xiao_;
  BroadcastId broadcast_;
};
ON_BOTH_ENGINES(Verify);

TEST_P(Verify, FindsNothingWrongAndLooksAtEverything) {
  offers();
  promotions();
  const auto r = report();
  EXPECT_TRUE(r.ok()) << verify_text(r);
  std::set<std::string> names;
  for (const auto& c : r.checks) {
    EXPECT_GT(c.looked_at, 0) << c.name << " looked at nothing";
    names.insert(c.name);
  }
  EXPECT_EQ(names, (std::set<std::string>{"stock", "ledger", "entries", "accounts", "orders", "money", "rollup",
                                          "figures", "offers", "locks", "pins", "shares", "promotions"}));
  const auto value = parse_json(verify_json(r));
  ASSERT_TRUE(value);
  EXPECT_TRUE(get_bool(*value, "ok"));
  EXPECT_NE(verify_text(r).find("verify: ok\n"), std::string::npos);
}

// What somebody writes into the tables by hand, which check must name it, and a word of what it says.
struct Break {
  const char* says;
  const char* script;
  const char* check;
  const char* words;
};

std::vector<Break> breaks() {
  return {
      {"a unit appears in the pool", "update stock_pools set pool = pool + 1", "stock", "received"},
      {"a unit appears in a lease", "update stock_leases set units = units + 1", "stock", "leased"},
      {"more is sold than was ordered, the law kept",
       "update stock_leases set sold = sold + 1; update stock_pools set received = received + (select count(*) from "
       "stock_leases)",
       "stock", "orders hold"},
      {"units sold without any order",
       "insert into stock_leases (bucket, sku_id, units, reserved, sold) select 63 - min(bucket), max(sku_id), 0, 0, 1 "
       "from "
       "order_lines where true on conflict (bucket, sku_id) do update set sold = stock_leases.sold + 1; "
       "update stock_pools set received = received + 1",
       "stock", "without an order"},
      {"a SKU without its stock row", "delete from stock_pools", "stock", "no stock row"},

      {"a posting is changed",
       "update ledger_postings set amount_fen = amount_fen + 1 where account = 'sales' and tx_id = (select min(tx_id) "
       "from "
       "ledger_postings where account = 'sales')",
       "ledger", "postings sum to 1"},
      {"a transaction is deleted", "delete from ledger_txs where cause = 'accrual'", "ledger",
       "without its transaction"},
      {"a brand's account with an agent", "update ledger_postings set agent_id = 7 where account = 'sales'", "ledger",
       "of agent 7"},

      {"an entry is a fen too large", "update entries set amount_fen = amount_fen + 1 where seq = 0", "entries",
       "the plan gives"},
      {"an entry for another agent", "update entries set agent_id = agent_id + 1 where role = 'host'", "entries",
       "the plan gives"},
      {"an entry is missing", "delete from entries where role = 'recruiter'", "entries", "the plan gives"},
      {"a line's net is changed", "update order_lines set refunded_fen = refunded_fen + 100 where refunded_fen = 0",
       "entries", "the plan gives"},
      {"an entry without a line", "update entries set line = line + 9 where role = 'recruiter' and seq = 0", "entries",
       "without its order line"},
      {"an entry at another rate", "update entries set bp = bp + 1 where seq = 1", "entries", "bp"},
      {"a line that does not carry its plan", "update order_lines set clipper_bp = 5", "entries", "rates of its plan"},
      {"a line that names no plan", "update order_lines set plan_id = null", "entries", "rates of its plan"},
      {"a line that names a plan there is not", "update order_lines set plan_id = 77", "entries", "rates of its plan"},
      {"a line frozen otherwise than its plan says", "update plans set freeze_days = 3", "entries",
       "rates of its plan"},
      {"an entry settled in nothing", "update entries set settlement_id = null where state = 'settled'", "entries",
       "its settlement is missing"},
      {"an entry paid in a settlement that is not", "update entries set state = 'paid' where state = 'settled'",
       "entries", "entry is paid, its settlement is settled"},
      {"an entry in a settlement before its time",
       "update entries set settlement_id = (select min(id) from settlements) where state = 'pending'", "entries",
       "entry is pending"},
      {"available too early", "update entries set available_at = available_at - 86400000 where state = 'available'",
       "entries", "before its freeze"},
      {"pending although matured", "update entries set state = 'pending' where state = 'available'", "entries",
       "has matured"},

      {"an account that does not follow its entries",
       "update ledger_postings set amount_fen = amount_fen * 2 where account in ('available', 'settled', 'debt')",
       "accounts", "the rows give"},
      {"money on an account without rows", "update ledger_postings set agent_id = 99 where account = 'pending'",
       "accounts", "without rows"},
      {"a debt that the ledger does not know", "update agent_accounts set debt_fen = debt_fen + 1", "accounts",
       "debt of the account"},
      {"a payout that says it is done while its settlement is not paid",
       "insert into payouts (id, batch_id, brand_id, settlement_id, agent_id, amount_fen, state, at) select 1, 1, 1, "
       "id, "
       "agent_id, payable_fen, 'done', 1 from settlements where state = 'settled' order by id limit 1",
       "accounts", "that is settled"},
      {"a payout that failed though a part of it arrived",
       "insert into payouts (id, batch_id, brand_id, settlement_id, agent_id, amount_fen, state, at) select 1, 1, 1, "
       "id, "
       "agent_id, payable_fen, 'failed', 1 from settlements where state = 'settled' order by id limit 1; "
       "insert into transfers (number, payout_id, n, brand_id, agent_id, account, holder, amount_fen, state, next_at, "
       "at) "
       "values ('1N1', 1, 1, 1, 1, '', '', 7, 'done', 1, 1)",
       "accounts", "7 came through the rail"},
      {"a debt forgiven by hand", "update agent_accounts set debt_fen = 0", "accounts", "debt of the account is 0"},
      {"a settlement of another sum", "update settlements set entries_fen = entries_fen + 1", "accounts",
       "its entries sum to"},
      {"a settlement that pays more", "update settlements set payable_fen = payable_fen + 1 where state = 'settled'",
       "accounts", "took"},

      {"a payment of another amount", "update payments set amount_fen = amount_fen + 1 where state = 'paid'", "orders",
       "payment is paid"},
      {"a payment is lost", "delete from payments where state = 'paid'", "orders", "payment is missing"},
      {"paid without a payment", "update payments set state = 'open' where state = 'paid'", "orders",
       "payment is open"},
      {"an order that was never paid but shipped", "update orders set paid_at = null where state = 'shipped'", "orders",
       "instants"},
      {"an order received before its time",
       "update orders set received_at = null where state in ('received', 'completed')", "orders", "instants"},
      {"an order over another total", "update orders set goods_fen = goods_fen + 1", "orders", "goods"},
      {"a line paid otherwise", "update order_lines set paid_fen = paid_fen - 1", "orders", "goods"},
      {"a refund forgotten on its line", "update order_lines set refunded_fen = 0 where refunded_fen > 0", "orders",
       "refunds done"},
      {"a refund forgotten on its order", "update orders set refunded_fen = 0 where refunded_fen > 0", "orders",
       "refunded 0"},
      {"money that came late and did not go back", "delete from refunds where line is null", "orders",
       "payment is late, 0 refunds"},
      {"money that went back although it was not late", "update payments set state = 'closed' where state = 'late'",
       "orders", "payment is closed, 1 refunds"},
      {"a parcel that nobody wrote down", "update order_lines set shipped_qty = shipped_qty - 1 where shipped_qty > 0",
       "orders", "in parcels"},
      {"more leaves than was ordered",
       "update parcel_lines set qty = qty + 1; update order_lines set shipped_qty = "
       "shipped_qty + 1 where shipped_qty > 0",
       "orders", "in parcels"},
      {"units given up although the order was shipped whole",
       "update order_lines set dropped_qty = 1 where shipped_qty > 0", "orders", "given up"},
      {"a shipping fee given back that was never paid",
       "update orders set shipping_refunded_fen = 1, refunded_fen = "
       "refunded_fen + 1",
       "orders", "refunded"},
      {"an exchange that sent nothing", "delete from parcels where after_sale_id is not null", "orders",
       "0 units were sent"},
      {"a replacement nobody asked for", "update after_sales set state = 'replacing' where state = 'exchanged'",
       "orders", "units were sent"},
      {"a replacement that stock does not know of",
       "update stock_leases set units = units + 1, sold = sold - 1 where sold > 0", "stock", "orders hold"},
      {"an after-sale that was refunded without a refund",
       "update after_sales set state = 'refunded' where state = 'requested'", "orders", "its refund is missing"},
      {"an after-sale that forgot its refund", "update after_sales set state = 'rejected' where state = 'refunded'",
       "orders", "after-sale is rejected"},
      {"an order under another agent's lock", "update lock_orders set agent_id = agent_id + 1", "orders",
       "disagree on the agent"},
      {"an order its lock never saw", "delete from lock_orders", "orders", "disagree on the agent"},
      {"another host", "update orders set host_agent_id = promoter_agent_id where promoter_agent_id is not null",
       "orders", "host is not the agent"},
      {"a recruiter of nobody", "update orders set promoter_agent_id = null, lock_agent_id = null", "orders", "host"},

      {"sales without an order", "update orders set paid_at = null", "money", "sales"},
      {"a refund the ledger does not know", "update refunds set amount_fen = amount_fen + 1 where state = 'done'",
       "money", "refund"},
      {"commission that was not granted",
       "update ledger_postings set amount_fen = amount_fen - 5 where account = 'commission'", "money", "commission"},

      {"a store of another brand", "update stores set brand_id = brand_id + 1", "rollup", "stores"},
      {"lines that do not add up to the order", "update order_lines set paid_fen = paid_fen + 7", "rollup", "lines"},

      {"a day's figure a fen too large",
       "update figures set paid_fen = paid_fen + 1 where scope = 'store' and paid_fen > 0", "figures", "by the rows"},
      {"a minute that was forgotten", "delete from figures where scope = 'minute' and paid_fen > 0", "figures",
       "minute: paid"},
      {"a payment that waits to be counted as more than it was",
       "update tallies set amount_fen = amount_fen + 1 where what = 'paid'", "figures", "its figures say"},
      {"pins that don't add up to their broadcast",
       "insert into figures (brand_id, scope, group_id, id, exposures, enters, clicks, touches, orders, paid_orders, "
       "units, paid_fen, refunded_fen) select brand_id, 'pin', id, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 from broadcasts",
       "figures", "its pins add up to"},
      {"somebody seen by no day", "delete from cohorts", "figures", "cohorts 0"},

      {"a lock that is not what its history says",
       "update locks set expires_at = expires_at + 1 where agent_id is not "
       "null",
       "locks", "fold"},
      {"a touch that is lost", "delete from touches", "locks", "fold"},

      {"a pin that closes after the next has opened",
       "update pins set closed_at = closed_at + 86400000 where closed_at is not null", "pins", "overlaps"},
      {"a pin that closes before it opens", "update pins set closed_at = opened_at - 1 where closed_at is not null",
       "pins", "overlaps"},
      {"a pin still open after the end", "update broadcasts set state = 'ended', ended_at = started_at", "pins",
       "the broadcast is over"},

      {"a unit appears in an allotment", "update stock_allotments set units = units + 1", "stock", "allotted"},
      {"an allotment that was given back and is not empty",
       "update stock_allotments set closed_at = 5, units = 1; update stock_pools set pool = pool + 99", "stock",
       "given back and has"},
      {"a line that took more than it has", "update order_lines set allotted_qty = qty + 1 where allotted_qty > 0",
       "stock", "out of an allotment"},
      {"a line out of an allotment there never was", "delete from stock_allotments", "stock", "out of an allotment"},
      {"another campaign price", "update campaign_items set price_fen = price_fen + 1", "offers", "its campaign says"},
      {"a campaign the store never had", "delete from store_campaigns", "offers", "its campaign says"},
      {"a campaign price before its time", "update campaigns set starts_at = starts_at + 99999999", "offers",
       "its campaign says"},
      {"a list price that is not the list's",
       "update order_lines set price_source = 'list', campaign_id = null where "
       "price_source = 'campaign'",
       "offers", "its campaign says"},
      {"flash units that nobody ordered", "update flash_sales set units_left = units_left - 1", "offers",
       "units are gone"},
      {"another flash price", "update flash_sales set price_fen = price_fen + 1", "offers", "the flash price does not"},
      {"a flash price in another room",
       "update orders set broadcast_id = broadcast_id + 1 where broadcast_id is not null", "offers",
       "the flash price does not"},
      {"a coupon nobody claimed", "update coupons set claimed = claimed + 1", "offers", "people have one"},
      {"a claim that is lost", "delete from coupon_claims", "offers", "people have one"},
      {"a coupon used twice", "update coupon_claims set order_id = null", "offers", "its claim does not know"},
      {"a coupon used for an order that does not say so", "update orders set coupon_id = null", "offers",
       "does not say so"},
      {"another discount", "update coupons set off_fen = off_fen + 1", "offers", "discount"},
      {"a coupon under its minimum", "update coupons set min_spend_fen = 9999999", "offers", "discount"},
      {"a discount on the wrong line",
       "update order_lines set paid_fen = paid_fen + (case when line = 0 then 5 else -5 end) where exists (select 1 "
       "from "
       "orders o where o.bucket = order_lines.bucket and o.id = order_lines.order_id and o.discount_fen > 0)",
       "offers", "bears"},
      {"a fee without a table of fees", "update orders set shipping_fen = 1, total_fen = total_fen + 1", "offers",
       "shipping 1"},
      {"another winner", "update lucky_entrants set place = 0", "offers", "winner 1 must be"},
      {"another seed than was committed to", "update lucky_bags set commitment = prize", "offers", "the commitment"},

      {"a share of another root", "update shares set root_id = id", "shares", "root or depth"},
      {"a share at another depth", "update shares set depth = depth + 1", "shares", "root or depth"},

      {"a fen appears in a budget", "update promotions set pool_fen = pool_fen + 1 where state = 'open'", "promotions",
       "pool"},
      {"a fen appears in a lease", "update promotion_leases set units = units + 1", "promotions", "leases"},
      {"more is spent than the budget", "update promotion_leases set spent = spent + 10000", "promotions",
       "spent 10060"},
      {"an ended promotion that still has a lease",
       "update promotion_leases set units = 5, spent = spent - 5 where promotion_id in (select id from promotions "
       "where "
       "state = 'ended')",
       "promotions", "leases 5"},
      {"money back although it goes on",
       "update promotions set returned_fen = 7, pool_fen = pool_fen - 7 where state = 'open'", "promotions",
       "returned 7"},
      {"a click charged that nobody made", "update promotion_visits set price_fen = price_fen + 1", "promotions",
       "the visits say 61"},
      {"a charge without its click", "delete from promotion_visits", "promotions", "the visits say 0"},
      {"a click after the end", "update broadcasts set state = 'ended', ended_at = started_at", "promotions",
       "not on air"},
      {"a wallet with more than was put in", "update wallets set balance_fen = balance_fen + 1", "promotions",
       "the brand has"},
      {"a wallet that is lost", "delete from wallets", "promotions", "the brand has 0"},
      {"a budget the wallet did not pay",
       "update promotions set budget_fen = budget_fen + 5, pool_fen = pool_fen + 5 where state = 'open'", "promotions",
       "bought for 10005"},
      {"a return that was not posted", "delete from ledger_txs where cause = 'promotion_returned'", "promotions",
       "got 0 back"},
      {"a credit the ledger does not know", "update wallet_credits set amount_fen = amount_fen + 1", "money",
       "promotion"},
  };
}

TEST_P(Verify, NamesWhatIsBrokenByHand) {
  offers();
  promotions();
  // Each break on a copy of its own would need the whole day again: the tables are put back from a copy instead.
  std::string keep, back;
  for (const char* table :
       {"after_sales",      "agent_accounts", "broadcasts", "campaign_items",   "campaigns",      "cohorts",
        "coupon_claims",    "coupons",        "entries",    "figures",          "flash_sales",    "ledger_postings",
        "ledger_txs",       "lock_orders",    "locks",      "lucky_bags",       "lucky_entrants", "order_lines",
        "orders",           "parcel_lines",   "parcels",    "payments",         "pins",           "plans",
        "refunds",          "settlements",    "shares",     "stock_allotments", "stock_leases",   "stock_pools",
        "store_campaigns",  "stores",         "tallies",    "touches",          "promotions",     "promotion_leases",
        "promotion_visits", "wallet_credits", "wallets",    "payouts",          "transfers"}) {
    const std::string t = table;
    keep += "create table kept_" + t + " as select * from " + t + ";";
    back += "delete from " + t + "; insert into " + t + " select * from kept_" + t + ";";
  }
  must(db().run_script(keep));
  for (const Break& b : breaks()) {
    const Status done = db().run_script(std::string(b.script) + ";");
    ASSERT_TRUE(done) << b.says << ": " << done.error().text();
    const auto r = report();
    EXPECT_FALSE(r.ok()) << b.says;
    bool named = false;
    for (const auto& c : r.checks)
      if (c.name == b.check)
        for (const auto& d : c.differences) named = named || d.find(b.words) != std::string::npos;
    EXPECT_TRUE(named) << b.says << ": \"" << b.words << "\" is not said by " << b.check << ":\n" << verify_text(r);
    EXPECT_NE(verify_text(r).find("verify: NOT ok"), std::string::npos);
    // Another brand of the same server hears nothing of it; the brand itself does, unless it is nobody's any more.
    EXPECT_TRUE(must(verify(db(), BrandId{4711})).ok()) << b.says;
    if (b.check == std::string("stock")) {
      EXPECT_FALSE(must(verify(db(), shop().brand())).ok()) << b.says;
    }
    must(db().run_script(back));
    ASSERT_TRUE(report().ok()) << "after " << b.says << " was put back:\n" << verify_text(report());
  }
}

TEST_P(Verify, OfOneBrandCountsItsRowsAndTellsItsDifferences) {
  const BrandId home = shop().brand();
  const auto whole = report(), own = must(verify(db(), home));
  ASSERT_EQ(whole.checks.size(), own.checks.size());
  for (std::size_t i = 0; i < own.checks.size(); ++i)
    EXPECT_EQ(own.checks[i].looked_at, whole.checks[i].looked_at) << own.checks[i].name;
  for (const auto& c : must(verify(db(), BrandId{4711})).checks) EXPECT_EQ(c.looked_at, 0) << c.name;
  for (const char* script : {"update orders set completed_at = 5", "update entries set bp = bp + 1",
                             "update agent_accounts set debt_fen = debt_fen + 1", "update shares set depth = depth + 1",
                             "update pins set closed_at = opened_at - 1", "update locks set expires_at = 5",
                             "update settlements set payable_fen = payable_fen + 1",
                             "update ledger_postings set amount_fen = amount_fen + 1"}) {
    must(db().run_script(std::string(script) + ";"));
    EXPECT_TRUE(must(verify(db(), BrandId{4711})).ok()) << script;
    EXPECT_GT(must(verify(db(), home)).ok() ? 0 : 1, 0) << script;
  }
}

TEST_P(Verify, ShowsTwentyDifferencesAndCountsTheRest) {
  for (int i = 0; i < 25; ++i) shop().item("many" + std::to_string(i), 100, 10);
  must(db().run_script("update stock_pools set pool = pool + 1;"));
  const auto r = report();
  const auto& stock = r.checks.front();
  EXPECT_EQ(stock.name, "stock");
  EXPECT_EQ(stock.wrong, 26);
  EXPECT_EQ(stock.differences.size(), 20u);
  EXPECT_NE(verify_text(r).find("and 6 more"), std::string::npos);
  EXPECT_FALSE(get_bool(parse_json(verify_json(r)).value(), "ok", true));
}

TEST_P(Verify, TheReportCountsTheDay) {
  const Report r = shop().report();
  EXPECT_EQ(r.agents, 3);
  EXPECT_EQ(r.broadcasts, 1);
  EXPECT_EQ(r.pins, 2);
  EXPECT_EQ(r.shares, 2);
  EXPECT_EQ(r.touches, 2);
  EXPECT_EQ(r.locks_opened, 2);
  EXPECT_EQ(r.locks_taken_over, 0);
  EXPECT_EQ(r.share_cascades, 1);
  EXPECT_EQ(r.cascade_depth_max, 1);
  EXPECT_EQ(r.orders_placed, 9);
  EXPECT_EQ(r.orders_paid, 7);
  EXPECT_EQ(r.orders_cancelled, 2);
  EXPECT_EQ(r.gmv_fen, (2 + 1 + 2 + 1 + 3 + 1 + 1) * 9900);
  EXPECT_EQ(r.refunds, 4);
  EXPECT_EQ(r.refunded_fen, 9900 + 5000 + 9900 + 1000);
  // 2 masks: 10 % and 8 % and 2 %, settled and Bella's paid; 1 mask of Anna's own store: 990 + 792 + 198.
  EXPECT_EQ(r.commission_paid_fen, 1980);
  EXPECT_EQ(r.commission_settled_fen, 1584 + 396 + 990 + 792 + 198 - (990 + 792 + 198));
  EXPECT_EQ(r.commission_available_fen, (1480 - 1980) + (1184 - 1584) + (296 - 396));
  EXPECT_EQ(r.commission_pending_fen, (2870 + 2296 + 574) + 4 * (990 + 792 + 198));
  EXPECT_EQ(r.debt_fen, 990 + 792 + 198);
  EXPECT_EQ(r.oversold_units, 0);
  EXPECT_EQ(r.ledger_difference_fen, 0);
  std::int64_t orders = 0;
  Fen gmv = 0;
  for (const auto& h : r.hours) {
    EXPECT_EQ(h.at % kHourMs, 0);
    orders += h.orders;
    gmv += h.gmv_fen;
  }
  EXPECT_EQ(orders, r.orders_paid);
  EXPECT_EQ(gmv, r.gmv_fen);
  ASSERT_EQ(r.top_hosts.size(), 2u);
  EXPECT_EQ(r.top_hosts[0].agent, bella_.id);
  EXPECT_EQ(r.top_hosts[0].gmv_fen, 10 * 9900);
  EXPECT_EQ(r.top_hosts[1].agent, anna_.id);
  EXPECT_TRUE(parse_json(report_json(r)));
}

TEST_P(Verify, TheReportComputesOversellingAndLedgerDifferencesFromTheRows) {
  must(
      db().run_script("update stock_pools set received = 6; "
                      "update ledger_postings set amount_fen = amount_fen + 3 where account = 'refund' and tx_id = "
                      "(select max(tx_id) from ledger_postings where account = 'refund');"));
  const Report r = shop().report();
  EXPECT_EQ(r.oversold_units, 12 - 6);
  EXPECT_EQ(r.ledger_difference_fen, 6) << "one transaction by 3, and the whole by 3";
}

}  // namespace
}  // namespace lianbo::insight
