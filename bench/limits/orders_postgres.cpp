// The rows of an order through libpq's pipeline: what PostgreSQL itself takes for them, without anything that decides.
//
//   limit_orders_postgres URL SECONDS BATCH
//
// As limit_orders_sqlite: the last order of this database is the pattern, written again under new ids into the same
// tables, BATCH orders a commit, all statements of a batch sent without waiting for answers.
#include <libpq-fe.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

PGconn* g_db = nullptr;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, PQerrorMessage(g_db));
  std::exit(1);
}
PGresult* ask(const std::string& text) {
  PGresult* out = PQexec(g_db, text.c_str());
  const auto status = PQresultStatus(out);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) give_up(text.c_str());
  return out;
}
void prepare(const std::string& name, const std::string& text) {
  PGresult* out = PQprepare(g_db, name.c_str(), text.c_str(), 0, nullptr);
  if (PQresultStatus(out) != PGRES_COMMAND_OK) give_up(text.c_str());
  PQclear(out);
}

struct Insert {
  std::string name;
  std::vector<std::string> kept;
  std::vector<bool> null;
  std::vector<std::pair<std::size_t, char>> places;  // i: id, b: bucket, p: the buyer
};

Insert pattern(const std::string& table, const std::string& from) {
  PGresult* row = ask(from);
  if (PQntuples(row) != 1) give_up(("no row: " + from).c_str());
  Insert out{table, {}, {}, {}};
  std::string names, marks;
  for (int i = 0; i < PQnfields(row); ++i) {
    const std::string name = PQfname(row, i);
    names += (i ? ", " : "") + name;
    marks += (i ? ", $" : "$") + std::to_string(i + 1);
    out.kept.emplace_back(PQgetvalue(row, 0, i));
    out.null.push_back(PQgetisnull(row, 0, i) != 0);
    const auto place = static_cast<std::size_t>(i);
    if (name == "bucket")
      out.places.emplace_back(place, 'b');
    else if (name == "buyer_id" || name == "person_id")
      out.places.emplace_back(place, 'p');
    else if (name == "id" || name == "order_id" || name == "key" || name == "out_trade_no")
      out.places.emplace_back(place, 'i');
  }
  PQclear(row);
  prepare(table, "insert into " + table + " (" + names + ") values (" + marks + ")");
  return out;
}

struct Buyer {
  std::string bucket, brand, id;
};

void send(const std::string& name, const std::vector<const char*>& values) {
  if (PQsendQueryPrepared(g_db, name.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0) != 1)
    give_up(name.c_str());
}

// Until the sync that ends the batch.
void take_answers() {
  for (;;) {
    PGresult* out = PQgetResult(g_db);
    if (out == nullptr) continue;  // the end of one statement's answers
    const auto status = PQresultStatus(out);
    if (status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED) give_up(PQresultErrorMessage(out));
    PQclear(out);
    if (status == PGRES_PIPELINE_SYNC) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "limit_orders_postgres URL SECONDS BATCH\n");
    return 2;
  }
  const double seconds = std::atof(argv[2]);
  const int batch = std::atoi(argv[3]);
  g_db = PQconnectdb(argv[1]);
  if (PQstatus(g_db) != CONNECTION_OK) give_up("connect");
  const std::string newest = " order by id desc limit 1";
  std::vector<Insert> rows;
  rows.push_back(pattern("orders", "select * from orders" + newest));
  rows.push_back(pattern("order_lines", "select * from order_lines order by order_id desc limit 1"));
  rows.push_back(pattern("payments", "select * from payments order by order_id desc limit 1"));
  rows.push_back(pattern("lock_orders", "select * from lock_orders" + newest));
  rows.push_back(pattern("idempotency_keys", "select * from idempotency_keys order by at desc limit 1"));
  rows.push_back(pattern("tallies",
                         "select bucket, id, 'placed' as what, brand_id, buyer_id as person_id, store_id, "
                         "coalesce(broadcast_id, 0) as broadcast_id, coalesce(pin_id, 0) as pin_id, 0 as share_id, "
                         "0 as product_id, id as order_id, 0 as line, 1 as n, total_fen as amount_fen, placed_at as at "
                         "from orders" +
                             newest));
  rows.push_back(pattern("outbox",
                         "select bucket, id, brand_id, 'order.placed' as topic, id as key, '{\"order_id\":\"' || id || "
                         "'\",\"store_id\":\"0000000000000\",\"state\":\"placed\",\"total_fen\":1000,\"buyer_id\":"
                         "\"0000000000000\"}' as payload, placed_at as at from orders" +
                             newest));
  prepare("lock",
          "update locks set version = version + 1, expires_at = expires_at + 1, moved_at = moved_at + 1, moved_id = "
          "cast($4 as bigint) where bucket = $1 and brand_id = $2 and buyer_id = $3");
  PGresult* sku = ask("select sku_id from order_lines order by order_id desc limit 1");
  prepare("stock",
          "update stock_leases set units = units - 1, reserved = reserved + 1 where bucket = $1 and sku_id = " +
              std::string(PQgetvalue(sku, 0, 0)) + " and units >= 1");
  PQclear(sku);
  std::vector<Buyer> buyers;
  PGresult* locked = ask("select bucket, brand_id, buyer_id from locks order by buyer_id limit 100000");
  for (int i = 0; i < PQntuples(locked); ++i)
    buyers.push_back({PQgetvalue(locked, i, 0), PQgetvalue(locked, i, 1), PQgetvalue(locked, i, 2)});
  PQclear(locked);
  PGresult* top = ask("select max(id) from orders");
  std::int64_t ms = (std::atoll(PQgetvalue(top, 0, 0)) >> 22) + 10'000'000;
  PQclear(top);
  if (buyers.empty()) {
    std::fprintf(stderr, "nobody is locked\n");
    return 1;
  }
  PQenterPipelineMode(g_db);

  const auto start = std::chrono::steady_clock::now();
  const auto took = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::int64_t orders = 0;
  while (took() < seconds) {
    PQsendQueryParams(g_db, "begin", 0, nullptr, nullptr, nullptr, nullptr, 0);
    for (int i = 0; i < batch; ++i) {
      const Buyer& b = buyers[static_cast<std::size_t>(orders * 7919) % buyers.size()];
      const std::string id = std::to_string((++ms << 22) | (std::atoll(b.bucket.c_str()) << 12));
      for (const Insert& row : rows) {
        std::vector<const char*> values;
        for (std::size_t k = 0; k < row.kept.size(); ++k) values.push_back(row.null[k] ? nullptr : row.kept[k].c_str());
        for (const auto& [place, what] : row.places)
          values[place] = what == 'i' ? id.c_str() : what == 'b' ? b.bucket.c_str() : b.id.c_str();
        send(row.name, values);
      }
      send("lock", {b.bucket.c_str(), b.brand.c_str(), b.id.c_str(), id.c_str()});
      send("stock", {b.bucket.c_str()});
      ++orders;
    }
    PQsendQueryParams(g_db, "commit", 0, nullptr, nullptr, nullptr, nullptr, 0);
    PQpipelineSync(g_db);
    take_answers();
  }
  const double all = took();
  std::printf("{\"orders\": %lld, \"seconds\": %.3f, \"per_s\": %.1f}\n", static_cast<long long>(orders), all,
              static_cast<double>(orders) / all);
  PQfinish(g_db);
  return 0;
}
