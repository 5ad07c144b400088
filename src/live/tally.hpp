// Tally: what the figures of a brand count (insight), written down in the transaction of the fact itself, so that a
// fact and its count are one commit. insight takes the rows out when it has counted them.
//
// A row's key is what happened and to which thing, so a fact can't be told twice. Exposures, enters and visits add up
// in one row until they are counted; the others are one row a fact, with keys that grow. `n` and amounts never change
// later: an order's total, a refund's amount.
#pragma once

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"

namespace lianbo::live {

enum class What { exposure, enter, click, touch, visit, merged, placed, paid, refunded };

struct Tally {
  What what;
  Bucket bucket = 0;
  std::int64_t id = 0;   // of the fact
  BrandId brand = {};    // none: that of the broadcast
  PersonId person = {};  // merged: who the guest is now
  StoreId store = {};
  BroadcastId broadcast = {};
  PinId pin = {};
  ShareId share = {};
  ProductId product = {};
  OrderId order = {};
  int line = 0;  // refunded
  std::int64_t n = 1;
  Fen amount_fen = 0;
  Instant at = 0;
};
void tally(db::Tx& tx, const Tally& fact);

}  // namespace lianbo::live
