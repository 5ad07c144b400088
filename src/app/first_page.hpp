// What a page of the shop that a link led to carries with it, so that the shared product stands on a weak phone before
// any script has run and no answer has to be fetched to show it:
//   - a still card: picture, name, price. The page's script puts the living one in its place (web/shared/first.ts);
//   - the answers the page would ask for first, as JSON by address, each taken once (web/shared/api/client.ts);
//   - the head of the document: a title, and what other programs show of the link (Open Graph, https://ogp.me).
// Pages: /room/ID and /product/ID with their queries as the landing writes them (SPEC 6). What is not found is left
// out: the page then asks for itself and says what is wrong.
// Threads: pure but for `ask`; any.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "net/route.hpp"

namespace lianbo::app {

// A GET of the API at this address, answered inside the server for who asks for the page. May be empty: nothing is
// carried then.
using Ask = std::function<Result<net::Reply>(const Call&, const net::Request&, const std::string& target)>;

struct FirstPage {
  std::string head, body;  // HTML for the two marks of shop/index.html; both "" when nothing is carried
};
inline constexpr std::string_view kHeadMark = "<!--first-head-->";
inline constexpr std::string_view kBodyMark = "<!--first-body-->";

FirstPage first_page(const Ask& ask, const Call& call, const net::Request& request);

// Text as it may stand between tags and in a quoted attribute.
std::string escape_html(std::string_view text);

}  // namespace lianbo::app
