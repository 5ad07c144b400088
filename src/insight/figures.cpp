#include "insight/figures.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "base/id_time.hpp"
#include "db/together.hpp"
#include "insight/days.hpp"
#include "live/live.hpp"
#include "org/org_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;

constexpr int kReturnDays = 7;
constexpr int kMaxDays = 400;

// ---- counting

struct Fact {
  Bucket bucket = 0;
  std::int64_t id = 0;
  std::string what;
  std::int64_t brand = 0, person = 0, store = 0, broadcast = 0, pin = 0, share = 0, product = 0, order = 0;
  int line = 0;
  std::int64_t n = 0;
  Fen amount_fen = 0;
  Instant at = 0;
};

const Sql kTake{
    "figures.take",
    "delete from tallies where (id, bucket, what) in (select id, bucket, what from tallies where (id, bucket, what) > "
    "(cast($2 as bigint), cast($3 as bigint), $4) order by id, bucket, what limit $1) returning bucket, id, what, "
    "brand_id, person_id, store_id, broadcast_id, pin_id, "
    "share_id, product_id, order_id, line, n, amount_fen, at"};
const Sql kAnyTally{"figures.any_tally", "select 1 from tallies limit 1"};
const Sql kAdd{"figures.add",
               "insert into figures (brand_id, scope, group_id, id, exposures, enters, clicks, touches, orders, "
               "paid_orders, units, paid_fen, refunded_fen) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
               "$13) on conflict (brand_id, scope, group_id, id) do update set exposures = figures.exposures + "
               "excluded.exposures, enters = figures.enters + excluded.enters, clicks = figures.clicks + "
               "excluded.clicks, touches = figures.touches + excluded.touches, orders = figures.orders + "
               "excluded.orders, paid_orders = figures.paid_orders + excluded.paid_orders, units = figures.units + "
               "excluded.units, paid_fen = figures.paid_fen + excluded.paid_fen, refunded_fen = figures.refunded_fen + "
               "excluded.refunded_fen"};
const db::Together kAddTogether{kAdd, db::Together::How::later};
const Sql kBroadcastOwner{"figures.broadcast_owner", "select brand_id, store_id from broadcasts where id = $1"};
const Sql kShareRoot{"figures.share_root", "select brand_id, root_id from shares where id = $1"};
const Sql kLines{"figures.lines",
                 "select product_id, qty, paid_fen from order_lines where bucket = $1 and order_id = $2 order by line"};

const Sql kNowKnownAs{"figures.now_known_as", "select person_id from guest_merges where guest_id = $1"};
const Sql kVisitor{"figures.visitor",
                   "select first_day, last_day, returned from visitors where bucket = $1 and brand_id = $2 and "
                   "person_id = $3"};
const Sql kBrandsVisited{"figures.brands_visited",
                         "select id from brands where exists (select 1 from visitors v where v.bucket = $1 and "
                         "v.brand_id = brands.id and v.person_id = $2) order by id limit 100"};
const Sql kSaveVisitor{"figures.save_visitor",
                       "insert into visitors (bucket, brand_id, person_id, first_day, last_day, returned) values ($1, "
                       "$2, $3, $4, $5, $6) on conflict (bucket, brand_id, person_id) do update set first_day = "
                       "excluded.first_day, last_day = excluded.last_day, returned = excluded.returned"};
const db::Together kSaveVisitorTogether{kSaveVisitor, db::Together::How::later};
const Sql kForgetVisitor{"figures.forget_visitor",
                         "delete from visitors where bucket = $1 and brand_id = $2 and person_id = $3"};
const Sql kAddCohort{"figures.add_cohort",
                     "insert into cohorts (brand_id, day, people, returned) values ($1, $2, $3, $4) on conflict "
                     "(brand_id, day) do update set people = cohorts.people + excluded.people, returned = "
                     "cohorts.returned + excluded.returned"};

Fact fact_of(const Row& r) {
  Fact f;
  f.bucket = static_cast<Bucket>(r.integer(0));
  f.id = r.integer(1);
  f.what = r.str(2);
  f.brand = r.integer(3);
  f.person = r.integer(4);
  f.store = r.integer(5);
  f.broadcast = r.integer(6);
  f.pin = r.integer(7);
  f.share = r.integer(8);
  f.product = r.integer(9);
  f.order = r.integer(10);
  f.line = static_cast<int>(r.integer(11));
  f.n = r.integer(12);
  f.amount_fen = r.integer(13);
  f.at = r.integer(14);
  return f;
}

Figures figures_of(const Fact& f) {
  Figures out;
  if (f.what == "exposure") out.exposures = f.n;
  if (f.what == "enter") out.enters = f.n;
  if (f.what == "click") out.clicks = f.n;
  if (f.what == "touch") out.touches = f.n;
  if (f.what == "placed") out.orders = 1;
  if (f.what == "paid") {
    out.paid_orders = 1;
    out.paid_fen = f.amount_fen;
  }
  if (f.what == "refunded") out.refunded_fen = f.amount_fen;
  return out;
}

struct Visitor {
  Instant first = 0, last = 0;
  bool returned = false;
};

// One transaction's counting. Rows are added up here and written in the order of their keys, so that two servers that
// count at once don't wait for each other in a circle.
class Fold {
 public:
  Fold(db::Tx& tx, const Call& call) : tx_(tx), call_(call) {}

  void add(const std::vector<Fact>& facts) {
    std::vector<const Fact*> orders;
    for (const Fact& f : facts)
      if ((f.what == "placed" || f.what == "paid") && lines_.try_emplace(f.order).second) orders.push_back(&f);
    db::for_each_part(tx_, orders.size(), [&](db::Tx& part, std::size_t i) {
      lines_[orders[i]->order] = part.all(kLines, {orders[i]->bucket, orders[i]->order},
                                          [](const Row& r) { return Line{r.integer(0), r.integer(1), r.integer(2)}; });
    });
    for (const Fact& f : facts) add(f);
  }

  void write() {
    const std::vector<std::pair<Key, Figures>> sums(sums_.begin(), sums_.end());
    db::for_each_part(tx_, sums.size(), [&](db::Tx& part, std::size_t i) {
      const auto& [brand, scope, group, id] = sums[i].first;
      const Figures& f = sums[i].second;
      part.exec(kAdd, {brand, scope, group, id, f.exposures, f.enters, f.clicks, f.touches, f.orders, f.paid_orders,
                       f.units, f.paid_fen, f.refunded_fen});
    });
    write_visits();
    for (const Fact& merge : merges_) {
      const auto brands = tx_.all(kBrandsVisited, {merge.bucket, merge.id}, [](const Row& r) { return r.integer(0); });
      for (const std::int64_t brand : brands) this->merge(brand, merge.id, merge.person);
    }
    for (const auto& [key, n] : cohorts_)
      if (n != std::pair<std::int64_t, std::int64_t>{})
        tx_.exec(kAddCohort, {key.first, key.second, n.first, n.second});
  }

 private:
  using Key = std::tuple<std::int64_t, std::string_view, std::int64_t, std::int64_t>;
  struct Line {
    std::int64_t product, qty;
    Fen paid_fen;
  };

  void add(Fact f) {
    if (f.what == "merged") return merges_.push_back(f);
    if (f.broadcast && (!f.brand || !f.store)) {
      const auto [brand, store] = owner(f.broadcast);
      f.brand = brand;
      f.store = store;
    }
    if (!f.brand) return;  // an exposure of what is not there
    const std::string& zone = zone_of(f.brand);
    const Instant day = day_start(zone, f.at);
    if (f.person) seen(f.brand, f.person, day);
    if (f.what == "visit") return;

    Figures figures = figures_of(f);
    std::map<std::int64_t, Figures> products;
    if (f.what == "placed" || f.what == "paid") {
      for (const auto& line : lines_.at(f.order)) {
        Figures& product = products[line.product];
        if (f.what == "placed") {
          product.orders = 1;
        } else {
          product.paid_orders = 1;
          product.units += line.qty;
          product.paid_fen += line.paid_fen;
          figures.units += line.qty;
        }
      }
    } else if (f.product && (f.what == "click" || f.what == "refunded")) {
      products[f.product] = figures;
    }

    const std::int64_t place = f.broadcast ? f.broadcast : f.store;
    put(f.brand, "minute", f.at - f.at % kMinuteMs, 0, figures);
    put(f.brand, "store", day, f.store, figures);
    put(f.brand, "broadcast", day, place, figures);
    if (f.broadcast) put(f.brand, "pin", f.broadcast, f.pin, figures);
    const std::int64_t root = f.share ? root_of(f.brand, f.share) : 0;
    put(f.brand, "cascade", day, root, figures);
    put(f.brand, "share", root, root ? f.share : 0, figures);
    for (const auto& [product, own] : products) put(f.brand, "spread", product, place, own);
  }

  void put(std::int64_t brand, std::string_view scope, std::int64_t group, std::int64_t id, const Figures& figures) {
    sums_[{brand, scope, group, id}] += figures;
  }
  void seen(std::int64_t brand, std::int64_t person, Instant day) {
    auto& days = seen_[{brand, person}];
    if (std::find(days.begin(), days.end(), day) == days.end()) days.push_back(day);
  }

  std::pair<std::int64_t, std::int64_t> owner(std::int64_t broadcast) {
    const auto [it, is_new] = owners_.try_emplace(broadcast);
    if (is_new)
      it->second =
          tx_.one(kBroadcastOwner, {broadcast}, [](const Row& r) { return std::pair(r.integer(0), r.integer(1)); })
              .value_or(std::pair<std::int64_t, std::int64_t>{});
    return it->second;
  }
  std::int64_t root_of(std::int64_t brand, std::int64_t share) {
    const auto [it, is_new] = roots_.try_emplace(share);
    if (is_new)
      it->second = tx_.one(kShareRoot, {share}, [&](const Row& r) { return r.integer(0) == brand ? r.integer(1) : 0; })
                       .value_or(0);
    return it->second;
  }
  const std::string& zone_of(std::int64_t brand) {
    const auto [it, is_new] = zones_.try_emplace(brand);
    if (is_new)
      if (const auto found = org::find_brand(tx_, BrandId{brand})) it->second = found->time_zone;
    return it->second;
  }
  std::optional<Visitor> visitor(db::Tx& tx, std::int64_t brand, std::int64_t person) {
    return tx.one(kVisitor, {bucket(person), brand, person},
                  [](const Row& r) { return Visitor{r.integer(0), r.integer(1), r.flag(2)}; });
  }
  Bucket bucket(std::int64_t person) const { return call_.bucket(PersonId{person}); }
  bool is_return(std::int64_t brand, Instant first, Instant day) {
    const int days = days_between(zone_of(brand), first, day);
    return days >= 1 && days <= kReturnDays;
  }
  void count(std::int64_t brand, const Visitor& v, int times) {
    auto& [people, returned] = cohorts_[{brand, v.first}];
    people += times;
    returned += v.returned ? times : 0;
  }
  void save(db::Tx& tx, std::int64_t brand, std::int64_t person, const Visitor& v) {
    tx.exec(kSaveVisitor, {bucket(person), brand, person, v.first, v.last, v.returned ? 1 : 0});
  }

  // Who was a guest until now is the person they logged in as. Each person's days are one part: two never write one
  // row.
  void write_visits() {
    std::vector<std::pair<std::pair<std::int64_t, std::int64_t>, std::vector<Instant>>> seen(seen_.begin(),
                                                                                             seen_.end());
    db::for_each_part(tx_, seen.size(), [&](db::Tx& part, std::size_t i) {
      auto& person = seen[i].first.second;
      if (const auto known = part.number(kNowKnownAs, {person})) person = known;
    });
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Instant>> of_person;
    for (const auto& [who, days] : seen) {
      auto& all = of_person[who];
      all.insert(all.end(), days.begin(), days.end());
    }
    seen.assign(of_person.begin(), of_person.end());
    db::for_each_part(tx_, seen.size(), [&](db::Tx& part, std::size_t i) {
      const auto& [who, days] = seen[i];
      visit(part, who.first, who.second, days);
    });
  }
  void visit(db::Tx& tx, std::int64_t brand, std::int64_t person, const std::vector<Instant>& days) {
    auto v = visitor(tx, brand, person);
    bool changed = false;
    for (const Instant day : days) {
      if (v && day == v->last) continue;
      if (v)
        count(brand, *v, -1);
      else
        v = Visitor{day, day, false};
      see(brand, *v, day);
      count(brand, *v, 1);
      changed = true;
    }
    if (changed) save(tx, brand, person, *v);
  }
  // A day that is told late may be the first.
  void see(std::int64_t brand, Visitor& v, Instant day) {
    const Instant other = std::max(v.first, day);
    if (day < v.first) {
      v.first = day;
      v.returned = is_return(brand, v.first, v.last);
    }
    v.returned = v.returned || is_return(brand, v.first, other);
    v.last = std::max(v.last, day);
  }
  void merge(std::int64_t brand, std::int64_t guest, std::int64_t person) {
    const auto was = visitor(tx_, brand, guest);
    if (!was) return;
    tx_.exec(kForgetVisitor, {bucket(guest), brand, guest});
    const auto own = visitor(tx_, brand, person);
    count(brand, *was, -1);
    if (own) count(brand, *own, -1);
    Visitor v = own && own->first < was->first ? *own : *was;
    if (own) {
      for (const Instant day : {own->first, own->last, was->first, was->last}) see(brand, v, day);
    }
    count(brand, v, 1);
    save(tx_, brand, person, v);
  }

  db::Tx& tx_;
  const Call& call_;
  std::map<Key, Figures> sums_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Instant>> seen_;                      // brand, person
  std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::int64_t, std::int64_t>> cohorts_;  // brand, day
  std::vector<Fact> merges_;
  std::unordered_map<std::int64_t, std::vector<Line>> lines_;                       // by the order
  std::unordered_map<std::int64_t, std::pair<std::int64_t, std::int64_t>> owners_;  // broadcast: brand, store
  std::unordered_map<std::int64_t, std::int64_t> roots_;
  std::unordered_map<std::int64_t, std::string> zones_;
};

// ---- reading

#define SUMS                                                                                      \
  "cast(coalesce(sum(f.exposures), 0) as bigint), cast(coalesce(sum(f.enters), 0) as bigint), "   \
  "cast(coalesce(sum(f.clicks), 0) as bigint), cast(coalesce(sum(f.touches), 0) as bigint), "     \
  "cast(coalesce(sum(f.orders), 0) as bigint), cast(coalesce(sum(f.paid_orders), 0) as bigint), " \
  "cast(coalesce(sum(f.units), 0) as bigint), cast(coalesce(sum(f.paid_fen), 0) as bigint), "     \
  "cast(coalesce(sum(f.refunded_fen), 0) as bigint)"
#define NET "cast(coalesce(sum(f.paid_fen - f.refunded_fen), 0) as bigint)"
// $1 brand, $2 and $3 days, $4 agent or 0, $5 1 when only region $6 is asked for, $7 whose regions limit it, or 0.
#define OF_AGENTS                                                                                          \
  " and (cast($4 as bigint) = 0 or a.id = $4) and (cast($5 as bigint) = 0 or a.region = $6) and (cast($7 " \
  "as bigint) = 0 or a.id in (select v.agent_id from staff_stores v where v.brand_id = $1 and v.person_id = $7))"
#define FROM_STORES                                                                                            \
  " from figures f join stores s on s.id = f.id join agents a on a.id = s.agent_id where f.brand_id = $1 and " \
  "f.scope = 'store' and f.group_id >= $2 and f.group_id < $3" OF_AGENTS

const Sql kTotal{"figures.total", "select " SUMS FROM_STORES};
const Sql kByRegion{"figures.by_region", "select 0, a.region, '', " SUMS FROM_STORES " group by a.region order by " NET
                                         " desc, a.region limit 1000"};
const Sql kByAgent{"figures.by_agent",
                   "select x.* from (select a.id as id, a.name as name, a.region as note, " SUMS ", " NET
                   " as net" FROM_STORES
                   " group by a.id, a.name, a.region) x where (x.net, x.id) < (cast($8 as bigint), cast($9 as bigint)) "
                   "order by x.net desc, x.id desc limit $10"};
#define FROM_BROADCASTS                                                                                          \
  " from figures f left join broadcasts b on b.id = f.id join stores s on s.id = coalesce(b.store_id, f.id) "    \
  "join agents a on a.id = s.agent_id where f.brand_id = $1 and f.scope = 'broadcast' and f.group_id >= $2 and " \
  "f.group_id < $3" OF_AGENTS
const Sql kByBroadcast{
    "figures.by_broadcast",
    "select x.* from (select f.id as id, coalesce(b.title, '') as name, a.name as note, " SUMS ", " NET
    " as net" FROM_BROADCASTS
    " group by f.id, b.title, a.name) x where (x.net, x.id) < (cast($8 as bigint), cast($9 as bigint)) "
    "order by x.net desc, x.id desc limit $10"};
const Sql kNetOfBroadcast{"figures.net_of_broadcast",
                          "select " NET
                          " from figures f where f.brand_id = $1 and f.scope = 'broadcast' and f.group_id "
                          ">= $2 and f.group_id < $3 and f.id = $4"};
const Sql kDays{"figures.days",
                "select f.group_id, " SUMS FROM_STORES " group by f.group_id order by f.group_id limit 400"};
const Sql kMinutes{"figures.minutes",
                   "select f.group_id, " SUMS
                   " from figures f where f.brand_id = $1 and f.scope = 'minute' and f.group_id >= $2 and f.group_id < "
                   "$3 group by f.group_id order by f.group_id limit 3000"};
const Sql kOfBroadcast{"figures.of_broadcast",
                       "select " SUMS " from figures f where f.brand_id = $1 and f.scope = 'pin' and f.group_id = $2"};
const Sql kPins{"figures.pins",
                "select f.id, p.product_id, pr.title, p.opened_at, p.closed_at, p.media_open_ms, " SUMS
                " from figures f left join pins p on p.id = f.id left join products pr on pr.id = p.product_id where "
                "f.brand_id = $1 and f.scope = 'pin' and f.group_id = $2 group by f.id, p.product_id, pr.title, "
                "p.opened_at, p.closed_at, p.media_open_ms order by f.id limit $3"};

const Sql kRoots{"figures.roots",
                 "select f.id from figures f where f.brand_id = $1 and f.scope = 'cascade' and f.group_id >= $2 and "
                 "f.group_id < $3 and f.id <> 0 group by f.id order by sum(f.paid_fen - f.refunded_fen) desc, "
                 "sum(f.touches) desc, f.id desc limit $4"};
const Sql kShare{"figures.share",
                 "select s.id, s.parent_id, s.root_id, s.kind, s.channel, case when s.agent_id is null then '' else "
                 "a.name end, s.sharer_id, s.agent_id, s.store_id, s.broadcast_id, s.product_id, s.depth, "
                 "s.created_at, coalesce(pr.title, ''), h.name, s.brand_id from shares s join stores st on st.id = "
                 "s.store_id join agents h on h.id = st.agent_id left join agents a on a.id = s.agent_id left join "
                 "products pr on pr.id = s.product_id where s.id = $1"};
const Sql kChildren{"figures.children", "select id from shares where parent_id = $1 and id > $2 order by id limit $3"};
const Sql kCountChildren{"figures.count_children", "select count(*) from shares where parent_id = $1"};
const Sql kVisitors{"figures.visitors",
                    "select count(distinct x.buyer_id) from (select buyer_id from touches where share_id = $1 and "
                    "merged_from_id is null limit 100000) x"};
const Sql kOwn{"figures.own",
               "select " SUMS
               " from figures f where f.brand_id = $1 and f.scope = 'share' and f.group_id = $2 and f.id "
               "= $3"};
const Sql kSubtree{"figures.subtree",
                   "with recursive t (id, depth) as (select cast($3 as bigint), 0 union all select s.id, t.depth + 1 "
                   "from t join shares s on s.parent_id = t.id) select count(*), coalesce(max(x.depth), 0), " SUMS
                   " from (select id, depth from t limit 10000) x left join figures f on f.brand_id = $1 and f.scope = "
                   "'share' and f.group_id = $2 and f.id = x.id"};

#define SPREAD_WHERE " where f.brand_id = $1 and f.scope = 'spread' and f.group_id = $2"
#define SPREAD_SEEN                                                                                           \
  " and (cast($3 as bigint) = 0 or s.id in (select v.store_id from staff_stores v where v.brand_id = $1 and " \
  "v.person_id "                                                                                              \
  "= $3))"
const Sql kSpreadRooms{
    "figures.spread_rooms",
    "select f.id, b.store_id, a.id, b.title, a.name, a.region, " SUMS
    " from figures f join broadcasts b on b.id = f.id join stores s on s.id = b.store_id join agents "
    "a on a.id = s.agent_id" SPREAD_WHERE SPREAD_SEEN
    " and f.id >= $4 group by f.id, b.store_id, a.id, b.title, a.name, a.region order by "
    "sum(f.units) desc, sum(f.clicks) desc, f.id desc limit $5"};
const Sql kSpreadStores{
    "figures.spread_stores",
    "select 0, s.id, a.id, '', a.name, a.region, " SUMS
    " from stores s join figures f on f.id = s.id join agents a on a.id = s.agent_id" SPREAD_WHERE SPREAD_SEEN
    " and s.brand_id = $1 group by s.id, a.id, a.name, a.region order by sum(f.units) desc, "
    "sum(f.clicks) desc, s.id desc limit $4"};
const Sql kSpreadTotal{
    "figures.spread_total",
    "select count(distinct f.id), " SUMS
    " from figures f join broadcasts b on b.id = f.id join stores s on s.id = b.store_id" SPREAD_WHERE SPREAD_SEEN
    " and f.id >= $4"};
const Sql kSpreadOutside{"figures.spread_outside",
                         "select " SUMS " from figures f join stores s on s.id = f.id" SPREAD_WHERE SPREAD_SEEN};
const Sql kCohorts{"figures.cohorts",
                   "select day, people, returned from cohorts where brand_id = $1 and day >= $2 and day < $3 order by "
                   "day limit 400"};

Figures figures_at(const Row& r, int column) {
  Figures f;
  f.exposures = r.integer(column);
  f.enters = r.integer(column + 1);
  f.clicks = r.integer(column + 2);
  f.touches = r.integer(column + 3);
  f.orders = r.integer(column + 4);
  f.paid_orders = r.integer(column + 5);
  f.units = r.integer(column + 6);
  f.paid_fen = r.integer(column + 7);
  f.refunded_fen = r.integer(column + 8);
  return f;
}

}  // namespace

Figures& Figures::operator+=(const Figures& o) {
  exposures += o.exposures;
  enters += o.enters;
  clicks += o.clicks;
  touches += o.touches;
  orders += o.orders;
  paid_orders += o.paid_orders;
  units += o.units;
  paid_fen += o.paid_fen;
  refunded_fen += o.refunded_fen;
  return *this;
}

Result<int> fold_tallies(db::Database& db, const Call& call, int limit) {
  // SQLite: a few milliseconds, because whoever writes meanwhile waits for them. On PostgreSQL nobody does, and what is
  // counted together changes a figure's row once.
  const int at_once = db.is_postgres() ? 2000 : 400;
  TRY(const bool any, db.read([](db::Tx& tx) -> Result<bool> { return tx.exists(kAnyTally, {}); }));
  if (!any) return 0;
  // Forwards only: what is added to a row behind us waits for the next call, so that this one ends.
  std::tuple<std::int64_t, Bucket, std::string> last{};
  for (int folded = 0;;) {
    const int wanted = std::min(at_once, limit - folded);
    TRY(const auto taken, db.write([&](db::Tx& tx) -> Result<std::pair<int, decltype(last)>> {
      const auto& [id, bucket, what] = last;
      const auto facts = tx.all(kTake, {wanted, id, bucket, what}, fact_of);
      auto furthest = last;
      for (const Fact& fact : facts) furthest = std::max(furthest, {fact.id, fact.bucket, fact.what});
      Fold fold(tx, call);
      fold.add(facts);
      fold.write();
      return std::pair(static_cast<int>(facts.size()), furthest);
    }));
    last = taken.second;
    folded += taken.first;
    if (taken.first < wanted || folded >= limit) return folded;
  }
}

Result<Span> span_of(const net::Request& request, std::string_view zone, Instant now) {
  Span span{day_shifted(zone, now, -6), day_shifted(zone, now, 1)};
  if (const auto to = request.query_value("to"); !to.empty()) {
    TRY(const Instant day, parse_day(zone, to, "query to"));
    span.until = day_shifted(zone, day, 1);
    span.from = day_shifted(zone, day, -6);
  }
  if (const auto from = request.query_value("from"); !from.empty()) {
    TRY(span.from, parse_day(zone, from, "query from"));
  }
  if (span.from >= span.until) return fail(Code::invalid_field, "must not be after the last day", "query from");
  if (days_between(zone, span.from, span.until) > kMaxDays)
    return fail(Code::invalid_field, "at most 400 days at a time", "query from");
  return span;
}

Figures total_of(db::Tx& tx, BrandId brand, const FigureWish& w) {
  const std::string region = w.region.value_or("");
  return tx
      .one(kTotal, {brand, w.span.from, w.span.until, w.agent.value, w.region ? 1 : 0, region, w.staff.value},
           [](const Row& r) { return figures_at(r, 0); })
      .value_or(Figures{});
}

std::vector<FigureRow> rows_of(db::Tx& tx, BrandId brand, const FigureWish& w, std::int64_t after, int limit) {
  const auto row = [](const Row& r) { return FigureRow{r.integer(0), r.str(1), r.str(2), figures_at(r, 3)}; };
  const std::string region = w.region.value_or("");
  if (w.by == By::region)
    return tx.all(kByRegion, {brand, w.span.from, w.span.until, w.agent.value, w.region ? 1 : 0, region, w.staff.value},
                  row);
  // Where the page before ended, by the same order.
  std::int64_t net = INT64_MAX, id = INT64_MAX;
  if (after) {
    id = after;
    if (w.by == By::agent) {
      FigureWish last = w;
      last.agent = AgentId{after};
      net = total_of(tx, brand, last).net_fen();
    } else {
      net = tx.number(kNetOfBroadcast, {brand, w.span.from, w.span.until, after});
    }
  }
  return tx.all(
      w.by == By::agent ? kByAgent : kByBroadcast,
      {brand, w.span.from, w.span.until, w.agent.value, w.region ? 1 : 0, region, w.staff.value, net, id, limit}, row);
}

std::vector<DayRow> days_of(db::Tx& tx, BrandId brand, const FigureWish& w) {
  const std::string region = w.region.value_or("");
  return tx.all(kDays, {brand, w.span.from, w.span.until, w.agent.value, w.region ? 1 : 0, region, w.staff.value},
                [](const Row& r) { return DayRow{r.integer(0), figures_at(r, 1)}; });
}
std::vector<DayRow> minutes_of(db::Tx& tx, BrandId brand, const Span& span) {
  return tx.all(kMinutes, {brand, span.from, span.until},
                [](const Row& r) { return DayRow{r.integer(0), figures_at(r, 1)}; });
}

std::vector<PinRow> pins_of(db::Tx& tx, BrandId brand, BroadcastId broadcast, int limit) {
  return tx.all(kPins, {brand, broadcast, limit}, [](const Row& r) {
    return PinRow{r.id<PinId>(0), r.id<ProductId>(1), r.str(2),        r.integer(3),
                  r.integer(4),   r.integer(5),       figures_at(r, 6)};
  });
}

Figures broadcast_figures(db::Tx& tx, BrandId brand, BroadcastId broadcast) {
  return tx.one(kOfBroadcast, {brand, broadcast}, [](const Row& r) { return figures_at(r, 0); }).value_or(Figures{});
}

Result<ShareNode> share_node(db::Tx& tx, ShareId id) {
  BrandId brand;
  PersonId sharer;
  auto found = tx.one(kShare, {id}, [&](const Row& r) {
    ShareNode n;
    n.id = r.id<ShareId>(0);
    n.parent = r.id<ShareId>(1);
    n.root = r.id<ShareId>(2);
    n.kind = r.str(3);
    n.channel = r.str(4);
    n.sharer = r.str(5);
    sharer = r.id<PersonId>(6);
    n.agent = r.id<AgentId>(7);
    n.store = r.id<StoreId>(8);
    n.broadcast = r.id<BroadcastId>(9);
    n.product_id = r.id<ProductId>(10);
    n.depth = static_cast<int>(r.integer(11));
    n.created_at = r.integer(12);
    n.product = r.str(13);
    n.host = r.str(14);
    brand = r.id<BrandId>(15);
    return n;
  });
  if (!found) return fail(Code::not_found, "there is no such share");
  ShareNode n = *std::move(found);
  n.brand = brand;
  // Of somebody whose name is not known, or no longer: nothing.
  if (const auto name = n.agent ? std::string() : org::person_name(tx, sharer); !name.empty())
    n.sharer = live::mask_name(name);
  n.children = tx.number(kCountChildren, {id});
  n.visitors = tx.number(kVisitors, {id});
  n.figures = tx.one(kOwn, {brand, n.root, id}, [](const Row& r) { return figures_at(r, 0); }).value_or(Figures{});
  if (n.children == 0) {
    n.size = 1;
    n.subtree = n.figures;
    return n;
  }
  tx.each(kSubtree, {brand, n.root, id}, [&](const Row& r) {
    n.size = r.integer(0);
    n.deepest = static_cast<int>(r.integer(1));
    n.subtree = figures_at(r, 2);
  });
  return n;
}

std::vector<ShareNode> share_children(db::Tx& tx, ShareId parent, ShareId after, int limit) {
  std::vector<ShareNode> out;
  for (const ShareId id :
       tx.all(kChildren, {parent, after.value, limit}, [](const Row& r) { return r.id<ShareId>(0); }))
    if (auto node = share_node(tx, id)) out.push_back(*std::move(node));
  return out;
}

std::vector<ShareNode> top_cascades(db::Tx& tx, BrandId brand, const Span& span, int limit) {
  std::vector<ShareNode> out;
  for (const ShareId id :
       tx.all(kRoots, {brand, span.from, span.until, limit}, [](const Row& r) { return r.id<ShareId>(0); }))
    if (auto node = share_node(tx, id)) out.push_back(*std::move(node));
  return out;
}

Spread spread_of(db::Tx& tx, BrandId brand, ProductId product, Instant since, PersonId staff, int limit) {
  const std::int64_t from = first_id_at(since);
  Spread out;
  tx.each(kSpreadTotal, {brand, product, staff.value, from}, [&](const Row& r) {
    out.rooms = r.integer(0);
    out.total = figures_at(r, 1);
  });
  tx.each(kSpreadOutside, {brand, product, staff.value}, [&](const Row& r) { out.total += figures_at(r, 0); });
  const auto row = [](const Row& r) {
    return SpreadRow{r.id<BroadcastId>(0), r.id<StoreId>(1), r.id<AgentId>(2), r.str(3), r.str(4), r.str(5),
                     figures_at(r, 6)};
  };
  out.rows = tx.all(kSpreadRooms, {brand, product, staff.value, from, limit}, row);
  auto stores = tx.all(kSpreadStores, {brand, product, staff.value, limit}, row);
  out.rows.insert(out.rows.end(), stores.begin(), stores.end());
  std::stable_sort(out.rows.begin(), out.rows.end(), [](const SpreadRow& a, const SpreadRow& b) {
    return std::pair(a.figures.units, a.figures.clicks) > std::pair(b.figures.units, b.figures.clicks);
  });
  if (out.rows.size() > static_cast<std::size_t>(limit)) out.rows.resize(static_cast<std::size_t>(limit));
  return out;
}

std::vector<Cohort> cohorts_of(db::Tx& tx, BrandId brand, const Span& span) {
  return tx.all(kCohorts, {brand, span.from, span.until},
                [](const Row& r) { return Cohort{r.integer(0), r.integer(1), r.integer(2)}; });
}

}  // namespace lianbo::insight
