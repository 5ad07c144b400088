// Wallets, promotions and paid slots over HTTP: shapes and routes.
#pragma once

#include <functional>

#include "net/route.hpp"
#include "promo/auctioneer.hpp"

namespace lianbo::promo {

// Told of each click that counts, in its transaction.
using CameFn = std::function<void(db::Tx&, const Call&, const Clicked&)>;
net::Routes promo_routes(Auctioneer& auctioneer, CameFn came = {});

}  // namespace lianbo::promo
