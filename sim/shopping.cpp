#include <fmt/format.h>

#include <algorithm>

#include "base/shape.hpp"
#include "sim/day.hpp"
#include "sim/names.hpp"

namespace lianbo::sim {
namespace {

constexpr double kReceipts = 0.15;     // of paid orders are shown to friends
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
      then();
    });
  });
}

void Day::place(const Basket& basket) {
  struct Offer {
    const Sku* sku;
  };
  std::vector<Offer> offers;
  std::size_t first = 0;
  const auto offer = [&](int product) {
    if (product == basket.product) first = offers.size() + orders_stream_.index(world_.product(product).skus.size());
    for (const auto& sku : world_.product(product).skus) offers.push_back({&sku});
  };
  if (basket.room >= 0) {
    for (const int product : world_.room(basket.room).shelf) offer(product);
  } else {
    offer(basket.product);
  }
  const Address to = address_of(names_stream_, world_.person(basket.person).name);
  JsonWriter w;
  w.begin().field("store_id", world_.host(basket.host).store_id).key("lines").begin_list();
  for (const auto& line : plan_order(orders_stream_, first, offers.size())) {
    const Sku& sku = *offers[line.sku].sku;
    w.begin().field("sku_id", sku.id).field("qty", line.qty).field("price_fen", sku.price_fen).end();
  }
  w.end_list();
  if (basket.room >= 0) w.field("broadcast_id", world_.room(basket.room).id);
  if (!basket.share_id.empty()) w.field("share_id", basket.share_id);
  w.key("address").begin().field("name", to.name).field("phone", to.phone).field("region", to.region);
  w.field("detail", to.detail).end().end();
  as(basket.person, "POST", "/api/v1/orders", w.take(), [this, basket](const Answer& a) { placed(basket, a); });
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
    purchase.lines.push_back(
        {product_at(get_text(line, "product_id")), get_int(line, "qty"), get_int(line, "paid_fen")});
  journal_.ordered(purchase.id);
  world_.purchases.push_back(std::move(purchase));
  ++orders_placed_;

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
  plan_shipping(index);
}

}  // namespace lianbo::sim
