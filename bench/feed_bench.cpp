// How fast a page of the feed and a search are, and what an item costs in memory, on SQLite.
//
//   feed_bench [ROOMS] [PINS] [PRODUCTS] [FILE]     default: 10000 100000 100000 in a new file feed_bench.db
//   feed_bench row ROOMS PINS FILE SECONDS          one JSON line for bench/rows/feed.py: pages in one process, the
//   copy
//                                                   of a page's bytes, and the same choice by SQL
//
// Rooms are on air, every second one and every second pin has been shown and has evidence; a hundred rooms bid for the
// paid places. Told: seconds to read it all
// at start, bytes an item (the process's growth), milliseconds to line it up anew, and for pages of 20 and for searches
// the median and the 99th of 100, in microseconds of processor and as a share of their budgets (1 ms, 10 ms). A FILE
// that is there is measured as it is.
#include <fmt/core.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "base/random.hpp"
#include "base/settings.hpp"
#include "db/db.hpp"
#include "feed/feed_api.hpp"
#include "feed/feed_service.hpp"
#include "feed/search.hpp"

namespace {

using namespace lianbo;

constexpr Instant kT0 = 1'800'000'000'000;
constexpr std::int64_t kFirstMs = kT0 - 1'704'067'200'000;  // of an id

constexpr const char* kScript = R"sql(
insert into brands (id, name, currency, time_zone, created_at) values (1, 'Bench', 'CNY', 'Asia/Shanghai', {T});
with recursive n (i) as (select 1 union all select i + 1 from n where i < {R})
insert into agents (id, brand_id, person_id, code, name, phone, region, level, state, created_at)
  select i, 1, i, 'A' || i, '主播' || i, '1', 'east', 'gold', 'active', {T} from n;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {R})
insert into stores (id, brand_id, agent_id, name, created_at) select i, 1, i, 'Store ' || i, {T} from n;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {R})
insert into broadcasts (id, brand_id, store_id, title, state, scheduled_at, started_at, stream_key_sha256, created_at)
  select ({MS} - 100000 + i) << 22, 1, i, '直播间' || i, 'live', {T}, {T}, x'', {T} from n;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {P})
insert into products (id, brand_id, code, title, category, description, image_url, on_sale, created_at, updated_at)
  select i, 1, 'P' || i,
    substr('茶树玫瑰绿茶薰衣草洋甘菊', 1 + i % 10, 2) || substr('洗发水沐浴露护手霜面膜精油香皂', 1 + i % 13, 3) ||
    case i % 4 when 0 then ' shampoo' when 1 then ' lavender' when 2 then ' candle' else ' essence' end || ' ' || i ||
    'ml',
    '洗护' || i % 50, '', '', 1, {T}, {T} from n;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {C})
insert into pins (id, brand_id, broadcast_id, product_id, opened_at, media_open_ms, closed_at, media_close_ms)
  select ({MS} + i) << 22, 1, ({MS} - 100000 + 1 + i % {R}) << 22, 1 + i % {P}, {T} - 120000, 0, {T} - 60000, 60000
  from n;
insert into feed_items (item_id, brand_id, store_id, kind, pool, used, points, resting, shown, first_at)
  select id, 1, store_id, 'room', 1 + id / 4194304 % 5, 50, 100000, 0, 250, {T} from broadcasts
  where id / 4194304 % 2 = 0;
insert into feed_items (item_id, brand_id, store_id, kind, pool, used, points, resting, shown, first_at)
  select id, 1, 1 + id / 4194304 % {R}, 'pin', 1 + id / 4194304 % 5, 50, 100000, 0, 250, {T} from pins
  where id / 4194304 % 2 = 0;
insert into feed_sums (item_id, what, epoch, now_n, before_n, tail_n)
  select item_id, 'exposure', {T} / case kind when 'room' then 600000 else 18000000 end, 250 << 20, 0, 0
  from feed_items;
insert into feed_sums (item_id, what, epoch, now_n, before_n, tail_n)
  select item_id, 'enter', {T} / case kind when 'room' then 600000 else 18000000 end, (item_id / 4194304 % 97) << 20, 0,
    0 from feed_items;
insert into promotions (id, brand_id, store_id, broadcast_id, agent_id, by_person_id, objective, budget_fen, pace,
    reserve_fen, ceiling_fen, audience, region, exclude_locked, starts_at, ends_at, state, pool_fen, created_at)
  select id, 1, store_id, id, 0, 0, 'enter', 1000000, 'fast', 10, 1000, 'everyone', '', 0, {T}, {T} + 7200000, 'open',
    1000000, {T} from broadcasts order by id limit 100;
analyze;
)sql";

// Of this thread's processor: what others on the machine do must not tell. Everything measured here runs on one thread.
double processor_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
double seconds_of(const std::function<void()>& body) {
  const double start = processor_s();
  body();
  return processor_s() - start;
}
void fail_hard(const Status& status) {
  if (status) return;
  fmt::print(stderr, "{}\n", status.error().text());
  std::exit(1);
}
long resident_bytes() {
  std::ifstream in("/proc/self/statm");
  long all = 0, resident = 0;
  in >> all >> resident;
  return resident * 4096;
}
void tell(const char* what, std::vector<double>& us, double budget_us) {
  std::sort(us.begin(), us.end());
  const double median = us[us.size() / 2], p99 = us[us.size() * 99 / 100];
  fmt::print("{:28} {:8.0f} µs median, {:8.0f} µs p99: {:.2f} of its budget\n", what, median, p99, p99 / budget_us);
}

double nth(std::vector<double>& us, double share) {
  std::sort(us.begin(), us.end());
  return us[static_cast<std::size_t>(share * static_cast<double>(us.size() - 1))];
}

// What a shop without a feed does with the same evidence: a score kept in each row, and the best by it. No index can
// hold the scores in order, since all of them fall all the time.
const db::Sql kMakeScores{
    "bench.make_scores",
    "create table scores as select i.item_id as id, i.kind as kind, i.store_id as store_id, (select coalesce("
    "sum(s.now_n * case s.what when 'enter' then 3 else 1 end), 0) from feed_sums s where s.item_id = i.item_id) * "
    "1000 / (1 + i.shown) as score from feed_items i union all select b.id, 'room', b.store_id, 1 from broadcasts b "
    "where not exists (select 1 from feed_items i where i.item_id = b.id) union all select p.id, 'pin', b.store_id, 1 "
    "from pins p join broadcasts b on b.id = p.broadcast_id where not exists (select 1 from feed_items i where "
    "i.item_id = p.id)"};
const db::Sql kDropScores{"bench.drop_scores", "drop table if exists scores"};
const db::Sql kBestByScore{"bench.best_by_score",
                           "select id, kind, store_id, score from scores order by score desc, id desc limit 20"};

// Three measurements in turn, each for `seconds` of processor.
int row(db::Database& db, feed::Feed& feed, Call& call, IdMaker& ids, long items, long item_bytes, double read_s,
        double seconds) {
  const net::Routes routes = feed::feed_routes({&feed, [](BroadcastId) { return std::int64_t{0}; }});
  const auto route = std::find_if(routes.begin(), routes.end(), [](const net::Route& r) { return r.id == "getFeed"; });
  net::Request request;
  request.params = {{"brand_id", BrandId{1}.text()}};
  std::string bytes;
  const auto reply = [&] {
    auto got = db.read([&](db::Tx& tx) { return route->tx_handler(tx, call, request); });
    if (!got) fail_hard(fail(got.error()));
    bytes = std::move(got->body);
  };
  const auto page = [&] {
    auto got = db.read([&](db::Tx& tx) { return feed.page(tx, call, BrandId{1}, "", 20); });
    if (!got) fail_hard(fail(got.error()));
    if (got->items.empty()) fail_hard(fail(Code::internal, "an empty page"));
  };
  const auto somebody = [&] { call.caller.person = ids.make<PersonId>(kT0 + kHourMs, 0); };
  somebody();
  reply();
  std::vector<double> line_ups;
  for (int i = 1; i <= 5; ++i) line_ups.push_back(1e3 * seconds_of([&] { feed.line_up(kT0 + i * kSecondMs); }));
  std::vector<double> pages, replies, choices;
  const auto until = [&](std::vector<double>& us, const std::function<void()>& body) {
    for (double spent = 0; spent < seconds || us.size() < 20;) {
      somebody();
      us.push_back(1e6 * seconds_of(body));
      spent += us.back() / 1e6;
    }
  };
  until(pages, page);
  until(replies, reply);
  fail_hard(db.write([&](db::Tx& tx) -> Status {
    tx.exec(kDropScores);
    tx.exec(kMakeScores);
    return {};
  }));
  until(choices, [&] {
    const auto got = db.read([&](db::Tx& tx) -> Result<std::vector<std::int64_t>> {
      return tx.all(kBestByScore, {}, [](const db::Row& r) { return r.integer(0); });
    });
    if (!got || got->size() != 20) fail_hard(fail(Code::internal, "SQL chooses no page"));
  });
  fail_hard(db.write([&](db::Tx& tx) -> Status {
    tx.exec(kDropScores);
    return {};
  }));
  std::string copy(bytes.size(), ' ');
  constexpr int kCopies = 100'000;
  const double copied_s = seconds_of([&] {
    for (int i = 0; i < kCopies; ++i) {
      std::memcpy(copy.data(), bytes.data(), bytes.size());
      asm volatile("" : : "r"(copy.data()) : "memory");
    }
  });
  const double median = nth(pages, 0.5);
  fmt::print(
      "{{\"items\":{},\"item_bytes\":{},\"read_s\":{:.3f},\"line_up_ms\":{:.3f},\"page_us\":{:.2f},\"page_p99_us\":{:."
      "2f},"
      "\"reply_us\":{:.2f},\"reply_p99_us\":{:.2f},\"reply_bytes\":{},\"copies_per_s\":{:.0f},\"sql_us\":{:.1f},"
      "\"rss_bytes\":{}}}\n",
      items, item_bytes, read_s, nth(line_ups, 0.5), median, nth(pages, 0.99), nth(replies, 0.5), nth(replies, 0.99),
      bytes.size(), kCopies / copied_s, nth(choices, 0.5), resident_bytes());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool as_row = argc > 5 && std::string_view(argv[1]) == "row";
  const auto number = [&](int i, long fallback) { return argc > i ? std::atol(argv[i]) : fallback; };
  const long rooms = number(as_row ? 2 : 1, 10'000), pins = number(as_row ? 3 : 2, 100'000);
  const long products = as_row ? 1'000 : number(3, 100'000);
  const std::string file = argc > 4 ? argv[4] : "feed_bench.db";
  const bool is_new = !std::filesystem::exists(file);
  auto db = db::open_database({.url = "sqlite:" + file});
  if (!db) fail_hard(fail(db.error()));
  if (const auto migrated = db::migrate(**db, kT0); !migrated) fail_hard(fail(migrated.error()));
  if (is_new) {
    std::string script = kScript;
    const std::pair<std::string, long> values[] = {
        {"{R}", rooms}, {"{C}", pins}, {"{P}", products}, {"{MS}", kFirstMs}, {"{T}", kT0}};
    for (const auto& [name, value] : values)
      for (std::size_t at; (at = script.find(name)) != std::string::npos;)
        script.replace(at, name.size(), std::to_string(value));
    fail_hard((*db)->run_script(script));
  }
  SeededRandom random(1);
  IdMaker ids(0, kT0 + kHourMs);
  Settings settings;
  Call call;
  call.now = kT0;
  call.ids = &ids;
  call.random = &random;
  call.settings = &settings;

  malloc_trim(0);
  const long before = resident_bytes();
  promo::Auctioneer auctioneer(promo::slot_key("bench"),
                               [](db::Tx&, const Call&, BrandId, StoreId, BroadcastId) { return promo::RoomFacts{}; });
  feed::Feed feed(**db, kDefaultBuckets, feed::kMaxSessions, &auctioneer, static_cast<std::size_t>(pins));
  const double read_s = seconds_of([&] { fail_hard(feed.load(kT0)); });
  malloc_trim(0);
  const auto items = feed.stats().items;
  if (as_row) return row(**db, feed, call, ids, items, (resident_bytes() - before) / items, read_s, std::atof(argv[5]));
  fmt::print("{} items read in {:.1f} s; {} bytes an item\n", items, read_s, (resident_bytes() - before) / items);

  const auto page = [&](std::string_view cursor) {
    auto got = (*db)->read([&](db::Tx& tx) { return feed.page(tx, call, BrandId{1}, cursor, 20); });
    if (!got) fail_hard(fail(got.error()));
    return *std::move(got);
  };
  call.caller.person = PersonId{1};
  page("");
  std::vector<double> line_ups;
  for (int i = 1; i <= 10; ++i) line_ups.push_back(1e3 * seconds_of([&] { feed.line_up(kT0 + i * kSecondMs); }));
  std::sort(line_ups.begin(), line_ups.end());
  fmt::print("lined up anew in {:.1f} ms\n", line_ups[line_ups.size() / 2]);
  std::vector<double> first, later;
  std::size_t paid = 0;
  for (int viewer = 0; viewer < 1'000; ++viewer) {
    call.caller.person = ids.make<PersonId>(kT0 + kHourMs, 0);
    feed::Page p;
    first.push_back(1e6 * seconds_of([&] { p = page(""); }));
    for (int i = 0; i < 5 && !p.next.empty(); ++i) {
      later.push_back(1e6 * seconds_of([&] { p = page(std::string(p.next)); }));
      paid += p.paid.size();
    }
  }
  tell("first page of a viewer", first, 1e3);
  tell("a page after it", later, 1e3);
  fmt::print("{:.2f} paid places in each of these pages\n",
             static_cast<double>(paid) / static_cast<double>(later.size()));

  feed::Search search(feed);
  const auto find = [&](std::string_view q) {
    auto got = (*db)->read([&](db::Tx& tx) { return search.find(tx, call, BrandId{1}, q, 10); });
    if (!got) fail_hard(fail(got.error()));
    return *std::move(got);
  };
  const long before_search = resident_bytes();
  fmt::print("search: {} products read in {:.1f} s", products, seconds_of([&] { find("茶"); }));
  malloc_trim(0);
  fmt::print("; {} bytes a product\n", (resident_bytes() - before_search) / std::max(1L, products));
  for (const char* q : {"洗发水", "茶树", "lavender", "shampo", "shapmoo candel", "xfs", "mianmo", "P77777",
                        "玫瑰 essence", "没有这个"}) {
    std::vector<double> us;
    for (int i = 0; i < 300; ++i) us.push_back(1e6 * seconds_of([&] { find(q); }));
    tell(fmt::format("search {}", q).c_str(), us, 1e4);
  }
  return 0;
}
