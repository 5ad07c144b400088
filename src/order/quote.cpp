#include "order/quote.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "catalog/campaign.hpp"
#include "catalog/plan.hpp"
#include "catalog/stock.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "order/pricing.hpp"

namespace lianbo::order {
namespace {

constexpr std::int64_t kMaxQty = 9999;
constexpr int kShownCoupons = 50;

std::string at_line(std::size_t i, std::string_view field) {
  return "/lines/" + std::to_string(i) + "/" + std::string(field);
}
std::unexpected<Error> overflow(std::size_t i) {
  return fail(Code::amount_overflow, "an order is at most " + format_fen(kMaxAmountFen), at_line(i, "qty"));
}

// The room's broadcast, if the order names one; the pin it is bought from.
Status check_room(db::Tx& tx, const PlaceWish& wish) {
  if (!wish.broadcast) return {};
  const auto broadcast = live::find_broadcast(tx, wish.broadcast);
  if (!broadcast || broadcast->store != wish.store)
    return fail(Code::invalid_field, "is not a broadcast of this store", "/broadcast_id");
  return {};
}

class Drafting {
 public:
  Drafting(db::Tx& tx, const Call& call, const PlaceWish& wish, bool strict)
      : tx_(tx), call_(call), wish_(wish), strict_(strict) {}

  Result<Draft> run() {
    TRY(draft_.owner, org::store_owner(tx_, wish_.store));
    const auto state = draft_.owner.agent.state;
    if (state != org::AgentState::active && state != org::AgentState::suspended)
      return fail(Code::agent_not_active, "this store is closed", "/store_id");
    TRY(const auto brand, org::find_brand(tx_, draft_.owner.store.brand));
    draft_.currency = brand.currency;
    if (wish_.lines.empty() || static_cast<std::int64_t>(wish_.lines.size()) > call_.settings->order_max_lines)
      return fail(Code::invalid_field,
                  "an order has 1 to " + std::to_string(call_.settings->order_max_lines) + " lines", "/lines");
    TRY_OK(check_room(tx_, wish_));
    if (wish_.broadcast) open_flash_ = live::open_flash_of(tx_, wish_.broadcast, call_.now);
    for (std::size_t i = 0; i < wish_.lines.size(); ++i) {
      draft_.problems.emplace_back();
      draft_.flash.emplace_back();
      draft_.left.push_back(0);
      if (auto priced = price_line(i); !priced) {
        if (strict_) return fail(priced.error());
        draft_.problems.back() = priced.error();
      }
    }
    find_pin();
    if (!strict_) look_at_stock();
    TRY_OK(apply_coupon());
    TRY_OK(total());
    return std::move(draft_);
  }

 private:
  BrandId brand() const { return draft_.owner.store.brand; }

  Status price_line(std::size_t i) {
    const PlaceLine& w = wish_.lines[i];
    OrderLine& line = draft_.lines.emplace_back();
    line.line = static_cast<int>(i);
    line.sku = w.sku;
    line.qty = w.qty;
    if (w.qty < 1 || w.qty > kMaxQty)
      return fail(Code::invalid_field, "must be from 1 to " + std::to_string(kMaxQty), at_line(i, "qty"));
    const auto sale = catalog::sale_of(tx_, w.sku, wish_.store, call_.now);
    if (!sale || sale->sku.brand != brand())
      return fail(Code::not_found, "there is no such SKU at this brand", at_line(i, "sku_id"));
    line.product = sale->sku.product;
    line.title = sale->title;
    line.sku_title = sale->sku.title;
    line.list_fen = sale->sku.price_fen;
    line.no_return = sale->no_return;
    draft_.allotted = draft_.allotted || sale->allotted;
    if (!sale->on_sale) return fail(Code::not_on_sale, sale->title + " is no longer sold", at_line(i, "sku_id"));

    PriceOffers offers{sale->sku.price_fen, {}, {}};
    if (sale->campaign) {
      offers.campaign_fen = sale->campaign->price_fen;
      line.campaign = sale->campaign->id;
    }
    const auto flash =
        std::find_if(open_flash_.begin(), open_flash_.end(), [&](const auto& f) { return f.sku == w.sku; });
    if (flash != open_flash_.end()) offers.flash = FlashOffer{flash->price_fen, flash->left};
    const UnitPrice unit = resolve_price(offers, w.qty);
    line.source = unit.source;
    line.price_fen = unit.price_fen;
    const auto goods = checked_mul(unit.price_fen, w.qty);
    const auto sum = goods ? checked_add(draft_.goods_fen, *goods) : std::nullopt;
    if (!sum || *sum > kMaxAmountFen) return overflow(i);
    draft_.goods_fen = *sum;
    line.goods_fen = *goods;
    if (unit.source == PriceSource::flash) {
      line.flash = flash->id;
      draft_.flash[i] = *flash;
      flash->left -= w.qty;  // a second line of the same SKU finds the rest
    }
    const auto plan = catalog::plan_for(tx_, brand(), w.sku, draft_.owner.agent.id, line.campaign.value,
                                        static_cast<std::int32_t>(call_.settings->freeze_days));
    line.rates = {plan.id,           plan.version,    plan.host_bp,    plan.promoter_bp,
                  plan.recruiter_bp, plan.clipper_bp, plan.freeze_days};
    units_ += w.qty;
    if (w.price_fen && *w.price_fen != unit.price_fen)
      return fail(Code::price_changed, sale->title + " costs " + format_fen(unit.price_fen) + " now",
                  at_line(i, "price_fen"));
    return {};
  }

  void find_pin() {
    if (!wish_.broadcast) return;
    const auto pin = live::open_pin(tx_, wish_.broadcast);
    if (pin && std::any_of(draft_.lines.begin(), draft_.lines.end(),
                           [&](const OrderLine& l) { return l.product == pin->product; }))
      draft_.pin = pin->id;
  }

  // For a quote: what placing would find. Lines of one SKU share what is left.
  void look_at_stock() {
    std::map<SkuId, std::int64_t> left;
    std::map<SkuId, std::int64_t> asked;
    for (std::size_t i = 0; i < draft_.lines.size(); ++i) {
      const OrderLine& line = draft_.lines[i];
      if (!line.product) continue;
      if (!left.contains(line.sku)) left[line.sku] = catalog::stock_left(tx_, line.sku, wish_.store);
      draft_.left[i] = left[line.sku];
      asked[line.sku] += line.qty;
    }
    for (std::size_t i = 0; i < draft_.lines.size(); ++i) {
      const OrderLine& line = draft_.lines[i];
      if (draft_.problems[i] || !line.product || asked[line.sku] <= left[line.sku]) continue;
      draft_.problems[i] = Error{Code::sold_out,
                                 line.title + " has " + std::to_string(left[line.sku]) + " left, " +
                                     std::to_string(asked[line.sku]) + " asked",
                                 "/lines/" + std::to_string(i),
                                 {}};
    }
  }

  Status fit_coupon(catalog::Coupon& coupon) {
    TRY(coupon, catalog::find_coupon(tx_, wish_.coupon));
    if (coupon.brand != brand()) return fail(Code::coupon_unusable, "it is a coupon of another brand", "/coupon_id");
    return coupon_fits(coupon, {wish_.store, wish_.broadcast, draft_.goods_fen, call_.now});
  }

  Status apply_coupon() {
    if (!wish_.coupon) return {};
    catalog::Coupon coupon;
    if (auto fits = fit_coupon(coupon); !fits) {
      if (strict_) return fits;
      draft_.coupon_problem = fits.error();
      return {};
    }
    draft_.discount_fen = catalog::coupon_discount(coupon, draft_.goods_fen);
    draft_.coupon = std::move(coupon);
    return {};
  }

  Status total() {
    std::vector<Fen> goods;
    for (const OrderLine& line : draft_.lines) goods.push_back(line.goods_fen);
    const auto off = spread_discount(draft_.discount_fen, goods);
    for (std::size_t i = 0; i < off.size(); ++i) draft_.lines[i].paid_fen = goods[i] - off[i];
    const Fen paid = draft_.goods_fen - draft_.discount_fen;
    draft_.shipping =
        catalog::shipping_fee(catalog::shipping_table(tx_, brand()), region_of(wish_.address_json), units_, paid);
    draft_.total_fen = paid + draft_.shipping.fee_fen;
    if (draft_.total_fen > kMaxAmountFen) return overflow(0);
    if (strict_ && wish_.total_fen && *wish_.total_fen != draft_.total_fen)
      return fail(Code::price_changed, "the order comes to " + format_fen(draft_.total_fen) + " now", "/total_fen");
    return {};
  }

  static std::string region_of(const std::string& address_json) {
    return get_text(parse_json(address_json).value_or(json::value(json::object())), "region");
  }

  db::Tx& tx_;
  const Call& call_;
  const PlaceWish& wish_;
  const bool strict_;
  Draft draft_;
  std::vector<live::FlashSale> open_flash_;
  std::int64_t units_ = 0;
};

void write_problem(JsonWriter& w, const std::optional<Error>& problem) {
  if (!problem) {
    w.null();
    return;
  }
  w.begin().field("name", info(problem->code).name).field("detail", problem->detail).end();
}

}  // namespace

Result<Draft> draft_order(db::Tx& tx, const Call& call, const PlaceWish& wish, bool strict) {
  return Drafting(tx, call, wish, strict).run();
}

Result<std::string> quote_json(db::Tx& tx, const Call& call, const PlaceWish& wish) {
  TRY(const Draft d, draft_order(tx, call, wish, false));
  const BrandId brand = d.owner.store.brand;
  const PersonId me = call.caller.person;
  struct Usable {
    catalog::Coupon coupon;
    Fen off_fen = 0;
    Status fits;
  };
  std::vector<Usable> mine;
  if (!call.caller.guest)
    for (auto& c : catalog::usable_coupons(tx, call.bucket(me), me, brand, call.now, kShownCoupons)) {
      Status fits = coupon_fits(c, {wish.store, wish.broadcast, d.goods_fen, call.now});
      const Fen off = fits ? catalog::coupon_discount(c, d.goods_fen) : 0;
      mine.push_back({std::move(c), off, std::move(fits)});
    }
  std::stable_sort(mine.begin(), mine.end(), [](const Usable& a, const Usable& b) { return a.off_fen > b.off_fen; });
  std::optional<Error> coupon_problem = d.coupon_problem;
  if (wish.coupon && !coupon_problem &&
      std::none_of(mine.begin(), mine.end(), [&](const Usable& u) { return u.coupon.id == wish.coupon; }))
    coupon_problem = Error{Code::coupon_unusable, "you have no unused coupon of this kind", "/coupon_id", {}};
  const bool ok = !coupon_problem &&
                  std::none_of(d.problems.begin(), d.problems.end(), [](const auto& p) { return p.has_value(); });

  JsonWriter w;
  w.begin().field("store_id", wish.store).field("currency", d.currency).field("ok", ok);
  w.key("lines").begin_list();
  for (std::size_t i = 0; i < d.lines.size(); ++i) {
    const OrderLine& l = d.lines[i];
    w.begin().field("line", l.line).field("sku_id", l.sku).field("product_id", l.product).field("title", l.title);
    w.field("sku_title", l.sku_title).field("qty", l.qty).field("list_fen", l.list_fen);
    w.field("price_fen", l.price_fen).field("price_source", source_name(l.source));
    w.field("campaign_id", l.campaign).field("flash_id", l.flash).field("goods_fen", l.goods_fen);
    w.field("discount_fen", l.goods_fen - l.paid_fen).field("paid_fen", l.paid_fen);
    w.field("no_return", l.no_return).field("left", d.left[i]).key("problem");
    write_problem(w, d.problems[i]);
    w.end();
  }
  w.end_list().field("goods_fen", d.goods_fen).field("discount_fen", d.discount_fen);
  w.field("shipping_fen", d.shipping.fee_fen).field("shipping_free_from_fen", d.shipping.free_from_fen);
  w.field("total_fen", d.total_fen).field("coupon_id", d.coupon ? d.coupon->id : CouponId{});
  w.key("coupon_problem");
  write_problem(w, coupon_problem);
  w.key("coupons").begin_list();
  for (const Usable& u : mine) {
    w.begin().key("coupon");
    write_coupon(w, u.coupon);
    w.field("discount_fen", u.off_fen).key("problem");
    write_problem(w, u.fits ? std::nullopt : std::optional(u.fits.error()));
    w.end();
  }
  w.end_list().end();
  return w.take();
}

Status write_pricing(JsonWriter& w, db::Tx& tx, const Order& o) {
  w.begin().field("goods_fen", o.goods_fen).field("discount_fen", o.discount_fen);
  w.field("shipping_fen", o.shipping_fen).field("shipping_version", o.shipping_version);
  w.field("total_fen", o.total_fen).key("coupon");
  if (o.coupon) {
    TRY(const auto coupon, catalog::find_coupon(tx, o.coupon));
    write_coupon(w, coupon);
  } else {
    w.null();
  }
  w.field(
       "rule",
       "unit price: flash, else the store's campaign pushed last, else the list; the coupon's discount is spread over "
       "the lines by largest remainder, ties to the earlier line; shipping is on the order, after the discount")
      .end();
  return {};
}

Shape quote_shape() {
  using namespace shape;
  const Field problem = nullable(object("problem", {text("name", 1, 60, "of the error list"), text("detail", 0, 2000)},
                                        "why it can't be ordered like this"));
  Field coupon_problem = problem;
  coupon_problem.name = "coupon_problem";
  return {id("store_id"),
          text("currency", 3, 3),
          boolean("ok", "placed like this, it would go through"),
          list("lines",
               {integer("line", 0, 499), id("sku_id"), nullable(id("product_id")), text("title", 0, 300),
                text("sku_title", 0, 300), count("qty"), fen("list_fen"), fen("price_fen", "of one unit, now"),
                choice("price_source", {"list", "campaign", "flash"}), nullable(id("campaign_id")),
                nullable(id("flash_id")), fen("goods_fen"), fen("discount_fen"), fen("paid_fen"), boolean("no_return"),
                count("left", "what the store can sell"), problem},
               1, 500),
          fen("goods_fen"),
          fen("discount_fen"),
          fen("shipping_fen"),
          nullable(fen("shipping_free_from_fen", "goods paid for at least this: no fee")),
          fen("total_fen"),
          nullable(id("coupon_id", "applied")),
          coupon_problem,
          list("coupons", {object("coupon", catalog::coupon_shape()), fen("discount_fen"), problem}, 0, kShownCoupons,
               "the caller's, what takes off most first")};
}

}  // namespace lianbo::order
