// How long a settlement and a verify take over a brand's many orders, on SQLite.
//
//   money_bench [ORDERS] [AGENTS] [FILE]     default: 100000 orders of 10000 agents in a new file money_bench.db
//
// Each order has a line, a payment, a parcel, one commission entry that is free, and its three ledger transactions; the
// rows are written by script, as fast as the engine takes them, and verify must find them right. Told: seconds, seconds
// of processor, the largest memory. A FILE that is there is measured as it is.
#include <fmt/core.h>
#include <sys/resource.h>
#include <charconv>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <functional>

#include "base/crypto.hpp"
#include "base/settings.hpp"
#include "db/db.hpp"
#include "insight/verify.hpp"
#include "order/settlement.hpp"

namespace {

using namespace lianbo;

constexpr Instant kT0 = 1'800'000'000'000;
constexpr std::int64_t kFirstMs = kT0 - 1'704'067'200'000;  // of an id

double cpu_s() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}
long memory_mib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss / 1024;
}

bool measured(const char* what, const std::function<Status()>& body) {
  const double cpu = cpu_s();
  const auto start = std::chrono::steady_clock::now();
  const auto done = body();
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("{:12} {:8.1f} s, {:8.1f} s of processor, {} MiB at most{}\n", what, took, cpu_s() - cpu, memory_mib(),
             done ? "" : ": " + done.error().text());
  std::fflush(stdout);
  return done.has_value();
}

// {N}, {A}: orders and agents; {MS}: the first millisecond of an id; {T}: the first instant.
constexpr const char* kScript = R"sql(
insert into brands (id, name, currency, time_zone, created_at) values (1, 'Bench', 'CNY', 'Asia/Shanghai', {T});
insert into lock_rules (brand_id, version, validity_days, protect_days, order_extends_days, lock_agents, self_purchase,
at)
  values (1, 1, 30, 7, 45, 0, 0, {T});
insert into plans (id, brand_id, scope, scope_id, sku_id, version, host_bp, promoter_bp, recruiter_bp, clipper_bp,
  freeze_days, at) values (1, 1, 'brand', 0, 0, 1, 1000, 0, 0, 0, 7, {T});
insert into products (id, brand_id, code, title, category, description, image_url, on_sale, created_at, updated_at)
  values (1, 1, 'p', 'Product', 'all', '', '', 1, {T}, {T});
insert into skus (id, brand_id, product_id, code, title, price_fen, position) values (1, 1, 1, 's', '', 10000, 0);
insert into stock_pools (sku_id, brand_id, received, pool) values (1, 1, {N}, 0);
with recursive n(i) as (select 0 union all select i + 1 from n where i < 63)
  insert into stock_leases (bucket, sku_id, units, reserved, sold)
  select i, 1, 0, 0, ({N} + 63 - i) / 64 from n where ({N} + 63 - i) / 64 > 0;
with recursive n(i) as (select 1 union all select i + 1 from n where i < {A})
  insert into agents (id, brand_id, person_id, code, name, phone, region, level, state, created_at)
  select i, 1, 1000000 + i, 'a' || i, 'Agent ' || i, '', '', '', 'active', {T} from n;
insert into stores (id, brand_id, agent_id, name, created_at) select id, 1, id, name, {T} from agents;
create temp table o as with recursive n(i) as (select 0 union all select i + 1 from n where i < {N} - 1)
  select i % 64 as bucket, (({MS} + i) << 22) | ((i % 64) << 12) as id, i % {A} + 1 as agent, {T} + i as at from n;
insert into orders (bucket, id, brand_id, buyer_id, store_id, state, goods_fen, discount_fen, shipping_fen, total_fen,
  currency, host_agent_id, lock_rules_version, address, placed_at, release_at, paid_at, shipped_at, received_at,
  completed_at) select bucket, id, 1, 5000000 + agent, agent, 'completed', 10000, 0, 0, 10000, 'CNY', agent, 1, '', at,
  at, at, at, at, at + 604800000 from o;
insert into order_lines (bucket, order_id, line, sku_id, product_id, title, sku_title, qty, price_fen, goods_fen,
  paid_fen, no_return, plan_id, plan_version, host_bp, promoter_bp, recruiter_bp, clipper_bp, freeze_days, available_at,
  matured_at, shipped_qty) select bucket, id, 0, 1, 1, 'Product', '', 1, 10000, 10000, 10000, 0, 1, 1, 1000, 0, 0, 0, 7,
  at + 604800000, at + 604800000, 1 from o;
insert into payments (bucket, order_id, out_trade_no, transaction_id, amount_fen, state, at, paid_at)
  select bucket, id, id, id, 10000, 'paid', at, at from o;
insert into parcels (bucket, id, brand_id, order_id, carrier, tracking_number, at)
  select bucket, id, 1, id, 'SF', id, at from o;
insert into parcel_lines (bucket, parcel_id, line, sku_id, qty) select bucket, id, 0, 1, 1 from o;
insert into entries (bucket, id, brand_id, agent_id, order_id, line, role, seq, net_fen, bp, amount_fen, state, at,
  available_at) select bucket, id, 1, agent, id, 0, 'host', 0, 10000, 1000, 1000, 'available', at, at + 604800000
from o;
insert into ledger_txs (bucket, id, brand_id, cause, cause_id, part, at)
  select bucket, id, 1, 'payment', id, 0, at from o union all
  select bucket, id + 1, 1, 'accrual', id, 0, at from o union all
  select bucket, id + 2, 1, 'maturity', id, 0, at + 604800000 from o;
insert into ledger_postings (bucket, tx_id, n, account, agent_id, amount_fen)
  select bucket, id, 0, 'buyers', 0, -10000 from o union all select bucket, id, 1, 'sales', 0, 10000 from o union all
  select bucket, id + 1, 0, 'pending', agent, 1000 from o union all
  select bucket, id + 1, 1, 'commission', 0, -1000 from o union all
  select bucket, id + 2, 0, 'pending', agent, -1000 from o union all
  select bucket, id + 2, 1, 'available', agent, 1000 from o;
insert into figures (brand_id, scope, group_id, id, exposures, enters, clicks, touches, orders, paid_orders, units,
  paid_fen, refunded_fen)
  select 1, 'minute', at / 60000, 0, 0, 0, 0, 0, count(*), count(*), count(*),
    10000 * count(*), 0 from o group by at / 60000 union all
  select 1, 'store', (at + 28800000) / 86400000, agent, 0, 0, 0, 0, count(*), count(*), count(*),
    10000 * count(*), 0 from o group by 3, 4 union all
  select 1, 'broadcast', (at + 28800000) / 86400000, agent, 0, 0, 0, 0, count(*), count(*), count(*),
    10000 * count(*), 0 from o group by 3, 4 union all
  select 1, 'cascade', (at + 28800000) / 86400000, 0, 0, 0, 0, 0, count(*), count(*), count(*),
    10000 * count(*), 0 from o group by 3 union all
  select 1, 'share', 0, 0, 0, 0, 0, 0, count(*), count(*), count(*),
    10000 * count(*), 0 from o group by 3 union all
  select 1, 'spread', 1, agent, 0, 0, 0, 0, count(*), count(*), count(*),
    10000 * count(*), 0 from o group by agent;
drop table o;
)sql";

std::string filled(std::string text, std::int64_t orders, std::int64_t agents) {
  for (const auto& [name, value] :
       {std::pair<std::string, std::int64_t>{"{N}", orders}, {"{A}", agents}, {"{MS}", kFirstMs}, {"{T}", kT0}})
    for (std::size_t at; (at = text.find(name)) != std::string::npos;)
      text.replace(at, name.size(), std::to_string(value));
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  crypto_init();
  std::int64_t sizes[] = {100'000, 10'000};
  for (int i = 1; i < std::min(argc, 3); ++i) {
    const std::string_view text = argv[i];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sizes[i - 1]);
    if (error == std::errc() && end == text.data() + text.size() && sizes[i - 1] > 0) continue;
    fmt::print(stderr, "money_bench [ORDERS [AGENTS [FILE]]]: {} is no number above 0, as in: money_bench 1000000\n",
               text);
    return 2;
  }
  const auto [orders, agents] = sizes;
  const std::string file = argc > 3 ? argv[3] : "money_bench.db";
  const bool fresh = !std::filesystem::exists(file);
  auto db = db::open_database({.url = "sqlite:" + file});
  if (db)
    if (auto done = db::migrate(**db, kT0); !done) db = fail(done.error());
  if (!db) {
    fmt::print(stderr, "{}\n", db.error().text());
    return 1;
  }
  fmt::print("{} orders and entries, {} agents, {}\n", orders, agents, file);
  if (fresh && !measured("written", [&] { return (*db)->run_script(filled(kScript, orders, agents)); })) return 1;

  IdMaker ids(1, kT0 + 30 * kDayMs);
  SecureRandom random;
  const Settings settings;
  Call call;
  call.caller.system = true;
  call.caller.guest = false;
  call.now = kT0 + 20 * kDayMs;
  call.ids = &ids;
  call.random = &random;
  call.settings = &settings;
  bool ok = measured("settled", [&]() -> Status {
    TRY(const auto run, order::run_settlement(**db, call, BrandId{1}, call.now));
    fmt::print("{} agents, {} payable, {} failed\n", run.sum.agents, format_fen(run.sum.payable_fen),
               run.failed.size());
    return {};
  });
  ok = measured("verified",
                [&]() -> Status {
                  TRY(const auto report, insight::verify(**db));
                  if (!report.ok()) fmt::print("{}", insight::verify_text(report));
                  return {};
                }) &&
       ok;
  return ok ? 0 : 1;
}
