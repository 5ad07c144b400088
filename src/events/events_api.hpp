// Routes of events and webhooks.
#pragma once

#include "db/db.hpp"
#include "events/webhook_service.hpp"
#include "net/route.hpp"

namespace lianbo::events {

struct EventsDeps {
  db::Database* db = nullptr;
  HookCaller caller;  // for pings
};
net::Routes events_routes(const EventsDeps& deps);

}  // namespace lianbo::events
