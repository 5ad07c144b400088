// Route, Request, Reply: what the domains see of HTTP. No socket and no Beast here.
//
// A route says once what it is (method, path, who may call it, what it takes and gives) and how it runs:
//   read  — handler(tx, call, request) inside one snapshot;
//   write — handler(tx, call, request) inside one write transaction, which also keeps the Idempotency-Key: the same key
//           and body give the stored answer, the same key with another body is an error (SPEC 7);
//   plain — handler(call, request) without a transaction, for what is slow or talks to a network (password hashing,
//           file imports, the payment rail). It opens its own transactions.
// The dispatcher (app/) authenticates, checks access and the shape of the body, runs the handler and turns an Error
// into an RFC 9457 problem document. From the same list come /api/openapi.json and the tests that check it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/call.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "db/db.hpp"

namespace lianbo::net {

enum class Method { get, post, put, patch, del };
std::string_view method_name(Method method);

struct Request {
  Method method = Method::get;
  std::string target;                                        // as sent: path and query
  std::string path;                                          // percent-decoded
  std::vector<std::pair<std::string, std::string>> query;    // percent-decoded
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::vector<std::pair<std::string, std::string>> params;   // of the path pattern, set by the dispatcher
  std::string body;                                          // raw bytes
  std::string remote;                                        // address of who asks, without port
  bool local = false;                                        // a program on this machine, for nobody else
  json::value value;                                         // the body, parsed and checked, if the route has a shape
  bool head = false;                                         // asked with HEAD: method is get, the body is not sent

  std::string_view header(std::string_view lower_name) const;  // "" when absent
  std::string_view cookie(std::string_view name) const;
  std::string_view param(std::string_view name) const;
  std::string_view query_value(std::string_view name) const;
  template <class T>
  Result<T> id_param(std::string_view name) const {
    if (auto id = T::parse(param(name))) return *id;
    return fail(Code::not_found, "no such identifier: " + std::string(name));
  }
};

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;

  static Reply json(std::string body, int status = 200) {
    return Reply{status, std::move(body), "application/json", {}};
  }
  static Reply none() { return Reply{204, {}, {}, {}}; }
  Reply&& with(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

enum class Access {
  open,   // anybody, no identity needed (health, payment callbacks, documents)
  guest,  // anybody; who has no identity yet is given a guest cookie
  login,  // a person who is logged in; finer checks (own order, own store, staff role) in the service
  staff,  // staff of some brand; which brand and role is checked by require_staff in the service
};

struct Page {  // every list query is bounded
  int limit = 50;
  std::int64_t after = 0;  // id of the last row seen; 0: from the start
};
// Reads ?limit=1…200 and ?after=ID.
Result<Page> page_of(const Request& request);
// {"items":[…],"next":ID or null}
std::string page_json(std::string_view items_json_list, std::int64_t next);

using TxHandler = std::function<Result<Reply>(db::Tx&, const Call&, const Request&)>;
using PlainHandler = std::function<Result<Reply>(const Call&, const Request&)>;

enum class Run { read, write, plain };

struct Route {
  Method method = Method::get;
  std::string path;     // "/api/v1/orders/{order_id}"
  std::string id;       // OpenAPI operationId: "getOrder"
  std::string summary;  // one line
  Access access = Access::login;
  Run run = Run::read;
  TxHandler tx_handler;        // read, write
  PlainHandler plain_handler;  // plain
  std::optional<Shape> takes;  // JSON body; none: no body is read
  std::optional<Shape> gives;  // JSON answer of 2xx
  int success = 200;
  std::vector<Code> errors;  // beside those that any route may give
  Shape query;               // query parameters (texts)
  bool raw_body = false;     // the body is a file or signed bytes: not parsed; http.upload_bytes is its limit
  bool internal = false;     // not in the OpenAPI document (sandbox, health)
  bool idempotent = true;    // write: an Idempotency-Key is honoured (and required where require_key)
  bool require_key = false;  // write: refuse calls without one (placing an order)
  bool logs_in = false;      // counts against rate.login_per_min instead of rate.guest_per_min
  // Members of the answer that are told once: under an Idempotency-Key they are kept, and repeated, as null.
  std::vector<std::string> secrets;

  // Limited by the address of who asks: log-ins, and what guests write.
  bool limited() const { return logs_in || (access == Access::guest && (run == Run::write || method != Method::get)); }
  Route&& taking(Shape s) && {
    takes = std::move(s);
    return std::move(*this);
  }
  Route&& giving(Shape s) && {
    gives = std::move(s);
    return std::move(*this);
  }
  Route&& may_fail(std::vector<Code> codes) && {
    errors = std::move(codes);
    return std::move(*this);
  }
  Route&& asking(Shape s) && {
    query = std::move(s);
    return std::move(*this);
  }
  Route&& answers(int status) && {
    success = status;
    return std::move(*this);
  }
  Route&& telling_once(std::vector<std::string> members) && {
    secrets = std::move(members);
    return std::move(*this);
  }
  Route&& logging_in() && {
    logs_in = true;
    return std::move(*this);
  }
};

Route read_route(Method method, std::string path, std::string id, std::string summary, Access access,
                 TxHandler handler);
Route write_route(Method method, std::string path, std::string id, std::string summary, Access access,
                  TxHandler handler);
Route plain_route(Method method, std::string path, std::string id, std::string summary, Access access,
                  PlainHandler handler);

using Routes = std::vector<Route>;

}  // namespace lianbo::net
