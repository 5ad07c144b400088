// The rows of an order in a bare loop: what SQLite itself takes for them, without anything that decides.
//
//   limit_orders_sqlite FILE SECONDS BATCH
//
// FILE is a database into which the server has placed orders: the last of them is the pattern, written again and again
// under new ids, spread over the buckets as buyers are, into the same tables with the same indexes, BATCH orders a
// commit, with the server's pragmas. Two rows are updated as the order does it: the buyer's lock and the bucket's
// stock. Rows: orders, order_lines, payments, lock_orders, tallies, outbox, idempotency_keys. Prints one JSON object.
#include <sqlite3.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

sqlite3* g_db = nullptr;

void check(int rc, const char* what) {
  if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW) return;
  std::fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(g_db));
  std::exit(1);
}
void run(const char* text) { check(sqlite3_exec(g_db, text, nullptr, nullptr, nullptr), text); }
sqlite3_stmt* prepare(const std::string& text) {
  sqlite3_stmt* out = nullptr;
  check(sqlite3_prepare_v3(g_db, text.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &out, nullptr), text.c_str());
  return out;
}

// One insert, with the places of the columns that differ from order to order.
struct Insert {
  sqlite3_stmt* statement = nullptr;
  std::vector<std::pair<int, char>> places;  // i: id, b: bucket, p: the buyer, t: the id as text
};

// The pattern: the row `from` gives, into `table`.
Insert pattern(const std::string& table, const std::string& from) {
  sqlite3_stmt* read = prepare(from);
  Insert out;
  if (sqlite3_step(read) != SQLITE_ROW) {
    std::fprintf(stderr, "no row: %s\n", from.c_str());
    std::exit(1);
  }
  std::string names, marks;
  const int n = sqlite3_column_count(read);
  for (int i = 0; i < n; ++i) {
    names += (i ? ", " : "") + std::string(sqlite3_column_name(read, i));
    marks += i ? ", ?" : "?";
  }
  out.statement = prepare("insert into " + table + " (" + names + ") values (" + marks + ")");
  for (int i = 0; i < n; ++i) {
    const std::string name = sqlite3_column_name(read, i);
    char what = 0;
    if (name == "bucket")
      what = 'b';
    else if (name == "buyer_id" || name == "person_id")
      what = 'p';
    else if (name == "out_trade_no" || (name == "key" && sqlite3_column_type(read, i) == SQLITE_TEXT))
      what = 't';
    else if (name == "id" || name == "order_id" || name == "key")
      what = 'i';
    if (what)
      out.places.emplace_back(i + 1, what);
    else
      check(sqlite3_bind_value(out.statement, i + 1, sqlite3_column_value(read, i)), "bind");
  }
  sqlite3_finalize(read);
  return out;
}

struct Buyer {
  std::int64_t bucket, brand, id;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "limit_orders_sqlite FILE SECONDS BATCH\n");
    return 2;
  }
  const double seconds = std::atof(argv[2]);
  const int batch = std::atoi(argv[3]);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  check(sqlite3_open_v2(argv[1], &g_db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr), argv[1]);
  run("pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -65536; pragma mmap_size = 268435456;"
      "pragma temp_store = memory; pragma secure_delete = on; pragma wal_autocheckpoint = 4000;");

  const std::string last = "(select max(id) from orders)";
  std::vector<Insert> rows;
  rows.push_back(pattern("orders", "select * from orders where id = " + last));
  rows.push_back(pattern("order_lines", "select * from order_lines where order_id = " + last));
  rows.push_back(pattern("payments", "select * from payments where order_id = " + last));
  rows.push_back(pattern("lock_orders", "select * from lock_orders order by id desc limit 1"));
  rows.push_back(pattern("idempotency_keys",
                         "select * from idempotency_keys where rowid = (select max(rowid) from idempotency_keys)"));
  rows.push_back(pattern("tallies",
                         "select bucket, id, 'placed' as what, brand_id, buyer_id as person_id, store_id, "
                         "coalesce(broadcast_id, 0) as broadcast_id, coalesce(pin_id, 0) as pin_id, 0 as share_id, "
                         "0 as product_id, id as order_id, 0 as line, 1 as n, total_fen as amount_fen, placed_at as at "
                         "from orders where id = " +
                             last));
  rows.push_back(pattern("outbox",
                         "select bucket, id, brand_id, 'order.placed' as topic, id as key, '{\"order_id\":\"' || id || "
                         "'\",\"store_id\":\"0000000000000\",\"state\":\"placed\",\"total_fen\":1000,\"buyer_id\":"
                         "\"0000000000000\"}' as payload, placed_at as at from orders where id = " +
                             last));
  sqlite3_stmt* lock = prepare(
      "update locks set version = version + 1, expires_at = expires_at + 1, moved_at = moved_at + 1, moved_id = ?4 "
      "where bucket = ?1 and brand_id = ?2 and buyer_id = ?3");
  sqlite3_stmt* stock = prepare(
      "update stock_leases set units = units - 1, reserved = reserved + 1 where bucket = ?1 and sku_id = (select "
      "sku_id "
      "from order_lines where order_id = " +
      last + ") and units >= 1");

  std::vector<Buyer> buyers;
  sqlite3_stmt* read = prepare("select bucket, brand_id, buyer_id from locks order by buyer_id limit 100000");
  while (sqlite3_step(read) == SQLITE_ROW)
    buyers.push_back({sqlite3_column_int64(read, 0), sqlite3_column_int64(read, 1), sqlite3_column_int64(read, 2)});
  sqlite3_finalize(read);
  read = prepare("select max(id) from orders");
  sqlite3_step(read);
  std::int64_t ms = (sqlite3_column_int64(read, 0) >> 22) + 10'000'000;
  sqlite3_finalize(read);
  if (buyers.empty()) {
    std::fprintf(stderr, "nobody is locked\n");
    return 1;
  }

  const auto start = std::chrono::steady_clock::now();
  const auto took = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::int64_t orders = 0;
  while (took() < seconds) {
    run("begin immediate");
    for (int i = 0; i < batch; ++i) {
      const Buyer& b = buyers[static_cast<std::size_t>(orders * 7919) % buyers.size()];
      const std::int64_t id = (++ms << 22) | (b.bucket << 12);
      const std::string text = std::to_string(id);
      for (const Insert& row : rows) {
        for (const auto& [place, what] : row.places) {
          if (what == 't')
            sqlite3_bind_text(row.statement, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
          else
            sqlite3_bind_int64(row.statement, place, what == 'i' ? id : what == 'b' ? b.bucket : b.id);
        }
        check(sqlite3_step(row.statement), "insert");
        sqlite3_reset(row.statement);
      }
      sqlite3_bind_int64(lock, 1, b.bucket);
      sqlite3_bind_int64(lock, 2, b.brand);
      sqlite3_bind_int64(lock, 3, b.id);
      sqlite3_bind_int64(lock, 4, id);
      check(sqlite3_step(lock), "lock");
      sqlite3_reset(lock);
      sqlite3_bind_int64(stock, 1, b.bucket);
      check(sqlite3_step(stock), "stock");
      sqlite3_reset(stock);
      ++orders;
    }
    run("commit");
  }
  const double all = took();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  std::printf("{\"orders\": %lld, \"seconds\": %.3f, \"per_s\": %.1f, \"cpu_us_per_op\": %.2f}\n",
              static_cast<long long>(orders), all, static_cast<double>(orders) / all,
              1e6 * cpu / static_cast<double>(orders));
  return 0;
}
