// The bus: what was committed is told to whoever asked for it, by the beginning of its topic.
//
// - One event reaches one subscriber once and in the order of publishing; subscribers run one after another on the
//   bus's own thread, so they hand long work on. Publishing never waits: a slow subscriber can fill the queue, it can't
//   hold up a commit. When the queue is full, publish says so and the event is the publisher's to keep (OutboxRelay
//   leaves it in its table).
// - The interface knows nothing of this process: a bus that spans machines fits behind it.
// Threads: every function from any thread; flush and stop not from within a subscriber.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "db/db.hpp"

namespace lianbo::bus {

struct BusStats {
  std::int64_t published = 0;   // taken into the queue
  std::int64_t dispatched = 0;  // taken out and handed to everybody who asked
  std::int64_t deliveries = 0;  // calls of subscribers
  std::int64_t refused = 0;     // the queue was full, or the bus had stopped
  std::int64_t queued = 0, queued_peak = 0;
  bool stopped = false;  // takes nothing more
};

class Bus {
 public:
  virtual ~Bus() = default;
  using Subscriber = std::function<void(const db::Event&)>;
  using Ticket = std::int64_t;

  // Calls the subscriber with every later event whose topic begins with topic_prefix ("" is every topic).
  virtual Ticket subscribe(std::string topic_prefix, Subscriber subscriber) = 0;
  // After it returns the subscriber isn't running and won't be called again (unless it called this itself).
  virtual void unsubscribe(Ticket ticket) = 0;
  // False when there is no room, or after stop; never waits.
  virtual bool publish(db::Event event) = 0;
  // Waits until everything published before the call was handed to its subscribers (a broker: acknowledged).
  virtual void flush() = 0;
  // Takes nothing more, hands on what is queued, then ends.
  virtual void stop() = 0;
  virtual BusStats stats() const = 0;
};

// Within one process.
class LocalBus final : public Bus {
 public:
  explicit LocalBus(std::size_t queue_limit = 65536);
  ~LocalBus() override;
  LocalBus(const LocalBus&) = delete;
  LocalBus& operator=(const LocalBus&) = delete;

  Ticket subscribe(std::string topic_prefix, Subscriber subscriber) override;
  void unsubscribe(Ticket ticket) override;
  bool publish(db::Event event) override;
  void flush() override;
  void stop() override;
  BusStats stats() const override;

 private:
  struct Entry {
    Ticket ticket;
    std::string prefix;
    Subscriber subscriber;
  };
  using Entries = std::vector<Entry>;
  void dispatch();

  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable work_;       // something was queued, or stop
  std::condition_variable delivered_;  // an event was handed to everybody
  std::deque<db::Event> queue_;
  std::shared_ptr<const Entries> entries_ = std::make_shared<Entries>();  // replaced as a whole
  Ticket next_ticket_ = 1;
  bool busy_ = false;  // an event is being handed on right now
  bool stopping_ = false;
  BusStats stats_;
  std::thread thread_;
};

}  // namespace lianbo::bus
