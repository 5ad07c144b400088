#include "org/devices.hpp"

#include "base/crypto.hpp"
#include "org/sessions.hpp"

namespace lianbo::org {
namespace {

using db::Row;
using db::Sql;

constexpr std::size_t kCookieLength = 43;
constexpr int kDevices = 50;  // of one person; more are no browsers of theirs

const Sql kLoggedIn{"org.logged_in_on",
                    "insert into person_devices (device_id, person_id, at) values ($1, $2, $3) on conflict (device_id, "
                    "person_id) do update set at = excluded.at"};
const Sql kDevicesOf{"org.devices_of",
                     "select device_id from person_devices where person_id = $1 order by device_id limit $2"};
const Sql kLoginsOf{"org.device_logins_of",
                    "select at from person_devices where person_id = $1 order by at desc, device_id limit $2"};
const Sql kForgetOf{"org.forget_devices_of", "delete from person_devices where person_id = $1"};
const Sql kForgetOld{"org.forget_old_devices",
                     "delete from person_devices where (device_id, person_id) in (select device_id, person_id from "
                     "person_devices where at < $1 order by at limit $2)"};

}  // namespace

DeviceId device_of(std::string_view cookie) {
  if (cookie.size() != kCookieLength) return {};
  const std::string digest = sha256(cookie);
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(digest[static_cast<std::size_t>(i)]);
  return DeviceId{static_cast<std::int64_t>(value >> 1 | 1)};
}

void logged_in_on(db::Tx& tx, DeviceId device, PersonId person, Instant now) {
  if (device) tx.exec(kLoggedIn, {device, person, now});
}

std::map<PersonId, std::set<DeviceId>> devices_of(db::Tx& tx, std::span<const PersonId> people) {
  std::map<PersonId, std::set<DeviceId>> out;
  for (const PersonId person : people) {
    if (out.contains(person)) continue;
    const auto ids = tx.all(kDevicesOf, {person, kDevices}, [](const Row& r) { return r.id<DeviceId>(0); });
    if (!ids.empty()) out.emplace(person, std::set<DeviceId>(ids.begin(), ids.end()));
  }
  return out;
}

std::vector<Instant> device_logins_of(db::Tx& tx, PersonId person) {
  return tx.all(kLoginsOf, {person, kDevices}, [](const Row& r) { return r.integer(0); });
}

void forget_devices_of(db::Tx& tx, PersonId person) { tx.exec(kForgetOf, {person}); }

std::int64_t forget_old_devices(db::Tx& tx, Instant now, int limit) {
  return tx.exec(kForgetOld, {now - kDeviceDays * kDayMs, limit});
}

}  // namespace lianbo::org
