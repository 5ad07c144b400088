#include "insight/wall_rows.hpp"

#include "base/id_time.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;
using live::WallLoad;
using live::WallOrder;
using live::WallRoom;

constexpr int kPage = 2000;
constexpr int kOrders = 200'000;

#define ROOM_COLUMNS                                                                                              \
  "select b.id, b.store_id, a.id, b.title, a.name, a.region, a.level, b.started_at, coalesce(pr.title, '') from " \
  "broadcasts b join stores s on s.id = b.store_id join agents a on a.id = s.agent_id left join pins p on "       \
  "p.broadcast_id = b.id and p.closed_at is null left join products pr on pr.id = p.product_id where "
const Sql kOnAir{"wall.on_air", ROOM_COLUMNS
                 "b.brand_id = $1 and b.state = 'live' and b.audience = 'public' and b.id > $2 order by b.id limit $3"};
const Sql kRoom{"wall.room",
                ROOM_COLUMNS "b.id = $2 and b.brand_id = $1 and b.state = 'live' and b.audience = 'public'"};
// By each bucket's key, which grows with time: no index of its own.
const Sql kPaidSince{
    "wall.paid_since",
    "with recursive n (bucket) as (select 0 union all select bucket + 1 from n where bucket + 1 < cast($1 as bigint)) "
    "select o.id, o.broadcast_id, o.total_fen, o.paid_at from n join orders o on o.bucket = n.bucket "
    "and o.id >= $2 where o.brand_id = $3 and o.paid_at > $4 order by o.paid_at, o.id limit $5"};

WallRoom room_of(const Row& r) {
  return {r.id<BroadcastId>(0), r.id<StoreId>(1), r.id<AgentId>(2), r.str(3), r.str(4), r.str(5), r.str(6),
          r.integer(7),         r.str(8)};
}

class DbWallBackend final : public live::WallBackend {
 public:
  DbWallBackend(db::Database& database, int buckets, DurationMs release_ms)
      : db_(database), buckets_(buckets), release_ms_(release_ms) {}

  Result<WallLoad> load(BrandId brand, Instant since) override {
    return db_.read([&](db::Tx& tx) -> Result<WallLoad> {
      WallLoad out;
      for (BroadcastId after; out.rooms.size() < live::kWallRooms;) {
        const auto page = tx.all(kOnAir, {brand, after.value, kPage}, room_of);
        out.rooms.insert(out.rooms.end(), page.begin(), page.end());
        if (page.size() < static_cast<std::size_t>(kPage)) break;
        after = page.back().id;
      }
      out.orders = tx.all(
          kPaidSince, {buckets_, first_id_at(since - release_ms_), brand, since, kOrders},
          [](const Row& r) { return WallOrder{r.id<OrderId>(0), r.id<BroadcastId>(1), r.integer(2), r.integer(3)}; });
      return out;
    });
  }

  Result<std::vector<WallRoom>> rooms(BrandId brand, const std::vector<BroadcastId>& ids) override {
    return db_.read([&](db::Tx& tx) -> Result<std::vector<WallRoom>> {
      std::vector<WallRoom> out;
      for (const BroadcastId id : ids)
        if (auto room = tx.one(kRoom, {brand, id}, room_of)) out.push_back(*std::move(room));
      return out;
    });
  }

 private:
  db::Database& db_;
  const int buckets_;
  const DurationMs release_ms_;
};

}  // namespace

std::shared_ptr<live::WallBackend> make_wall_backend(db::Database& db, int buckets, DurationMs release_ms) {
  return std::make_shared<DbWallBackend>(db, buckets, release_ms);
}

}  // namespace lianbo::insight
