// Desks: who looks after a store is told what kind of thing changed there, and nobody else is.
#include "live/desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/json.hpp"
#include "base/shape.hpp"

namespace lianbo::live {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const StoreId kStore{71}, kOther{72};

class FakeConnection final : public net::WsConnection {
 public:
  bool send(const net::FramePtr& frame) override {
    texts.push_back(frame->bytes.substr(frame->bytes.find('{')));
    return true;
  }
  void close(int code, std::string_view) override { closed_with = code; }
  std::size_t queued_bytes() const override { return 0; }
  std::vector<std::string> of(const char* member) const {
    std::vector<std::string> out;
    for (const auto& text : texts) out.push_back(get_text(*parse_json(text), member));
    return out;
  }
  std::vector<std::string> texts;
  int closed_with = 0;
};

class Desk : public ::testing::Test {
 protected:
  Desk() {
    DeskHub::Deps deps;
    deps.admit = [this](const Call&, StoreId) { return admits; };
    deps.post = [this](std::int64_t, std::function<void()> f) { posts.push_back(std::move(f)); };
    deps.random = &random;
    hub = DeskHub::make(std::move(deps));
  }
  Result<net::WsAccept> ask(StoreId store) {
    net::Request request;
    request.params = {{"store_id", store.text()}};
    return hub->accept(request, Call{});
  }
  std::shared_ptr<FakeConnection> open(StoreId store) {
    auto accepted = ask(store);
    EXPECT_TRUE(accepted);
    EXPECT_EQ(accepted->home_key, store.value);
    auto connection = std::make_shared<FakeConnection>();
    handlers.emplace_back(connection, accepted->handler);
    accepted->handler->on_open(connection);
    return connection;
  }
  void close(const std::shared_ptr<FakeConnection>& connection) {
    for (auto& [c, handler] : handlers)
      if (c == connection) handler->on_close(connection);
  }
  void tell(const char* topic, const std::string& payload) {
    db::Event event;
    event.topic = topic;
    event.payload = payload;
    hub->on_event(event);
    while (!posts.empty()) {
      posts.front()();
      posts.pop_front();
    }
  }
  static std::string of_store(StoreId store) { return R"({"store_id":")" + store.text() + "\"}"; }

  SeededRandom random{3};
  Status admits;
  std::deque<std::function<void()>> posts;
  std::vector<std::pair<std::shared_ptr<FakeConnection>, std::shared_ptr<net::WsHandler>>> handlers;
  std::shared_ptr<DeskHub> hub;
};

TEST_F(Desk, IsToldTheKindOfWhatChangedAtItsStoreAndNothingOfAnothers) {
  const auto one = open(kStore), two = open(kStore), other = open(kOther);
  tell("order.paid", of_store(kStore));
  tell("broadcast.started", R"({"version":1,"broadcast":{"id":"x","store_id":")" + kStore.text() + "\"}}");
  tell("stock.changed", R"({"product_id":"x"})");
  tell("order.paid", "no JSON");
  for (const auto& desk : {one, two}) {
    EXPECT_THAT(desk->of("t"), ElementsAre("ready", "changed", "changed"));
    EXPECT_THAT(desk->of("of"), ElementsAre("", "order", "broadcast"));
  }
  EXPECT_THAT(other->of("t"), ElementsAre("ready"));
}

TEST_F(Desk, CostsNothingWhileNobodyLooks) {
  const auto one = open(kStore);
  close(one);
  EXPECT_EQ(hub->watching(), 0);
  tell("order.paid", of_store(kStore));
  EXPECT_THAT(one->of("t"), ElementsAre("ready"));
}

TEST_F(Desk, RefusesWhoDoesNotLookAfterTheStore) {
  admits = fail(Code::forbidden, "not yours");
  EXPECT_EQ(ask(kStore).error().code, Code::forbidden);
}

TEST_F(Desk, HoldsSoManyPagesOfAStoreAndNoMore) {
  for (std::size_t i = 0; i < DeskHub::kMaxOfStore; ++i) open(kStore);
  EXPECT_EQ(ask(kStore).error().code, Code::room_full);
  EXPECT_TRUE(ask(kOther));
}

TEST_F(Desk, AnswersPingsAndClosesWhoTalksNonsense) {
  const auto one = open(kStore);
  handlers.front().second->on_text(one, R"({"t":"ping"})");
  EXPECT_EQ(one->of("t").back(), "pong");
  for (int i = 0; i < 20; ++i) handlers.front().second->on_text(one, "x");
  EXPECT_EQ(one->closed_with, 1008);
}

TEST_F(Desk, TellsEverybodyToComeBackWhenTheServerStops) {
  const auto one = open(kStore);
  hub->stop();
  while (!posts.empty()) {
    posts.front()();
    posts.pop_front();
  }
  EXPECT_EQ(one->of("t").back(), "reconnect");
  EXPECT_EQ(one->closed_with, 1012);
  EXPECT_EQ(ask(kStore).error().code, Code::shutting_down);
}

}  // namespace
}  // namespace lianbo::live
