// All SQL of the feed. Every function joins the caller's transaction.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "feed/feed.hpp"

namespace lianbo::feed::store {

std::optional<Rules> newest_rules(db::Tx& tx, BrandId brand);
bool add_rules(db::Tx& tx, BrandId brand, const Rules& rules, PersonId by, Instant at);  // false: the version is there

// ---- what people did
bool add_view(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, Instant at);  // false: was shown already
struct View {
  std::int64_t item = 0;
  int did = 0;  // bits of bit_of
  Instant at = 0, entered_at = 0;
};
int bit_of(What what);  // 0: exposure, value
std::optional<View> find_view(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item);
// False: done already, not shown to them, or they came by a paid click. An enter keeps its instant; a stay: entered
// until $latest.
bool mark_done(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, What what, Instant at);
bool mark_stayed(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, Instant entered_until);
// The newest that the person has entered since.
std::vector<View> entered_since(db::Tx& tx, Bucket bucket, PersonId person, Instant since, int limit);
void mark_paid(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, Instant at);
bool any_view_before(db::Tx& tx, Instant before);
int forget_views_before(db::Tx& tx, Instant before, int limit);
void merge_views(db::Tx& tx, Bucket from, PersonId guest, Bucket to, PersonId person);
void forget_views(db::Tx& tx, Bucket bucket, PersonId person);

// ---- counting
struct Count {
  std::int64_t second = 0;
  ItemFacts item;
  What what = What::exposure;
  std::int64_t n = 1;
};
void add_count(db::Tx& tx, Bucket bucket, const Count& count);
bool any_count_before(db::Tx& tx, std::int64_t second);
// Whole seconds, the oldest first, none of `second` or later; taken out.
std::vector<Count> take_counts(db::Tx& tx, std::int64_t second, int limit);

std::map<std::int64_t, Standing> standings(db::Tx& tx, std::span<const std::int64_t> items);  // of a few hundred
std::vector<Standing> standings_of_store(db::Tx& tx, StoreId store, std::int64_t before, int limit);  // newest first
void save_standing(db::Tx& tx, const Standing& standing);

// ---- fairness
void add_day(db::Tx& tx, BrandId brand, Instant day, const ItemFacts& item, std::int64_t exposures);
struct Places {
  std::int64_t places = 0, newcomers = 0, wanting = 0, paid = 0;
};
void add_places(db::Tx& tx, BrandId brand, Instant day, const Places& places);
Places places_between(db::Tx& tx, BrandId brand, Instant from, Instant until);
// Exposures of rooms, by room, in order of id.
std::vector<std::pair<std::int64_t, std::int64_t>> rooms_shown(db::Tx& tx, BrandId brand, Instant from, Instant until,
                                                               std::int64_t after, int limit);

}  // namespace lianbo::feed::store
