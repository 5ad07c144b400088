// Call: who asks, as what, when, and with which sources of chance and ids. Every service function takes one; nothing
// below it reads the clock, draws a number or makes an id by itself (DESIGN 3). Roles are checked here and nowhere
// else. A Call belongs to one request and one thread.
#pragma once

#include <string>
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

struct StaffOf {
  BrandId brand;
  unsigned roles;
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

  unsigned roles_at(BrandId brand) const {
    for (const auto& s : staff)
      if (s.brand == brand) return s.roles;
    return 0;
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
// guests).
Status require_staff(const Call& call, BrandId brand, unsigned roles);
// Ok if the caller is the store's own agent, or staff that operates its brand.
Status require_store(const Call& call, BrandId brand, StoreId store);
Status require_login(const Call& call);

}  // namespace lianbo
