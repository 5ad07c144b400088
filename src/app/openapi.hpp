// The OpenAPI 3.1 document, made from the route list: what is served is what is written, because it is one list.
#pragma once

#include <string>

#include "net/route.hpp"

namespace lianbo::app {

std::string openapi_json(const net::Routes& routes, std::string_view version);

}  // namespace lianbo::app
