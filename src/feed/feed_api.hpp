// The feed, its rules, where an item stands and how fair it all is, over HTTP: shapes and routes.
#pragma once

#include <functional>

#include "feed/feed_service.hpp"
#include "net/route.hpp"

namespace lianbo::feed {

struct FeedDeps {
  Feed* feed = nullptr;
  std::function<std::int64_t(BroadcastId)> viewers_of;  // in the room right now
};
net::Routes feed_routes(FeedDeps deps);

}  // namespace lianbo::feed
