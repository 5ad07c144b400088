// The machine of after-sales as a table and against a model that was written apart from it, and the rules of what may
// be asked for.
#include "order/after_sale.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

namespace lianbo::order {
namespace {

using State = AfterSaleState;
using Step = AfterSaleStep;
using Kind = AfterSaleKind;

constexpr Instant kNow = 1'800'000'000'000;
constexpr int kStateCount = static_cast<int>(State::lapsed) + 1, kStepCount = static_cast<int>(Step::time_up) + 1;

// What a shop-keeper would say of a case, by what has happened to it rather than by a table.
struct Model {
  Kind kind;
  bool agreed = false, refused = false, disputed = false, sent_back = false, arrived = false, new_sent = false,
       over = false, pays = false;
  State state() const { return state_; }
  State state_ = State::requested;

  bool goods() const { return kind != Kind::refund_only; }
  void after_agreement() {
    agreed = true;
    refused = disputed = false;
    if (!goods() || (arrived && kind == Kind::return_and_refund)) {
      pays = true;
      state_ = State::refunding;
    } else if (arrived) {
      state_ = State::replacing;
    } else {
      sent_back = false;
      state_ = State::returning;
    }
  }
  void end(State s) {
    over = true;
    state_ = s;
  }
  // False: it can't happen now.
  bool take(Step step) {
    if (over) return false;
    const bool asked = !agreed && !refused && !disputed;
    const bool waits_for_goods = agreed && goods() && !sent_back && !arrived;
    const bool on_the_way = agreed && sent_back && !arrived;
    const bool owes_new = agreed && arrived && kind == Kind::exchange && !pays && !new_sent;
    switch (step) {
      case Step::approve:
        if (!asked) return false;
        after_agreement();
        return true;
      case Step::reject:
        if (!asked && !on_the_way) return false;
        arrived = on_the_way;
        agreed = false;
        refused = true;
        state_ = State::rejected;
        return true;
      case Step::withdraw:
        if (!asked && !waits_for_goods && !disputed) return false;
        end(State::withdrawn);
        return true;
      case Step::send_back:
        if (!waits_for_goods) return false;
        sent_back = true;
        state_ = State::returned;
        return true;
      case Step::goods_back:
        if (!waits_for_goods && !on_the_way) return false;
        arrived = true;
        after_agreement();
        return true;
      case Step::send_replacement:
        if (!owes_new) return false;
        new_sent = true;
        state_ = State::replaced;
        return true;
      case Step::refund_instead:
        if (!owes_new) return false;
        pays = true;
        state_ = State::refunding;
        return true;
      case Step::receive_replacement:
        if (!new_sent) return false;
        end(State::exchanged);
        return true;
      case Step::dispute:
        if (!refused) return false;
        refused = false;
        disputed = true;
        state_ = State::disputed;
        return true;
      case Step::uphold:
        if (!disputed) return false;
        after_agreement();
        return true;
      case Step::dismiss:
        if (!disputed) return false;
        end(State::dismissed);
        return true;
      case Step::money_back:
        if (!pays) return false;
        end(State::refunded);
        return true;
      case Step::time_up:
        if (pays || refused) return false;  // the rail has all the time; a refusal stands
        if (asked || disputed) {
          after_agreement();
        } else if (waits_for_goods) {
          end(State::lapsed);
        } else if (on_the_way) {
          arrived = true;
          after_agreement();
        } else if (owes_new) {
          pays = true;
          state_ = State::refunding;
        } else if (new_sent) {
          end(State::exchanged);
        }
        return true;
      case Step::request:
        return false;
    }
    return false;
  }
};

TEST(AfterSale, AnyStoryGoesAsTheModelSays) {
  rc::check("after-sale machine", [] {
    const auto kind = *rc::gen::element(Kind::refund_only, Kind::return_and_refund, Kind::exchange);
    Model model{.kind = kind};
    State state = State::requested;
    bool back = false;
    const int length = *rc::gen::inRange(1, 30);
    for (int i = 0; i < length; ++i) {
      const auto step = static_cast<Step>(*rc::gen::inRange(1, kStepCount));
      const auto next = next_state(state, step, kind, back);
      const State before = state;
      RC_ASSERT(next.has_value() == model.take(step));
      if (!next) continue;
      state = *next;
      RC_ASSERT(state == model.state());
      if (step == Step::goods_back || (before == State::returned && step != Step::send_back)) back = true;
    }
    // Whatever happened, an open case can be brought to an end.
    for (int i = 0; i < 10 && is_open(state); ++i) {
      auto next = next_state(state, Step::time_up, kind, back);
      if (!next) next = next_state(state, Step::money_back, kind, back);
      RC_ASSERT(next.has_value());
      if (state == State::returned) back = true;
      state = *next;
    }
    RC_ASSERT(!is_open(state));
  });
}

TEST(AfterSale, EachStateAndStepStandsInTheTableOnce) {
  std::set<std::tuple<int, int, int>> seen;
  for (const auto& t : transitions())
    for (const int back : {0, 1}) {
      if (t.goods_back && *t.goods_back != (back == 1)) continue;
      EXPECT_TRUE(seen.insert({static_cast<int>(t.from), static_cast<int>(t.step), back}).second)
          << state_name(t.from) << " " << step_name(t.step);
    }
  // Each step has one kind of people who may take it, so that it can be asked before the case is looked at.
  std::map<Step, AfterSaleActor> who;
  for (const auto& t : transitions()) EXPECT_EQ(who.emplace(t.step, t.who).first->second, t.who) << step_name(t.step);
  EXPECT_EQ(who.size(), static_cast<std::size_t>(kStepCount) - 1) << "every step but the request leads somewhere";
}

TEST(AfterSale, WhoMayDoWhatAndWhereItLeads) {
  struct Row {
    State from;
    Step step;
    AfterSaleActor who;
    const char* leads;  // refund only, return, exchange; - for nowhere
    bool back = false;
  };
  using Who = AfterSaleActor;
  for (const Row& row : std::vector<Row>{
           {State::requested, Step::approve, Who::staff, "refunding returning returning"},
           {State::requested, Step::reject, Who::staff, "rejected rejected rejected"},
           {State::requested, Step::withdraw, Who::buyer, "withdrawn withdrawn withdrawn"},
           {State::requested, Step::time_up, Who::clock, "refunding returning returning"},
           {State::returning, Step::send_back, Who::buyer, "- returned returned"},
           {State::returning, Step::goods_back, Who::staff, "- refunding replacing"},
           {State::returning, Step::withdraw, Who::buyer, "- withdrawn withdrawn"},
           {State::returning, Step::time_up, Who::clock, "- lapsed lapsed"},
           {State::returned, Step::goods_back, Who::staff, "- refunding replacing"},
           {State::returned, Step::reject, Who::staff, "- rejected rejected"},
           {State::returned, Step::time_up, Who::clock, "- refunding replacing"},
           {State::replacing, Step::send_replacement, Who::shipper, "- - replaced"},
           {State::replacing, Step::refund_instead, Who::staff, "- - refunding"},
           {State::replacing, Step::time_up, Who::clock, "- - refunding"},
           {State::replaced, Step::receive_replacement, Who::buyer, "- - exchanged"},
           {State::replaced, Step::time_up, Who::clock, "- - exchanged"},
           {State::refunding, Step::money_back, Who::rail, "refunded refunded refunded"},
           {State::rejected, Step::dispute, Who::buyer, "disputed disputed disputed"},
           {State::disputed, Step::uphold, Who::judge, "refunding returning returning"},
           {State::disputed, Step::uphold, Who::judge, "- refunding replacing", true},
           {State::disputed, Step::time_up, Who::clock, "refunding returning returning"},
           {State::disputed, Step::time_up, Who::clock, "- refunding replacing", true},
           {State::disputed, Step::dismiss, Who::judge, "dismissed dismissed dismissed"},
           {State::disputed, Step::withdraw, Who::buyer, "withdrawn withdrawn withdrawn"},
       }) {
    const auto* t = transition_of(row.from, row.step, row.back);
    ASSERT_NE(t, nullptr) << state_name(row.from) << " " << step_name(row.step);
    EXPECT_EQ(t->who, row.who);
    std::string leads;
    for (const Kind kind : {Kind::refund_only, Kind::return_and_refund, Kind::exchange}) {
      const auto to = next_state(row.from, row.step, kind, row.back);
      leads += (leads.empty() ? "" : " ") + std::string(to ? state_name(*to) : "-");
    }
    EXPECT_EQ(leads, row.leads) << state_name(row.from) << " " << step_name(row.step);
  }
  int pairs = 0;
  for (int s = 0; s < kStateCount; ++s)
    for (int p = 0; p < kStepCount; ++p)
      pairs += transition_of(static_cast<State>(s), static_cast<Step>(p), false) != nullptr ? 1 : 0;
  EXPECT_EQ(pairs, 22) << "what is not in this table is refused";
}

TEST(AfterSale, EachStateThatWaitsHasItsTime) {
  const Settings s;
  const std::map<State, std::int64_t> days = {{State::requested, 3}, {State::returning, 7}, {State::returned, 10},
                                              {State::replacing, 7}, {State::replaced, 10}, {State::disputed, 7}};
  for (int i = 0; i < kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    const auto it = days.find(state);
    EXPECT_EQ(due_at(state, s, kNow), it == days.end() ? 0 : kNow + it->second * kDayMs) << state_name(state);
    if (it != days.end()) {
      EXPECT_TRUE(next_state(state, Step::time_up, Kind::exchange, false)) << state_name(state);
    }
    EXPECT_EQ(after_sale_state(state_name(state)), state);
  }
  for (int i = 0; i < kStepCount; ++i)
    EXPECT_EQ(after_sale_step(step_name(static_cast<Step>(i))), static_cast<Step>(i));
  EXPECT_EQ(steps_from(State::requested, Kind::refund_only, false), "approve, reject, withdraw");
  EXPECT_EQ(steps_from(State::refunded, Kind::refund_only, false), "nothing");
}

// ---- what may be asked for

AfterSaleFacts delivered() {  // three units for 300.00, all of them received
  AfterSaleFacts f;
  f.paid = true;
  f.received_at = kNow;
  f.qty = f.shipped_qty = 3;
  f.net_fen = 30000;
  f.shipping_left_fen = 800;
  return f;
}
AfterSaleFacts unsent() {
  AfterSaleFacts f = delivered();
  f.received_at = 0;
  f.shipped_qty = 0;
  return f;
}

TEST(AfterSale, WhatMayBeAskedFor) {
  struct Row {
    const char* says;
    AfterSaleWish wish;
    std::function<void(AfterSaleFacts&)> facts;
    DurationMs later;
    Code code;  // internal: it may
    const char* where;
  };
  constexpr Code kMay = Code::internal;
  const auto as_is = [](AfterSaleFacts&) {};
  const auto not_sent = [](AfterSaleFacts& f) { f = unsent(); };
  const auto exempt = [](AfterSaleFacts& f) { f.no_return = true; };
  constexpr auto money = Kind::refund_only, goods = Kind::return_and_refund, swap = Kind::exchange;
  constexpr auto fault = AfterSaleCause::fault;
  for (const Row& row : std::vector<Row>{
           {"not paid",
            {0, money, 0, 1, ""},
            [](AfterSaleFacts& f) { f.paid = false; },
            0,
            Code::order_state_conflict,
            ""},
           {"money", {0, money, 0, 30000, ""}, as_is, 7 * kDayMs - 1, kMay, ""},
           {"at the seventh day", {0, money, 0, 1, ""}, as_is, 7 * kDayMs, Code::return_time_over, ""},
           {"faulty, on the seventh day", {0, goods, 1, 1, "", fault}, as_is, 15 * kDayMs - 1, kMay, ""},
           {"faulty, on the fifteenth", {0, goods, 1, 1, "", fault}, as_is, 15 * kDayMs, Code::return_time_over, ""},
           {"staff at any time",
            {0, goods, 1, 1, ""},
            [](AfterSaleFacts& f) { f.staff = true; },
            99 * kDayMs,
            kMay,
            ""},
           {"exempt", {0, goods, 1, 1, ""}, exempt, 0, Code::return_exempt, ""},
           {"exempt, faulty", {0, goods, 1, 1, "", fault}, exempt, 0, kMay, ""},
           {"exempt, not received",
            {0, money, 0, 1, ""},
            [](AfterSaleFacts& f) {
              f.no_return = true;
              f.received_at = 0;
            },
            0,
            kMay,
            ""},
           {"a fen too much", {0, money, 0, 30001, ""}, as_is, 0, Code::refund_exceeds, "/amount_fen"},
           {"less than nothing", {0, money, 0, -1, ""}, as_is, 0, Code::refund_exceeds, "/amount_fen"},
           {"nothing", {0, money, 0, 0, ""}, as_is, 0, Code::invalid_field, "/amount_fen"},
           {"units for nothing", {0, goods, 1, 0, ""}, as_is, 0, Code::invalid_field, "/amount_fen"},
           {"goods that cost nothing", {0, goods, 1, 0, ""}, [](AfterSaleFacts& f) { f.net_fen = 0; }, 0, kMay, ""},
           {"what others ask for",
            {0, money, 0, 10001, ""},
            [](AfterSaleFacts& f) { f.claims.open_fen = 20000; },
            0,
            Code::refund_exceeds,
            "/amount_fen"},
           {"the shipping fee", {0, money, 0, 0, "", {}, 800}, as_is, 0, kMay, ""},
           {"more than the shipping fee",
            {0, money, 0, 1, "", {}, 801},
            as_is,
            0,
            Code::refund_exceeds,
            "/shipping_fen"},
           {"units of money only", {0, money, 1, 1, ""}, as_is, 0, Code::invalid_field, "/qty"},
           {"units that have not left", {0, money, 3, 30000, ""}, not_sent, 0, kMay, ""},
           {"more than have not left", {0, money, 4, 1, ""}, not_sent, 0, Code::invalid_field, "/qty"},
           {"asked for by another",
            {0, money, 3, 1, ""},
            [](AfterSaleFacts& f) {
              f = unsent();
              f.claims.open_unsent = 1;
            },
            0,
            Code::invalid_field,
            "/qty"},
           {"a return of nothing", {0, goods, 0, 1, ""}, as_is, 0, Code::invalid_field, "/qty"},
           {"a return of what has not left", {0, goods, 1, 1, ""}, not_sent, 0, Code::order_state_conflict, "/kind"},
           {"more than came", {0, goods, 4, 1, ""}, as_is, 0, Code::invalid_field, "/qty"},
           {"what came back before",
            {0, goods, 3, 1, ""},
            [](AfterSaleFacts& f) { f.claims.gone_goods = 1; },
            0,
            Code::invalid_field,
            "/qty"},
           {"what is coming back",
            {0, swap, 3, 0, ""},
            [](AfterSaleFacts& f) { f.claims.open_goods = 1; },
            0,
            Code::invalid_field,
            "/qty"},
           {"an exchange", {0, swap, 2, 0, ""}, as_is, 0, kMay, ""},
           {"an exchange for money", {0, swap, 2, 1, ""}, as_is, 0, Code::invalid_field, "/amount_fen"},
           {"another SKU for money", {0, goods, 1, 1, "", {}, 0, SkuId{5}}, as_is, 0, Code::invalid_field, "/sku_id"},
       }) {
    AfterSaleFacts f = delivered();
    row.facts(f);
    AfterSaleWish wish = row.wish;
    const auto ok = check_wish(wish, f, Settings{}, kNow + row.later);
    if (row.code == kMay) {
      EXPECT_TRUE(ok) << row.says << ": " << (ok ? "" : ok.error().text());
      continue;
    }
    ASSERT_FALSE(ok) << row.says;
    EXPECT_EQ(ok.error().code, row.code) << row.says << ": " << ok.error().text();
    EXPECT_EQ(ok.error().where, row.where) << row.says;
  }
}

TEST(AfterSale, AnExchangeHoldsItsUnitsPartOfTheMoney) {
  struct Row {
    std::int64_t qty, gone;
    Fen net, open, wanted;
  };
  for (const Row& row : std::vector<Row>{
           {1, 0, 30000, 0, 10000},
           {2, 0, 10000, 0, 6666},
           {3, 0, 10000, 0, 10000},
           {1, 2, 5001, 0, 5001},
           {1, 1, 5001, 0, 2500},
           {1, 0, 30000, 29998, 0},
           {3, 0, 30000, 1, 29999},
       }) {
    AfterSaleFacts f = delivered();
    f.net_fen = row.net;
    f.claims.gone_goods = row.gone;
    f.claims.open_fen = row.open;
    AfterSaleWish wish{0, Kind::exchange, row.qty, 0, ""};
    ASSERT_TRUE(check_wish(wish, f, Settings{}, kNow));
    EXPECT_EQ(wish.amount_fen, row.wanted) << row.qty << " of " << row.net;
  }
}

TEST(AfterSale, WhatIsGivenUpStaysInTheStore) {
  struct Row {
    const char* says;
    Kind kind;
    std::int64_t qty;
    Fen amount;
    std::int64_t shipped, dropped;
    Fen agreed;
    std::int64_t wanted;
  };
  for (const Row& row : std::vector<Row>{
           {"asked for", Kind::refund_only, 2, 100, 0, 0, 0, 2},
           {"asked for, some left since", Kind::refund_only, 2, 100, 2, 0, 0, 1},
           {"all left since", Kind::refund_only, 2, 100, 3, 0, 0, 0},
           {"the whole of the money", Kind::refund_only, 0, 30000, 0, 0, 0, 3},
           {"the rest of the money", Kind::refund_only, 0, 10000, 0, 1, 20000, 2},
           {"the whole, but a part has left", Kind::refund_only, 0, 30000, 1, 0, 0, 0},
           {"money only", Kind::refund_only, 0, 29999, 0, 0, 0, 0},
           {"a return", Kind::return_and_refund, 2, 30000, 3, 0, 0, 0},
       }) {
    AfterSaleFacts f = unsent();
    f.shipped_qty = row.shipped;
    f.dropped_qty = row.dropped;
    f.claims.agreed_fen = row.agreed;
    AfterSale a;
    a.kind = row.kind;
    a.qty = row.qty;
    a.amount_fen = row.amount;
    EXPECT_EQ(units_dropped(a, f), row.wanted) << row.says;
  }
}

// ---- any mixture of claims on one line, against a model that counts single units

// A line as its shop-keeper would count it: where each unit is, and who asks for what. The facts are counted from it.
struct LineModel {
  enum class Unit { here, with_buyer, given_up, came_back };
  struct Claim {
    AfterSale a;
    State state = State::requested;
    bool back = false;
  };
  std::vector<Unit> units;
  Fen paid = 0, refunded = 0, shipping = 0, shipping_refunded = 0;
  std::vector<Claim> claims;

  std::int64_t count(Unit where) const { return std::count(units.begin(), units.end(), where); }
  void move(Unit from, Unit to, std::int64_t n) {
    for (auto& unit : units)
      if (n > 0 && unit == from) unit = to, --n;
    RC_ASSERT(n == 0);
  }
  static bool money_asked(State s) { return is_open(s); }
  AfterSaleFacts facts(const Claim* except = nullptr) const {
    AfterSaleFacts f;
    f.staff = f.paid = true;
    f.qty = static_cast<std::int64_t>(units.size());
    f.dropped_qty = count(Unit::given_up);
    f.shipped_qty = count(Unit::with_buyer) + count(Unit::came_back);
    f.net_fen = paid - refunded;
    f.shipping_left_fen = shipping - shipping_refunded;
    for (const auto& c : claims) {
      if (&c == except) continue;
      const bool goods = c.a.kind != Kind::refund_only;
      if (is_open(c.state)) {
        f.claims.open_fen += c.a.amount_fen;
        f.claims.open_shipping_fen += c.a.shipping_fen;
        if (goods) f.claims.open_goods += c.a.qty;
        if (!goods && (c.state == State::requested || c.state == State::disputed)) f.claims.open_unsent += c.a.qty;
      }
      if (c.state == State::refunding) f.claims.agreed_fen += c.a.amount_fen;
      if (c.state == State::refunded && goods) f.claims.gone_goods += c.a.qty;
    }
    return f;
  }
  Fen asked_for() const {
    Fen sum = 0;
    for (const auto& c : claims) sum += is_open(c.state) ? c.a.amount_fen : 0;
    return sum;
  }
  // What must hold at every instant.
  void check() const {
    Fen goods = 0;
    std::int64_t coming = 0;
    for (const auto& c : claims) {
      if (is_open(c.state) || c.state == State::refunded) goods += c.a.amount_fen;
      if (c.a.kind != Kind::refund_only && (is_open(c.state) || c.state == State::refunded)) coming += c.a.qty;
      RC_ASSERT(c.a.amount_fen >= 0 && c.a.shipping_fen >= 0);
    }
    RC_ASSERT(goods <= paid);
    RC_ASSERT(refunded <= paid && shipping_refunded <= shipping);
    RC_ASSERT(coming <= count(Unit::with_buyer) + count(Unit::came_back));
  }
  // Whether a shop-keeper would let it be asked for. Of an exchange the amount is nobody's wish.
  bool fits(const AfterSaleWish& w) const {
    const Fen left = paid - refunded - asked_for();
    Fen shipping_left = shipping - shipping_refunded;
    std::int64_t with_buyer = count(Unit::with_buyer) + count(Unit::came_back), here = count(Unit::here);
    const bool anything_left = with_buyer > 0;
    for (const auto& c : claims) {
      if (is_open(c.state)) shipping_left -= c.a.shipping_fen;
      if (c.a.kind != Kind::refund_only && (is_open(c.state) || c.state == State::refunded)) with_buyer -= c.a.qty;
      if (c.a.kind == Kind::refund_only && (c.state == State::requested || c.state == State::disputed)) here -= c.a.qty;
    }
    if (w.amount_fen < 0 || w.amount_fen > left || w.shipping_fen < 0 || w.shipping_fen > shipping_left) return false;
    if (w.kind == Kind::refund_only && (w.qty < 0 || w.qty > std::max<std::int64_t>(here, 0))) return false;
    if (w.kind != Kind::refund_only && (!anything_left || w.qty < 1 || w.qty > with_buyer)) return false;
    if (w.kind == Kind::exchange) return w.amount_fen == 0 && w.shipping_fen == 0;
    return w.amount_fen + w.shipping_fen > 0 || (w.qty > 0 && paid == refunded);
  }
  // As the service does it: what the money's going back does to the units, and to the sums.
  void follow(Claim& c) {
    const bool goods = c.a.kind != Kind::refund_only;
    if (c.state == State::refunding && !goods) {
      const std::int64_t dropped = units_dropped(c.a, facts(&c));
      RC_ASSERT(dropped >= 0 && dropped <= count(Unit::here));
      move(Unit::here, Unit::given_up, dropped);
    }
    if (c.state == State::refunded) {
      refunded += c.a.amount_fen;
      shipping_refunded += c.a.shipping_fen;
      if (goods) move(Unit::with_buyer, Unit::came_back, c.a.qty);
    }
  }
};

TEST(AfterSale, AnyMixtureOfClaimsOnALineStaysWithinItsUnitsAndItsMoney) {
  rc::check("claims on a line", [] {
    LineModel m;
    m.units.assign(static_cast<std::size_t>(*rc::gen::inRange(1, 6)), LineModel::Unit::here);
    m.paid = *rc::gen::oneOf(rc::gen::just<Fen>(0), rc::gen::inRange<Fen>(1, 12), rc::gen::inRange<Fen>(1, 100'000));
    m.shipping = *rc::gen::inRange<Fen>(0, 900);
    const int length = *rc::gen::inRange(5, 60);
    for (int i = 0; i < length; ++i) {
      switch (*rc::gen::inRange(0, 5)) {
        case 0: {  // a parcel leaves
          const auto here = m.count(LineModel::Unit::here);
          if (here > 0)
            m.move(LineModel::Unit::here, LineModel::Unit::with_buyer, *rc::gen::inRange<std::int64_t>(1, here + 1));
          break;
        }
        case 1:
        case 2: {  // somebody asks
          const Fen left = m.paid - m.refunded - m.asked_for();
          AfterSaleWish wish;
          wish.kind = *rc::gen::element(Kind::refund_only, Kind::return_and_refund, Kind::exchange);
          wish.qty = *rc::gen::inRange<std::int64_t>(-1, 7);
          wish.amount_fen = wish.kind == Kind::exchange && *rc::gen::inRange(0, 10) != 0
                                ? 0
                                : *rc::gen::oneOf(rc::gen::just(left), rc::gen::just<Fen>(0), rc::gen::just(left + 1),
                                                  rc::gen::inRange<Fen>(-1, left + 2));
          wish.shipping_fen = *rc::gen::inRange(0, 4) == 0 ? *rc::gen::inRange<Fen>(-1, 900) : 0;
          const AfterSaleWish said = wish;
          const auto f = m.facts();
          const auto ok = check_wish(wish, f, Settings{}, kNow);
          RC_ASSERT(ok.has_value() == m.fits(said));
          if (!ok) {
            // Says what would be right: a field or the state, and no number below nothing.
            RC_ASSERT(!ok.error().where.empty());
            RC_ASSERT(ok.error().detail.find(" -") == std::string::npos);
            break;
          }
          if (wish.kind == Kind::exchange) {
            RC_ASSERT(wish.amount_fen >= 0 && wish.amount_fen <= left);
            // Whoever takes the last units that share the money takes all that is left of it.
            if (f.returnable() == wish.qty && f.unsent_free() == 0) RC_ASSERT(wish.amount_fen == left);
          } else {
            RC_ASSERT(wish.amount_fen == said.amount_fen);
          }
          LineModel::Claim c;
          c.a.kind = wish.kind;
          c.a.qty = wish.qty;
          c.a.amount_fen = wish.amount_fen;
          c.a.shipping_fen = wish.shipping_fen;
          m.claims.push_back(c);
          break;
        }
        default: {  // a case goes on
          if (m.claims.empty()) break;
          auto& c = m.claims[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(m.claims.size())))];
          const auto step = static_cast<Step>(*rc::gen::inRange(1, kStepCount));
          const auto to = next_state(c.state, step, c.a.kind, c.back);
          if (!to) break;
          if (step == Step::dispute && !check_revived(c.a, m.facts(&c))) break;
          if (step == Step::goods_back || (c.state == State::returned && step != Step::send_back)) c.back = true;
          c.state = *to;
          m.follow(c);
        }
      }
      m.check();
    }
    // All of it ends, and what is left can be asked for: the buyer gets exactly what was paid, never a fen more.
    for (auto& c : m.claims)
      for (int i = 0; i < 12 && is_open(c.state); ++i) {
        auto to = next_state(c.state, Step::time_up, c.a.kind, c.back);
        if (!to) to = next_state(c.state, Step::money_back, c.a.kind, c.back);
        RC_ASSERT(to.has_value());
        if (c.state == State::returned) c.back = true;
        c.state = *to;
        m.follow(c);
        m.check();
      }
    if (const Fen left = m.paid - m.refunded; left > 0) {
      AfterSaleWish rest{0, Kind::refund_only, 0, left, "", {}, m.shipping - m.shipping_refunded};
      RC_ASSERT(check_wish(rest, m.facts(), Settings{}, kNow).has_value());
      LineModel::Claim c;
      c.a.kind = rest.kind;
      c.a.amount_fen = rest.amount_fen;
      c.a.shipping_fen = rest.shipping_fen;
      c.state = State::refunded;
      m.claims.push_back(c);
      m.follow(m.claims.back());
    }
    RC_ASSERT(m.refunded == m.paid);
    m.check();
  });
}

// However a line's units are divided into exchanges and in whatever order they left, their parts of the money add up to
// exactly what was paid.
TEST(AfterSale, ExchangesOfAnySplitShareExactlyWhatWasPaid) {
  rc::check("exchanges share the money", [] {
    const auto units = *rc::gen::inRange<std::int64_t>(1, 12);
    AfterSaleFacts f;
    f.staff = f.paid = true;
    f.qty = units;
    f.net_fen = *rc::gen::inRange<Fen>(0, 1'000'000);
    // Units given up before, with their money; units that are still here and nobody's: they keep their part.
    f.dropped_qty = *rc::gen::inRange<std::int64_t>(0, units);
    f.shipped_qty = units - f.dropped_qty;
    Fen sum = 0, least = f.net_fen;
    const std::int64_t all = f.returnable();
    while (f.returnable() > 0) {
      AfterSaleWish wish{0, Kind::exchange, *rc::gen::inRange<std::int64_t>(1, f.returnable() + 1), 0, ""};
      RC_ASSERT(check_wish(wish, f, Settings{}, kNow).has_value());
      sum += wish.amount_fen;
      least = std::min(least, wish.amount_fen / wish.qty);
      f.claims.open_goods += wish.qty;
      f.claims.open_fen += wish.amount_fen;
    }
    RC_ASSERT(sum == f.net_fen);
    RC_ASSERT(least == f.net_fen / all);  // no unit is worth less than an equal part, but for the last fen
  });
}

TEST(AfterSale, WhatWasAskedForAndHasLeftSinceHoldsNobodyUp) {
  struct Row {
    const char* says;
    std::int64_t qty, shipped, asked_unsent;  // of the line; asked for while here, not answered yet
    Fen open;
    AfterSaleWish wish;
    Fen wanted;  // −1: refused
    const char* detail;
  };
  for (const Row& row : std::vector<Row>{
           {"all asked for, all left: its money is asked for, so the exchange holds none",
            3,
            3,
            3,
            30000,
            {0, Kind::exchange, 1, 0, ""},
            0,
            ""},
           {"all asked for, all left: all of them", 3, 3, 3, 30000, {0, Kind::exchange, 3, 0, ""}, 0, ""},
           {"two asked for, all left: the third unit's money",
            3,
            3,
            2,
            20000,
            {0, Kind::exchange, 1, 0, ""},
            10000,
            ""},
           {"two asked for, all left: all three, the third's money",
            3,
            3,
            2,
            20000,
            {0, Kind::exchange, 3, 0, ""},
            10000,
            ""},
           {"three asked for, two left: money only", 3, 2, 3, 100, {0, Kind::refund_only, 0, 500, ""}, 500, ""},
           {"three asked for, two left: the one that is here is asked for",
            3,
            2,
            3,
            100,
            {0, Kind::refund_only, 1, 500, ""},
            -1,
            "at most 0 units of this line have not left yet and are not asked for"},
           {"three asked for for little, two left: the exchange shares what is left",
            3,
            2,
            3,
            100,
            {0, Kind::exchange, 1, 0, ""},
            29900,
            ""},
           {"one asked for, one left, one here: each of the two has a half",
            3,
            1,
            1,
            10000,
            {0, Kind::exchange, 1, 0, ""},
            10000,
            ""},
       }) {
    AfterSaleFacts f = delivered();
    f.qty = row.qty;
    f.shipped_qty = row.shipped;
    f.claims.open_unsent = row.asked_unsent;
    f.claims.open_fen = row.open;
    AfterSaleWish wish = row.wish;
    const auto ok = check_wish(wish, f, Settings{}, kNow);
    ASSERT_EQ(ok.has_value(), row.wanted >= 0) << row.says << (ok ? "" : ": " + ok.error().text());
    if (ok)
      EXPECT_EQ(wish.amount_fen, row.wanted) << row.says;
    else
      EXPECT_EQ(ok.error().detail, row.detail) << row.says;
  }
}

}  // namespace
}  // namespace lianbo::order
