// Wallets, promotions and paid slots over HTTP: shapes and routes.
#pragma once

#include "net/route.hpp"
#include "promo/auctioneer.hpp"

namespace lianbo::promo {

net::Routes promo_routes(Auctioneer& auctioneer);

}  // namespace lianbo::promo
