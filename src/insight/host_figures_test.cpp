// The board divides what happened into two windows that add up; customers are one's own and masked.
#include "insight/host_figures.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "live/live_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::insight {
namespace {

using test::must;
using test::Shop;

constexpr Instant kHour = 1'800'000'000'000 / kHourMs * kHourMs;

TEST(Board, AMinuteThatAWindowCutsIsDividedInProportion) {
  const std::vector<RoomMinute> minutes{{kHour, 60, 0, 0, 0}, {kHour + kMinuteMs, 30, 0, 0, 0}};
  const Instant now = kHour + kMinuteMs + 20'000;  // the second minute is twenty seconds old
  const auto before = [&](DurationMs t) { return counted_before(minutes, &RoomMinute::enters, kHour + t, now); };
  EXPECT_EQ(before(0), 0);
  EXPECT_EQ(before(1'000), 1) << "one of sixty seconds";
  EXPECT_EQ(before(59'999), 59) << "rounded down: the rest belongs to what follows";
  EXPECT_EQ(before(60'000), 60);
  EXPECT_EQ(before(70'000), 75) << "half of the twenty seconds that have passed";
  EXPECT_EQ(before(80'000), 90) << "now: everything";
}

TEST(Board, WindowsThatAdjoinAddUpToWhatWasCounted) {
  rc::check("windows add up", [] {
    const auto counts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 50));
    std::vector<RoomMinute> minutes;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 7) continue;  // no row
      minutes.push_back({kHour + static_cast<Instant>(i) * kMinuteMs, counts[i], 0, 0, 0});
      sum += counts[i];
    }
    const Instant now = kHour + static_cast<Instant>(counts.size()) * kMinuteMs - *rc::gen::inRange(0, 60'000);
    std::vector<Instant> cuts{0, now};
    for (const int cut : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3'000'000)))
      cuts.push_back(std::min(now, kHour + cut));
    std::sort(cuts.begin(), cuts.end());
    std::int64_t added = 0;
    for (std::size_t i = 1; i < cuts.size(); ++i) {
      const std::int64_t part = counted_before(minutes, &RoomMinute::enters, cuts[i], now) -
                                counted_before(minutes, &RoomMinute::enters, cuts[i - 1], now);
      RC_ASSERT(part >= 0);
      added += part;
    }
    RC_ASSERT(added == sum);
  });
}

TEST(Board, ViewersStayUntilARowSaysOtherwise) {
  // minute 0: up to 9, 4 left at its end; minutes 1 to 4 without a row; minute 5: down to 1.
  const std::vector<RoomMinute> minutes{{kHour, 0, 0, 4, 9}, {kHour + 5 * kMinuteMs, 0, 0, 1, 4}};
  const auto most = [&](int from, int to) {
    return most_viewers_in(minutes, 2, kHour + from * kMinuteMs, kHour + to * kMinuteMs);
  };
  EXPECT_EQ(most(-5, 0), 2) << "as it began";
  EXPECT_EQ(most(0, 1), 9);
  EXPECT_EQ(most(1, 5), 4);
  EXPECT_EQ(most(6, 9), 1);
  EXPECT_EQ(most(0, 9), 9);
}

class HostFigures : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    shop_->plan(1000, 500);
    anna_ = shop_->agent("Anna");
    mask_ = shop_->item("mask", 9900, 50);
  }
  Shop& s() { return *shop_; }
  BroadcastId on_air(const org::Agent& agent) {
    return must(db().write([&](db::Tx& tx) -> Result<BroadcastId> {
      live::NewBroadcast wish;
      wish.title = "Evening";
      wish.scheduled_at = s().now();
      wish.products = {mask_.product};
      TRY(const auto made, live::schedule_broadcast(tx, s().system(), agent.store, wish));
      TRY([[maybe_unused]] const auto started, live::start_broadcast(tx, s().system(), made.broadcast.id));
      return made.broadcast.id;
    }));
  }
  void buys(PersonId buyer, BroadcastId in) {
    const Call call = s().as(buyer);
    const auto order = must(db().write([&](db::Tx& tx) {
      order::PlaceWish wish;
      wish.store = anna_.store;
      wish.broadcast = in;
      wish.lines = {{mask_.sku, 1, {}}};
      wish.address_json = R"({"name":"王小明","phone":"13912345678","region":"上海","detail":"某路1号"})";
      return order::place(tx, call, wish);
    }));
    must(s().pay(buyer, order.id));
  }
  Result<json::value> ask(const std::string& id, const Call& call,
                          std::vector<std::pair<std::string, std::string>> params,
                          std::vector<std::pair<std::string, std::string>> query = {}) {
    static const net::Routes routes = host_routes();
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const auto& r) { return r.id == id; });
    net::Request request;
    request.params = std::move(params);
    request.query = std::move(query);
    TRY(const auto reply, db().read([&](db::Tx& tx) { return route->tx_handler(tx, call, request); }));
    TRY(auto value, parse_json(reply.body));
    const Status shaped = check_shape(value, *route->gives);
    EXPECT_TRUE(shaped) << id << ": " << shaped.error().text() << reply.body;
    return value;
  }
  template <class T>
  static std::optional<Code> code_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional(result.error().code);
  }
  Result<json::value> customers(const Call& call, const char* of,
                                std::vector<std::pair<std::string, std::string>> more = {}) {
    more.emplace_back("of", of);
    return ask("listCustomers", call, {{"store_id", anna_.store.text()}}, more);
  }

  std::unique_ptr<Shop> shop_;
  org::Agent anna_;
  Shop::Item mask_;
};

TEST_P(HostFigures, TheBoardSetsTenMinutesAgainstTheTenBefore) {
  const PersonId xiao = s().person("Xiao"), yue = s().person("Yue");
  const BroadcastId room = on_air(anna_), other = on_air(s().agent("Bella"));
  const auto counts = [&](std::int64_t enters, std::int64_t likes, std::int64_t viewers) {
    must(db().write([&](db::Tx& tx) {
      return live::add_counts(
          tx, room, {.likes = likes, .enters = enters, .viewers = viewers, .most_viewers = viewers, .at = s().now()});
    }));
  };
  const auto says = [&](const char* text) {
    must(db().write([&](db::Tx& tx) {
      return live::say(tx, {s().system().make_id<ChatId>(), room, xiao, false, false, text, s().now()});
    }));
  };
  s().go_to(s().now() / kMinuteMs * kMinuteMs + kMinuteMs);
  const Instant begin = s().now();
  counts(100, 0, 50);
  buys(xiao, room);
  says("in time");
  s().go_to(begin + 10 * kMinuteMs);
  counts(7, 70, 40);
  buys(yue, room);
  buys(xiao, {});  // in the store, not in the room
  says("at the border");
  s().go_to(begin + 10 * kMinuteMs + 1);
  says("just after");
  s().go_to(begin + 20 * kMinuteMs);
  buys(xiao, room);
  const Board board = must(db().read([&](db::Tx& tx) { return board_of(tx, room, s().now(), 15 * kMinuteMs); }));
  EXPECT_EQ(board.now.from_at, begin + 10 * kMinuteMs);
  EXPECT_EQ(board.now.to_at, begin + 20 * kMinuteMs);
  EXPECT_EQ(board.before.to_at, board.now.from_at);
  EXPECT_EQ(board.now.orders, 1) << "an order at the window's end belongs to it, one at its beginning does not";
  EXPECT_EQ(board.now.paid_fen, 9900);
  EXPECT_EQ(board.before.orders, 1);
  EXPECT_EQ(board.before.paid_fen, 9900);
  EXPECT_EQ(board.now.chat_lines, 1);
  EXPECT_EQ(board.before.chat_lines, 1);
  EXPECT_EQ(board.before.enters, 100);
  EXPECT_EQ(board.before.most_viewers, 50);
  EXPECT_EQ(board.now.enters, 7);
  EXPECT_EQ(board.now.likes, 70);
  EXPECT_EQ(board.now.most_viewers, 50) << "as many were still there when it began";

  const Call host = s().as(anna_.person);
  EXPECT_TRUE(ask("getBoard", host, {{"broadcast_id", room.text()}}));
  EXPECT_EQ(code_of(ask("getBoard", s().as(xiao), {{"broadcast_id", room.text()}})), Code::forbidden);
  EXPECT_EQ(code_of(ask("getBoard", host, {{"broadcast_id", other.text()}})), Code::forbidden);
  EXPECT_NE(must(db().read([&](db::Tx& tx) { return crew_board(tx, room, s().now(), 0); })), "");
  must(db().write([&](db::Tx& tx) { return live::end_broadcast(tx, s().system(), room); }));
  EXPECT_EQ(must(db().read([&](db::Tx& tx) { return crew_board(tx, room, s().now(), 0); })), "") << "it is over";
}

TEST_P(HostFigures, TheCourseOfABroadcastHasEveryMinute) {
  const PersonId xiao = s().person("Xiao");
  s().go_to(s().now() / kMinuteMs * kMinuteMs + kMinuteMs);
  const BroadcastId room = on_air(anna_);
  const auto counts = [&](std::int64_t enters, std::int64_t viewers, std::int64_t most) {
    must(db().write([&](db::Tx& tx) {
      return live::add_counts(
          tx, room, {.likes = 1, .enters = enters, .viewers = viewers, .most_viewers = most, .at = s().now()});
    }));
  };
  counts(5, 3, 5);
  s().pass(2 * kMinuteMs);
  buys(xiao, room);
  s().pass(kMinuteMs);
  counts(1, 0, 3);
  must(db().write([&](db::Tx& tx) { return live::end_broadcast(tx, s().system(), room); }));
  s().pass(kHourMs);
  const auto got = must(ask("getResults", s().as(anna_.person), {{"broadcast_id", room.text()}}));
  const auto& minutes = get_list(got, "minutes");
  ASSERT_EQ(minutes.size(), 4u) << "from its start to its end";
  const auto at = [&](std::size_t i, const char* name) { return get_int(minutes.at(i), name); };
  EXPECT_EQ(at(0, "viewers"), 5);
  EXPECT_EQ(at(1, "viewers"), 3) << "nothing was written: as before";
  EXPECT_EQ(at(2, "orders"), 1);
  EXPECT_EQ(at(2, "paid_fen"), 9900);
  EXPECT_EQ(at(3, "viewers"), 3);
  EXPECT_EQ(at(3, "enters"), 1);
  EXPECT_EQ(code_of(ask("getResults", s().as(xiao), {{"broadcast_id", room.text()}})), Code::forbidden);
}

TEST_P(HostFigures, CustomersAreTheAgentsOwnAndMasked) {
  const org::Agent bella = s().agent("Bella");
  const PersonId locked = s().person("锁住的人"), both = s().person("两样都是"), hers = s().person("别人的"),
                 guest = s().new_guest();
  s().open(s().as(locked), s().share_of(anna_.person, anna_.store));
  s().open(s().as(both), s().share_of(anna_.person, anna_.store));
  s().open(s().guest(guest), s().share_of(anna_.person, anna_.store));
  s().open(s().as(hers), s().share_of(bella.person, bella.store));
  buys(both, {});
  s().pass(1000);
  buys(hers, {});
  const Call host = s().as(anna_.person);

  const auto mine = must(customers(host, "locked"));
  std::set<std::string> people;
  for (const auto& one : get_list(mine, "items")) {
    people.insert(get_text(one, "person_id"));
    EXPECT_TRUE(has(one, "lock"));
    EXPECT_TRUE(get_bool(get_object(one, "lock"), "protected"));
  }
  EXPECT_EQ(people, (std::set{locked.text(), both.text(), guest.text()}));

  const auto buyers = must(customers(host, "bought"));
  const auto& items = get_list(buyers, "items");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(get_text(items.at(0), "person_id"), hers.text()) << "who bought last comes first";
  EXPECT_FALSE(has(items.at(0), "lock")) << "of another agent's lock not even that there is one";
  EXPECT_TRUE(has(items.at(1), "lock"));
  EXPECT_EQ(get_text(items.at(1), "name"), "两**");
  EXPECT_EQ(get_text(items.at(1), "phone"), "139****5678");
  EXPECT_EQ(get_int(items.at(1), "net_fen"), 9900);
  EXPECT_EQ(get_int(items.at(1), "orders"), 1);

  std::set<std::string> paged;
  std::string after;
  for (int i = 0; i < 3; ++i) {
    std::vector<std::pair<std::string, std::string>> more{{"limit", "1"}};
    if (!after.empty()) more.emplace_back("after", after);
    const auto page = must(customers(host, "locked", more));
    ASSERT_EQ(get_list(page, "items").size(), 1u);
    paged.insert(get_text(get_list(page, "items").at(0), "person_id"));
    after = get_text(page, "next");
  }
  EXPECT_EQ(paged, people) << "each once over the pages";

  EXPECT_EQ(code_of(customers(s().as(bella.person), "locked")), Code::forbidden);
  EXPECT_EQ(code_of(customers(s().as(locked), "bought")), Code::forbidden);
  s().leap(31 * kDayMs);
  EXPECT_EQ(get_list(must(customers(s().as(anna_.person), "locked")), "items").size(), 1u)
      << "locks run out; an order lengthened one";
}

ON_BOTH_ENGINES(HostFigures);

}  // namespace
}  // namespace lianbo::insight
