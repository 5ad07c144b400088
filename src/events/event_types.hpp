// The catalogue of events that leave the server: what each is called, whose it is, and what it carries.
//
// One list makes docs/events.md, the check of every scenario's events against it, and what is told: a field that is not
// listed here is not told, whatever an event's payload holds. So nothing personal leaves by accident; a payload carries
// ids, states and amounts, never names, phones, addresses or what somebody wrote. Constant after start; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "bus/journal.hpp"

namespace lianbo::events {

struct EventType {
  std::string type;           // the topic: "order.paid"
  std::string subject_kind;   // "order": events of one subject are told one after another
  std::string subject_field;  // the member of the payload that names it; "": the event's key
  std::string says;
  Shape data;
};
// Sorted by type.
const std::vector<EventType>& event_types();
const EventType* find_event_type(std::string_view type);
// Between the parts of the server only: known, never told.
bool is_internal_topic(std::string_view topic);

// The subject of an event of this type; 0 when it has none.
std::int64_t subject_of(const EventType& type, const db::Event& event);
// As the API lists it and a webhook gets it:
// {id, cursor, type, timestamp, brand_id, subject_kind, subject_id, data}.
std::string event_json(const EventType& type, const bus::KeptEvent& kept);
Shape event_shape();

// "" or what an event's payload has that the catalogue does not know, or the other way round. For tests.
std::string mismatch(const db::Event& event);

// The list as Markdown, for docs/events.md.
std::string event_table();

}  // namespace lianbo::events
