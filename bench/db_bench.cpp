// How many write bodies a second an engine commits when a number of them is always waiting.
//
//   db_bench [URL] [SECONDS]        URL: sqlite:FILE (default: a new file in the working folder) or postgresql://…
//
// A body is a small order's worth: five rows into tables that grow by key, one counter updated, one event.
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <thread>

#include "base/crypto.hpp"
#include "db/db.hpp"

namespace {

using namespace lianbo;
using Clock = std::chrono::steady_clock;

const db::Sql kAddAudit{"bench.add_audit",
                        "insert into audit (id, brand_id, actor_id, action, subject_kind, subject_id, detail, at) "
                        "values ($1, 1, 2, 'bench.write', 'bench', 3, $2, 4)"};
const db::Sql kCount{"bench.count",
                     "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, 'bench', 1, 0) "
                     "on conflict (node) do update set horizon_at = nodes.horizon_at + 1"};
const db::Sql kNewest{"bench.newest", "select coalesce(max(id), 0) from audit"};

std::atomic<std::int64_t> next_id{1};

Status body(db::Tx& tx) {
  const std::int64_t first = next_id.fetch_add(8);
  for (int i = 0; i < 5; ++i) tx.exec(kAddAudit, {first + i, R"({"line":1,"sku":"T-01","qty":2,"price_fen":19900})"});
  tx.exec(kCount, {first / 8 % 64});
  tx.emit({EventId{first}, 1, BrandId{1}, "order.placed", first, R"({"order":"0123456789abc"})", 0, true});
  return {};
}

// Keeps `crowd` bodies in the queue for a while.
void measure(db::Database& db, int crowd, double seconds) {
  const auto before = db.stats();
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::atomic<int> running{crowd};
  std::atomic<std::int64_t> answered{0}, failed{0};
  std::promise<void> finished;
  std::function<void(Status)> done = [&](Status status) {
    ++(status ? answered : failed);
    if (Clock::now() < end)
      db.submit(body, done);
    else if (--running == 0)
      finished.set_value();
  };
  for (int i = 0; i < crowd; ++i) db.submit(body, done);
  finished.get_future().wait();
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  const auto after = db.stats();
  const auto commits = std::max<std::int64_t>(1, after.commits - before.commits);
  fmt::print("{:5} waiting: {:8.0f} bodies/s, {:6.1f} in a commit, {:6.1f} us a body{}\n", crowd,
             static_cast<double>(answered) / took, static_cast<double>(answered) / static_cast<double>(commits),
             took * 1e6 / static_cast<double>(answered), failed ? fmt::format(", {} failed", failed.load()) : "");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  crypto_init();
  std::string url = argc > 1 ? argv[1] : "";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2;
  const std::string file = url.empty() ? "db_bench.db" : "";
  if (url.empty()) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix);
    url = "sqlite:" + file;
  }
  auto db = db::open_database({.url = url, .writers = 16});
  if (db) {
    if (auto done = db::migrate(**db, 0); !done) db = fail(done.error());
  }
  if (!db) {
    fmt::print(stderr, "{}\n", db.error().text());
    return 1;
  }
  next_id = *(*db)->read([](db::Tx& tx) -> Result<std::int64_t> { return tx.number(kNewest); }) + 8;
  for (const int crowd : {1, 4, 16, 64, 256, 1024}) measure(**db, crowd, seconds);
  db->reset();
  for (const char* suffix : {"", "-wal", "-shm"})
    if (!file.empty()) std::filesystem::remove(file + suffix);
}
