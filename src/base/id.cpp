#include "base/id.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lianbo {
namespace {
constexpr Instant kEpoch = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
constexpr int kSequenceBits = 7, kNodeBits = 5, kBucketBits = 10;
constexpr int kNodeShift = kSequenceBits, kBucketShift = kNodeShift + kNodeBits, kMsShift = kBucketShift + kBucketBits;
constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford base32
}  // namespace

std::string id_text(std::int64_t value) {
  if (value == 0) return {};
  CHECK(value > 0);
  std::string out(13, '0');
  auto rest = static_cast<std::uint64_t>(value);
  for (int i = 12; i >= 0; --i, rest >>= 5) out[static_cast<std::size_t>(i)] = kDigits[rest & 31];
  return out;
}

std::optional<std::int64_t> parse_id_text(std::string_view text) {
  if (text.size() != 13) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    const char* at = c == '\0' ? nullptr : static_cast<const char*>(__builtin_strchr(kDigits, c));
    if (at == nullptr || value > (~std::uint64_t{0} >> 6)) return std::nullopt;
    value = value << 5 | static_cast<std::uint64_t>(at - kDigits);
  }
  if (value == 0 || value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

Bucket bucket_in_id(std::int64_t value) { return static_cast<Bucket>((value >> kBucketShift) & (kMaxBuckets - 1)); }
Instant instant_in_id(std::int64_t value) { return (value >> kMsShift) + kEpoch; }

Bucket bucket_of(PersonId buyer, int buckets) {
  CHECK(buckets > 0 && buckets <= kMaxBuckets);
  // splitmix64's finaliser: spreads ids that differ in their low bits only.
  auto x = static_cast<std::uint64_t>(buyer.value) + 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return static_cast<Bucket>(x % static_cast<std::uint64_t>(buckets));
}

std::int64_t IdMaker::next(Instant now, Bucket bucket) {
  CHECK(bucket >= 0 && bucket < kMaxBuckets);
  Slot& slot = slots_[static_cast<std::size_t>(bucket)];
  Instant ms;
  int sequence;
  {
    std::lock_guard lock(slot.mutex);
    ms = std::max({now, floor_, kEpoch, slot.last_ms});
    if (ms == slot.last_ms) {
      if (++slot.sequence == 1 << kSequenceBits) {
        ++ms;
        slot.sequence = 0;
      }
    } else {
      slot.sequence = 0;
    }
    slot.last_ms = ms;
    sequence = slot.sequence;
  }
  Instant newest = newest_.load(std::memory_order_relaxed);
  while (newest < ms && !newest_.compare_exchange_weak(newest, ms, std::memory_order_relaxed)) {
  }
  return (ms - kEpoch) << kMsShift | static_cast<std::int64_t>(bucket) << kBucketShift |
         static_cast<std::int64_t>(node_) << kNodeShift | sequence;
}

}  // namespace lianbo
