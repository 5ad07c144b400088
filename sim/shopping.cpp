#include <fmt/format.h>

#include <algorithm>

#include "base/shape.hpp"
#include "sim/day.hpp"
#include "sim/names.hpp"

namespace lianbo::sim {
namespace {

constexpr double kReceipts = 0.15;     // of paid orders are shown to friends
constexpr double kClaims = 0.6;        // of those who could use a coupon
constexpr double kLateNotices = 0.10;  // the rail's word comes after the buyer's page says "paid"

}  // namespace

void Day::look_at(int person, int product) {
  ++report_.clicks;
  as(person, "GET", "/api/v1/products/" + world_.product(product).id, {}, [this](const Answer& a) {
    if (!a.ok()) unexpected("product", a);
  });
}

void Day::put_in_cart(int person, int host, int room, int product) {
  ++report_.carts;
  const Product& p = world_.product(product);
  JsonWriter w;
  w.begin()
      .field("store_id", world_.host(host).store_id)
      .field("sku_id", p.skus[orders_stream_.index(p.skus.size())].id);
  w.field("qty", 1).field("broadcast_id", world_.room(room).id).end();
  as(person, "PUT", "/api/v1/cart/lines", w.take(), [this](const Answer& a) {
    if (!a.ok()) unexpected("cart", a);
  });
}

void Day::buy(const Basket& basket) {
  registered(basket.person, [this, basket] { place(basket); });
}

void Day::registered(int person, std::function<void()> then) {
  Person& who = world_.person(person);
  if (!who.me.token.empty()) return then();
  if (!who.login.empty()) return;  // registering in this very round
  who.login = fmt::format("buyer-{}-{}", line_.options().run, person);
  JsonWriter w;
  w.begin().field("login", who.login).field("password", kPassword).field("name", who.name).end();
  as(person, "POST", "/api/v1/persons", w.take(), [this, person, then = std::move(then)](const Answer& a) {
    Person& buyer = world_.person(person);
    if (a.ok()) {
      buyer.me.token = a.text("token");
      buyer.id = a.text("person_id");
      return then();
    }
    if (a.problem != "login_taken") {
      buyer.login.clear();
      return unexpected("register", a);
    }
    // The answer was lost on the way; the login is there.
    JsonWriter again;
    again.begin().field("login", buyer.login).field("password", kPassword).end();
    as(person, "POST", "/api/v1/sessions", again.take(), [this, person, then](const Answer& in) {
      if (!in.ok()) return unexpected("login", in);
      world_.person(person).me.token = in.text("token");
      world_.person(person).id = in.text("person_id");
      then();
    });
  });
}

void Day::place(const Basket& basket) {
  struct Offer {
    int product;
    const Sku* sku;
  };
  std::vector<Offer> offers;
  std::size_t first = 0;
  const Flash flash = basket.room >= 0 && !day_over_ && minute_ < world_.room(basket.room).flash.until_minute
                          ? world_.room(basket.room).flash
                          : Flash{};
  const auto offer = [&](int product) {
    const auto& skus = world_.product(product).skus;
    if (product == basket.product)
      first = offers.size() + (skus[0].id == flash.sku_id ? 0 : orders_stream_.index(skus.size()));
    for (const auto& sku : skus) offers.push_back({product, &sku});
  };
  if (basket.room >= 0) {
    for (const int product : world_.room(basket.room).shelf) offer(product);
  } else {
    offer(basket.product);
  }
  Draft draft{basket, {}, 0, {}};
  for (const auto& line : plan_order(orders_stream_, first, offers.size())) {
    const Offer& wanted = offers[line.sku];
    const Fen price = wanted.sku->id == flash.sku_id ? flash.price_fen : wanted.sku->price_fen;
    draft.lines.push_back({wanted.product, line.qty, price, wanted.sku->id});
    draft.goods_fen += price * line.qty;
  }
  const Address to = address_of(names_stream_, world_.person(basket.person).name);
  JsonWriter w;
  w.begin().field("name", to.name).field("phone", to.phone).field("region", to.region).field("detail", to.detail).end();
  draft.address = w.take();
  claim_and_send(std::move(draft));
}

// The room's coupon, or the brand's, if the buyer claims it and it can still be had.
void Day::claim_and_send(Draft draft) {
  const Basket& basket = draft.basket;
  Person& buyer = world_.person(basket.person);
  for (Coupon* coupon : {basket.room >= 0 ? &world_.room(basket.room).coupon : nullptr, &brand_coupon_}) {
    if (coupon == nullptr || coupon->id.empty() || day_over_ || draft.goods_fen < coupon->min_spend_fen ||
        buyer.used_coupons.contains(coupon->id))
      continue;
    if (buyer.coupons.contains(coupon->id)) return send_order(std::move(draft), coupon->id);
    if (coupon->gone || !play_stream_.chance(kClaims)) continue;
    as(basket.person, "POST", "/api/v1/coupons/" + coupon->id + "/claim", {},
       [this, draft = std::move(draft), id = coupon->id, coupon](const Answer& a) {
         if (a.ok()) {
           ++report_.coupons_claimed;
           world_.person(draft.basket.person).coupons.insert(id);
           return send_order(draft, id);
         }
         // All gone, or the room has just closed.
         coupon->gone = true;
         if (a.problem != "coupon_gone" && a.problem != "coupon_unusable" && a.problem != "broadcast_state_conflict")
           unexpected("coupon", a);
         send_order(draft, {});
       });
    return;
  }
  send_order(std::move(draft), {});
}

void Day::send_order(Draft draft, const std::string& coupon) {
  const Basket& basket = draft.basket;
  JsonWriter w;
  w.begin().field("store_id", world_.host(basket.host).store_id).key("lines").begin_list();
  for (const BoughtLine& line : draft.lines) {
    w.begin().field("sku_id", line.sku_id).field("qty", line.qty);
    if (line.paid_fen >= 0) w.field("price_fen", line.paid_fen);
    w.end();
  }
  w.end_list();
  if (basket.room >= 0) w.field("broadcast_id", world_.room(basket.room).id);
  if (!basket.share_id.empty()) w.field("share_id", basket.share_id);
  if (!coupon.empty()) w.field("coupon_id", coupon);
  w.key("address").raw(draft.address).end();
  const int person = basket.person;
  as(person, "POST", "/api/v1/orders", w.take(), [this, draft = std::move(draft), coupon](const Answer& a) {
    Person& buyer = world_.person(draft.basket.person);
    if (a.problem == "price_changed" && draft.lines[0].paid_fen >= 0) {
      // The flash units are gone. Told so, the buyer looks at what it costs now, and takes it.
      ++report_.prices_changed;
      Draft again = draft;
      for (auto& line : again.lines) line.paid_fen = -1;
      return send_order(std::move(again), coupon);
    }
    if (a.problem == "coupon_unusable") {  // at today's price the goods are not worth enough for it
      return send_order(draft, {});
    }
    if (a.ok() && !coupon.empty()) {
      buyer.used_coupons.insert(coupon);
      ++report_.coupons_used;
    }
    placed(draft.basket, a);
  });
}

void Day::placed(const Basket& basket, const Answer& answer) {
  if (answer.problem == "sold_out") {
    ++report_.sold_out_refusals;
    return;
  }
  if (!answer.ok()) return unexpected("order", answer);
  const int index = static_cast<int>(world_.purchases.size());
  Purchase purchase;
  purchase.id = answer.text("id");
  purchase.person = basket.person;
  purchase.host = basket.host;
  purchase.room = basket.room;
  purchase.product = basket.product;
  purchase.total_fen = answer.number("total_fen");
  for (const auto& line : get_list(answer.body, "lines"))
    purchase.lines.push_back({product_at(get_text(line, "product_id")), get_int(line, "qty"), get_int(line, "paid_fen"),
                              get_text(line, "sku_id")});
  journal_.ordered(purchase.id);
  world_.purchases.push_back(std::move(purchase));
  ++orders_placed_;
  if (basket.room >= 0) ++world_.room(basket.room).orders;

  const PaymentPlan plan = plan_payment(payments_stream_);
  const Instant at = now_ + plan.after_minutes * kMinuteMs;
  const std::string target = "/api/v1/orders/" + world_.purchases.back().id;
  switch (plan.how) {
    case Paying::at_once:
      pay(index, true);
      break;
    case Paying::soon:
    case Paying::late:
      later(at, [this, index] { pay(index, true); });
      break;
    case Paying::never:
      break;
    case Paying::cancels:
      later(at, [this, person = basket.person, target] {
        as(person, "POST", target + "/cancel", R"({"reason":"不想要了"})", [this](const Answer& a) {
          if (!a.ok()) unexpected("cancel", a);
        });
      });
      break;
    case Paying::after_release:
      // Went to the payment page in time and confirms there too late: refused, or given back by itself.
      as(basket.person, "POST", target + "/pay", {}, [this, person = basket.person, at](const Answer& a) {
        if (!a.ok()) return unexpected("pay", a);
        later(at, [this, person, prepay = a.text("prepay_id")] {
          as(person, "POST", "/api/v1/sandbox/pay", "{\"prepay_id\":\"" + prepay + "\"}", {});
        });
      });
      break;
  }
}

void Day::pay(int index, bool receipt_follows) {
  const Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  as(purchase.person, "POST", "/api/v1/orders/" + purchase.id + "/pay", {},
     [this, index, receipt_follows](const Answer& a) {
       if (!a.ok()) return unexpected("pay", a);
       const bool late = payments_stream_.chance(kLateNotices);
       JsonWriter w;
       w.begin().field("prepay_id", a.text("prepay_id"));
       if (late) w.field("late_notice", true);
       w.end();
       const int person = world_.purchases[static_cast<std::size_t>(index)].person;
       as(person, "POST", "/api/v1/sandbox/pay", w.take(), [this, index, receipt_follows](const Answer& done) {
         if (!done.ok()) return unexpected("confirm", done);
         paid(index);
         if (receipt_follows && payments_stream_.chance(kReceipts))
           later(now_ + payments_stream_.between(2, 30) * kMinuteMs, [this, index] {
             const Purchase& p = world_.purchases[static_cast<std::size_t>(index)];
             const int thing = p.room >= 0 ? p.room : static_cast<int>(world_.rooms.size()) + index;
             share({.kind = "receipt",
                    .person = p.person,
                    .thing = thing,
                    .room = p.room,
                    .host = p.host,
                    .product = p.product,
                    .purchase = index},
                   plan_channel(shares_stream_));
           });
       });
     });
}

void Day::paid(int index) {
  Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  purchase.paid = true;
  journal_.paid(purchase.id);
  ++orders_;
  amount_fen_ += purchase.total_fen;
  follow_and_reserve(index);
  plan_shipping(index);
}

}  // namespace lianbo::sim
