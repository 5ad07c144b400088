#include "net/rate_limit.hpp"

#include <algorithm>

namespace lianbo::net {

RateLimit::RateLimit(std::int64_t per_min, std::size_t addresses)
    : per_min_(per_min),
      token_us_(per_min > 0 ? std::max<std::int64_t>(1, 60'000'000 / per_min) : 0),
      bucket_us_(token_us_ * per_min),
      shard_limit_(std::max<std::size_t>(1, addresses / kShards)) {}

std::int64_t RateLimit::take(std::string_view address, std::int64_t now_ms) {
  if (per_min_ <= 0) return 0;
  const std::int64_t now_us = now_ms * 1000;
  Shard& shard = shards_[std::hash<std::string_view>{}(address) % kShards];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.entries.find(address);
  if (found == shard.entries.end()) {
    if (shard.order.size() >= shard_limit_) {
      shard.entries.erase(shard.order.front().address);
      shard.order.pop_front();
    }
    shard.order.push_back({std::string(address), now_us + token_us_});
    shard.entries.emplace(shard.order.back().address, std::prev(shard.order.end()));
    return 0;
  }
  shard.order.splice(shard.order.end(), shard.order, found->second);
  Entry& entry = *found->second;
  const std::int64_t full_at_us = std::max(entry.full_at_us, now_us) + token_us_;
  if (full_at_us - now_us > bucket_us_) return (full_at_us - now_us - bucket_us_ + 999) / 1000;
  entry.full_at_us = full_at_us;
  return 0;
}

std::size_t RateLimit::remembered() const {
  std::size_t out = 0;
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    out += shard.order.size();
  }
  return out;
}

}  // namespace lianbo::net
