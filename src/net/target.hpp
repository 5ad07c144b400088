// The request target (RFC 3986) taken apart, and the small texts of HTTP that more than one file reads. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/route.hpp"

namespace lianbo::net {

// "%E4%B8%AD" → "中"; nothing when a % is not followed by two hex digits. plus_is_space: forms and queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);  // everything but A–Z a–z 0–9 - . _ ~

// "a=1&b=%20" → pairs in order. Nothing when it can't be decoded.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view text);

// Fills path and query from target. Takes the origin form and the absolute form; refuses bad escapes, control
// characters, text that is not UTF-8 and the segments "." and "..".
Status parse_target(Request& request);

// ASCII only.
std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
// Does a comma-separated header value ("keep-alive, Upgrade") hold this token?
bool has_token(std::string_view header_value, std::string_view token);

}  // namespace lianbo::net
