// The bus and the relay: order, bounds, barriers, and what a crash leaves.
#include "bus/bus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "bus/outbox_relay.hpp"
#include "support/database.hpp"

namespace lianbo::bus {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

db::Event event(std::int64_t id, std::string topic = "t", bool durable = true) {
  return db::Event{EventId{id}, 3, BrandId{7}, std::move(topic), 11, R"({"n":1})", 1'700'000'000'000, durable};
}

// What a subscriber saw.
class Seen {
 public:
  void operator()(const db::Event& e) {
    const std::scoped_lock lock(mutex_);
    ids_.push_back(e.id.value);
    events_.push_back(e);
  }
  Bus::Subscriber subscriber() {
    return [this](const db::Event& e) { (*this)(e); };
  }
  std::vector<std::int64_t> ids() const {
    const std::scoped_lock lock(mutex_);
    return ids_;
  }
  std::vector<db::Event> events() const {
    const std::scoped_lock lock(mutex_);
    return events_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::int64_t> ids_;
  std::vector<db::Event> events_;
};

// Holds a subscriber until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void await_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST(LocalBus, HandsEventsToEverybodyWhoAskedForTheirTopicInTheOrderOfPublishing) {
  LocalBus bus;
  Seen all, pins, chats;
  bus.subscribe("", all.subscriber());
  bus.subscribe("pin.", pins.subscriber());
  bus.subscribe("chat.said", chats.subscriber());
  for (const auto& [id, topic] : {std::pair{1, "pin.opened"}, {2, "chat.said"}, {3, "pin.closed"}, {4, "pinned"}})
    ASSERT_TRUE(bus.publish(event(id, topic)));
  bus.flush();
  EXPECT_THAT(all.ids(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(pins.ids(), ElementsAre(1, 3));
  EXPECT_THAT(chats.ids(), ElementsAre(2));
  EXPECT_EQ(bus.stats().published, 4);
  EXPECT_EQ(bus.stats().dispatched, 4);
  EXPECT_EQ(bus.stats().deliveries, 7);
}

TEST(LocalBus, KeepsTheOrderOfEachPublisherWhenManyPublishAtOnce) {
  constexpr int kThreads = 4, kEach = 2000;
  LocalBus bus(kThreads * kEach);
  std::vector<std::int64_t> last(kThreads, -1);
  bool ordered = true;
  int seen = 0;
  bus.subscribe("", [&](const db::Event& e) {
    ordered = ordered && e.id.value > last[static_cast<std::size_t>(e.key)];
    last[static_cast<std::size_t>(e.key)] = e.id.value;
    ++seen;
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        db::Event e = event(i);
        e.key = t;
        bus.publish(std::move(e));
      }
    });
  for (auto& thread : threads) thread.join();
  bus.flush();
  EXPECT_TRUE(ordered);
  EXPECT_EQ(seen, kThreads * kEach);
}

TEST(LocalBus, RefusesWhatTheQueueCantHoldInsteadOfWaitingForASlowSubscriber) {
  LocalBus bus(2);
  Gate gate;
  Seen seen;
  bus.subscribe("", [&](const db::Event& e) {
    gate.pass();
    seen(e);
  });
  ASSERT_TRUE(bus.publish(event(1)));
  gate.await_one();  // 1 is out of the queue, being handed on
  EXPECT_TRUE(bus.publish(event(2)));
  EXPECT_TRUE(bus.publish(event(3)));
  EXPECT_FALSE(bus.publish(event(4)));
  EXPECT_EQ(bus.stats().refused, 1);
  EXPECT_EQ(bus.stats().queued_peak, 2);
  gate.open();
  bus.flush();
  EXPECT_TRUE(bus.publish(event(5)));
  bus.flush();
  EXPECT_THAT(seen.ids(), ElementsAre(1, 2, 3, 5));
}

TEST(LocalBus, HandsOnWhatIsQueuedWhenItStopsAndTakesNothingMore) {
  LocalBus bus;
  Seen seen;
  bus.subscribe("", seen.subscriber());
  for (int i = 1; i <= 100; ++i) bus.publish(event(i));
  bus.stop();
  EXPECT_EQ(seen.ids().size(), 100u);
  EXPECT_FALSE(bus.publish(event(101)));
  EXPECT_TRUE(bus.stats().stopped);
  bus.flush();  // nothing to wait for
}

TEST(LocalBus, CallsNobodyWhoHasUnsubscribed) {
  LocalBus bus;
  Seen seen, others;
  const auto ticket = bus.subscribe("", seen.subscriber());
  bus.subscribe("", others.subscriber());
  bus.publish(event(1));
  bus.flush();
  bus.unsubscribe(ticket);
  bus.publish(event(2));
  bus.flush();
  EXPECT_THAT(seen.ids(), ElementsAre(1));
  EXPECT_THAT(others.ids(), ElementsAre(1, 2));
}

TEST(LocalBus, ReturnsFromUnsubscribeOnlyWhenTheSubscriberIsNotRunning) {
  LocalBus bus;
  Gate gate;
  std::atomic<bool> gone = false;
  std::atomic<bool> called_after = false;
  const auto ticket = bus.subscribe("", [&](const db::Event&) {
    gate.pass();
    if (gone) called_after = true;
  });
  bus.publish(event(1));
  gate.await_one();
  std::thread remover([&] {
    bus.unsubscribe(ticket);
    gone = true;
  });
  gate.open();
  remover.join();
  bus.flush();
  EXPECT_FALSE(called_after);
}

TEST(LocalBus, LetsASubscriberPublishAndLeaveFromWithin) {
  LocalBus bus;
  Seen seen;
  Bus::Ticket ticket = 0;
  ticket = bus.subscribe("a", [&](const db::Event&) {
    bus.publish(event(2, "b"));
    bus.unsubscribe(ticket);
  });
  bus.subscribe("b", seen.subscriber());
  bus.publish(event(1, "a"));
  bus.flush();
  bus.flush();  // what was published while the first one waited
  EXPECT_THAT(seen.ids(), ElementsAre(2));
}

const db::Sql kOutbox{"bus_test.outbox", "select id from outbox order by id limit 10000"};
const db::Sql kFact{"bus_test.fact", "insert into server_facts (name, value) values ($1, 'v')"};

class RelayTest : public test::StoreTest {
 protected:
  std::vector<std::int64_t> outbox() {
    return *db().read([](db::Tx& tx) -> Result<std::vector<std::int64_t>> {
      return tx.all(kOutbox, {}, [](const db::Row& row) { return row.integer(0); });
    });
  }
  std::vector<std::int64_t> journal() {
    return *db().read([](db::Tx& tx) -> Result<std::vector<std::int64_t>> {
      std::vector<std::int64_t> out;
      for (const auto& kept : events_after(tx, 0, 10000)) out.push_back(kept.event.id.value);
      return out;
    });
  }
  std::unique_ptr<db::Database> open_another() {
    return *db::open_database({.url = url(), .readers = 1, .writers = 1});
  }
  void commit(std::vector<db::Event> events) {
    ASSERT_TRUE(db().write([&](db::Tx& tx) -> Status {
      for (const auto& e : events) tx.emit(e);
      return {};
    }));
  }
};

TEST_P(RelayTest, DeliversWhatWasCommittedAndKeepsItWhenItStops) {
  LocalBus bus;
  Seen seen;
  bus.subscribe("", seen.subscriber());
  OutboxRelay relay(db(), bus, {.batch = 4, .lazy_ms = 60'000});
  ASSERT_TRUE(relay.start());
  commit({event(1), event(2, "chat.said", false), event(3)});
  ASSERT_TRUE(relay.flush());
  // What is durable keeps its order; talk does not wait for the disk and may come before it.
  EXPECT_THAT(seen.ids(), AnyOf(ElementsAre(1, 2, 3), ElementsAre(2, 1, 3)));
  EXPECT_THAT(outbox(), ElementsAre(1, 3));  // lazily: two rows don't make a batch
  EXPECT_EQ(relay.stats().waiting, 2);
  relay.stop();
  EXPECT_THAT(outbox(), IsEmpty());
  EXPECT_EQ(relay.stats().kept, 2);
  EXPECT_EQ(relay.stats().published, 3);
}

TEST_P(RelayTest, TellsNothingOfWhatWasUndone) {
  LocalBus bus;
  Seen seen;
  bus.subscribe("", seen.subscriber());
  OutboxRelay relay(db(), bus);
  ASSERT_TRUE(relay.start());
  EXPECT_FALSE(db().write([](db::Tx& tx) -> Status {
    tx.emit(event(1));
    return fail(Code::conflict);
  }));
  ASSERT_TRUE(relay.flush());
  EXPECT_THAT(seen.ids(), IsEmpty());
  EXPECT_THAT(outbox(), IsEmpty());
}

TEST_P(RelayTest, PublishesWhatACrashLeftFirstAndInOrder) {
  commit({event(1), event(2), event(3, "chat.said", false)});  // nobody listens: as after kill -9
  ASSERT_THAT(outbox(), ElementsAre(1, 2));
  reopen();
  LocalBus bus;
  Seen seen;
  bus.subscribe("", seen.subscriber());
  OutboxRelay relay(db(), bus, {.batch = 1, .lazy_ms = 0});
  commit({event(4)});  // before the start: waits its turn
  ASSERT_TRUE(relay.start());
  commit({event(5)});
  ASSERT_TRUE(relay.flush());
  EXPECT_THAT(seen.ids(), ElementsAre(1, 2, 4, 5));
  relay.stop();
  EXPECT_THAT(outbox(), IsEmpty());
  EXPECT_EQ(relay.stats().recovered, 3);
  const db::Event first = seen.events().front();
  const db::Event expected = event(1);
  EXPECT_EQ(first.topic, expected.topic);
  EXPECT_EQ(first.bucket, expected.bucket);
  EXPECT_EQ(first.brand, expected.brand);
  EXPECT_EQ(first.key, expected.key);
  EXPECT_EQ(first.payload, expected.payload);
  EXPECT_EQ(first.at, expected.at);
}

TEST_P(RelayTest, KeepsTheRowsOfWhatWasNotDelivered) {
  LocalBus bus;
  Gate gate;
  bus.subscribe("", [&](const db::Event&) { gate.pass(); });
  {
    OutboxRelay relay(db(), bus, {.batch = 1, .lazy_ms = 0});
    ASSERT_TRUE(relay.start());
    commit({event(1)});
    gate.await_one();
    EXPECT_THAT(outbox(), ElementsAre(1));  // on its way, not there yet
    gate.open();
  }
  EXPECT_THAT(outbox(), IsEmpty());
}

TEST_P(RelayTest, LosesNothingDurableWhenTheBusIsFull) {
  constexpr std::int64_t kEvents = 300;
  LocalBus bus(3);
  Gate gate;
  Seen seen;
  bus.subscribe("", [&](const db::Event& e) {
    gate.pass();
    seen(e);
  });
  OutboxRelay relay(db(), bus, {.batch = 16, .lazy_ms = 0});
  ASSERT_TRUE(relay.start());
  std::vector<std::int64_t> expected;
  for (std::int64_t id = 1; id <= kEvents; id += 2) {
    commit({event(id), event(id + 1)});  // never waits for the subscriber
    expected.insert(expected.end(), {id, id + 1});
  }
  EXPECT_TRUE(relay.stats().behind);
  gate.open();
  ASSERT_TRUE(relay.flush());
  EXPECT_EQ(seen.ids(), expected);  // once each, in order
  EXPECT_FALSE(relay.stats().behind);
  relay.stop();
  EXPECT_THAT(outbox(), IsEmpty());
}

TEST_P(RelayTest, DropsAndCountsWhatIsNotDurableWhenTheBusIsFull) {
  LocalBus bus(1);
  Gate gate;
  bus.subscribe("", [&](const db::Event&) { gate.pass(); });
  OutboxRelay relay(db(), bus);
  ASSERT_TRUE(relay.start());
  commit({event(1, "chat.said", false)});
  gate.await_one();
  commit({event(2, "chat.said", false), event(3, "chat.said", false)});
  EXPECT_EQ(relay.stats().dropped, 1);
  EXPECT_FALSE(relay.stats().behind);
  gate.open();
  ASSERT_TRUE(relay.flush());
  EXPECT_THAT(outbox(), IsEmpty());
}

// The first two moves into the journal fail.
class FailMoves : public db::FaultPlan {
 public:
  bool fail_statement(const db::Sql& sql) override {
    return std::string_view(sql.name) == "bus.keep" && failures_-- > 0;
  }
  bool fail_commit() override { return false; }
  bool used_up() const { return failures_ <= 0; }

 private:
  std::atomic<int> failures_{2};
};

TEST_P(RelayTest, MovesAgainWhatItCouldNotMove) {
  LocalBus bus;
  Seen seen;
  bus.subscribe("", seen.subscriber());
  FailMoves faults;
  OutboxRelay relay(db(), bus, {.batch = 1, .lazy_ms = 0});
  ASSERT_TRUE(relay.start());
  db().set_faults(&faults);
  commit({event(1)});
  ASSERT_TRUE(relay.flush());
  relay.stop();
  db().set_faults(nullptr);
  EXPECT_TRUE(faults.used_up());
  EXPECT_THAT(outbox(), IsEmpty());
  EXPECT_THAT(journal(), ElementsAre(1));
  EXPECT_THAT(seen.ids(), ElementsAre(1));  // delivered once all the same
}

TEST_P(RelayTest, HandsOnWhatAnotherProcessHasCommitted) {
  LocalBus bus;
  Seen seen;
  bus.subscribe("", seen.subscriber());
  OutboxRelay relay(db(), bus, {.poll_ms = 1});
  ASSERT_TRUE(relay.start());
  const auto other = open_another();  // `lianbo import`: no relay of its own
  ASSERT_TRUE(other->write([](db::Tx& tx) -> Status {
    tx.emit(event(1));
    return {};
  }));
  ASSERT_TRUE(relay.drain());
  EXPECT_THAT(journal(), ElementsAre(1));
  EXPECT_THAT(seen.ids(), ElementsAre(1));
}

// A database that is gone for a while.
class Gone : public db::FaultPlan {
 public:
  bool fail_statement(const db::Sql&) override { return gone; }
  bool fail_commit() override { return gone; }
  std::atomic<bool> gone{false};
};

TEST_P(RelayTest, NobodyHangsOnADatabaseThatIsGone) {
  LocalBus bus;
  Gone faults;
  OutboxRelay relay(db(), bus, {.lazy_ms = 0});
  ASSERT_TRUE(relay.start());
  commit({event(1)});
  ASSERT_TRUE(relay.drain());
  db().set_faults(&faults);
  faults.gone = true;
  EXPECT_FALSE(relay.drain());
  EXPECT_FALSE(relay.drain());  // the next one asks again, and is told again
  faults.gone = false;
  while (!relay.drain()) {  // a try that began while it was gone may still end
  }
  commit({event(2)});
  EXPECT_TRUE(relay.drain());
  EXPECT_THAT(journal(), ElementsAre(1, 2));
  relay.stop();
  db().set_faults(nullptr);
}

TEST_P(RelayTest, DrainsIntoTheJournalWithoutWaitingForTheLazyTime) {
  LocalBus bus;
  OutboxRelay relay(db(), bus, {.batch = 4, .lazy_ms = 60'000});
  ASSERT_TRUE(relay.start());
  for (int id = 1; id <= 9; ++id) commit({event(id)});
  ASSERT_TRUE(relay.drain());
  EXPECT_THAT(outbox(), IsEmpty());
  EXPECT_THAT(journal(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_P(RelayTest, DeliversEverythingOnceWhenManyCommitAtOnce) {
  constexpr int kThreads = 4, kEach = 50;
  LocalBus bus(8);
  Seen seen;
  bus.subscribe("", seen.subscriber());
  OutboxRelay relay(db(), bus, {.batch = 16, .lazy_ms = 1});
  ASSERT_TRUE(relay.start());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) commit({event(1 + t * kEach + i)});
    });
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(relay.flush());
  relay.stop();
  std::vector<std::int64_t> ids = seen.ids();
  std::sort(ids.begin(), ids.end());
  const auto repeats = ids.end() - std::unique(ids.begin(), ids.end());
  ids.erase(ids.end() - repeats, ids.end());
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kThreads * kEach));  // at least once each
  EXPECT_THAT(outbox(), IsEmpty());
}

ON_BOTH_ENGINES(RelayTest);

}  // namespace
}  // namespace lianbo::bus
