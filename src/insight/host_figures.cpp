#include "insight/host_figures.hpp"

#include <algorithm>
#include <map>

#include "base/id_time.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_service.hpp"
#include "insight/figures.hpp"
#include "live/live_service.hpp"
#include "order/order_service.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr int kMaxMinutes = 24 * 60;  // of one broadcast, from its start
constexpr DurationMs kTodayBackMs = 2 * kDayMs;
constexpr int kPlanned = 5;
constexpr int kMaxPins = 1000;

const Sql kMinutes{"host.minutes",
                   "select minute, enters, likes, viewers, most_viewers from room_minutes where broadcast_id = $1 and "
                   "minute >= $2 and minute <= $3 order by minute limit 2000"};
const Sql kViewersBefore{"host.viewers_before",
                         "select viewers from room_minutes where broadcast_id = $1 and minute < $2 order by minute "
                         "desc limit 1"};
const Sql kChatWindows{"host.chat_windows",
                       "select cast(coalesce(sum(case when at > $4 then 1 else 0 end), 0) as bigint), count(*) from "
                       "chat_lines where broadcast_id = $1 and id >= $2 and at > $3 and at <= $5"};
const Sql kOrderWindows{
    "host.order_windows",
    "select cast(coalesce(sum(case when paid_at > $5 then 1 else 0 end), 0) as bigint), count(*), "
    "cast(coalesce(sum(case when paid_at > $5 then total_fen else 0 end), 0) as bigint), "
    "cast(coalesce(sum(total_fen), 0) as bigint) from orders where store_id = $1 and id >= $2 and broadcast_id = $3 "
    "and paid_at > $4 and paid_at <= $6"};
const Sql kChatMinutes{"host.chat_minutes",
                       "select at / 60000, count(*) from chat_lines where broadcast_id = $1 and at < $2 group by "
                       "at / 60000 limit 2000"};
const Sql kOrderMinutes{"host.order_minutes",
                        "select paid_at / 60000, count(*), cast(sum(total_fen) as bigint) from orders where "
                        "store_id = $1 and id >= $2 and broadcast_id = $3 and paid_at is not null and paid_at < $4 "
                        "group by paid_at / 60000 limit 2000"};

// By the index of an agent's locks; a lock that has run out is nobody's customer.
const Sql kLocked{"host.locked",
                  "select buyer_id, opened_at, protect_until, expires_at from locks where agent_id = $1 and "
                  "expires_at > $2 and buyer_id > $3 order by buyer_id limit $4"};
const Sql kBought{"host.bought",
                  "select buyer_id, max(id) from orders where store_id = $1 and paid_at is not null group by buyer_id "
                  "having max(id) < $2 order by max(id) desc limit $3"};
const Sql kBuyerSum{
    "host.buyer_sum",
    "select count(*), cast(coalesce(sum(total_fen - refunded_fen), 0) as bigint), coalesce(max(id), 0), "
    "coalesce(max(paid_at), 0) from orders where bucket = $1 and buyer_id = $2 and store_id = $3 and "
    "paid_at is not null"};

const Sql kPinSums{"host.pin_sums",
                   "select coalesce(pin_id, 0), count(*), cast(sum(total_fen) as bigint), cast(sum(refunded_fen) as "
                   "bigint) from orders where store_id = $1 and id >= $2 and broadcast_id = $3 and paid_at is not null "
                   "group by coalesce(pin_id, 0) limit 5000"};
const Sql kSold{"host.sold",
                "select count(*), cast(coalesce(sum(total_fen), 0) as bigint), count(distinct buyer_id) from orders "
                "where store_id = $1 and id >= $2 and paid_at >= $3"};
const Sql kEarned{
    "host.earned",
    "select cast(coalesce(sum(amount_fen), 0) as bigint) from entries where agent_id = $1 and id >= $2 and "
    "at >= $3"};
const Sql kWaiting{"host.to_ship", "select count(*) from orders where store_id = $1 and state = 'paid'"};
const Sql kAfterSales{
    "host.after_sales",
    "select count(*) from after_sales a join orders o on o.bucket = a.bucket and o.id = a.order_id "
    "where a.brand_id = $1 and a.state in ('requested', 'returning', 'returned', 'refunding', 'replacing', "
    "'replaced', 'disputed') and o.store_id = $2"};
const Sql kCustomers{"host.customers",
                     "select count(*), cast(coalesce(sum(case when opened_at >= $3 then 1 else 0 end), 0) as bigint) "
                     "from locks where agent_id = $1 and expires_at > $2"};

std::vector<RoomMinute> minutes_between(db::Tx& tx, BroadcastId broadcast, Instant from, Instant to) {
  return tx.all(kMinutes, {broadcast, from / kMinuteMs, to / kMinuteMs}, [](const Row& row) {
    return RoomMinute{row.integer(0) * kMinuteMs, row.integer(1), row.integer(2), row.integer(3), row.integer(4)};
  });
}

Status require_reader(db::Tx& tx, const Call& call, const live::Broadcast& b) {
  if (call.caller.owns_store(b.store)) return {};
  return org::require_staff_at(tx, call, b.brand, b.store, kAnyStaff);
}

void write_window(JsonWriter& w, const Window& x) {
  w.begin().field_at("from_at", x.from_at).field_at("to_at", x.to_at).field("enters", x.enters);
  w.field("most_viewers", x.most_viewers).field("likes", x.likes).field("chat_lines", x.chat_lines);
  w.field("orders", x.orders).field("paid_fen", x.paid_fen).end();
}
Shape window_shape() {
  using namespace shape;
  return {instant("from_at"), instant("to_at"),    count("enters"), count("most_viewers"),
          count("likes"),     count("chat_lines"), count("orders"), fen("paid_fen")};
}
std::string board_json(const Board& board) {
  JsonWriter w;
  w.begin().key("now");
  write_window(w, board.now);
  w.key("before");
  write_window(w, board.before);
  return w.end().take();
}

// The course of a broadcast, every minute from its start to its end, or to now.
struct CourseMinute {
  Instant at = 0;
  std::int64_t viewers = 0, enters = 0, likes = 0, chat_lines = 0, orders = 0;
  Fen paid_fen = 0;
};
std::vector<CourseMinute> course_of(db::Tx& tx, const live::Broadcast& b, Instant now) {
  std::vector<CourseMinute> out;
  if (b.started_at == 0) return out;
  const Instant end = b.ended_at != 0 ? b.ended_at : now;
  const std::int64_t first = b.started_at / kMinuteMs;
  const std::int64_t last = std::min(end / kMinuteMs, first + kMaxMinutes - 1);
  const Instant until = (last + 1) * kMinuteMs;
  for (std::int64_t m = first; m <= last; ++m) out.push_back({.at = m * kMinuteMs});
  std::int64_t viewers = tx.number(kViewersBefore, {b.id, first});
  const auto rows = minutes_between(tx, b.id, b.started_at, until - 1);
  auto row = rows.begin();
  for (CourseMinute& m : out) {
    m.viewers = viewers;
    if (row == rows.end() || row->at != m.at) continue;
    m.viewers = std::max(viewers, row->most_viewers);
    m.enters = row->enters;
    m.likes = row->likes;
    viewers = row->viewers;
    ++row;
  }
  const auto at = [&](std::int64_t minute) -> CourseMinute* {
    const auto i = minute - first;
    return i < 0 || i >= static_cast<std::int64_t>(out.size()) ? nullptr : &out[static_cast<std::size_t>(i)];
  };
  tx.each(kChatMinutes, {b.id, until}, [&](const Row& r) {
    if (auto* m = at(r.integer(0))) m->chat_lines = r.integer(1);
  });
  tx.each(kOrderMinutes, {b.store, first_id_at(b.started_at), b.id, until}, [&](const Row& r) {
    if (auto* m = at(r.integer(0))) {
      m->orders = r.integer(1);
      m->paid_fen = r.integer(2);
    }
  });
  return out;
}

struct PinSum {
  std::int64_t clicks = 0, orders = 0;
  Fen paid_fen = 0, refunded_fen = 0;
  PinSum& operator+=(const PinSum& o) {
    clicks += o.clicks;
    orders += o.orders;
    paid_fen += o.paid_fen;
    refunded_fen += o.refunded_fen;
    return *this;
  }
};
void write_sum(JsonWriter& w, const PinSum& s) {
  w.field("clicks", s.clicks).field("orders", s.orders).field("paid_fen", s.paid_fen);
  w.field("refunded_fen", s.refunded_fen).field("net_fen", s.paid_fen - s.refunded_fen);
}
Shape sum_shape() {
  using namespace shape;
  return {count("clicks", "people who opened the product's card"), count("orders", "paid"), fen("paid_fen"),
          fen("refunded_fen"), fen("net_fen")};
}

// What was bought while each pin was open (clicks: of the figures, counted a moment later), and what was bought in the
// room besides. Together they are the broadcast's.
void write_pins(JsonWriter& w, db::Tx& tx, const live::Broadcast& b) {
  std::map<std::int64_t, PinSum> sums;
  if (b.started_at != 0)
    tx.each(kPinSums, {b.store, first_id_at(b.started_at), b.id},
            [&](const Row& row) { sums[row.integer(0)] = {0, row.integer(1), row.integer(2), row.integer(3)}; });
  for (const PinRow& row : pins_of(tx, b.brand, b.id, kMaxPins)) sums[row.pin.value].clicks = row.figures.clicks;
  PinSum total;
  for (const auto& [pin, sum] : sums) total += sum;
  w.key("pins").begin_list();
  for (const live::Pin& pin : live::pins_of(tx, b.id, {}, kMaxPins)) {
    const auto product = catalog::find_product(tx, pin.product);
    w.begin().field("id", pin.id).field("product_id", pin.product);
    w.field("title", product ? product->title : std::string()).field_at("opened_at", pin.opened_at);
    w.field_at("closed_at", pin.closed_at).field("media_open_ms", pin.media_open_ms);
    write_sum(w, sums[pin.id.value]);
    w.end();
  }
  w.end_list().key("other").begin();
  write_sum(w, sums[0]);
  w.end().key("total").begin();
  write_sum(w, total);
  w.end();
}

Result<Reply> results(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
  TRY(const auto b, live::find_broadcast(tx, id));
  TRY_OK(require_reader(tx, call, b));
  JsonWriter w;
  w.begin().key("minutes").begin_list();
  for (const CourseMinute& m : course_of(tx, b, call.now)) {
    w.begin().field_at("at", m.at).field("viewers", m.viewers).field("enters", m.enters).field("likes", m.likes);
    w.field("chat_lines", m.chat_lines).field("orders", m.orders).field("paid_fen", m.paid_fen).end();
  }
  w.end_list();
  write_pins(w, tx, b);
  return Reply::json(w.end().take());
}

// One line of a customer: what delivery needs of them, no more.
Status write_customer(JsonWriter& w, db::Tx& tx, const Call& call, const org::Store& store, PersonId person,
                      const std::optional<share::Lock>& lock) {
  std::int64_t orders = 0;
  Fen net_fen = 0;
  OrderId last;
  Instant last_at = 0;
  tx.each(kBuyerSum, {call.bucket(person), person, store.id}, [&](const Row& row) {
    orders = row.integer(0);
    net_fen = row.integer(1);
    last = row.id<OrderId>(2);
    last_at = row.integer(3);
  });
  const std::string name = org::person_name(tx, person);
  std::string phone, region;
  if (last) {
    TRY(const auto o, order::visible_order(tx, call, last));
    const auto address = parse_json(order::address_of(o)).value_or(json::value(json::object()));
    phone = org::mask_phone(get_text(address, "phone"));
    region = get_text(address, "region");
  }
  w.begin().field("person_id", person).field("name", name.empty() ? name : live::mask_name(name));
  w.field("phone", phone).field("region", region).field("orders", orders).field("net_fen", net_fen);
  w.field_at("last_paid_at", last_at).key("lock");
  if (!lock)
    w.null();
  else
    w.begin()
        .field_at("opened_at", lock->opened_at)
        .field_at("protect_until", lock->protect_until)
        .field_at("expires_at", lock->expires_at)
        .field("protected", call.now < lock->protect_until)
        .end();
  w.end();
  return {};
}

Result<Reply> customers(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto page, net::page_of(request));
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(const auto owner, org::store_owner(tx, id));
  if (!call.caller.owns_store(id)) TRY_OK(org::require_staff_at(tx, call, owner.store.brand, id, kAnyStaff));
  const bool locked = request.query_value("of") != "bought";
  std::vector<std::pair<PersonId, std::optional<share::Lock>>> people;
  std::int64_t next = 0;
  if (locked) {
    people = tx.all(kLocked, {owner.agent.id, call.now, page.after, page.limit}, [&](const Row& row) {
      share::Lock lock;
      lock.agent = owner.agent.id;
      lock.opened_at = row.integer(1);
      lock.protect_until = row.integer(2);
      lock.expires_at = row.integer(3);
      return std::pair{row.id<PersonId>(0), std::optional(lock)};
    });
    if (!people.empty()) next = people.back().first.value;
  } else {
    const auto rows = tx.all(kBought, {id, page.after == 0 ? INT64_MAX : page.after, page.limit},
                             [](const Row& row) { return std::pair{row.id<PersonId>(0), row.integer(1)}; });
    for (const auto& [person, order] : rows) {
      auto lock = share::lock_of(tx, call.bucket(person), owner.store.brand, person);
      if (lock && (lock->agent != owner.agent.id || !share::valid_at(*lock, call.now))) lock.reset();
      people.emplace_back(person, lock);
      next = order;
    }
  }
  JsonWriter w;
  w.begin_list();
  for (const auto& [person, lock] : people) TRY_OK(write_customer(w, tx, call, owner.store, person, lock));
  w.end_list();
  return Reply::json(net::page_json(w.text(), static_cast<int>(people.size()) == page.limit ? next : 0));
}

void write_planned(JsonWriter& w, db::Tx& tx, const live::Broadcast& b) {
  w.begin().field("id", b.id).field("title", b.title).field_at("scheduled_at", b.scheduled_at);
  w.field_at("started_at", b.started_at).field("products", live::shelf_of(tx, b.id).size());
  w.field("reservations", live::reservations_of(tx, b.id)).end();
}

Result<Reply> today(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(const auto owner, org::store_owner(tx, id));
  if (!call.caller.owns_store(id)) TRY_OK(require_staff(call, owner.store.brand, kAnyStaff));
  TRY(const Instant since, parse_rfc3339(request.query_value("since"), "query since"));
  if (since > call.now || since < call.now - kTodayBackMs)
    return fail(Code::invalid_field, "must lie within the last two days", "query since");
  JsonWriter w;
  w.begin().field_at("since_at", since);
  // An order that is paid today was placed at most so long before.
  const Instant placed = since - call.settings->order_release_ms - kMinuteMs;
  tx.each(kSold, {id, first_id_at(placed), since}, [&](const Row& row) {
    w.field("orders", row.integer(0)).field("paid_fen", row.integer(1)).field("buyers", row.integer(2));
  });
  w.field("earned_fen", tx.number(kEarned, {owner.agent.id, first_id_at(since), since}));
  w.field("to_ship", tx.number(kWaiting, {id}));
  w.field("after_sales", tx.number(kAfterSales, {owner.store.brand, id}));
  tx.each(kCustomers, {owner.agent.id, call.now, since},
          [&](const Row& row) { w.field("customers", row.integer(0)).field("new_customers", row.integer(1)); });
  w.key("live");
  if (const auto b = live::live_broadcast_of(tx, id))
    write_planned(w, tx, *b);
  else
    w.null();
  w.key("next").begin_list();
  for (const live::Broadcast& b : live::planned_of(tx, id, call.now, kPlanned)) write_planned(w, tx, b);
  return Reply::json(w.end_list().end().take());
}

}  // namespace

std::int64_t counted_before(std::span<const RoomMinute> minutes, std::int64_t RoomMinute::* what, Instant t,
                            Instant now) {
  std::int64_t sum = 0;
  for (const RoomMinute& m : minutes) {
    const Instant end = std::min(m.at + kMinuteMs, std::max(now, m.at + 1));
    if (end <= t)
      sum += m.*what;
    else if (m.at < t)
      sum += m.*what * (t - m.at) / (end - m.at);
  }
  return sum;
}

std::int64_t most_viewers_in(std::span<const RoomMinute> minutes, std::int64_t viewers_before, Instant from,
                             Instant to) {
  std::int64_t most = viewers_before;
  for (const RoomMinute& m : minutes) {
    if (m.at >= to) break;
    if (m.at + kMinuteMs <= from)
      most = m.viewers;
    else
      most = std::max(most, m.most_viewers);
  }
  return most;
}

Result<Board> board_of(db::Tx& tx, BroadcastId id, Instant now, DurationMs release_ms) {
  TRY(const auto b, live::find_broadcast(tx, id));
  Board out;
  const Instant middle = now - kBoardMs, from = middle - kBoardMs;
  out.now.from_at = middle;
  out.now.to_at = now;
  out.before.from_at = from;
  out.before.to_at = middle;

  const auto minutes = minutes_between(tx, id, from, now);
  const auto divide = [&](std::int64_t RoomMinute::* what, std::int64_t Window::* to) {
    const std::int64_t a = counted_before(minutes, what, from, now), m = counted_before(minutes, what, middle, now),
                       z = counted_before(minutes, what, now, now);
    out.before.*to = m - a;
    out.now.*to = z - m;
  };
  divide(&RoomMinute::enters, &Window::enters);
  divide(&RoomMinute::likes, &Window::likes);
  const std::int64_t viewers = tx.number(kViewersBefore, {id, from / kMinuteMs});
  out.before.most_viewers = most_viewers_in(minutes, viewers, from, middle);
  out.now.most_viewers = most_viewers_in(minutes, viewers, middle, now);

  tx.each(kChatWindows, {id, first_id_at(from), from, middle, now}, [&](const Row& row) {
    out.now.chat_lines = row.integer(0);
    out.before.chat_lines = row.integer(1) - row.integer(0);
  });
  tx.each(kOrderWindows, {b.store, first_id_at(from - release_ms - kMinuteMs), id, from, middle, now},
          [&](const Row& row) {
            out.now.orders = row.integer(0);
            out.before.orders = row.integer(1) - row.integer(0);
            out.now.paid_fen = row.integer(2);
            out.before.paid_fen = row.integer(3) - row.integer(2);
          });
  return out;
}

Result<std::string> crew_board(db::Tx& tx, BroadcastId id, Instant now, DurationMs release_ms) {
  TRY(const auto b, live::find_broadcast(tx, id));
  if (b.state != live::BroadcastState::live) return std::string();
  TRY(const Board board, board_of(tx, id, now, release_ms));
  return board_json(board);
}

net::Routes host_routes() {
  using namespace shape;
  net::Routes routes;
  routes.push_back(net::read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/board", "getBoard",
                                   "The last ten minutes of a room against the ten before; for its crew", Access::login,
                                   [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                     TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                     TRY(const auto b, live::find_broadcast(tx, id));
                                     TRY_OK(live::require_crew(tx, call.caller, b));
                                     TRY(const Board board,
                                         board_of(tx, id, call.now, call.settings->order_release_ms));
                                     return Reply::json(board_json(board));
                                   })
                       .giving({object("now", window_shape()), object("before", window_shape())})
                       .may_fail({Code::not_found, Code::forbidden}));
  Shape pin_shape{id("id"),
                  id("product_id"),
                  text("title", 0, 300),
                  instant("opened_at"),
                  nullable(instant("closed_at")),
                  count("media_open_ms")};
  for (auto& field : sum_shape()) pin_shape.push_back(std::move(field));
  routes.push_back(net::read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/results", "getResults",
                                   "What a broadcast came to, minute by minute; for its host and staff", Access::login,
                                   results)
                       .giving({list("minutes",
                                     {instant("at"), count("viewers", "the most at the same time"), count("enters"),
                                      count("likes"), count("chat_lines"), count("orders"), fen("paid_fen")},
                                     0, kMaxMinutes),
                                list("pins", pin_shape, 0, kMaxPins, "in order"),
                                object("other", sum_shape(), "bought in the room while its product was not explained"),
                                object("total", sum_shape())})
                       .may_fail({Code::not_found, Code::forbidden}));
  routes.push_back(
      net::read_route(Method::get, "/api/v1/stores/{store_id}/customers", "listCustomers",
                      "Who is under the agent's lock now, or who bought in the store; names and phones masked",
                      Access::login, customers)
          .asking({opt(choice("of", {"locked", "bought"}, "default locked")), opt(integer("limit", 1, 200)),
                   opt(id("after", "`next` of the page before"))})
          .giving({list("items",
                        {id("person_id"), text("name", 0, 200, "masked; empty: a guest"),
                         text("phone", 0, 40, "masked, of the last order here; empty: none"), text("region", 0, 120),
                         count("orders", "paid, in this store"), fen("net_fen", "paid less refunded, in this store"),
                         nullable(instant("last_paid_at")),
                         nullable(object("lock",
                                         {instant("opened_at"), instant("protect_until"), instant("expires_at"),
                                          boolean("protected", "no other agent takes it over now")},
                                         "null: under no lock of this agent"))},
                        0, 200),
                   nullable(id("next"))})
          .may_fail({Code::not_found, Code::forbidden}));
  const Shape planned{
      id("id"),          text("title", 1, 100), instant("scheduled_at"), nullable(instant("started_at")),
      count("products"), count("reservations")};
  routes.push_back(
      net::read_route(Method::get, "/api/v1/stores/{store_id}/today", "getToday",
                      "A store's day so far, what is planned and what waits", Access::login, today)
          .asking({instant("since", "when the day began")})
          .giving({instant("since_at"), count("orders", "paid since then"), fen("paid_fen"), count("buyers"),
                   fen("earned_fen", "commission granted since then, less what refunds took back"),
                   count("to_ship", "orders that wait to be sent"), count("after_sales", "that are open"),
                   count("customers", "under the agent's lock now"), count("new_customers", "of them, since then"),
                   nullable(object("live", planned, "on air now")),
                   list("next", planned, 0, kPlanned, "the next first")})
          .may_fail({Code::not_found, Code::forbidden}));
  return routes;
}

}  // namespace lianbo::insight
