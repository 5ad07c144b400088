// Orders: types and the words of SPEC 7.
//
// An order belongs to its buyer's bucket, which is written into its id; so an id alone finds its rows on one shard.
// Attribution, plan and lock rules are fixed when it is placed and never change. Amounts are fen of the brand's
// currency.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/money.hpp"
#include "live/offers.hpp"
#include "order/pricing.hpp"
#include "privacy/vault.hpp"

namespace lianbo::order {

enum class OrderState { placed, paid, shipped, received, completed, cancelled };
std::string_view state_name(OrderState state);
std::optional<OrderState> order_state(std::string_view name);

enum class Role { host, promoter, recruiter, clipper };
inline constexpr Role kRoles[] = {Role::host, Role::promoter, Role::recruiter, Role::clipper};
std::string_view role_name(Role role);
std::optional<Role> role_of(std::string_view name);

// Who stands in which role, fixed at the instant the order was placed. An empty id: nobody.
struct Attribution {
  AgentId host, promoter, recruiter, clipper;
  AgentId of(Role role) const;
  friend bool operator==(const Attribution&, const Attribution&) = default;
};

struct Rates {  // snapshot of the plan on a line
  PlanId plan;
  std::int32_t version = 0;
  BasisPoints host_bp = 0, promoter_bp = 0, recruiter_bp = 0, clipper_bp = 0;
  std::int32_t freeze_days = 0;
  BasisPoints of(Role role) const;
};

struct OrderLine {
  int line = 0;
  SkuId sku;
  ProductId product;
  std::string title, sku_title;
  std::int64_t qty = 0;
  Fen list_fen = 0;  // of one unit, as listed
  PriceSource source = PriceSource::list;
  Fen price_fen = 0;  // of one unit, as sold
  Fen goods_fen = 0;  // price × qty
  Fen paid_fen = 0;   // goods less the line's share of the order's discount
  Fen refunded_fen = 0;
  std::int64_t refunded_qty = 0;  // units given back, their money too
  std::int64_t shipped_qty = 0;   // units that left, in parcels
  std::int64_t dropped_qty = 0;   // units given up before they left
  bool no_return = false;
  CampaignId campaign;        // the store's campaign for this SKU: its plan, and its price unless a flash price beat it
  FlashId flash;              // whose price it was
  std::int64_t allotted = 0;  // units out of the store's allotment
  Rates rates;
  Instant available_at = 0;  // receipt + freeze; 0 before receipt
  Instant matured_at = 0;
  Instant renewed_at = 0;  // the last exchange was complete
  Fen net_fen() const { return paid_fen - refunded_fen; }
  std::int64_t unsent() const { return qty - shipped_qty - dropped_qty; }
};

struct ParcelLine {
  int line = 0;
  SkuId sku;
  std::int64_t qty = 0;
};
struct Parcel {
  ParcelId id;
  AfterSaleId after_sale;  // of a replacement
  std::string carrier, tracking_number;
  Instant at = 0;
  std::vector<ParcelLine> lines;
};

struct Order {
  OrderId id;
  Bucket bucket = 0;
  BrandId brand;
  PersonId buyer;
  StoreId store;
  BroadcastId broadcast;
  PinId pin;
  ShareId share;
  OrderState state = OrderState::placed;
  Fen goods_fen = 0, discount_fen = 0, shipping_fen = 0, total_fen = 0, refunded_fen = 0;
  CouponId coupon;                    // what the discount came from
  std::int32_t shipping_version = 0;  // of the table of fees; 0: there was none
  std::string currency;
  Attribution roles;
  AgentId lock_agent;  // of the lock that was valid when placed
  std::int32_t lock_rules_version = 0;
  AgentId buyer_agent;  // the buyer as agent of this brand, if so
  std::string cancel_reason, carrier, tracking_number;
  privacy::Sealed address;  // read it by address_of
  Instant placed_at = 0, release_at = 0, paid_at = 0, shipped_at = 0, received_at = 0, completed_at = 0,
          cancelled_at = 0;
  Fen shipping_refunded_fen = 0;  // of shipping_fen; refunded_fen holds it too
  std::vector<OrderLine> lines;
  std::vector<Parcel> parcels;
};

// JSON {name, phone, region, detail}; "{}" when the buyer has been erased.
std::string address_of(const Order& order);
privacy::Sealed seal_address(const privacy::PersonKey& key, OrderId order, std::string_view json, Random& random);

struct Refund {
  RefundId id;
  Bucket bucket = 0;
  BrandId brand;
  OrderId order;
  int line = -1;  // −1: a late payment, the whole order
  AfterSaleId after_sale;
  Fen amount_fen = 0;            // with shipping_fen
  Fen shipping_fen = 0;          // of the order's shipping fee
  std::int64_t units = 0;        // of the line, given back with it
  std::int64_t restock_qty = 0;  // of those, on sale again once the money has gone
  std::string state = "due";     // due, sent, done, failed
  int tries = 0;
  int attempt = 1;  // each under a number of its own at the rail
  std::string last_error, paid_otherwise;
  Instant at = 0;
};

}  // namespace lianbo::order
