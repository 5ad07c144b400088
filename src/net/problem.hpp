// Errors as RFC 9457 problem documents (application/problem+json), the one form in which a caller of the HTTP API is
// told what went wrong. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "net/route.hpp"

namespace lianbo::net {

// {"type":"/errors/<name>","title":…,"status":…,"code":<number>,"name":…,"detail":…,"where":…,"more":[…],
//  "request_id":…}
// Empty members are left out.
std::string problem_json(const Error& error, bool chinese, std::string_view request_id);

// The same as a reply: X-Request-Id when there is one, Retry-After: 1 when trying again may help.
Reply problem_reply(const Error& error, bool chinese, std::string_view request_id);

// Does an Accept-Language value prefer Chinese to English? Absent: no.
bool prefers_chinese(std::string_view accept_language);

}  // namespace lianbo::net
