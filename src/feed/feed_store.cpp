#include "feed/feed_store.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "db/array.hpp"

namespace lianbo::feed::store {
namespace {

using db::Row;
using db::Sql;

const Sql kNewestRules{"feed.newest_rules",
                       "select version, weights, pools, full_value_fen from feed_rules where brand_id = $1 order by "
                       "version desc limit 1"};
const Sql kAddRules{"feed.add_rules",
                    "insert into feed_rules (brand_id, version, weights, pools, full_value_fen, by_person_id, at) "
                    "values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing"};

// Came by a paid click: the highest bit.
#define PAID "64"
const Sql kAddView{"feed.add_view",
                   "insert into feed_views (bucket, person_id, item_id, did, at) values ($1, $2, $3, 0, $4) on "
                   "conflict do nothing"};
const Sql kFindView{"feed.find_view",
                    "select item_id, did, at, entered_at from feed_views where bucket = $1 and person_id = $2 and "
                    "item_id = $3"};
const Sql kMarkDone{"feed.mark_done",
                    "update feed_views set did = did + $4, entered_at = coalesce(entered_at, $5) where bucket = $1 and "
                    "person_id = $2 and item_id = $3 and did < " PAID " and (did / $4) % 2 = 0"};
const Sql kMarkStayed{"feed.mark_stayed",
                      "update feed_views set did = did + $4 where bucket = $1 and person_id = $2 and item_id = $3 and "
                      "did < " PAID " and (did / $4) % 2 = 0 and did % 2 = 1 and entered_at <= $5"};
const Sql kMarkPaid{"feed.mark_paid",
                    "insert into feed_views (bucket, person_id, item_id, did, at) values ($1, $2, $3, " PAID
                    ", $4) on conflict (bucket, person_id, item_id) do update set did = feed_views.did + " PAID
                    " where feed_views.did < " PAID};
const Sql kAnyViewBefore{"feed.any_view_before", "select 1 from feed_views where at < $1 limit 1"};
const Sql kForgetBefore{"feed.forget_views_before",
                        "delete from feed_views where (bucket, person_id, item_id) in (select bucket, person_id, "
                        "item_id from feed_views where at < $1 order by at limit $2)"};
const Sql kEnteredSince{"feed.entered_since",
                        "select item_id, did, at, entered_at from feed_views where bucket = $1 and person_id = $2 and "
                        "entered_at >= $3 order by entered_at desc, item_id limit $4"};
const Sql kMergeViews{"feed.merge_views",
                      "insert into feed_views (bucket, person_id, item_id, did, at, entered_at) select "
                      "cast($3 as bigint), cast($4 as bigint), item_id, did, at, entered_at from feed_views where "
                      "bucket = $1 and person_id = $2 on conflict (bucket, person_id, item_id) do update set did = "
                      "feed_views.did + " PAID " where feed_views.did < " PAID " and excluded.did >= " PAID};
const Sql kForgetViews{"feed.forget_views", "delete from feed_views where bucket = $1 and person_id = $2"};

const Sql kAddCount{"feed.add_count",
                    "insert into feed_counts (bucket, second, item_id, what, brand_id, store_id, kind, n) values ($1, "
                    "$2, $3, $4, $5, $6, $7, $8) on conflict (bucket, second, item_id, what) do update set n = "
                    "feed_counts.n + excluded.n"};
const Sql kAnyCount{"feed.any_count", "select 1 from feed_counts where second < $1 limit 1"};
const Sql kTakeCounts{"feed.take_counts",
                      "delete from feed_counts where second <= (select max(x.second) from (select second from "
                      "feed_counts where second < $1 order by second limit $2) x) returning second, item_id, kind, "
                      "brand_id, store_id, what, n"};

#define STANDING_COLUMNS "item_id, kind, brand_id, store_id, pool, used, points, resting, shown, first_at"
const Sql kStandings{"feed.standings", "select " STANDING_COLUMNS " from feed_items where item_id" LIANBO_IN_IDS("$1"),
                     "select " STANDING_COLUMNS " from feed_items where item_id" LIANBO_IN_IDS_POSTGRES("$1")};
const Sql kStandingsOfStore{"feed.standings_of_store", "select " STANDING_COLUMNS
                                                       " from feed_items where store_id = $1 and item_id < $2 order by "
                                                       "item_id desc limit $3"};
const Sql kSums{"feed.sums",
                "select item_id, what, epoch, now_n, before_n, tail_n from feed_sums where item_id" LIANBO_IN_IDS("$1"),
                "select item_id, what, epoch, now_n, before_n, tail_n from feed_sums where "
                "item_id" LIANBO_IN_IDS_POSTGRES("$1")};
const Sql kSaveStanding{"feed.save_standing",
                        "insert into feed_items (item_id, kind, brand_id, store_id, pool, used, points, resting, "
                        "shown, first_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (item_id) do "
                        "update set pool = excluded.pool, used = excluded.used, points = excluded.points, resting = "
                        "excluded.resting, shown = excluded.shown"};
const Sql kSaveSum{"feed.save_sum",
                   "insert into feed_sums (item_id, what, epoch, now_n, before_n, tail_n) values ($1, $2, $3, $4, $5, "
                   "$6) on conflict (item_id, what) do update set epoch = excluded.epoch, now_n = excluded.now_n, "
                   "before_n = excluded.before_n, tail_n = excluded.tail_n"};

const Sql kAddDay{"feed.add_day",
                  "insert into feed_days (brand_id, day, item_id, kind, exposures) values ($1, $2, $3, $4, $5) on "
                  "conflict (brand_id, day, item_id) do update set exposures = feed_days.exposures + "
                  "excluded.exposures"};
const Sql kAddPlaces{
    "feed.add_places",
    "insert into feed_places (brand_id, day, places, newcomers, wanting, paid) values ($1, $2, $3, $4, $5, $6) "
    "on conflict (brand_id, day) do update set places = feed_places.places + excluded.places, "
    "newcomers = feed_places.newcomers + excluded.newcomers, wanting = feed_places.wanting + "
    "excluded.wanting, paid = feed_places.paid + excluded.paid"};
const Sql kPlaces{"feed.places",
                  "select cast(coalesce(sum(places), 0) as bigint), cast(coalesce(sum(newcomers), 0) as bigint), "
                  "cast(coalesce(sum(wanting), 0) as bigint), cast(coalesce(sum(paid), 0) as bigint) from feed_places "
                  "where brand_id = $1 and day >= $2 and "
                  "day < $3"};
const Sql kRoomsShown{"feed.rooms_shown",
                      "select item_id, cast(sum(exposures) as bigint) from feed_days where brand_id = $1 and day >= $2 "
                      "and day < $3 and kind = 'room' and item_id > $4 group by item_id order by item_id limit $5"};

std::string weights_text(const Weights& weights) {
  JsonWriter w;
  w.begin_list();
  for (const std::int64_t x : weights) w.value(x);
  return w.end_list().take();
}
std::string pools_text(const Pools& pools) {
  JsonWriter w;
  w.begin_list();
  for (const Pool& p : pools) w.begin_list().value(p.quota).value(p.threshold).end_list();
  return w.end_list().take();
}

Standing standing_of(const Row& r) {
  Standing out;
  out.item = {r.integer(0), parse_kind(r.text(1)).value_or(Kind::room), r.id<BrandId>(2), r.id<StoreId>(3)};
  out.rung = {static_cast<int>(r.integer(4)), r.integer(5), r.integer(6), r.flag(7)};
  out.shown = r.integer(8);
  out.first_at = r.integer(9);
  return out;
}
View view_of(const Row& r) { return {r.integer(0), static_cast<int>(r.integer(1)), r.integer(2), r.integer(3)}; }

void read_sums(db::Tx& tx, const std::function<Standing*(std::int64_t)>& of, std::string_view ids) {
  tx.each(kSums, {ids}, [&](const Row& r) {
    const auto what = parse_what(r.text(1));
    Standing* const standing = of(r.integer(0));
    if (!what || !standing) return;
    Decayed& sum = sum_of(standing->sums, *what);
    sum.epoch_ = r.integer(2);
    sum.now_ = r.integer(3);
    sum.before_ = r.integer(4);
    sum.tail_ = r.integer(5);
  });
}

struct AnyTag;
std::string id_list(std::span<const std::int64_t> ids) {
  db::IdList list;
  for (const std::int64_t id : ids) list.add(Id<AnyTag>{id});
  return std::string(list.text());
}

}  // namespace

std::optional<Rules> newest_rules(db::Tx& tx, BrandId brand) {
  return tx.one(kNewestRules, {brand}, [](const Row& r) {
    Rules out;
    out.version = static_cast<std::int32_t>(r.integer(0));
    const auto weights = parse_json(r.text(1)), pools = parse_json(r.text(2));
    for (std::size_t i = 0; weights && i < out.weights.size(); ++i) out.weights[i] = weights->at(i).as_int64();
    out.pools.clear();
    if (pools)
      for (const auto& p : pools->as_array()) out.pools.push_back({p.at(0).as_int64(), p.at(1).as_int64()});
    out.full_value_fen = r.integer(3);
    return out;
  });
}
bool add_rules(db::Tx& tx, BrandId brand, const Rules& rules, PersonId by, Instant at) {
  return tx.exec(kAddRules, {brand, rules.version, weights_text(rules.weights), pools_text(rules.pools),
                             rules.full_value_fen, by.value, at}) == 1;
}

int bit_of(What what) {
  switch (what) {
    case What::enter:
      return 1;
    case What::stay:
      return 2;
    case What::interact:
      return 4;
    case What::click:
      return 8;
    case What::order:
      return 16;
    case What::exposure:
    case What::value:
      break;
  }
  return 0;
}
bool add_view(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, Instant at) {
  return tx.exec(kAddView, {bucket, person, item, at}) == 1;
}
std::optional<View> find_view(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item) {
  return tx.one(kFindView, {bucket, person, item}, view_of);
}
bool mark_done(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, What what, Instant at) {
  return tx.exec(kMarkDone,
                 {bucket, person, item, bit_of(what), what == What::enter ? db::Param(at) : db::Param(nullptr)}) == 1;
}
bool mark_stayed(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, Instant entered_until) {
  return tx.exec(kMarkStayed, {bucket, person, item, bit_of(What::stay), entered_until}) == 1;
}
std::vector<View> entered_since(db::Tx& tx, Bucket bucket, PersonId person, Instant since, int limit) {
  return tx.all(kEnteredSince, {bucket, person, since, limit}, view_of);
}
void mark_paid(db::Tx& tx, Bucket bucket, PersonId person, std::int64_t item, Instant at) {
  tx.exec(kMarkPaid, {bucket, person, item, at});
}
bool any_view_before(db::Tx& tx, Instant before) { return tx.exists(kAnyViewBefore, {before}); }
int forget_views_before(db::Tx& tx, Instant before, int limit) {
  return static_cast<int>(tx.exec(kForgetBefore, {before, limit}));
}
void merge_views(db::Tx& tx, Bucket from, PersonId guest, Bucket to, PersonId person) {
  tx.exec(kMergeViews, {from, guest, to, person});
  forget_views(tx, from, guest);
}
void forget_views(db::Tx& tx, Bucket bucket, PersonId person) { tx.exec(kForgetViews, {bucket, person}); }

void add_count(db::Tx& tx, Bucket bucket, const Count& c) {
  tx.exec(kAddCount,
          {bucket, c.second, c.item.id, what_name(c.what), c.item.brand, c.item.store, kind_name(c.item.kind), c.n});
}
bool any_count_before(db::Tx& tx, std::int64_t second) { return tx.exists(kAnyCount, {second}); }
std::vector<Count> take_counts(db::Tx& tx, std::int64_t second, int limit) {
  std::vector<Count> out;
  tx.each(kTakeCounts, {second, limit}, [&](const Row& r) {
    const auto kind = parse_kind(r.text(2));
    const auto what = parse_what(r.text(5));
    if (kind && what)
      out.push_back({r.integer(0), {r.integer(1), *kind, r.id<BrandId>(3), r.id<StoreId>(4)}, *what, r.integer(6)});
  });
  return out;
}

std::map<std::int64_t, Standing> standings(db::Tx& tx, std::span<const std::int64_t> items) {
  const std::string ids = id_list(items);
  std::map<std::int64_t, Standing> out;
  tx.each(kStandings, {ids}, [&](const Row& r) {
    Standing s = standing_of(r);
    out.emplace(s.item.id, std::move(s));
  });
  read_sums(
      tx,
      [&](std::int64_t id) {
        const auto it = out.find(id);
        return it == out.end() ? nullptr : &it->second;
      },
      ids);
  return out;
}
std::vector<Standing> standings_of_store(db::Tx& tx, StoreId of, std::int64_t before, int limit) {
  auto out = tx.all(kStandingsOfStore, {of, before, limit}, standing_of);
  std::vector<std::int64_t> ids;
  for (const Standing& s : out) ids.push_back(s.item.id);
  const std::string list = id_list(ids);
  read_sums(
      tx,
      [&](std::int64_t id) {
        const auto it = std::find_if(out.begin(), out.end(), [&](const Standing& s) { return s.item.id == id; });
        return it == out.end() ? nullptr : &*it;
      },
      list);
  return out;
}
void save_standing(db::Tx& tx, const Standing& s) {
  tx.exec(kSaveStanding, {s.item.id, kind_name(s.item.kind), s.item.brand, s.item.store, s.rung.pool, s.rung.used,
                          s.rung.points, s.rung.resting ? 1 : 0, s.shown, s.first_at});
  for (const What what : kWhats) {
    const Decayed& sum = sum_of(s.sums, what);
    if (!sum.empty()) tx.exec(kSaveSum, {s.item.id, what_name(what), sum.epoch_, sum.now_, sum.before_, sum.tail_});
  }
}

void add_day(db::Tx& tx, BrandId brand, Instant day, const ItemFacts& item, std::int64_t exposures) {
  tx.exec(kAddDay, {brand, day, item.id, kind_name(item.kind), exposures});
}
void add_places(db::Tx& tx, BrandId brand, Instant day, const Places& p) {
  tx.exec(kAddPlaces, {brand, day, p.places, p.newcomers, p.wanting, p.paid});
}
Places places_between(db::Tx& tx, BrandId brand, Instant from, Instant until) {
  return tx
      .one(kPlaces, {brand, from, until},
           [](const Row& r) { return Places{r.integer(0), r.integer(1), r.integer(2), r.integer(3)}; })
      .value_or(Places{});
}
std::vector<std::pair<std::int64_t, std::int64_t>> rooms_shown(db::Tx& tx, BrandId brand, Instant from, Instant until,
                                                               std::int64_t after, int limit) {
  return tx.all(kRoomsShown, {brand, from, until, after, limit},
                [](const Row& r) { return std::pair(r.integer(0), r.integer(1)); });
}

}  // namespace lianbo::feed::store
