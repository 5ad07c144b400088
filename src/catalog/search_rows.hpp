// What products are found by, read page by page. Threads: any. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "db/db.hpp"

namespace lianbo::catalog {

struct ProductTitle {
  ProductId id;
  std::string title, code, category;
  bool on_sale = true;
};
std::vector<ProductTitle> product_titles(db::Tx& tx, BrandId brand, ProductId after, int limit);  // in order of id

}  // namespace lianbo::catalog
