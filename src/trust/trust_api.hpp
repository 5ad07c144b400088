// Reviews, scores, follows, guarantees and people one knows over HTTP: shapes and routes.
#pragma once

#include "net/route.hpp"

namespace lianbo::trust {

net::Routes trust_routes();

}  // namespace lianbo::trust
