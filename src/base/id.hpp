// Identifiers: 63-bit integers that grow with time, each kind its own type, opaque text outside.
//
// Layout, high to low: 41 bits milliseconds since 2024-01-01 | 10 bits bucket | 5 bits node | 7 bits sequence. So ids
// sort by time (SPEC 2: events of one millisecond are ordered by identifier), the shard of a row is read off its id,
// and two servers never make the same one. Text: 13 characters of Crockford's base32, fixed width, so text order is
// id order. 0 means "none" and is written as null.
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace lianbo {

using Bucket = std::int32_t;
inline constexpr int kMaxBuckets = 1024;
inline constexpr Bucket kDefaultBuckets = 64;

std::string id_text(std::int64_t value);                           // 13 characters; "" for 0
std::optional<std::int64_t> parse_id_text(std::string_view text);  // strict: 13 lower-case characters, > 0
Bucket bucket_in_id(std::int64_t value);
Instant instant_in_id(std::int64_t value);

template <class Tag>
struct Id {
  std::int64_t value = 0;

  friend auto operator<=>(const Id&, const Id&) = default;
  explicit operator bool() const { return value != 0; }
  std::string text() const { return id_text(value); }
  static std::optional<Id> parse(std::string_view text) {
    if (auto v = parse_id_text(text)) return Id{*v};
    return std::nullopt;
  }
};

using BrandId = Id<struct BrandTag>;
using PersonId = Id<struct PersonTag>;  // a buyer, guest or not, is a person
using AgentId = Id<struct AgentTag>;
using StoreId = Id<struct StoreTag>;
using ProductId = Id<struct ProductTag>;
using SkuId = Id<struct SkuTag>;
using PlanId = Id<struct PlanTag>;
using BroadcastId = Id<struct BroadcastTag>;
using PinId = Id<struct PinTag>;
using ClipId = Id<struct ClipTag>;
using ShareId = Id<struct ShareTag>;
using TouchId = Id<struct TouchTag>;
using OrderId = Id<struct OrderTag>;
using AfterSaleId = Id<struct AfterSaleTag>;
using RefundId = Id<struct RefundTag>;
using ParcelId = Id<struct ParcelTag>;
using EntryId = Id<struct EntryTag>;
using LedgerTxId = Id<struct LedgerTxTag>;
using SettlementId = Id<struct SettlementTag>;
using PayoutBatchId = Id<struct PayoutBatchTag>;
using PayoutId = Id<struct PayoutTag>;
using ChatId = Id<struct ChatTag>;
using EventId = Id<struct EventTag>;
using RegionId = Id<struct RegionTag>;
using TaskId = Id<struct TaskTag>;  // of a training

// The shard of everything a buyer writes (DESIGN 4). buckets is fixed when the database is set up.
Bucket bucket_of(PersonId buyer, int buckets);

// Makes ids that only grow, in every bucket, whatever the clock does. Threads: any.
class IdMaker {
 public:
  // node < 32 is leased from the database; no id made will be older than floor (the last run's horizon).
  explicit IdMaker(int node = 0, Instant floor = 0) : node_(node), floor_(floor) {}
  std::int64_t next(Instant now, Bucket bucket);
  template <class T>
  T make(Instant now, Bucket bucket = 0) {
    return T{next(now, bucket)};
  }
  // The newest millisecond used so far (for the horizon kept in the database).
  Instant newest() const { return newest_.load(std::memory_order_relaxed); }

 private:
  struct Slot {
    std::mutex mutex;
    Instant last_ms = 0;
    int sequence = 0;
  };
  int node_;
  Instant floor_;
  std::atomic<Instant> newest_{0};
  std::array<Slot, kMaxBuckets> slots_;
};

}  // namespace lianbo

template <class Tag>
struct std::hash<lianbo::Id<Tag>> {
  std::size_t operator()(const lianbo::Id<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
