// What a page must know before it knows anything: the brands of this server, its time, how one pays here, and, given
// the token of a share, what that share is of. Whoever holds the token could open the share and see as much.
#pragma once

#include "net/route.hpp"

namespace lianbo::app {

struct SiteDeps {
  bool sandbox = false;    // payment is confirmed on our own page
  bool simulated = false;  // the clock stands still
};
net::Route site_route(SiteDeps deps);

}  // namespace lianbo::app
