// Search of a brand: products, rooms (on air and coming), hosts, and moments (pins of the products found), by Chinese
// or Latin text (text_index.hpp).
//
// - The texts of a brand are read into memory when somebody first searches there, and kept up: new products and hosts
//   are read before each search, changed products and broadcasts when their event comes, names of hosts and stores
//   every kRereadMs. What is found is looked up in the rows before it is told: nothing that ended is told as on air,
//   and nothing that is not sold.
// Threads: any; a brand's texts are locked for reading while one searches. Errors: not_found, invalid_field.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "clips/clips.hpp"
#include "db/db.hpp"
#include "feed/feed_service.hpp"
#include "feed/text_index.hpp"
#include "live/feed_rows.hpp"
#include "net/route.hpp"
#include "org/org.hpp"

namespace lianbo::feed {

inline constexpr DurationMs kRereadMs = 10 * kMinuteMs;
inline constexpr std::size_t kMaxHits = 50;

struct Found {
  std::vector<ProductId> products;
  std::vector<live::Broadcast> rooms;  // on air first
  std::vector<org::StoreOwner> hosts;
  std::vector<live::PinAt> moments;
  std::map<PinId, clips::Clip> recordings;  // of them
};

class Search {
 public:
  explicit Search(const Feed& feed) : feed_(feed) {}

  Result<Found> find(db::Tx& tx, const Call& call, BrandId brand, std::string_view query, std::size_t limit);
  void on_event(const db::Event& event);

 private:
  struct Brand {
    std::shared_mutex mutex;
    TextIndex products, hosts, broadcasts;
    ProductId newest_product;
    AgentId newest_agent;
    Instant hosts_read_at = 0;
    bool read = false;
    std::mutex stale_mutex;
    std::vector<ProductId> stale;  // changed since they were read
  };
  Brand& brand_at(BrandId id);
  Brand* known(BrandId id);
  void catch_up(db::Tx& tx, BrandId id, Brand& brand, Instant now);

  const Feed& feed_;
  std::mutex mutex_;  // of the map
  std::map<BrandId, std::unique_ptr<Brand>> brands_;
};

net::Route search_route(Search& search);

}  // namespace lianbo::feed
