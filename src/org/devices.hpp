// Which browsers people log in from, so that one person with five accounts can be told from five persons (SPEC 11).
//
// A login sets a random cookie that stays when the session ends; of it the server keeps a part of its SHA-256, with who
// logged in and when, for kDeviceDays. It identifies nobody, is told to nobody, and goes with its person's account. Who
// deletes it is a new device. Threads: any. Errors: none.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"

namespace lianbo::org {

inline constexpr std::string_view kDeviceCookie = "lb_device";
inline constexpr int kDeviceDays = 365;

using DeviceId = Id<struct DeviceTag>;
// Of a cookie's value; none: it is not one of ours.
DeviceId device_of(std::string_view cookie);
void logged_in_on(db::Tx& tx, DeviceId device, PersonId person, Instant now);
// Of many people; who has none is left out.
std::map<PersonId, std::set<DeviceId>> devices_of(db::Tx& tx, std::span<const PersonId> people);
// When a person last logged in on each of their devices; the latest first.
std::vector<Instant> device_logins_of(db::Tx& tx, PersonId person);
void forget_devices_of(db::Tx& tx, PersonId person);
std::int64_t forget_old_devices(db::Tx& tx, Instant now, int limit);

}  // namespace lianbo::org
