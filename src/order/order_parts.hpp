// What the services of this folder share: who may act for whom, the errors and events of an order. Not for others.
#pragma once

#include <string>
#include <string_view>

#include "base/call.hpp"
#include "db/db.hpp"
#include "live/tally.hpp"
#include "order/order.hpp"

namespace lianbo::order {

std::unexpected<Error> no_order();
std::unexpected<Error> wrong_state(const Order& o, std::string_view wanted);

// The buyer, staff that operates the brand, or the server.
Status may_act_for_buyer(db::Tx& tx, const Call& call, const Order& o);
// The call of a job: the server itself, at the same instant.
Call system_call(const Call& call);

void tell(db::Tx& tx, const Call& call, const Order& o, std::string topic, std::int64_t key, std::string payload);
std::string event_payload(const Order& o);
// A fact for the figures of the day: placed, paid, or (with it) refunded.
void tally(db::Tx& tx, const Order& o, live::What what, Instant at, const Refund* refund = nullptr);
std::string masked(std::string_view name);  // "王**": what others in the room may read

}  // namespace lianbo::order
