// The catalogue of a simulated brand: some 60 products of beauty, food and home with 1–4 SKUs each, in Lianbo's own
// CSV. Prices are such that the median order comes to about ¥82; a few hot products have so little stock that they sell
// out. Pure function of the seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/money.hpp"

namespace lianbo::sim {

struct NewSku {
  std::string code, title;
  Fen price_fen = 0;
  std::int64_t stock = 0;
};
struct NewProduct {
  std::string code, title, category, description;
  bool hot = false;
  std::vector<NewSku> skus;
};

std::vector<NewProduct> make_catalog(std::uint64_t seed);
std::string catalog_csv(const std::vector<NewProduct>& products);

}  // namespace lianbo::sim
