#include "catalog/catalog_service.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/check.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "catalog/catalog_events.hpp"
#include "catalog/catalog_store.hpp"
#include "catalog/shelf_rows.hpp"
#include "db/dry_run.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

constexpr std::int64_t kMaxSkusOfBrand = 1'000'000;
constexpr int kAllotmentsAtOnce = 1'000;
constexpr int kTries = 16;  // a change that meets others' changes is made anew

std::unexpected<Error> stale(std::int64_t now_at, std::int64_t asked) {
  return fail(
      Code::precondition_failed,
      "it is at version " + std::to_string(now_at) + " by now, not " + std::to_string(asked) + "; read it again",
      "If-Match");
}
std::unexpected<Error> contended() {
  return fail(Code::conflict, "others are changing this right now; nothing was changed, try again");
}

void add_prices(ProductView& view, const std::unordered_map<SkuId, CampaignPrice>& prices) {
  for (const Sku& sku : view.skus) {
    const auto it = prices.find(sku.id);
    view.prices.push_back(it == prices.end() ? std::nullopt : std::optional(it->second));
  }
}

using Prices = std::unordered_map<SkuId, CampaignPrice>;
Prices prices_in(db::Tx& tx, StoreId store_id, Instant now) {
  return store_id ? campaign_prices(tx, store_id, now) : Prices();
}

ProductView view_of(db::Tx& tx, Product product, StoreId store_id, const Prices& prices) {
  ProductView view;
  view.product = std::move(product);
  for (auto& [sku, left] : store::skus_with_stock(tx, view.product.id, store_id)) {
    view.skus.push_back(std::move(sku));
    view.left.push_back(left);
  }
  add_prices(view, prices);
  return view;
}
ProductView view_of(db::Tx& tx, Product product) { return view_of(tx, std::move(product), {}, {}); }

bool same_words(const Product& a, const Product& b) {
  return a.title == b.title && a.category == b.category && a.description == b.description &&
         a.image_url == b.image_url && a.on_sale == b.on_sale && a.no_return == b.no_return;
}

Sku new_sku(const Call& call, const Product& product, const CatalogSku& from, int position) {
  Sku s;
  s.id = call.make_id<SkuId>();
  s.brand = product.brand;
  s.product = product.id;
  s.code = from.code;
  s.title = from.title;
  s.price_fen = from.price_fen;
  s.position = position;
  s.version = 1;
  return s;
}

Product new_product(const Call& call, BrandId brand, const CatalogProduct& from) {
  Product p;
  p.id = call.make_id<ProductId>();
  p.brand = brand;
  p.code = from.code;
  p.title = from.title;
  p.category = from.category;
  p.description = from.description;
  p.image_url = from.image_url;
  p.on_sale = from.on_sale;
  p.no_return = from.no_return;
  p.created_at = p.updated_at = call.now;
  p.version = 1;
  return p;
}

// One import, in one transaction.
class Import {
 public:
  Import(db::Tx& tx, const Call& call, BrandId brand, const CatalogFile& file)
      : tx_(tx), call_(call), brand_(brand), file_(file) {}

  Result<ImportReport> run() {
    TRY_OK(load());
    TRY_OK(compare());
    report_.format = file_.format;
    report_.notes = file_.notes;
    for (const auto& p : file_.products) TRY_OK(take(p));
    if (report_.stock_ignored > 0)
      report_.notes.push_back(std::to_string(report_.stock_ignored) +
                              " SKUs were known already: their stock is left as it is; more units are received by "
                              "POST /api/v1/skus/{sku_id}/stock");
    JsonWriter w;
    w.begin()
        .field("format", format_text(report_.format))
        .field("created", report_.created)
        .field("updated", report_.updated)
        .field("unchanged", report_.unchanged)
        .end();
    org::audit(tx_, call_, brand_, "catalog.import", "brand", brand_.value, w.take());
    return std::move(report_);
  }

 private:
  struct Known {
    Product product;
    std::vector<Sku> skus;
  };

  Status load() {
    TRY([[maybe_unused]] const auto brand, org::find_brand(tx_, brand_));
    for (auto& p : store::products_of_brand(tx_, brand_, static_cast<std::int64_t>(kMaxProductsOfBrand) + 1)) {
      code_of_[p.id] = p.code;
      auto& known = known_[p.code];
      known.product = std::move(p);
    }
    for (auto& s : store::skus_of_brand(tx_, brand_, kMaxSkusOfBrand)) {
      owner_[s.code] = s.product;
      if (const auto it = code_of_.find(s.product); it != code_of_.end())
        known_[it->second].skus.push_back(std::move(s));
    }
    return {};
  }

  // What is wrong with the file in the light of what the brand has.
  Status compare() {
    CsvErrors errors;
    std::size_t fresh = 0;
    for (const auto& p : file_.products) {
      const auto it = known_.find(p.code);
      if (it == known_.end()) ++fresh;
      std::size_t skus = it == known_.end() ? 0 : it->second.skus.size();
      for (const auto& s : p.skus) {
        const auto owner = owner_.find(s.code);
        if (owner == owner_.end())
          ++skus;
        else if (it == known_.end() || owner->second != it->second.product.id)
          errors.add(s.line, file_.sku_code_column,
                     "the SKU code \"" + s.code + "\" belongs to the product \"" + code_of_[owner->second] +
                         "\" already, not to \"" + p.code + "\"");
      }
      if (skus > kMaxSkusOfProduct)
        errors.add(p.line, file_.code_column,
                   "\"" + p.code + "\" would have " + std::to_string(skus) + " SKUs; at most " +
                       std::to_string(kMaxSkusOfProduct) + " are possible");
    }
    if (known_.size() + fresh > kMaxProductsOfBrand)
      errors.add(1, "the brand would have " + std::to_string(known_.size() + fresh) + " products; at most " +
                        std::to_string(kMaxProductsOfBrand) + " are possible");
    return errors.status();
  }

  Status take(const CatalogProduct& from) {
    ++report_.products;
    report_.skus += static_cast<int>(from.skus.size());
    const auto it = known_.find(from.code);
    if (it == known_.end()) {
      const Product product = new_product(call_, brand_, from);
      if (!store::insert_product(tx_, product)) return contended();
      int position = 0;
      for (const auto& s : from.skus) TRY_OK(add_sku(product, s, position++));
      ++report_.created;
      return {};
    }
    const Known& known = it->second;
    Product wish = known.product;
    if (!from.incomplete) {
      wish.title = from.title;
      if (file_.has_category) wish.category = from.category;
      if (file_.has_description) wish.description = from.description;
      if (file_.has_image_url) wish.image_url = from.image_url;
      if (file_.has_on_sale) wish.on_sale = from.on_sale;
      if (file_.has_no_return) wish.no_return = from.no_return;
    }
    std::vector<std::pair<Sku, const Sku*>> changed;  // new and old
    std::vector<const CatalogSku*> added;
    int position = 0;
    for (const Sku& s : known.skus) position = std::max(position, s.position + 1);
    for (const auto& s : from.skus) {
      const auto old =
          std::find_if(known.skus.begin(), known.skus.end(), [&](const Sku& k) { return k.code == s.code; });
      if (old == known.skus.end()) {
        added.push_back(&s);
        continue;
      }
      ++report_.stock_ignored;
      Sku next = *old;
      if (file_.has_sku_title) next.title = s.title;
      if (!from.incomplete) next.price_fen = s.price_fen;
      if (next.title != old->title || next.price_fen != old->price_fen) changed.emplace_back(std::move(next), &*old);
    }
    if (same_words(wish, known.product) && changed.empty() && added.empty()) {
      ++report_.unchanged;
      return {};
    }
    // The product's row first: it is what two changes of one product meet at.
    if (!store::update_product(tx_, wish, known.product.version, call_.now)) return contended();
    for (const auto& [next, old] : changed) {
      if (!store::update_sku(tx_, next, old->version)) return contended();
      if (next.price_fen != old->price_fen) tx_.emit(price_changed(call_, next));
    }
    for (const auto* s : added) TRY_OK(add_sku(wish, *s, position++));
    tx_.emit(product_changed(call_, wish));
    ++report_.updated;
    return {};
  }

  Status add_sku(const Product& product, const CatalogSku& from, int position) {
    const Sku sku = new_sku(call_, product, from, position);
    if (!store::insert_sku(tx_, sku)) return contended();
    open_stock(tx_, brand_, sku.id, from.stock);
    report_.stock_taken += from.stock;
    return {};
  }

  db::Tx& tx_;
  const Call& call_;
  BrandId brand_;
  const CatalogFile& file_;
  ImportReport report_;
  std::unordered_map<std::string, Known> known_;        // by product code
  std::unordered_map<ProductId, std::string> code_of_;  // product code
  std::unordered_map<std::string, ProductId> owner_;    // by SKU code
};

}  // namespace

Result<Product> find_product(db::Tx& tx, ProductId id) {
  if (auto product = store::product(tx, id)) return *std::move(product);
  return fail(Code::not_found, "no product has this id: " + id.text());
}

Result<Sku> find_sku(db::Tx& tx, SkuId id) {
  if (auto sku = store::sku(tx, id)) return *std::move(sku);
  return fail(Code::not_found, "no SKU has this id: " + id.text());
}

std::vector<Sku> skus_of(db::Tx& tx, ProductId product) { return store::skus_of(tx, product); }

bool product_can_be_sold(db::Tx& tx, ProductId product, StoreId store_id) {
  return store::can_be_sold(tx, product, store_id);
}

std::vector<ProductId> alternatives(db::Tx& tx, const Product& product, int limit) {
  if (product.category.empty()) return {};
  return store::alternatives(tx, product, limit);
}

Result<ProductView> view_product(db::Tx& tx, ProductId id, StoreId store_id, Instant now) {
  TRY(Product product, find_product(tx, id));
  return view_of(tx, std::move(product), store_id, prices_in(tx, store_id, now));
}
Result<std::vector<ProductView>> view_products(db::Tx& tx, std::span<const ProductId> ids, StoreId store_id,
                                               Instant now) {
  const Prices prices = prices_in(tx, store_id, now);
  std::vector<ProductView> out;
  for (const ProductId id : ids) {
    TRY(Product product, find_product(tx, id));
    out.push_back(view_of(tx, std::move(product), store_id, prices));
  }
  return out;
}

std::vector<ProductView> list_products(db::Tx& tx, const ProductQuery& query) {
  const std::string text = canonical_line(query.text), category = canonical_line(query.category);
  std::vector<ProductView> out;
  for (auto& row : store::list(tx, {query.brand, query.store, category, text,
                                    query.on_sale ? static_cast<int>(*query.on_sale) : -1, query.after, query.limit})) {
    if (out.empty() || out.back().product.id != row.product.id) out.emplace_back().product = std::move(row.product);
    out.back().skus.push_back(std::move(row.sku));
    out.back().left.push_back(row.left);
  }
  const auto prices =
      query.store ? campaign_prices(tx, query.store, query.now) : std::unordered_map<SkuId, CampaignPrice>();
  for (auto& view : out) add_prices(view, prices);
  return out;
}

Result<ProductView> create_product(db::Tx& tx, const Call& call, BrandId brand, CatalogProduct wish) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY([[maybe_unused]] const auto found, org::find_brand(tx, brand));
  TRY_OK(check_product(wish, ""));
  const Product product = new_product(call, brand, wish);
  if (!store::insert_product(tx, product))
    return fail(Code::conflict, "the brand has a product with the code \"" + wish.code + "\" already", "/code");
  for (std::size_t i = 0; i < wish.skus.size(); ++i) {
    const Sku sku = new_sku(call, product, wish.skus[i], static_cast<int>(i));
    if (!store::insert_sku(tx, sku))
      return fail(Code::conflict, "the brand has a SKU with the code \"" + sku.code + "\" already",
                  "/skus/" + std::to_string(i) + "/code");
    open_stock(tx, brand, sku.id, wish.skus[i].stock);
  }
  org::audit(tx, call, brand, "product.create", "product", product.id.value);
  return view_of(tx, product);
}

Result<ProductView> patch_product(db::Tx& tx, const Call& call, ProductId id, const ProductPatch& patch) {
  for (int tries = 0; tries < kTries; ++tries) {
    TRY(const Product before, find_product(tx, id));
    TRY_OK(require_staff(call, before.brand, kOperates));
    if (patch.if_version && *patch.if_version != before.version) return stale(before.version, *patch.if_version);
    CatalogProduct wish;
    wish.code = before.code;
    wish.title = patch.title.value_or(before.title);
    wish.category = patch.category.value_or(before.category);
    wish.description = patch.description.value_or(before.description);
    wish.image_url = patch.image_url.value_or(before.image_url);
    wish.skus.push_back({before.code, {}, 0, 0, 0});
    TRY_OK(check_product(wish, ""));
    Product after = before;
    after.title = wish.title;
    after.category = wish.category;
    after.description = wish.description;
    after.image_url = wish.image_url;
    after.on_sale = patch.on_sale.value_or(before.on_sale);
    after.no_return = patch.no_return.value_or(before.no_return);
    if (same_words(before, after)) return view_of(tx, before);
    if (!store::update_product(tx, after, before.version, call.now)) continue;
    after.version = before.version + 1;
    after.updated_at = call.now;
    tx.emit(product_changed(call, after));
    JsonWriter w;
    w.begin();
    if (after.title != before.title) w.field("title", after.title);
    if (after.category != before.category) w.field("category", after.category);
    if (after.on_sale != before.on_sale) w.field("on_sale", after.on_sale);
    if (after.no_return != before.no_return) w.field("no_return", after.no_return);
    org::audit(tx, call, after.brand, "product.change", "product", id.value, w.end().take());
    return view_of(tx, after);
  }
  return contended();
}

Result<Sku> patch_sku(db::Tx& tx, const Call& call, SkuId id, const SkuPatch& patch) {
  if (patch.price_fen < 0 || patch.price_fen > kMaxAmountFen)
    return fail(Code::invalid_field, "a price is 0 to " + std::to_string(kMaxAmountFen) + " fen", "/price_fen");
  TRY(const Sku seen, find_sku(tx, id));
  TRY_OK(require_staff(call, seen.brand, kOperates));
  if (patch.if_version && *patch.if_version != seen.version) return stale(seen.version, *patch.if_version);
  if (seen.price_fen == patch.price_fen) return seen;
  store::touch_product(tx, seen.product, call.now);
  // Who changes a product or its SKUs holds the product's row: what is read now stays.
  TRY(const Sku before, find_sku(tx, id));
  if (patch.if_version && *patch.if_version != before.version) return stale(before.version, *patch.if_version);
  Sku after = before;
  after.price_fen = patch.price_fen;
  CHECK(store::update_sku(tx, after, before.version));
  ++after.version;
  tx.emit(price_changed(call, after));
  JsonWriter w;
  w.begin().field("from_fen", before.price_fen).field("to_fen", after.price_fen).end();
  org::audit(tx, call, after.brand, "sku.price", "sku", id.value, w.take());
  return after;
}

Result<StockCount> receive_stock(db::Tx& tx, const Call& call, SkuId id, std::int64_t qty) {
  TRY(const Sku sku, find_sku(tx, id));
  TRY_OK(require_staff(call, sku.brand, kOperates));
  TRY_OK(restock(tx, call, id, qty));
  JsonWriter w;
  w.begin().field("qty", qty).end();
  org::audit(tx, call, sku.brand, "stock.receive", "sku", id.value, w.take());
  return stock_count(tx, id);
}

Result<Allotment> allot(db::Tx& tx, const Call& call, SkuId id, StoreId store_id, const AllotWish& wish) {
  TRY(const Sku sku, find_sku(tx, id));
  TRY_OK(require_staff(call, sku.brand, kOperates));
  TRY(const auto store, org::find_store(tx, store_id));
  if (store.brand != sku.brand) return fail(Code::not_found, "the brand has no such store", "/store_id");
  TRY(const Allotment allotment, allot_stock(tx, call, sku, store_id, wish));
  JsonWriter w;
  w.begin().field("store_id", store_id).field("units", wish.units).field("keep", wish.keep).end();
  org::audit(tx, call, sku.brand, "stock.allot", "sku", id.value, w.take());
  return allotment;
}

Result<std::int64_t> give_back(db::Tx& tx, const Call& call, SkuId id, StoreId store_id) {
  TRY(const Sku sku, find_sku(tx, id));
  TRY_OK(org::require_store(tx, call, sku.brand, store_id));
  const std::int64_t units = give_back_stock(tx, call, id, store_id);
  JsonWriter w;
  w.begin().field("store_id", store_id).field("units", units).end();
  org::audit(tx, call, sku.brand, "stock.give_back", "sku", id.value, w.take());
  return units;
}

void give_back_store(db::Tx& tx, const Call& call, StoreId store_id) {
  for (;;) {
    const auto some = allotments_of_store(tx, store_id, {}, kAllotmentsAtOnce);
    for (const Allotment& a : some) give_back_stock(tx, call, a.sku, store_id);
    if (static_cast<int>(some.size()) < kAllotmentsAtOnce) return;
  }
}

Result<ImportReport> import_catalog(db::Database& database, const Call& call, BrandId brand,
                                    std::string_view file_bytes, const CatalogOptions& options) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY(const CatalogFile file, parse_catalog(file_bytes, options));
  const auto body = [&](db::Tx& tx) -> Result<ImportReport> {
    TRY_OK(org::lock_brand(tx, brand));  // two imports at once follow each other
    return Import(tx, call, brand, file).run();
  };
  return options.dry_run ? db::dry_run(database, body) : database.write(body);
}

Result<std::string> export_catalog(db::Tx& tx, const Call& call, BrandId brand, CatalogFormat format) {
  TRY_OK(require_staff(call, brand, kAnyStaff));
  TRY([[maybe_unused]] const auto found, org::find_brand(tx, brand));
  std::unordered_map<SkuId, std::int64_t> left;
  for (const auto& [sku, units] : store::left_of_brand(tx, brand, kMaxSkusOfBrand)) left[sku] = units;
  std::vector<CatalogProduct> products;
  std::unordered_map<ProductId, std::size_t> place;
  for (auto& p : store::products_of_brand(tx, brand, static_cast<std::int64_t>(kMaxProductsOfBrand))) {
    place[p.id] = products.size();
    CatalogProduct out;
    out.code = std::move(p.code);
    out.title = std::move(p.title);
    out.category = std::move(p.category);
    out.description = std::move(p.description);
    out.image_url = std::move(p.image_url);
    out.on_sale = p.on_sale;
    out.no_return = p.no_return;
    products.push_back(std::move(out));
  }
  for (auto& s : store::skus_of_brand(tx, brand, kMaxSkusOfBrand))
    if (const auto it = place.find(s.product); it != place.end())
      products[it->second].skus.push_back({std::move(s.code), std::move(s.title), s.price_fen, left[s.id], 0});
  return write_catalog(products, format);
}

}  // namespace lianbo::catalog
