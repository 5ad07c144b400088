#include "trust/trust_store.hpp"

namespace lianbo::trust::store {
namespace {

using db::Row;
using db::Sql;

#define REVIEW_COLUMNS                                                                                       \
  "id, brand_id, store_id, product_id, order_id, line, buyer_id, stars, words, at, coalesce(hidden_at, 0), " \
  "coalesce(hidden_reason, '')"
const Sql kInsert{"trust.insert_review",
                  "insert into reviews (bucket, id, brand_id, store_id, product_id, order_id, line, buyer_id, stars, "
                  "words, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (bucket, order_id, "
                  "line) do nothing"};
const Sql kFind{"trust.find_review", "select " REVIEW_COLUMNS " from reviews where bucket = $1 and id = $2"};
const Sql kOfLine{"trust.review_of_line",
                  "select " REVIEW_COLUMNS " from reviews where bucket = $1 and order_id = $2 and line = $3"};
const Sql kHide{"trust.hide_review",
                "update reviews set hidden_at = $3, hidden_by_id = $4, hidden_reason = $5 where bucket = $1 and id = "
                "$2 and hidden_at is null"};
const Sql kShow{"trust.show_review",
                "update reviews set hidden_at = null, hidden_by_id = null, hidden_reason = null where bucket = $1 and "
                "id = $2 and hidden_at is not null"};
const Sql kOfOrder{"trust.reviews_of_order",
                   "select " REVIEW_COLUMNS " from reviews where bucket = $1 and order_id = $2 order by line"};
const Sql kStarsOfStore{"trust.stars_of_store",
                        "select stars, count(*) from reviews where store_id = $1 group by stars"};
const Sql kStarsOfProduct{"trust.stars_of_product",
                          "select stars, count(*) from reviews where product_id = $1 group by stars"};
const Sql kOfStore{"trust.reviews_of_store",
                   "select " REVIEW_COLUMNS
                   " from reviews where store_id = $1 and id < $2 and hidden_at is null order by id desc limit $3"};
const Sql kOfProduct{"trust.reviews_of_product",
                     "select " REVIEW_COLUMNS
                     " from reviews where product_id = $1 and id < $2 and hidden_at is null order by id desc limit $3"};
const Sql kOfBrand{"trust.reviews_of_brand",
                   "select " REVIEW_COLUMNS
                   " from reviews where brand_id = $1 and id < $2 and (cast($4 as bigint) is null or store_id in "
                   "(select v.store_id from staff_stores v where v.brand_id = $1 and v.person_id = $4)) order by id "
                   "desc limit $3"};
// As org::stores_of has them, of the stores that limited staff may see.
const Sql kStoresOfStaff{
    "trust.stores_of_staff",
    "select s.id from stores s join agents a on a.id = s.agent_id where s.brand_id = $1 and s.id > "
    "$3 and a.state not in ('applied', 'left') and s.id in (select v.store_id from staff_stores v "
    "where v.brand_id = $1 and v.person_id = $2) order by s.id limit $4"};
// A walk over the buyer's bucket: there is no index of buyers, and erasures are rare.
const Sql kForgetWords{"trust.forget_words",
                       "update reviews set words = '' where bucket = $1 and buyer_id = $2 and brand_id = $3"};

const Sql kFollow{"trust.follow",
                  "insert into follows (bucket, person_id, store_id, at) values ($1, $2, $3, $4) on conflict do "
                  "nothing"};
const Sql kUnfollow{"trust.unfollow", "delete from follows where bucket = $1 and person_id = $2 and store_id = $3"};
const Sql kFollows{"trust.follows", "select 1 from follows where bucket = $1 and person_id = $2 and store_id = $3"};
const Sql kFollowsOf{"trust.follows_of",
                     "select store_id, at from follows where bucket = $1 and person_id = $2 and store_id > $3 order by "
                     "store_id limit $4"};
const Sql kFollowers{"trust.followers", "select count(*) from follows where store_id = $1"};
const Sql kCount{"trust.count_follows", "select count(*) from follows where bucket = $1 and person_id = $2"};
const Sql kForgetFollows{"trust.forget_follows", "delete from follows where bucket = $1 and person_id = $2"};

const Sql kGuarantee{"trust.guarantee", "select text_zh, text_en, version from guarantees where brand_id = $1"};
const Sql kPutGuarantee{"trust.put_guarantee",
                        "insert into guarantees (brand_id, text_zh, text_en, version, at) values ($1, $2, $3, 1, $4) "
                        "on conflict (brand_id) do update set text_zh = excluded.text_zh, text_en = excluded.text_en, "
                        "version = guarantees.version + 1, at = excluded.at"};

Review review_in(const Row& r) {
  Review v;
  v.id = r.id<ReviewId>(0);
  v.brand = r.id<BrandId>(1);
  v.store = r.id<StoreId>(2);
  v.product = r.id<ProductId>(3);
  v.order = r.id<OrderId>(4);
  v.line = static_cast<int>(r.integer(5));
  v.buyer = r.id<PersonId>(6);
  v.stars = static_cast<int>(r.integer(7));
  v.words = r.str(8);
  v.at = r.integer(9);
  v.hidden_at = r.integer(10);
  v.hidden_reason = r.str(11);
  return v;
}
StarCounts star_counts(db::Tx& tx, const Sql& sql, std::int64_t id) {
  StarCounts out{};
  tx.each(sql, {id}, [&](const Row& r) { out[static_cast<std::size_t>(r.integer(0) - 1)] = r.integer(1); });
  return out;
}
std::int64_t below(ReviewId before) { return before ? before.value : INT64_MAX; }

}  // namespace

bool insert_review(db::Tx& tx, const Review& v) {
  return tx.exec(kInsert, {bucket_in_id(v.id.value), v.id, v.brand, v.store, v.product, v.order, v.line, v.buyer,
                           v.stars, v.words, v.at}) == 1;
}
std::optional<Review> find_review(db::Tx& tx, ReviewId id) {
  return tx.one(kFind, {bucket_in_id(id.value), id}, review_in);
}
std::optional<Review> review_of_line(db::Tx& tx, OrderId order, int line) {
  return tx.one(kOfLine, {bucket_in_id(order.value), order, line}, review_in);
}
bool set_hidden(db::Tx& tx, const Review& v, PersonId by, Instant at) {
  const Bucket bucket = bucket_in_id(v.id.value);
  return (v.hidden_at != 0 ? tx.exec(kHide, {bucket, v.id, at, by, v.hidden_reason})
                           : tx.exec(kShow, {bucket, v.id})) == 1;
}
std::vector<Review> of_order(db::Tx& tx, OrderId order) {
  return tx.all(kOfOrder, {bucket_in_id(order.value), order}, review_in);
}
StarCounts stars_of_store(db::Tx& tx, StoreId id) { return star_counts(tx, kStarsOfStore, id.value); }
StarCounts stars_of_product(db::Tx& tx, ProductId id) { return star_counts(tx, kStarsOfProduct, id.value); }
std::vector<Review> of_store(db::Tx& tx, StoreId id, ReviewId before, int limit) {
  return tx.all(kOfStore, {id, below(before), limit}, review_in);
}
std::vector<Review> of_product(db::Tx& tx, ProductId id, ReviewId before, int limit) {
  return tx.all(kOfProduct, {id, below(before), limit}, review_in);
}
std::vector<Review> of_brand(db::Tx& tx, BrandId id, PersonId scope, ReviewId before, int limit) {
  return tx.all(kOfBrand, {id, below(before), limit, scope}, review_in);
}
std::vector<StoreId> stores_of_staff(db::Tx& tx, BrandId id, PersonId scope, StoreId after, int limit) {
  return tx.all(kStoresOfStaff, {id, scope, after.value, limit}, [](const Row& r) { return r.id<StoreId>(0); });
}
void forget_words(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand) {
  tx.exec(kForgetWords, {bucket, buyer, brand});
}

bool follow(db::Tx& tx, Bucket bucket, PersonId person, StoreId id, Instant at) {
  return tx.exec(kFollow, {bucket, person, id, at}) == 1;
}
bool unfollow(db::Tx& tx, Bucket bucket, PersonId person, StoreId id) {
  return tx.exec(kUnfollow, {bucket, person, id}) == 1;
}
bool follows(db::Tx& tx, Bucket bucket, PersonId person, StoreId id) {
  return tx.exists(kFollows, {bucket, person, id});
}
std::vector<Follow> follows_of(db::Tx& tx, Bucket bucket, PersonId person, StoreId after, int limit) {
  return tx.all(kFollowsOf, {bucket, person, after.value, limit},
                [](const Row& r) { return Follow{r.id<StoreId>(0), r.integer(1)}; });
}
std::int64_t followers(db::Tx& tx, StoreId id) { return tx.number(kFollowers, {id}); }
std::int64_t count_follows(db::Tx& tx, Bucket bucket, PersonId person) { return tx.number(kCount, {bucket, person}); }
void forget_follows(db::Tx& tx, Bucket bucket, PersonId person) { tx.exec(kForgetFollows, {bucket, person}); }

std::optional<Guarantee> guarantee(db::Tx& tx, BrandId brand) {
  return tx.one(kGuarantee, {brand},
                [](const Row& r) { return Guarantee{r.str(0), r.str(1), static_cast<std::int32_t>(r.integer(2))}; });
}
void put_guarantee(db::Tx& tx, BrandId brand, const Guarantee& wish, Instant at) {
  tx.exec(kPutGuarantee, {brand, wish.text_zh, wish.text_en, at});
}

}  // namespace lianbo::trust::store
