#include "insight/leaderboard.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <set>

#include "base/id_time.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "insight/days.hpp"
#include "live/live_service.hpp"
#include "org/devices.hpp"
#include "org/org_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;

constexpr int kOrders = 200'000, kBroadcasts = 50'000;
constexpr std::size_t kPeople = 500;
constexpr int kDaysBack = 90;
constexpr std::size_t kBoards = 64, kBoardRegions = 100;

// By each bucket's key, which grows with time; $2: the first id an order paid on this day may have. The last column: no
// order of the buyer's was paid at the brand before.
const Sql kBoardOrders{
    "leaderboard.orders",
    "with recursive n (bucket) as (select 0 union all select bucket + 1 from n where bucket + 1 < cast($1 as bigint)) "
    "select o.store_id, o.buyer_id, o.total_fen - o.refunded_fen, case when exists (select 1 from orders p where "
    "p.bucket = o.bucket and p.buyer_id = o.buyer_id and p.brand_id = o.brand_id and p.paid_at is not null and "
    "(p.paid_at < o.paid_at or (p.paid_at = o.paid_at and p.id < o.id))) then 0 else 1 end from n join orders o on "
    "o.bucket = n.bucket and o.id >= $2 where o.brand_id = $3 and o.paid_at >= $4 and o.paid_at < $5 and "
    "o.buyer_agent_id is null order by o.paid_at, o.id limit $6"};
const Sql kBoardPromises{
    "leaderboard.promises",
    "select store_id, state, scheduled_at, started_at, ended_at from broadcasts where brand_id = $1 and state in "
    "('scheduled', 'live', 'ended', 'cancelled') and scheduled_at >= $2 and scheduled_at < $3 and audience = 'public' "
    "order by scheduled_at, id limit $4"};

struct BoardOrder {
  StoreId store;
  PersonId buyer;
  Fen net_fen = 0;
  bool first = false;
};

std::map<StoreId, org::StoreOwner> owners_of(db::Tx& tx, const std::set<StoreId>& stores) {
  const std::vector<StoreId> all(stores.begin(), stores.end());
  std::map<StoreId, org::StoreOwner> out;
  for (std::size_t i = 0; i < all.size(); i += kPeople)
    out.merge(org::store_owners(tx, std::span(all).subspan(i, std::min(kPeople, all.size() - i))));
  return out;
}
std::map<PersonId, std::set<org::DeviceId>> devices_of(db::Tx& tx, const std::set<PersonId>& people) {
  const std::vector<PersonId> all(people.begin(), people.end());
  std::map<PersonId, std::set<org::DeviceId>> out;
  for (std::size_t i = 0; i < all.size(); i += kPeople)
    out.merge(org::devices_of(tx, std::span(all).subspan(i, std::min(kPeople, all.size() - i))));
  return out;
}

std::int64_t measure(const BoardRow& row, BoardBy by) {
  return by == BoardBy::paid ? row.paid_fen : by == BoardBy::new_buyers ? row.new_buyers : row.kept;
}

// Boards are asked for by everybody and read many orders: one reading serves all for a while.
class Kept {
 public:
  using Board = std::shared_ptr<const std::vector<BoardRow>>;
  Board of(db::Tx& tx, const Call& call, BrandId brand, std::string_view zone, Instant day) {
    const std::lock_guard lock(mutex_);
    auto& [board, at] = boards_[{brand, day}];
    if (!board || call.now < at || call.now - at >= kBoardKeptMs) {
      board = std::make_shared<const std::vector<BoardRow>>(board_of(tx, call, brand, zone, day));
      at = call.now;
    }
    const Board out = board;
    if (boards_.size() > kBoards)
      boards_.erase(std::min_element(boards_.begin(), boards_.end(),
                                     [](const auto& a, const auto& b) { return a.second.second < b.second.second; }));
    return out;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<BrandId, Instant>, std::pair<Board, Instant>> boards_;
};

}  // namespace

Fen first_digit(Fen amount) {
  if (amount <= 0) return 0;
  Fen unit = 1;
  while (amount / unit >= 10) unit *= 10;
  return amount / unit * unit;
}

std::vector<BoardRow> board_of(db::Tx& tx, const Call& call, BrandId brand, std::string_view zone, Instant day) {
  const Instant until = day_shifted(zone, day, 1);
  const auto orders =
      tx.all(kBoardOrders,
             {call.buckets, first_id_at(day - call.settings->order_release_ms - kDayMs), brand, day, until, kOrders},
             [](const Row& r) { return BoardOrder{r.id<StoreId>(0), r.id<PersonId>(1), r.integer(2), r.flag(3)}; });
  std::set<StoreId> stores;
  std::set<PersonId> people;
  for (const auto& o : orders) {
    stores.insert(o.store);
    people.insert(o.buyer);
  }
  std::map<StoreId, BoardRow> rows;
  tx.each(kBoardPromises, {brand, day, until, kBroadcasts}, [&](const Row& r) {
    live::Broadcast b;
    b.state = live::parse_state(r.text(1)).value_or(live::BroadcastState::cancelled);
    b.scheduled_at = r.integer(2);
    b.started_at = r.integer(3);
    b.ended_at = r.integer(4);
    if (!live::promise_due(b, call.now)) return;
    BoardRow& row = rows[r.id<StoreId>(0)];
    ++row.due;
    if (live::promise_kept(b)) ++row.kept;
    stores.insert(r.id<StoreId>(0));
  });
  const auto owners = owners_of(tx, stores);
  for (const auto& [store, owner] : owners) people.insert(owner.agent.person);
  const auto devices = devices_of(tx, people);
  // Who bought where from which browser; a host counts as one who did.
  std::map<std::pair<StoreId, org::DeviceId>, std::set<PersonId>> users;
  const auto uses = [&](StoreId store, PersonId person) {
    if (const auto it = devices.find(person); it != devices.end())
      for (const org::DeviceId device : it->second) users[{store, device}].insert(person);
  };
  for (const auto& o : orders) uses(o.store, o.buyer);
  for (const auto& [store, owner] : owners) uses(store, owner.agent.person);
  const auto shares_a_browser = [&](StoreId store, PersonId person) {
    const auto it = devices.find(person);
    return it != devices.end() && std::any_of(it->second.begin(), it->second.end(),
                                              [&](org::DeviceId device) { return users[{store, device}].size() > 1; });
  };
  for (const auto& o : orders) {
    if (o.net_fen <= 0 || shares_a_browser(o.store, o.buyer)) continue;
    BoardRow& row = rows[o.store];
    row.paid_fen += o.net_fen;
    if (o.first) ++row.new_buyers;
  }
  std::vector<BoardRow> out;
  for (auto& [store, row] : rows) {
    const auto owner = owners.find(store);
    if (owner == owners.end()) continue;
    row.store = store;
    row.host = owner->second.agent.name;
    row.store_name = owner->second.store.name;
    row.region = owner->second.agent.region;
    row.active = owner->second.agent.active();
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<BoardRow> leaders_of(const std::vector<BoardRow>& board, BoardBy by, std::string_view region) {
  std::vector<BoardRow> out;
  for (const BoardRow& row : board)
    if (row.active && measure(row, by) > 0 && (region.empty() || region_covers(region, row.region))) out.push_back(row);
  // Of equals who broke fewer promises, then the older store.
  const auto before = [&](const BoardRow& a, const BoardRow& b) {
    if (measure(a, by) != measure(b, by)) return measure(a, by) > measure(b, by);
    if (a.due - a.kept != b.due - b.kept) return a.due - a.kept < b.due - b.kept;
    return a.store < b.store;
  };
  std::sort(out.begin(), out.end(), before);
  if (out.size() > static_cast<std::size_t>(kLeaders)) out.resize(kLeaders);
  return out;
}

net::Route leaderboard_route() {
  using namespace shape;
  const auto kept = std::make_shared<Kept>();
  const auto run = [kept](db::Tx& tx, const Call& call, const net::Request& request) -> Result<net::Reply> {
    TRY(const auto id, request.id_param<BrandId>("brand_id"));
    TRY(const auto brand, org::find_brand(tx, id));
    const std::string_view wish = request.query_value("by"), region = request.query_value("region");
    BoardBy by = BoardBy::paid;
    if (wish == "new_buyers")
      by = BoardBy::new_buyers;
    else if (wish == "promises")
      by = BoardBy::promises;
    else if (!wish.empty() && wish != "paid")
      return fail(Code::invalid_field, "paid, new_buyers or promises", "by");
    const Instant today = day_start(brand.time_zone, call.now);
    Instant day = today;
    if (!request.query_value("day").empty()) {
      TRY(const Instant asked, parse_day(brand.time_zone, request.query_value("day"), "day"));
      day = asked;
      if (day > today || day < day_shifted(brand.time_zone, today, -kDaysBack))
        return fail(Code::invalid_field, "today, or one of the " + std::to_string(kDaysBack) + " days before", "day");
    }
    const auto board = kept->of(tx, call, id, brand.time_zone, day);
    JsonWriter w;
    w.begin().field("day", day_text(brand.time_zone, day)).key("items").begin_list();
    for (const BoardRow& row : leaders_of(*board, by, region)) {
      const auto live = live::live_broadcast_of(tx, row.store);
      w.begin().field("store_id", row.store).field("store_name", row.store_name).field("host_name", row.host);
      w.field("broadcast_id", live && !live->rehearsal() ? live->id : BroadcastId{});
      w.field("at_least_fen", by == BoardBy::paid ? first_digit(row.paid_fen) : 0);
      w.field("new_buyers_at_least", by == BoardBy::new_buyers ? first_digit(row.new_buyers) : 0);
      w.field("kept", by == BoardBy::promises ? row.kept : 0).field("due", by == BoardBy::promises ? row.due : 0);
      w.end();
    }
    w.end_list();
    std::set<std::string_view> regions;
    for (const BoardRow& row : *board)
      if (!row.region.empty() && regions.size() < kBoardRegions) regions.insert(row.region);
    w.key("regions").begin_list();
    for (const auto name : regions) w.value(name);
    return net::Reply::json(w.end_list().end().take());
  };
  return net::read_route(net::Method::get, "/api/v1/brands/{brand_id}/leaderboard", "getLeaderboard",
                         "Hosts of a day: by what was paid in their stores, by new buyers, or by kept promises",
                         net::Access::guest, run)
      .asking({opt(text("by", 1, 20, "paid (default), new_buyers, promises")),
               opt(text("region", 1, 200, "and what lies below it")),
               opt(text("day", 10, 10, "of the brand's zone, 2026-11-11; default today"))})
      .giving({text("day", 10, 10, "of the brand's zone"),
               list("items",
                    {id("store_id"), text("store_name", 0, 200), text("host_name", 0, 200),
                     nullable(id("broadcast_id", "on air right now")),
                     integer("at_least_fen", 0, 9'007'199'254'740'991,
                             "by=paid: the amount's first digit, then noughts; else 0"),
                     count("new_buyers_at_least", "by=new_buyers: the number's first digit, then noughts; else 0"),
                     count("kept", "by=promises; else 0"), count("due", "by=promises; else 0")},
                    0, kLeaders, "the most first"),
               list_of("regions", text("", 1, 200), 0, kBoardRegions, "of hosts of that day, to be asked for")})
      .may_fail({Code::not_found, Code::invalid_field});
}

}  // namespace lianbo::insight
