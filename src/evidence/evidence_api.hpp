// Routes of evidence, holds, erasure and one's own data.
#pragma once

#include "db/db.hpp"
#include "net/route.hpp"

namespace lianbo::evidence {

net::Routes evidence_routes(db::Database* db);

}  // namespace lianbo::evidence
