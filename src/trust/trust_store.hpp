// All SQL of reviews, follows and guarantees. Every function joins the caller's transaction.
#pragma once

#include <optional>
#include <vector>

#include "db/db.hpp"
#include "trust/trust_service.hpp"

namespace lianbo::trust::store {

bool insert_review(db::Tx& tx, const Review& review);  // false: the line has one
std::optional<Review> find_review(db::Tx& tx, ReviewId id);
std::optional<Review> review_of_line(db::Tx& tx, OrderId order, int line);
bool set_hidden(db::Tx& tx, const Review& review, PersonId by, Instant at);  // hidden_at 0: shown again
// Newest first; before: the id of the last one seen, or none. The hidden ones only of a brand.
std::vector<Review> of_store(db::Tx& tx, StoreId store, ReviewId before, int limit);
std::vector<Review> of_product(db::Tx& tx, ProductId product, ReviewId before, int limit);
StarCounts stars_of_store(db::Tx& tx, StoreId store);  // the hidden ones too
StarCounts stars_of_product(db::Tx& tx, ProductId product);
std::vector<Review> of_order(db::Tx& tx, OrderId order);  // in order of line
std::vector<Review> of_brand(db::Tx& tx, BrandId brand, PersonId scope, ReviewId before, int limit);
std::vector<StoreId> stores_of_staff(db::Tx& tx, BrandId brand, PersonId scope, StoreId after, int limit);
void forget_words(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand);

bool follow(db::Tx& tx, Bucket bucket, PersonId person, StoreId store, Instant at);
bool unfollow(db::Tx& tx, Bucket bucket, PersonId person, StoreId store);
bool follows(db::Tx& tx, Bucket bucket, PersonId person, StoreId store);
std::vector<Follow> follows_of(db::Tx& tx, Bucket bucket, PersonId person, StoreId after, int limit);
std::int64_t followers(db::Tx& tx, StoreId store);
std::int64_t count_follows(db::Tx& tx, Bucket bucket, PersonId person);
void forget_follows(db::Tx& tx, Bucket bucket, PersonId person);

std::optional<Guarantee> guarantee(db::Tx& tx, BrandId brand);
void put_guarantee(db::Tx& tx, BrandId brand, const Guarantee& wish, Instant at);

}  // namespace lianbo::trust::store
