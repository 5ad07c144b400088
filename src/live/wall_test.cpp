#include "live/wall.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/shape.hpp"
#include "live/live_events.hpp"

namespace lianbo::live {
namespace {

constexpr Instant kNoon = 1'800'000'000'000;

std::string_view payload_of(const net::Frame& frame) {
  const std::string& b = frame.bytes;
  const auto size = static_cast<unsigned char>(b[1]);
  return std::string_view(b).substr(size < 126 ? 2 : size == 126 ? 4 : 10);
}

class DeskConnection final : public net::WsConnection {
 public:
  bool send(const net::FramePtr& frame) override {
    frames.push_back(frame);
    return true;
  }
  void close(int code, std::string_view) override { closed_with = code; }
  std::size_t queued_bytes() const override { return 0; }

  std::vector<net::FramePtr> frames;
  int closed_with = 0;
};
using DeskPtr = std::shared_ptr<DeskConnection>;

class Brand final : public WallBackend {
 public:
  Result<WallLoad> load(BrandId, Instant since) override {
    ++loads;
    if (fails) return fail(Code::database_unavailable, "the disk is gone");
    WallLoad out;
    for (const auto& [id, room] : on_air) out.rooms.push_back(room);
    for (const auto& order : paid)
      if (order.at > since) out.orders.push_back(order);
    return out;
  }
  Result<std::vector<WallRoom>> rooms(BrandId, const std::vector<BroadcastId>& ids) override {
    std::vector<WallRoom> out;
    for (const BroadcastId id : ids)
      if (const auto it = on_air.find(id.value); it != on_air.end()) out.push_back(it->second);
    return out;
  }
  void start(std::int64_t id, std::string host = "Host", std::string region = "East") {
    WallRoom room;
    room.id = BroadcastId{id};
    room.store = StoreId{id + 1};
    room.agent = AgentId{id + 2};
    room.host = std::move(host);
    room.region = std::move(region);
    room.started_at = kNoon;
    on_air[id] = std::move(room);
  }

  std::map<std::int64_t, WallRoom> on_air;
  std::vector<WallOrder> paid;
  int loads = 0;
  bool fails = false;
};

// What a desk knows after folding every message, as the page does.
struct Desk {
  std::map<std::string, std::vector<json::value>> rows;
  std::int64_t rooms = 0, viewers = 0, orders = 0, paid_fen = 0;
  bool done = false;
  std::map<std::string, std::int64_t> news;
  std::vector<std::string> news_orders;
  int diffs = 0, largest = 0;

  void totals(const json::value& m) {
    const auto& t = get_object(m, "totals");
    rooms = get_int(t, "rooms");
    viewers = get_int(t, "viewers");
    orders = get_int(t, "orders");
    paid_fen = get_int(t, "paid_fen");
  }
  void put(const json::array& list) {
    for (const auto& row : list) {
      const auto& cells = row.as_array();
      rows[std::string(cells.at(0).get_string())] = std::vector<json::value>(cells.begin(), cells.end());
    }
  }
  void take(const DeskPtr& connection) {
    for (const auto& frame : connection->frames) {
      const auto message = parse_json(payload_of(*frame));
      ASSERT_TRUE(message) << payload_of(*frame);
      const std::string t = get_text(*message, "t");
      if (t == "wall") totals(*message);
      if (t == "rooms") {
        put(get_list(*message, "rows"));
        done = get_bool(*message, "done");
      }
      if (t == "diff") {
        ++diffs;
        totals(*message);
        if (!has(*message, "rows")) continue;
        put(get_list(*message, "rows"));
        largest = std::max(largest,
                           static_cast<int>(get_list(*message, "rows").size() + get_list(*message, "numbers").size()));
        for (const auto& row : get_list(*message, "numbers")) {
          const auto& cells = row.as_array();
          const auto it = rows.find(std::string(cells.at(0).get_string()));
          if (it == rows.end()) continue;
          for (std::size_t i = 1; i < cells.size(); ++i) it->second.at(8 + i) = cells[i];
        }
        for (const auto& id : get_list(*message, "gone")) rows.erase(std::string(id.get_string()));
      }
      if (t == "news") {
        for (const auto& [topic, n] : get_object(*message, "topics").as_object()) news[topic] += n.as_int64();
        for (const auto& id : get_list(*message, "orders")) news_orders.emplace_back(id.get_string());
      }
    }
    connection->frames.clear();
  }
  std::int64_t cell(std::int64_t id, std::size_t column) {
    const auto it = rows.find(id_text(id));
    return it == rows.end() ? -1 : it->second.at(column).to_number<std::int64_t>();
  }
};

class WallTest : public ::testing::Test {
 protected:
  WallTest() {
    context_->backend = brand_;
    context_->post = [this](std::int64_t, std::function<void()> fn) { posted_.push_back(std::move(fn)); };
    context_->work = [this](std::function<void()> fn) {
      if (busy_) return false;
      work_.push_back(std::move(fn));
      return true;
    };
    context_->emptied = [this](BrandId) { ++emptied_; };
    wall_ = std::make_shared<Wall>(context_, BrandId{7});
  }
  void settle() {
    while (!posted_.empty() || !work_.empty()) {
      auto& queue = posted_.empty() ? work_ : posted_;
      auto fn = std::move(queue.front());
      queue.pop_front();
      fn();
    }
  }
  DeskPtr join(bool rooms = true) {
    auto desk = std::make_shared<DeskConnection>();
    wall_->join(desk, rooms, now_);
    settle();
    return desk;
  }
  void ask_all(const DeskPtr& connection, Desk& desk) {
    for (int i = 0; i < 200 && !desk.done; ++i) {
      wall_->text(connection, R"({"t":"more"})");
      desk.take(connection);
    }
  }
  void tick(DurationMs later = 1000, const ViewerCounts& viewers = {}) {
    now_ += later;
    wall_->tick(now_, viewers);
    settle();
  }
  db::Event event(const char* topic, std::int64_t key, std::string payload = "{}") {
    db::Event e;
    e.topic = topic;
    e.key = key;
    e.payload = std::move(payload);
    e.at = now_;
    e.brand = BrandId{7};
    return e;
  }
  db::Event paid(std::int64_t order, std::int64_t room, Fen amount) {
    JsonWriter w;
    w.begin().field("order_id", OrderId{order}).field("broadcast_id", BroadcastId{room});
    w.field("total_fen", amount).end();
    return event("order.paid", room, w.take());
  }

  std::shared_ptr<Brand> brand_ = std::make_shared<Brand>();
  std::shared_ptr<WallContext> context_ = std::make_shared<WallContext>();
  std::deque<std::function<void()>> posted_, work_;
  std::shared_ptr<Wall> wall_;
  Instant now_ = kNoon;
  int emptied_ = 0;
  bool busy_ = false;
};

constexpr std::size_t kViewers = 9, kOrders = 10, kPaid = 11, kHeat = 12;

TEST_F(WallTest, TenThousandRoomsComeInPartsAndDiffsAreBounded) {
  for (int i = 0; i < 10'000; ++i) brand_->start(1'000'000 + i * 10);
  const auto connection = join();
  Desk desk;
  desk.take(connection);
  EXPECT_EQ(desk.rooms, 10'000);
  EXPECT_TRUE(desk.rows.empty()) << "rooms come when they are asked for";
  ask_all(connection, desk);
  EXPECT_TRUE(desk.done);
  EXPECT_EQ(desk.rows.size(), 10'000u);
  for (const auto& frame : connection->frames) EXPECT_LT(frame->bytes.size(), 200'000u);

  ViewerCounts viewers;
  for (int i = 0; i < 10'000; ++i) viewers[1'000'000 + i * 10] = i % 50 + 1;
  for (int i = 0; i < 12; ++i) {
    tick(1000, viewers);
    desk.take(connection);
  }
  EXPECT_EQ(desk.largest, static_cast<int>(kDiffRooms));
  for (int i = 0; i < 10'000; i += 97) EXPECT_EQ(desk.cell(1'000'000 + i * 10, kViewers), i % 50 + 1);
  const int before = desk.diffs;
  tick(1000, viewers);
  desk.take(connection);
  EXPECT_EQ(desk.diffs, before) << "nothing changed, nothing is told";
}

TEST_F(WallTest, RoomsComeAndGoWithTheirEventsWhateverTheirOrder) {
  brand_->start(100);
  const auto connection = join();
  Desk desk;
  ask_all(connection, desk);
  EXPECT_EQ(desk.rows.size(), 1u);
  brand_->start(200);
  wall_->on_event(event(kBroadcastStarted, 200));
  wall_->on_event(event(kBroadcastStarted, 200));
  tick();
  desk.take(connection);
  EXPECT_EQ(desk.rows.size(), 2u);
  brand_->on_air.erase(100);
  wall_->on_event(event(kBroadcastEnded, 100));
  wall_->on_event(event(kBroadcastStarted, 100));
  tick();
  desk.take(connection);
  EXPECT_FALSE(desk.rows.contains(id_text(100))) << "SPEC 9: nothing ended is ever shown as live";
  EXPECT_EQ(desk.rooms, 1);
}

TEST_F(WallTest, AnOrderCountsOnceForTenMinutesWhereverItCameFrom) {
  brand_->start(100);
  brand_->paid = {{OrderId{900}, BroadcastId{100}, 5000, kNoon - 9 * kMinuteMs},
                  {OrderId{901}, BroadcastId{}, 700, kNoon - kMinuteMs}};
  wall_->on_event(paid(900, 100, 5000));
  const auto connection = join();
  wall_->on_event(paid(901, 0, 700));
  wall_->on_event(paid(902, 100, 1200));
  wall_->on_event(paid(902, 100, 1200));
  Desk desk;
  ask_all(connection, desk);
  tick(1000, {{100, 4}});
  desk.take(connection);
  EXPECT_EQ(desk.orders, 3);
  EXPECT_EQ(desk.paid_fen, 6900);
  EXPECT_EQ(desk.cell(100, kOrders), 2);
  EXPECT_EQ(desk.cell(100, kPaid), 6200);
  EXPECT_EQ(desk.cell(100, kHeat), 4 + 2 * kHeatPerOrder);
  tick(11 * kMinuteMs, {{100, 4}});
  desk.take(connection);
  EXPECT_EQ(desk.orders, 0);
  EXPECT_EQ(desk.cell(100, kOrders), 0);
  EXPECT_EQ(desk.cell(100, kHeat), 4);
}

TEST_F(WallTest, ADeskWithoutRoomsGetsTotalsAndNewsOnly) {
  brand_->start(100);
  const auto connection = join(false);
  wall_->text(connection, R"({"t":"more"})");
  wall_->on_event(paid(5, 100, 10));
  wall_->on_event(event("stock.changed", 3));
  wall_->on_event(event("stock.changed", 4));
  tick();
  Desk desk;
  desk.take(connection);
  EXPECT_TRUE(desk.rows.empty());
  EXPECT_EQ(desk.orders, 1);
  EXPECT_EQ(desk.news["stock.changed"], 2);
  EXPECT_EQ(desk.news["order.paid"], 1);
  EXPECT_EQ(desk.news_orders, std::vector<std::string>{id_text(5)});
}

TEST_F(WallTest, ManyDesksShareOneEncodedDiff) {
  brand_->start(100);
  const auto one = join(), two = join();
  one->frames.clear();
  two->frames.clear();
  tick(1000, {{100, 3}});
  ASSERT_EQ(one->frames.size(), 1u);
  EXPECT_EQ(one->frames, two->frames) << "one message is encoded once and shared";
}

TEST_F(WallTest, ABusyServerOrAFailedReadIsTriedAgain) {
  brand_->start(100);
  busy_ = true;
  const auto connection = join();
  EXPECT_EQ(brand_->loads, 0);
  busy_ = false;
  brand_->fails = true;
  tick();
  EXPECT_EQ(brand_->loads, 1);
  EXPECT_TRUE(connection->frames.empty());
  brand_->fails = false;
  tick();
  Desk desk;
  ask_all(connection, desk);
  EXPECT_EQ(desk.rows.size(), 1u);
}

TEST_F(WallTest, TheLastDeskClosesItAndWhoTalksNonsenseIsSentAway) {
  const auto one = join(), two = join();
  for (int i = 0; i < 60; ++i) wall_->text(one, "nonsense");
  EXPECT_EQ(one->closed_with, 1008);
  wall_->leave(one);
  EXPECT_EQ(emptied_, 0);
  wall_->leave(two);
  EXPECT_EQ(emptied_, 1);
  EXPECT_EQ(wall_->desks(), 0u);
}

}  // namespace
}  // namespace lianbo::live
