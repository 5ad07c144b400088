// What the live wall shows, read from the rows of live, org, catalog and order (live/wall.hpp says when).
#pragma once

#include <memory>

#include "live/wall.hpp"

namespace lianbo::insight {

// buckets: of the database (server_facts). release_ms: how long an order may wait for its payment.
std::shared_ptr<live::WallBackend> make_wall_backend(db::Database& db, int buckets, DurationMs release_ms);

}  // namespace lianbo::insight
