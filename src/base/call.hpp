// Call: who asks, as what, when, and with which sources of chance and ids. Every service function takes one; nothing
// below it reads the clock, draws a number or makes an id by itself (DESIGN 3). Roles are checked here and nowhere
// else. A Call belongs to one request and one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/settings.hpp"

namespace lianbo {

enum StaffRole : unsigned {
  kOwner = 1,
  kOperator = 2,
  kFinance = 4,
  kAuditor = 8,  // reads everything, changes nothing
  kAnyStaff = 15,
  kOperates = kOwner | kOperator,
  kPays = kOwner | kFinance,
};

// A region is a name of the brand's; "华东" takes in "华东/上海" and whatever else lies below it.
bool region_covers(std::string_view region, std::string_view place);

struct StaffOf {
  BrandId brand;
  unsigned roles = 0;
  std::vector<std::string> regions = {};  // empty: the whole brand; else only what lies in one of them

  bool covers(std::string_view place) const;
};
struct AgentOf {
  BrandId brand;
  AgentId agent;
  StoreId store;
  bool active;
};

struct Caller {
  PersonId person;      // 0 only for the server's own jobs
  bool guest = true;    // knows no login; person is from the signed guest cookie
  bool system = false;  // a job of the server
  bool via_cookie = false;
  std::vector<StaffOf> staff;
  std::vector<AgentOf> agents;

  const StaffOf* staff_of(BrandId brand) const {
    for (const auto& s : staff)
      if (s.brand == brand) return &s;
    return nullptr;
  }
  // Over the whole brand: none for staff limited to regions.
  unsigned roles_at(BrandId brand) const {
    const StaffOf* s = staff_of(brand);
    return s && s->regions.empty() ? s->roles : 0;
  }
  // Over what lies in this region.
  unsigned roles_at(BrandId brand, std::string_view region) const {
    const StaffOf* s = staff_of(brand);
    return s && s->covers(region) ? s->roles : 0;
  }
  // Whose regions limit the brand's lists for this caller; none: they are whole.
  PersonId scope(BrandId brand) const {
    const StaffOf* s = staff_of(brand);
    return s && !s->regions.empty() ? person : PersonId{};
  }
  const AgentOf* agent_at(BrandId brand) const {
    for (const auto& a : agents)
      if (a.brand == brand) return &a;
    return nullptr;
  }
  bool owns_store(StoreId store) const {
    for (const auto& a : agents)
      if (a.store == store) return true;
    return false;
  }
};

struct Call {
  Caller caller;
  std::string request_id;
  Instant now = 0;
  std::int64_t deadline_ms = 0;  // monotonic_ms(); 0: none
  bool chinese = false;          // the language the caller reads
  IdMaker* ids = nullptr;
  Random* random = nullptr;
  const Settings* settings = nullptr;
  int buckets = kDefaultBuckets;

  template <class T>
  T make_id(Bucket bucket = 0) const {
    return ids->make<T>(now, bucket);
  }
  Bucket bucket(PersonId buyer) const { return bucket_of(buyer, buckets); }
};

// Ok if the caller is staff of the brand with one of these roles (or the system); else forbidden (unauthenticated for
// guests). Of the whole brand: what belongs to no region is not for staff limited to some.
Status require_staff(const Call& call, BrandId brand, unsigned roles);
// The same for what lies in a region (an agent, and all that hangs on their store).
Status require_staff_in(const Call& call, BrandId brand, std::string_view region, unsigned roles);
// The same for staff of any part of the brand: for what all of them may know, and for lists limited by Caller::scope.
Status require_any_staff(const Call& call, BrandId brand, unsigned roles);
// Ok if the caller is the store's own agent, or staff that operates the whole brand. Who has a transaction asks
// org::require_store, which knows the store's region.
Status require_store(const Call& call, BrandId brand, StoreId store);
Status require_store_in(const Call& call, BrandId brand, StoreId store, std::string_view region);
Status require_login(const Call& call);

}  // namespace lianbo
