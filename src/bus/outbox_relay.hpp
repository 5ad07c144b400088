// OutboxRelay: what was committed goes to the bus, at least once.
//
// A durable event is a row of the outbox from the commit that caused it until it was handed on. The relay gets the
// events of each commit, publishes them, and lazily deletes their rows, many in one write, after the bus has delivered
// them. So a crash at any instant leaves the rows of what was not delivered; start() publishes those first. Subscribers
// must bear to see an event twice (Event::id tells).
//
// When the bus is full the relay stops publishing from memory and reads the outbox instead, in order, until it has
// caught up: nothing durable is lost and memory stays bounded. Events that are not durable are dropped and counted.
// One process per database as long as the bus is a LocalBus: another one's rows would be taken for left-overs.
// Threads: the sink runs on the database's threads and never waits; deleting and catching up have a thread of their
// own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "bus/bus.hpp"
#include "db/db.hpp"

namespace lianbo::bus {

struct RelayStats {
  std::int64_t published = 0;  // durable and not
  std::int64_t deleted = 0;    // outbox rows
  std::int64_t recovered = 0;  // published from the outbox: left by a crash, or by a full bus
  std::int64_t dropped = 0;    // not durable, and the bus was full
  std::int64_t waiting = 0;    // published, row not deleted yet
  bool behind = false;         // catching up from the outbox
};

class OutboxRelay {
 public:
  struct Options {
    int batch = 256;    // rows deleted in one write, and read at a time when catching up
    int lazy_ms = 200;  // a delivered row may lie this long before it is deleted
  };
  // Takes the database's on_commit from here on. Durable events before start() are left in the outbox for start().
  OutboxRelay(db::Database& database, Bus& bus) : OutboxRelay(database, bus, Options()) {}
  OutboxRelay(db::Database& database, Bus& bus, Options options);
  ~OutboxRelay();  // stops
  OutboxRelay(const OutboxRelay&) = delete;
  OutboxRelay& operator=(const OutboxRelay&) = delete;

  // Publishes what is left in the outbox, in order, then goes on with what is committed. Subscribers must be there.
  Status start();
  // Waits until everything committed before the call was delivered (not: deleted).
  void flush();
  // Delivers and deletes what is there. Call after the last write and before the bus stops.
  void stop();
  RelayStats stats() const;

 private:
  using Key = std::pair<Bucket, std::int64_t>;
  void take(std::vector<db::Event>&& events);
  void run();
  Status delete_rows(const std::vector<Key>& keys);
  Status catch_up();

  db::Database& database_;
  Bus& bus_;
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable caught_up_;
  std::vector<Key> delivered_later_;  // published; delete once the bus has delivered them
  bool behind_ = true;                // durable events wait in the outbox
  std::int64_t missed_ = 0;           // durable events that came while behind
  bool started_ = false, stopping_ = false;
  RelayStats stats_;
  std::thread thread_;
};

}  // namespace lianbo::bus
