// RateLimit: a token bucket for each address, in a table of bounded size.
//
// A bucket holds a minute's worth of tokens and is refilled evenly. It is kept as one instant, the one at which it
// would be full again, so an address costs one number. When the table is full, the address that asked longest ago is
// forgotten: it then begins with a full bucket, so a crowd of addresses can't take anybody's place for long, and memory
// never grows. Time is given in monotonic milliseconds. Threads: any; the table is cut into shards with a mutex each.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lianbo::net {

class RateLimit {
 public:
  // per_min 0: no limit.
  RateLimit(std::int64_t per_min, std::size_t addresses);

  // Takes a token. 0: it was there; else after how many milliseconds there will be one.
  std::int64_t take(std::string_view address, std::int64_t now_ms);
  std::size_t remembered() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Entry {
    std::string address;
    std::int64_t full_at_us;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> order;                                                    // who asked last, last
    std::unordered_map<std::string_view, std::list<Entry>::iterator> entries;  // keys live in the list
  };

  std::int64_t per_min_;
  std::int64_t token_us_;   // time in which one token comes
  std::int64_t bucket_us_;  // time in which an empty bucket is full
  std::size_t shard_limit_;
  std::array<Shard, kShards> shards_;
};

}  // namespace lianbo::net
