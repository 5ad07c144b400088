// OutboxRelay: what was committed goes to the bus, at least once, and then from the outbox into the journal, exactly
// once.
//
// A durable event is a row of the outbox from the commit that caused it until it was handed on. The relay gets the
// events of each commit and publishes them from memory; lazily, many in one write, it moves the rows that the bus has
// delivered into the journal (journal.hpp). So a crash at any instant leaves the rows of what was not delivered;
// start() publishes those first. Subscribers must bear to see an event twice (Event::id tells).
//
// The table is read now and then also when nothing was told: a command of another process (an import, a settlement)
// writes its events there and hands nothing on. When the bus is full the relay stops publishing from memory and reads
// the outbox instead, in order, until it has caught up: nothing durable is lost and memory stays bounded. Events that
// are not durable are dropped and counted.
// One process per database as long as the bus is a LocalBus: another one's rows would be taken for left-overs.
// Threads: the sink runs on the database's threads and never waits; moving and catching up have a thread of their own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "bus/bus.hpp"
#include "bus/journal.hpp"
#include "db/db.hpp"

namespace lianbo::bus {

struct RelayStats {
  std::int64_t published = 0;  // durable and not
  std::int64_t kept = 0;       // moved into the journal
  std::int64_t recovered = 0;  // published from the outbox: left by a crash, a full bus, or another process
  std::int64_t dropped = 0;    // not durable, and the bus was full
  std::int64_t waiting = 0;    // published, row not moved yet
  bool behind = false;         // catching up from the outbox
};

class OutboxRelay {
 public:
  struct Options {
    int batch = 256;                     // rows moved in one write
    int lazy_ms = 200;                   // a delivered row may lie this long before it is moved
    int poll_ms = 1000;                  // how often the outbox is looked into when nothing was told
    std::function<void()> on_kept = {};  // after rows were moved; on the relay's thread, must be quick
  };
  // Takes the database's on_commit from here on. Durable events before start() are left in the outbox for start().
  OutboxRelay(db::Database& database, Bus& bus) : OutboxRelay(database, bus, Options()) {}
  OutboxRelay(db::Database& database, Bus& bus, Options options);
  ~OutboxRelay();  // stops
  OutboxRelay(const OutboxRelay&) = delete;
  OutboxRelay& operator=(const OutboxRelay&) = delete;

  // Publishes what is left in the outbox, in order, then goes on with what is committed. Subscribers must be there.
  Status start();
  // Waits until everything committed before the call was delivered (not: moved). Fails with what the database said if
  // a try failed meanwhile: nobody hangs on a database that is gone; the relay itself goes on trying.
  Status flush();
  // Waits until everything committed before the call is in the journal. Fails as flush() does.
  Status drain();
  // Delivers and moves what is there. Call after the last write and before the bus stops.
  void stop();
  RelayStats stats() const;

 private:
  void take(std::vector<db::Event>&& events);
  void run();
  Result<int> step();

  db::Database& database_;
  Bus& bus_;
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable caught_up_;
  std::condition_variable drained_;
  std::map<OutboxKey, std::int64_t> published_;  // and not moved yet; the number of the step it was told before
  std::int64_t steps_ = 0;
  bool behind_ = true;       // durable events wait in the outbox
  std::int64_t missed_ = 0;  // durable events that came while behind
  std::int64_t drains_asked_ = 0, drains_done_ = 0;
  std::int64_t failures_ = 0;  // tries that failed since the start
  std::optional<Error> last_failure_;
  bool started_ = false, stopping_ = false;
  RelayStats stats_;
  std::thread thread_;
};

}  // namespace lianbo::bus
