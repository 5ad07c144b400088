// Web push: what people ask for, and the reminders that are sent by it.
//
// - A reminder is one per person and broadcast, whatever gives it: begin_rounds takes it from the reservation in the
// same
//   commit that makes its delivery, so no page gives it again; what could not be delivered is given back, and the next
//   page gives it. None is sent after the broadcast's start + 10 minutes, none once unreserved.
// - It goes to the browser that asked last. One that its push service does not know any more (404, 410) is forgotten,
// and
//   the one before it is tried.
// - The server's key is derived from its master key, so it lasts as long as that; a browser that was subscribed under
//   another one is refused by its push service (403) and forgotten, too.
// - Addresses are https, and never of a private network: webhooks' rules and their caller (events/webhook_service.hpp).
// Threads: any. Nothing waits for a network inside a transaction. Errors: invalid_field.
#pragma once

#include <string>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "events/webhook_service.hpp"
#include "net/route.hpp"

namespace lianbo::push {

inline constexpr std::size_t kMaxBrowsers = 10;  // of a person; the oldest goes
inline constexpr int kMaxTries = 5;

struct Browser {
  std::string endpoint, p256dh, auth;  // the keys: base64url
  std::string language;                // zh, en
};
std::string server_key();  // 65 bytes
Status subscribe(db::Tx& tx, const Call& call, const Browser& browser);
void unsubscribe(db::Tx& tx, const Call& call, std::string_view endpoint);
void forget_person(db::Tx& tx, const Call& call, PersonId person);
// The browsers of a person, as they are told to that person; the newest first.
struct Asked {
  std::string endpoint, language;
  Instant at = 0;
};
std::vector<Asked> asked_by(db::Tx& tx, const Call& call, PersonId person);

// ---- jobs
// Makes deliveries for broadcasts that have begun; how much it did.
Result<int> begin_rounds(db::Database& db, const Call& call);
// Sends what is due, several at a time.
Result<int> send_due(db::Database& db, const Call& call, const events::HookCaller& caller);

net::Routes push_routes();

}  // namespace lianbo::push
