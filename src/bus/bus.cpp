#include "bus/bus.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lianbo::bus {

LocalBus::LocalBus(std::size_t queue_limit) : queue_limit_(queue_limit) {
  thread_ = std::thread([this] { dispatch(); });
}

LocalBus::~LocalBus() { stop(); }

Bus::Ticket LocalBus::subscribe(std::string topic_prefix, Subscriber subscriber) {
  const std::scoped_lock lock(mutex_);
  auto entries = std::make_shared<Entries>(*entries_);
  const Ticket ticket = next_ticket_++;
  entries->push_back({ticket, std::move(topic_prefix), std::move(subscriber)});
  entries_ = std::move(entries);
  return ticket;
}

void LocalBus::unsubscribe(Ticket ticket) {
  std::unique_lock lock(mutex_);
  auto entries = std::make_shared<Entries>(*entries_);
  std::erase_if(*entries, [&](const Entry& e) { return e.ticket == ticket; });
  entries_ = std::move(entries);
  if (std::this_thread::get_id() == thread_.get_id()) return;
  // The event being handed on right now may still be on its way to the subscriber.
  const std::int64_t dispatched = stats_.dispatched;
  delivered_.wait(lock, [&] { return !busy_ || stats_.dispatched > dispatched; });
}

bool LocalBus::publish(db::Event event) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || queue_.size() >= queue_limit_) {
      ++stats_.refused;
      return false;
    }
    queue_.push_back(std::move(event));
    ++stats_.published;
    stats_.queued_peak = std::max(stats_.queued_peak, static_cast<std::int64_t>(queue_.size()));
  }
  work_.notify_one();
  return true;
}

void LocalBus::flush() {
  CHECK(std::this_thread::get_id() != thread_.get_id());  // a subscriber would wait for itself
  std::unique_lock lock(mutex_);
  const std::int64_t published = stats_.published;
  delivered_.wait(lock, [&] { return stats_.dispatched >= published; });
}

void LocalBus::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

BusStats LocalBus::stats() const {
  const std::scoped_lock lock(mutex_);
  BusStats out = stats_;
  out.queued = static_cast<std::int64_t>(queue_.size());
  out.stopped = stopping_;
  return out;
}

void LocalBus::dispatch() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const db::Event event = std::move(queue_.front());
    queue_.pop_front();
    const std::shared_ptr<const Entries> entries = entries_;
    busy_ = true;
    lock.unlock();
    std::int64_t deliveries = 0;
    for (const Entry& entry : *entries) {
      if (!event.topic.starts_with(entry.prefix)) continue;
      entry.subscriber(event);
      ++deliveries;
    }
    lock.lock();
    busy_ = false;
    ++stats_.dispatched;
    stats_.deliveries += deliveries;
    delivered_.notify_all();
  }
}

}  // namespace lianbo::bus
