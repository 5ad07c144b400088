// Dispatcher: one natural way for a request (DESIGN 3). Finds the route, hands the work to a worker, learns who asks,
// checks access, origin and shape, runs the handler in the transaction it wants, keeps the Idempotency-Key, and turns
// an Error into a problem document. No route does any of this by itself.
//
// - Identity: "Authorization: Bearer TOKEN", or the session cookie, or the signed guest cookie; who has none is made a
//   guest with a cookie, where the route lets guests in.
// - A request that changes something and is identified by a cookie must carry the header X-Lianbo-Csrf (any value): a
//   page of another site can't send it. SameSite=Lax stands in front of that.
// - Callers are remembered for kRememberMs, and forgotten at once when this process changes anybody's relations.
// - Log-ins, and what guests write, are limited by the address that asks (rate.…): beyond, 429 with Retry-After. Behind
//   http.trusted_proxies the address is the one they name.
// - A write holds no worker while it waits for its commit: it is prepared, and the database's thread answers. So as
//   many requests share one commit as have come, and not as many as there are workers.
// - Past what the disk and the writer can do, a write is refused before anything was done for it: when a crowd of
// writes is
//   under way and the oldest has waited for kLongestWaitMs. What is under way is answered in about that time.
// - What needs no look into the database before its transaction is prepared on the I/O thread itself: a small write by
//   somebody who is known already (a guest, or remembered), and what only computes (at_once). No thread is woken for
//   it. Small writes of callers who are not known wait for the next free worker, which looks up all of them in one
//   read.
// Threads: on_request and on_upgrade on I/O threads (they return at once); handle on worker threads, never on one of
// the database's. finish() lets every write that was begun be answered; call it when nothing new comes any more.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/call.hpp"
#include "bus/bus.hpp"
#include "db/db.hpp"
#include "net/client_address.hpp"
#include "net/metrics.hpp"
#include "net/rate_limit.hpp"
#include "net/router.hpp"
#include "net/server.hpp"
#include "net/workers.hpp"
#include "net/ws.hpp"

namespace lianbo::app {

struct DispatcherDeps {
  db::Database* db = nullptr;
  const Clock* clock = nullptr;
  const Settings* settings = nullptr;
  IdMaker* ids = nullptr;
  Random* random = nullptr;  // safe from several threads
  net::Workers* workers = nullptr;
  // For what may take long (passwords, the payment rail, files): however many of these wait, the others go on.
  net::Workers* slow_workers = nullptr;
  // And for those of them that wait for the payment rail, which are many at once and cost little while they wait: by
  // operation id. Apart from the slow ones, of which each may need the memory of a password.
  net::Workers* rail_workers = nullptr;
  std::unordered_set<std::string> asks_rail;
  std::string token_key;
  int buckets = kDefaultBuckets;
  // Operation ids of routes after which remembered callers are looked up again: logins, roles, agents' states.
  std::unordered_set<std::string> changes_relations;
  // Write routes that many people send at once and that decide about their caller's own rows, by operation id: each is
  // still a body of its own, under its key, and the engine may run bodies of several callers side by side
  // (db/together.hpp). `gathered` below is the other way: wishes that one body writes at once, before there is any
  // body.
  std::unordered_set<std::string> side_by_side;
  // Operation ids of open, plain GETs that only compute: answered on the I/O thread, no worker is woken for them.
  std::unordered_set<std::string> at_once;
  net::TrustedProxies proxies;
  std::function<std::int64_t()> monotonic = monotonic_ms;  // for waits
  // Write routes whose requests are written together with others that come at the same time, by operation id. Called
  // when the request has been admitted and brings no Idempotency-Key; answers once.
  using Gathered = std::function<void(const Call&, const net::Request&, std::function<void(Result<net::Reply>)>)>;
  std::unordered_map<std::string, Gathered> gathered;
};

class Dispatcher {
 public:
  Dispatcher(DispatcherDeps deps, net::Routes routes);
  ~Dispatcher() { finish(); }
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // A WebSocket at this path ("/api/v1/rooms/{broadcast_id}/ws"); before the server starts. accept runs on a worker.
  using Accept = std::function<Result<net::WsAccept>(const net::Request&, const Call&)>;
  void add_socket(std::string path, Accept accept);
  void on_request(net::Request&& request, net::ReplySink sink);
  void on_upgrade(net::Request&& request, net::UpgradeSink sink);
  // The whole of a request; returns when it is answered.
  net::Reply handle(net::Request&& request);
  void finish();
  // What a GET of `target` answers to who made `call`, asked from inside another request (`from`: its headers). Only
  // routes that let guests in; not_found for anything else.
  Result<net::Reply> ask(const Call& call, const net::Request& from, const std::string& target);

  std::size_t body_limit(net::Method method, std::string_view path) const;
  const net::Routes& routes() const { return routes_; }
  std::size_t limited_addresses() const { return guests_.remembered() + logins_.remembered(); }
  // A call of the server itself (jobs).
  Call system_call() const;
  void forget_callers();

 private:
  net::Workers& workers_for(const net::Route* route) const;

  static constexpr std::int64_t kRememberMs = 2000;
  static constexpr std::int64_t kLongestWaitMs = 500;
  static constexpr std::size_t kCrowdOfWrites = 512;
  static constexpr std::size_t kIdentifiedAtOnce = 64;
  static constexpr std::size_t kRemembered = 20000;
  static constexpr std::size_t kSmallBody = 16384;  // parsed and checked within a tenth of a millisecond or so

  struct Identity {
    Caller caller;
    bool new_guest = false;
    bool by_cookie = false;
    std::string cookie;  // a new guest's
  };
  // Ok, or too_many_requests and for how long.
  Status within_limits(const net::Request& request, const Caller& caller, bool logs_in, std::int64_t& wait_ms);
  std::optional<Identity> known(const net::Request& request, Call& call, bool make_guest);
  Identity guest_of(const net::Request& request, Call& call, bool make_guest);
  Result<Identity> identify(const net::Request& request, Call& call, bool make_guest);
  Result<Identity> identity_of(const net::Request& request, Call& call, bool make_guest, Result<Caller> found);
  // A request on its way, and what it will be answered with.
  struct Exchange;
  using Shared = std::shared_ptr<Exchange>;
  using Answer = std::function<void(net::Reply)>;
  Shared exchange(net::Request&& request, Answer answer);
  bool is_light(const Exchange& x) const;
  bool begins_at_once(Exchange& x);
  void identify_later(const Shared& x);
  void wake_identifier();
  void identify_waiting();
  struct Waiting;
  void identified(const Waiting& waited, Result<Caller> caller);
  void begin(const Shared& x);
  Status admit(Exchange& x);
  void run(const Shared& x);
  void run_write(const Shared& x);
  void write(const Shared& x, std::function<Result<net::Reply>(db::Tx&)> body);
  using Write = std::list<std::int64_t>::iterator;
  std::optional<Write> write_begins();  // none: so many wait for so long that one more is refused
  void write_ended(Write mine);
  void end(Exchange& x, Result<net::Reply> answer);
  Result<net::Reply> under_key(const net::Request& request, const Call& call,
                               const std::function<Result<net::Reply>()>& handler);
  static Result<std::string> key_of(const net::Request& request);
  static std::string digest_of(const net::Request& request);
  Call make_call(const net::Request& request) const;
  std::string next_request_id();

  DispatcherDeps deps_;
  net::Routes routes_;
  net::Router router_;
  std::unordered_map<const net::Route*, std::unique_ptr<net::RouteMetrics>> metrics_;
  std::unordered_set<const net::Route*> at_once_;
  net::Routes sockets_;
  std::unique_ptr<net::Router> socket_router_;
  std::unordered_map<std::string, Accept> accepts_;  // by the path of the route
  std::string request_prefix_;
  std::atomic<std::uint64_t> request_number_{0};
  net::RateLimit guests_, logins_;

  std::mutex writes_mutex_;
  std::condition_variable no_writes_;
  std::list<std::int64_t> writes_;  // begun and not yet answered: when, the oldest first

  struct Waiting {
    Shared x;
    std::int64_t since_ms;
  };
  std::mutex waiting_mutex_;
  std::deque<Waiting> waiting_;  // small writes of callers who must be looked up: by the next worker, all in one read
  bool identifying_ = false;     // a worker is on its way to them

  struct Remembered {
    Caller caller;
    std::int64_t until_ms;
  };
  std::mutex callers_mutex_;
  std::unordered_map<std::string, Remembered> callers_;  // by SHA-256 of the token
};

}  // namespace lianbo::app
