#include "catalog/catalog_store.hpp"

#include "base/check.hpp"
#include "catalog/search_rows.hpp"
#include "db/together.hpp"

namespace lianbo::catalog::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;
using db::Tx;

#define PRODUCT_COLUMNS                                                                                               \
  "p.id, p.brand_id, p.code, p.title, p.category, p.description, p.image_url, p.on_sale, p.no_return, p.created_at, " \
  "p.updated_at, p.version"
#define SKU_COLUMNS "s.id, s.brand_id, s.product_id, s.code, s.title, s.price_fen, s.position, s.version"
#define PLAN_COLUMNS                                                                                       \
  "p.id, p.brand_id, p.scope, p.scope_id, p.sku_id, p.version, p.host_bp, p.promoter_bp, p.recruiter_bp, " \
  "p.clipper_bp, p.freeze_days, p.by_person_id, p.at"

const Sql kFindProduct{"catalog.product", "select " PRODUCT_COLUMNS " from products p where p.id = $1"};
const Sql kProductTitles{"catalog.product_titles",
                         "select id, title, code, category, on_sale from products where brand_id = $1 and id > $2 "
                         "order by id limit $3"};
const Sql kFindSku{"catalog.sku", "select " SKU_COLUMNS " from skus s where s.id = $1"};
const Sql kProductByCode{"catalog.product_by_code", "select id from products where brand_id = $1 and code = $2"};
const Sql kSkusOfProduct{"catalog.skus_of_product",
                         "select " SKU_COLUMNS
                         " from skus s where s.product_id = $1 order by s.position, s.id limit 1000"};
// What a store can sell of SKU s: its own allotment, and the pool with the buckets' leases unless the allotment is all
// it may sell. Without a store, or without an allotment, the pool and the leases.
#define STORES_OWN(store) \
  " left join stock_allotments al on al.sku_id = s.id and al.store_id = " store " and al.closed_at is null "
#define COMMON_LEFT                                                                                                   \
  "coalesce(sp.pool, 0) + coalesce((select cast(sum(l.units) as bigint) from stock_leases l where l.sku_id = s.id), " \
  "0)"
#define LEFT_IN_STORE "coalesce(al.units, 0) + case when coalesce(al.shared, 1) = 1 then " COMMON_LEFT " else 0 end"
const Sql kSkusWithStock{"catalog.skus_with_stock",
                         "select " SKU_COLUMNS ", " LEFT_IN_STORE
                         " from skus s left join stock_pools sp on sp.sku_id = s.id" STORES_OWN(
                             "$2") "where s.product_id = $1 order by s.position, s.id limit 1000"};
const Sql kProductsOfBrand{"catalog.products_of_brand",
                           "select " PRODUCT_COLUMNS " from products p where p.brand_id = $1 order by p.id limit $2"};
const Sql kSkusOfBrand{"catalog.skus_of_brand",
                       "select " SKU_COLUMNS
                       " from skus s where s.brand_id = $1 order by s.product_id, s.position, s.id limit $2"};
const Sql kLeftOfBrand{
    "catalog.left_of_brand",
    "select p.sku_id, p.pool + coalesce(l.units, 0) + coalesce(a.units, 0) from stock_pools p left join (select "
    "sku_id, "
    "cast(sum(units) as bigint) as units from stock_leases group by sku_id) l on l.sku_id = p.sku_id left join (select "
    "sku_id, cast(sum(units) as bigint) as units from stock_allotments group by sku_id) a on a.sku_id = p.sku_id "
    "where p.brand_id = $1 limit $2"};
const Sql kList{
    "catalog.list",
    "with p as (select * from products where brand_id = $1 and id > $2 and ($3 = '' or category = $3) and (cast($4 as "
    "bigint) = -1 or "
    "on_sale = $4) and ($5 = '' or lower(title) like $5 escape '\\' or lower(code) like $5 escape '\\') order by id "
    "limit $6) select " PRODUCT_COLUMNS ", " SKU_COLUMNS ", " LEFT_IN_STORE
    " from p join skus s on s.product_id = p.id left join stock_pools sp on sp.sku_id = s.id" STORES_OWN(
        "$7") "order by p.id, s.position, s.id"};
const Sql kInsertProduct{
    "catalog.insert_product",
    "insert into products (id, brand_id, code, title, category, description, image_url, on_sale, no_return, "
    "created_at, updated_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 1) on conflict do nothing"};
const Sql kInsertSku{
    "catalog.insert_sku",
    "insert into skus (id, brand_id, product_id, code, title, price_fen, position, version) values ($1, "
    "$2, $3, $4, $5, $6, $7, 1) on conflict do nothing"};
const Sql kUpdateProduct{
    "catalog.update_product",
    "update products set title = $2, category = $3, description = $4, image_url = $5, on_sale = $6, no_return = $7, "
    "updated_at = $8, version = version + 1 where id = $1 and version = $9"};
const Sql kUpdateSku{
    "catalog.update_sku",
    "update skus set title = $2, price_fen = $3, version = version + 1 where id = $1 and version = $4"};
const Sql kTouchProduct{"catalog.touch_product",
                        "update products set version = version + 1, updated_at = $2 where id = $1"};

#define HAS_STOCK(store) \
  "exists (select 1 from skus s join stock_pools sp on sp.sku_id = s.id" STORES_OWN(store)                       \
  "where s.product_id = p.id and (al.units > 0 or (coalesce(al.shared, 1) = 1 and (sp.pool > 0 or exists (select 1 " \
  "from stock_leases l where l.sku_id = s.id and l.units > 0)))))"
const Sql kCanBeSold{"catalog.can_be_sold",
                     "select 1 from products p where p.id = $1 and p.on_sale = 1 and " HAS_STOCK("$2")};
const Sql kAlternatives{"catalog.alternatives",
                        "select p.id from products p where p.brand_id = $1 and p.category = $2 and p.id <> $3 and "
                        "p.on_sale = 1 and " HAS_STOCK("0") " order by p.id desc limit $4"};
// The newest push counts. A store's rows of campaigns that are over are behind the range of the key. $3, $4: the minute
// around now, so that one answer serves a crowd; which of the rows is on at the instant is looked at afterwards.
const Sql kSale{
    "catalog.sale",
    "select " SKU_COLUMNS ", p.title, p.on_sale, p.no_return, al.units, i.campaign_id, i.price_fen, c.starts_at, "
    "g.ends_at from skus s join products p on p.id = s.product_id" STORES_OWN("$2")
    "left join store_campaigns g on g.store_id = $2 and g.ends_at > $3 and g.removed_at is null and exists (select 1 "
    "from campaigns k join campaign_items x on x.campaign_id = k.id and x.sku_id = $1 where k.id = g.campaign_id and "
    "k.state = 'pushed' and k.starts_at <= $4) left join campaigns c on c.id = g.campaign_id left join campaign_items "
    "i on i.campaign_id = g.campaign_id and i.sku_id = s.id where s.id = $1 order by c.pushed_at desc, c.id desc limit "
    "200"};

const Sql kInsertPool{"stock.insert_pool",
                      "insert into stock_pools (sku_id, brand_id, received, pool) values ($1, $2, $3, $3)"};
// In sight: the own lease, the pool, and only when these are not enough the other leases.
#define MORE_IN_SIGHT(own)                                                                                          \
  "(" own                                                                                                           \
  " > $4 or (select sp.pool from stock_pools sp where sp.sku_id = $2) > $4 or (select sp.pool from "                \
  "stock_pools sp where sp.sku_id = $2) + coalesce((select cast(sum(l.units) as bigint) from stock_leases l where " \
  "l.sku_id = $2 and l.bucket <> $1), 0) > $4)"
const Sql kReservePlenty{"stock.reserve_plenty",
                         "update stock_leases set units = units - $3, reserved = reserved + $3 where bucket = $1 and "
                         "sku_id = $2 and units >= $3 and " MORE_IN_SIGHT("units - $3")};
// All orders of a crowd that take from one lease, or none of them.
const db::Together kReserveTogether{
    kReservePlenty, db::Together::How::takes,
    "with k_ as (select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) with ordinality as "
    "x (bucket, sku_id, qty, scarce, n_)), s_ as (select bucket, sku_id, cast(sum(qty) as bigint) as qty, max(scarce) "
    "as scarce from k_ group by bucket, sku_id order by sku_id, bucket), u_ as (update stock_leases o set units = "
    "o.units - s_.qty, reserved = o.reserved + s_.qty from s_ where o.bucket = s_.bucket and o.sku_id = s_.sku_id and "
    "o.units >= s_.qty and (o.units - s_.qty > s_.scarce or (select sp.pool from stock_pools sp where sp.sku_id = "
    "s_.sku_id) > s_.scarce or (select sp.pool from stock_pools sp where sp.sku_id = s_.sku_id) + coalesce((select "
    "cast(sum(l.units) as bigint) from stock_leases l where l.sku_id = s_.sku_id and l.bucket <> s_.bucket), 0) > "
    "s_.scarce) returning o.bucket, o.sku_id) select k_.n_ from k_ join u_ on u_.bucket = k_.bucket and u_.sku_id = "
    "k_.sku_id"};
const Sql kReleasePlenty{"stock.release_plenty",
                         "update stock_leases set units = units + $3, reserved = reserved - $3 where bucket = $1 and "
                         "sku_id = $2 and reserved >= $3 and " MORE_IN_SIGHT("units")};
const Sql kRelease{
    "stock.release",
    "update stock_leases set units = units + $3, reserved = reserved - $3 where bucket = $1 and sku_id = "
    "$2 and reserved >= $3"};
const Sql kSell{"stock.sell",
                "update stock_leases set reserved = reserved - $3, sold = sold + $3 where bucket = $1 and sku_id = $2 "
                "and reserved >= $3"};
const Sql kLockPool{"stock.lock_pool", "update stock_pools set pool = pool where sku_id = $1 returning pool"};
const Sql kTakeFromPool{"stock.take_from_pool",
                        "update stock_pools set pool = pool - $2 where sku_id = $1 and pool >= $2"};
const Sql kLockLease{"stock.lock_lease",
                     "insert into stock_leases (bucket, sku_id, units, reserved, sold) values ($1, $2, 0, 0, 0) on "
                     "conflict (bucket, sku_id) do update set units = stock_leases.units returning units"};
const Sql kOtherLeases{"stock.other_leases",
                       "select bucket, units from stock_leases where sku_id = $1 and bucket <> $2 and units > 0 order "
                       "by units desc, bucket limit 1024"};
const Sql kTakeFromLease{
    "stock.take_from_lease",
    "update stock_leases set units = units - $3 where bucket = $1 and sku_id = $2 and units >= $3"};
const Sql kLeaseAndReserve{
    "stock.lease_and_reserve",
    "update stock_leases set units = units + $3 - $4, reserved = reserved + $4 where bucket = $1 "
    "and sku_id = $2 and units + $3 >= $4"};
const Sql kAddToPool{"stock.add_to_pool", "update stock_pools set pool = pool + $2 where sku_id = $1"};
#define ALLOTMENT_COLUMNS "sku_id, store_id, units, keep_units, shared, until_at, closed_at, at"
const Sql kLockAllotment{"stock.lock_allotment",
                         "update stock_allotments set units = units where sku_id = $1 and store_id = $2 and closed_at "
                         "is null returning " ALLOTMENT_COLUMNS};
const db::Together kLockAllotmentTogether{kLockAllotment, db::Together::How::locks};
const Sql kOpenAllotment{
    "stock.open_allotment",
    "insert into stock_allotments (sku_id, store_id, brand_id, units, keep_units, shared, at) values ($1, $2, $3, 0, "
    "0, "
    "1, $4) on conflict (sku_id, store_id) do update set units = stock_allotments.units returning " ALLOTMENT_COLUMNS};
const Sql kSetAllotment{"stock.set_allotment",
                        "update stock_allotments set units = $3, keep_units = $4, shared = $5, until_at = $6, "
                        "closed_at = $7 where sku_id = "
                        "$1 and store_id = $2"};
const Sql kSetAllotmentUnits{"stock.set_allotment_units",
                             "update stock_allotments set units = $3 where sku_id = $1 and store_id = $2"};
const Sql kSetGranted{"stock.set_granted",
                      "update stock_allotments set granted_units = $3 where sku_id = $1 and store_id = $2"};
const Sql kGranted{"stock.granted", "select granted_units from stock_allotments where sku_id = $1 and store_id = $2"};
const Sql kAllotment{"stock.allotment",
                     "select " ALLOTMENT_COLUMNS " from stock_allotments where sku_id = $1 and store_id = $2"};
const Sql kAllotmentsOfStore{
    "stock.allotments_of_store",
    "select " ALLOTMENT_COLUMNS
    " from stock_allotments where store_id = $1 and sku_id > $2 and closed_at is null order by "
    "sku_id limit $3"};
const Sql kAllotmentsOfSku{"stock.allotments_of_sku",
                           "select " ALLOTMENT_COLUMNS
                           " from stock_allotments where sku_id = $1 and store_id > $2 and closed_at is null order by "
                           "store_id limit $3"};
const Sql kAllotmentsDue{"stock.allotments_due",
                         "select " ALLOTMENT_COLUMNS
                         " from stock_allotments where closed_at is null and until_at is not null and until_at <= $1 "
                         "order by until_at, sku_id, store_id limit $2"};
const Sql kRestock{"stock.restock",
                   "update stock_pools set received = received + $2, pool = pool + $2 where sku_id = $1 and received + "
                   "$2 <= $3"};
const Sql kLeft{
    "stock.left",
    "select p.pool + coalesce((select cast(sum(l.units) as bigint) from stock_leases l where l.sku_id = $1), "
    "0) from stock_pools p where p.sku_id = $1"};
const Sql kCount{
    "stock.count",
    "select p.received, p.pool, coalesce(cast(sum(l.units) as bigint), 0), coalesce((select cast(sum(a.units) as "
    "bigint) from stock_allotments a where a.sku_id = p.sku_id), 0), coalesce(cast(sum(l.reserved) as "
    "bigint), 0), coalesce(cast(sum(l.sold) as bigint), 0) from stock_pools p left join stock_leases l on "
    "l.sku_id = p.sku_id where p.sku_id = $1 group by p.sku_id, p.received, p.pool"};
const Sql kBreaches{
    "stock.breaches",
    "select id, received, pool, units, allotted, reserved, sold from (select k.id as id, coalesce(p.received, 0) as "
    "received, coalesce(p.pool, -1) as pool, coalesce(l.units, 0) as units, coalesce(a.units, 0) as allotted, "
    "coalesce(l.reserved, 0) as reserved, coalesce(l.sold, 0) as sold, coalesce(l.least, 0) as least from skus k left "
    "join stock_pools p on p.sku_id = k.id left join (select sku_id, cast(sum(units) as bigint) as units, "
    "cast(sum(reserved) as bigint) as reserved, cast(sum(sold) as bigint) as sold, min(units) as least from "
    "stock_leases group by sku_id) l on l.sku_id = k.id left join (select sku_id, cast(sum(units) as bigint) as units "
    "from stock_allotments group by sku_id) a on a.sku_id = k.id where (cast($1 as bigint) = 0 or k.brand_id = $1)) "
    "counts where pool < 0 or least < 0 or pool + units + allotted + reserved + sold <> received order by id limit $2"};

#define NEWEST                                                                                              \
  "not exists (select 1 from plans q where q.brand_id = p.brand_id and q.scope = p.scope and q.scope_id = " \
  "p.scope_id and q.sku_id = p.sku_id and q.version > p.version)"
const Sql kPlansFor{"plan.for",
                    "select " PLAN_COLUMNS
                    " from plans p where p.brand_id = $1 and ((p.scope = 'agent' and p.scope_id = $3) or (p.scope = "
                    "'campaign' and p.scope_id = $4) or (p.scope = 'brand' and p.scope_id = 0)) and (p.sku_id = 0 or "
                    "p.sku_id = $2) and " NEWEST " limit 6"};
const Sql kNewestPlan{
    "plan.newest", "select " PLAN_COLUMNS
                   " from plans p where p.brand_id = $1 and p.scope = $2 and p.scope_id = $3 and p.sku_id = $4 order "
                   "by p.version desc limit 1"};
const Sql kPlansOfCampaign{
    "plan.of_campaign",
    "select " PLAN_COLUMNS
    " from plans p where p.brand_id = $1 and p.scope = 'campaign' and p.scope_id = $2 and " NEWEST " limit 1000"};
const Sql kInsertPlan{
    "plan.insert",
    "insert into plans (id, brand_id, scope, scope_id, sku_id, version, host_bp, promoter_bp, "
    "recruiter_bp, clipper_bp, freeze_days, by_person_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8, "
    "$9, $10, $11, $12, $13) on conflict (brand_id, scope, scope_id, sku_id, version) do nothing"};
const Sql kPlanVersions{"plan.versions",
                        "select " PLAN_COLUMNS
                        " from plans p where p.brand_id = $1 and p.scope = $2 and p.scope_id = $3 and p.id > $4 order "
                        "by p.id limit $5"};
const Sql kCurrentPlans{"plan.current",
                        "select " PLAN_COLUMNS " from plans p where p.brand_id = $1 and p.id > $2 and " NEWEST
                        " order by p.id limit $3"};

Product product_of(const Row& r, int at = 0) {
  Product p;
  p.id = r.id<ProductId>(at);
  p.brand = r.id<BrandId>(at + 1);
  p.code = r.str(at + 2);
  p.title = r.str(at + 3);
  p.category = r.str(at + 4);
  p.description = r.str(at + 5);
  p.image_url = r.str(at + 6);
  p.on_sale = r.flag(at + 7);
  p.no_return = r.flag(at + 8);
  p.created_at = r.integer(at + 9);
  p.updated_at = r.integer(at + 10);
  p.version = r.integer(at + 11);
  return p;
}
constexpr int kProductColumns = 12;

Sku sku_of(const Row& r, int at = 0) {
  Sku s;
  s.id = r.id<SkuId>(at);
  s.brand = r.id<BrandId>(at + 1);
  s.product = r.id<ProductId>(at + 2);
  s.code = r.str(at + 3);
  s.title = r.str(at + 4);
  s.price_fen = r.integer(at + 5);
  s.position = static_cast<std::int32_t>(r.integer(at + 6));
  s.version = r.integer(at + 7);
  return s;
}
constexpr int kSkuColumns = 8;

PlanRow plan_of(const Row& r) {
  PlanRow p;
  p.id = r.id<PlanId>(0);
  p.brand = r.id<BrandId>(1);
  p.scope = parse_plan_scope(r.text(2)).value_or(PlanScope::brand);
  p.scope_id = r.integer(3);
  p.sku = r.id<SkuId>(4);
  p.version = static_cast<std::int32_t>(r.integer(5));
  p.withdrawn = r.is_null(6);
  p.host_bp = static_cast<BasisPoints>(r.integer(6));
  p.promoter_bp = static_cast<BasisPoints>(r.integer(7));
  p.recruiter_bp = static_cast<BasisPoints>(r.integer(8));
  p.clipper_bp = static_cast<BasisPoints>(r.integer(9));
  if (const auto days = r.maybe(10)) p.freeze_days = static_cast<std::int32_t>(*days);
  p.by = r.id<PersonId>(11);
  p.at = r.integer(12);
  return p;
}

// Only ASCII letters: what both engines agree on.
std::string like_pattern(std::string_view text) {
  if (text.empty()) return {};
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out + "%";
}

}  // namespace

std::optional<Product> product(Tx& tx, ProductId id) {
  return tx.one(kFindProduct, {id.value}, [](const Row& r) { return product_of(r); });
}
std::optional<Sku> sku(Tx& tx, SkuId id) {
  return tx.one(kFindSku, {id.value}, [](const Row& r) { return sku_of(r); });
}
std::optional<ProductId> product_by_code(Tx& tx, BrandId brand, std::string_view code) {
  return tx.one(kProductByCode, {brand, code}, [](const Row& r) { return r.id<ProductId>(0); });
}
std::vector<Sku> skus_of(Tx& tx, ProductId product) {
  return tx.all(kSkusOfProduct, {product.value}, [](const Row& r) { return sku_of(r); });
}
std::vector<SkuLeft> skus_with_stock(Tx& tx, ProductId product, StoreId store) {
  return tx.all(kSkusWithStock, {product.value, store.value},
                [](const Row& r) { return SkuLeft{sku_of(r), r.integer(kSkuColumns)}; });
}
std::vector<Product> products_of_brand(Tx& tx, BrandId brand, std::int64_t limit) {
  return tx.all(kProductsOfBrand, {brand, limit}, [](const Row& r) { return product_of(r); });
}
std::vector<Sku> skus_of_brand(Tx& tx, BrandId brand, std::int64_t limit) {
  return tx.all(kSkusOfBrand, {brand, limit}, [](const Row& r) { return sku_of(r); });
}
std::vector<std::pair<SkuId, std::int64_t>> left_of_brand(Tx& tx, BrandId brand, std::int64_t limit) {
  return tx.all(kLeftOfBrand, {brand, limit}, [](const Row& r) { return std::pair{r.id<SkuId>(0), r.integer(1)}; });
}
std::vector<ListedSku> list(Tx& tx, const ListQuery& q) {
  const std::string pattern = like_pattern(q.text);
  return tx.all(kList, {q.brand, q.after, q.category, q.on_sale, pattern, q.limit, q.store.value}, [](const Row& r) {
    return ListedSku{product_of(r), sku_of(r, kProductColumns), r.integer(kProductColumns + kSkuColumns)};
  });
}
bool insert_product(Tx& tx, const Product& p) {
  return tx.exec(kInsertProduct, {p.id, p.brand, p.code, p.title, p.category, p.description, p.image_url,
                                  static_cast<int>(p.on_sale), static_cast<int>(p.no_return), p.created_at}) == 1;
}
bool insert_sku(Tx& tx, const Sku& s) {
  return tx.exec(kInsertSku, {s.id, s.brand, s.product, s.code, s.title, s.price_fen, s.position}) == 1;
}
bool update_product(Tx& tx, const Product& p, std::int64_t from_version, Instant now) {
  return tx.exec(kUpdateProduct, {p.id, p.title, p.category, p.description, p.image_url, static_cast<int>(p.on_sale),
                                  static_cast<int>(p.no_return), now, from_version}) == 1;
}
bool update_sku(Tx& tx, const Sku& s, std::int64_t from_version) {
  return tx.exec(kUpdateSku, {s.id, s.title, s.price_fen, from_version}) == 1;
}
void touch_product(Tx& tx, ProductId id, Instant now) { CHECK(tx.exec(kTouchProduct, {id, now}) == 1); }
bool can_be_sold(Tx& tx, ProductId product, StoreId store) {
  return tx.exists(kCanBeSold, {product.value, store.value});
}
std::optional<Sale> sale(Tx& tx, SkuId sku, StoreId store, Instant now) {
  const Instant minute = now - now % kMinuteMs;
  std::optional<Sale> out;
  tx.each(kSale, {sku.value, store.value, minute, minute + kMinuteMs}, [&](const Row& r) {
    if (!out) {
      out.emplace();
      out->sku = sku_of(r);
      out->title = r.str(kSkuColumns);
      out->on_sale = r.flag(kSkuColumns + 1);
      out->no_return = r.flag(kSkuColumns + 2);
      out->allotted = !r.is_null(kSkuColumns + 3);
    }
    const bool on =
        !r.is_null(kSkuColumns + 4) && r.integer(kSkuColumns + 6) <= now && r.integer(kSkuColumns + 7) > now;
    if (on && !out->campaign)
      out->campaign = CampaignPrice{r.id<CampaignId>(kSkuColumns + 4), r.integer(kSkuColumns + 5)};
  });
  return out;
}
std::vector<ProductId> alternatives(Tx& tx, const Product& p, int limit) {
  return tx.all(kAlternatives, {p.brand, p.category, p.id, limit}, [](const Row& r) { return r.id<ProductId>(0); });
}

void insert_pool(Tx& tx, BrandId brand, SkuId sku, std::int64_t qty) { tx.exec(kInsertPool, {sku, brand, qty}); }
bool reserve_plenty(Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty) {
  return tx.exec(kReservePlenty, {bucket, sku, qty, kScarce}) == 1;
}
bool release_plenty(Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty) {
  return tx.exec(kReleasePlenty, {bucket, sku, qty, kScarce}) == 1;
}
bool release(Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty) { return tx.exec(kRelease, {bucket, sku, qty}) == 1; }
bool sell(Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty) { return tx.exec(kSell, {bucket, sku, qty}) == 1; }
std::optional<std::int64_t> lock_pool(Tx& tx, SkuId sku) {
  return tx.one(kLockPool, {sku.value}, [](const Row& r) { return r.integer(0); });
}
bool take_from_pool(Tx& tx, SkuId sku, std::int64_t qty) { return tx.exec(kTakeFromPool, {sku, qty}) == 1; }
std::int64_t lock_lease(Tx& tx, Bucket bucket, SkuId sku) { return tx.number(kLockLease, {bucket, sku}); }
std::vector<Lease> other_leases(Tx& tx, Bucket bucket, SkuId sku) {
  return tx.all(kOtherLeases, {sku, bucket},
                [](const Row& r) { return Lease{static_cast<Bucket>(r.integer(0)), r.integer(1)}; });
}
bool take_from_lease(Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty) {
  return tx.exec(kTakeFromLease, {bucket, sku, qty}) == 1;
}
bool lease_and_reserve(Tx& tx, Bucket bucket, SkuId sku, std::int64_t more, std::int64_t qty) {
  return tx.exec(kLeaseAndReserve, {bucket, sku, more, qty}) == 1;
}
void add_to_pool(Tx& tx, SkuId sku, std::int64_t qty) { CHECK(tx.exec(kAddToPool, {sku, qty}) == 1); }

static Allotment allotment_of(const Row& r) {
  return {r.id<SkuId>(0), r.id<StoreId>(1), r.integer(2), r.integer(3),
          r.flag(4),      r.integer(5),     r.integer(6), r.integer(7)};
}
std::optional<Allotment> lock_allotment(Tx& tx, SkuId sku, StoreId store) {
  return tx.one(kLockAllotment, {sku.value, store.value}, allotment_of);
}
Allotment lock_or_open_allotment(Tx& tx, BrandId brand, SkuId sku, StoreId store, Instant now) {
  const auto row = tx.one(kOpenAllotment, {sku, store, brand, now}, allotment_of);
  CHECK(row.has_value());
  return *row;
}
void set_allotment(Tx& tx, const Allotment& a) {
  const auto at = [](Instant t) { return t == 0 ? Param(nullptr) : Param(t); };
  CHECK(tx.exec(kSetAllotment,
                {a.sku, a.store, a.units, a.keep, static_cast<int>(a.shared), at(a.until_at), at(a.closed_at)}) == 1);
}
void set_allotment_units(Tx& tx, SkuId sku, StoreId store, std::int64_t units) {
  CHECK(tx.exec(kSetAllotmentUnits, {sku, store, units}) == 1);
}
void set_granted(Tx& tx, SkuId sku, StoreId store, std::int64_t units) {
  CHECK(tx.exec(kSetGranted, {sku, store, units}) == 1);
}
std::int64_t granted(Tx& tx, SkuId sku, StoreId store) {
  return tx.one(kGranted, {sku, store}, [](const Row& r) { return r.integer(0); }).value_or(0);
}
std::optional<Allotment> allotment(Tx& tx, SkuId sku, StoreId store) {
  return tx.one(kAllotment, {sku.value, store.value}, allotment_of);
}
std::vector<Allotment> allotments_of_store(Tx& tx, StoreId store, SkuId after, int limit) {
  return tx.all(kAllotmentsOfStore, {store, after.value, limit}, allotment_of);
}
std::vector<Allotment> allotments_of_sku(Tx& tx, SkuId sku, StoreId after, int limit) {
  return tx.all(kAllotmentsOfSku, {sku, after.value, limit}, allotment_of);
}
std::vector<Allotment> allotments_due(Tx& tx, Instant now, int limit) {
  return tx.all(kAllotmentsDue, {now, limit}, allotment_of);
}
bool restock(Tx& tx, SkuId sku, std::int64_t qty) { return tx.exec(kRestock, {sku, qty, kMaxStock}) == 1; }
std::optional<std::int64_t> left(Tx& tx, SkuId sku) {
  return tx.one(kLeft, {sku.value}, [](const Row& r) { return r.integer(0); });
}
std::optional<StockCount> count(Tx& tx, SkuId sku) {
  return tx.one(kCount, {sku.value}, [](const Row& r) {
    return StockCount{r.integer(0), r.integer(1), r.integer(2), r.integer(3), r.integer(4), r.integer(5)};
  });
}
std::vector<StockBreach> breaches(Tx& tx, BrandId brand, int limit) {
  return tx.all(kBreaches, {brand.value, limit}, [](const Row& r) {
    return StockBreach{r.id<SkuId>(0),
                       StockCount{r.integer(1), r.integer(2), r.integer(3), r.integer(4), r.integer(5), r.integer(6)}};
  });
}

std::vector<PlanRow> plans_for(Tx& tx, BrandId brand, SkuId sku, AgentId host, std::int64_t campaign_id) {
  // Nobody and no campaign have the id 0, so that a 0 finds nothing.
  return tx.all(kPlansFor, {brand.value, sku.value, host.value, campaign_id}, plan_of);
}
std::optional<PlanRow> newest_plan(Tx& tx, BrandId brand, PlanScope scope, std::int64_t scope_id, SkuId sku) {
  return tx.one(kNewestPlan, {brand, plan_scope_text(scope), scope_id, sku.value}, plan_of);
}
std::vector<PlanRow> plans_of_campaign(Tx& tx, BrandId brand, CampaignId campaign) {
  return tx.all(kPlansOfCampaign, {brand, campaign}, plan_of);
}
bool insert_plan(Tx& tx, const PlanRow& p) {
  const auto rate = [&](BasisPoints bp) { return p.withdrawn ? Param(nullptr) : Param(bp); };
  return tx.exec(kInsertPlan,
                 {p.id, p.brand, plan_scope_text(p.scope), p.scope_id, p.sku.value, p.version, rate(p.host_bp),
                  rate(p.promoter_bp), rate(p.recruiter_bp), rate(p.clipper_bp), p.freeze_days, p.by, p.at}) == 1;
}
std::vector<PlanRow> plan_versions(Tx& tx, BrandId brand, PlanScope scope, std::int64_t scope_id, std::int64_t after,
                                   int limit) {
  return tx.all(kPlanVersions, {brand, plan_scope_text(scope), scope_id, after, limit}, plan_of);
}
std::vector<PlanRow> current_plans(Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return tx.all(kCurrentPlans, {brand, after, limit}, plan_of);
}

}  // namespace lianbo::catalog::store

namespace lianbo::catalog {

std::vector<ProductTitle> product_titles(db::Tx& tx, BrandId brand, ProductId after, int limit) {
  return tx.all(store::kProductTitles, {brand, after.value, limit}, [](const db::Row& r) {
    return ProductTitle{r.id<ProductId>(0), r.str(1), r.str(2), r.str(3), r.flag(4)};
  });
}

}  // namespace lianbo::catalog
