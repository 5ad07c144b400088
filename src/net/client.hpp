// The client's side of HTTP and WebSocket: for the payment rail, the command line, the simulator and the load benches.
//
// HttpClient: blocking, one keep-alive connection, http and https (certificate and host name are verified). One thread
// at a time. Errors: io_failed (no connection, broken off, bad certificate), deadline_exceeded, body_too_large,
// bad_request (an address or an answer that is not HTTP), address_refused (not public). A redirect is an answer like
// any other and is not followed. Name resolution is not covered by the timeout.
//
// WsClientPool: many thousand WebSockets on one thread of its own, ws:// to an address only (no TLS). Listeners are
// called on that thread. Everything else from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace lianbo::net {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  HeaderList headers = {};  // Host and Content-Length are added
  std::string body = {};
  // May the request be sent a second time when a kept connection turns out to be stale, that is, when it ends before
  // the first byte of an answer? Only for what does no harm twice (GET, or with an Idempotency-Key).
  bool retry_safe = false;
};

struct HttpResponse {
  int status = 0;
  HeaderList headers;  // names in lower case
  std::string body;
  std::string_view header(std::string_view lower_name) const;
};

struct HttpClientOptions {
  std::string url;  // "https://host[:port]"; a path is refused
  std::int64_t connect_ms = 5000;
  std::int64_t timeout_ms = 15000;  // from send to the last byte of the answer
  std::size_t max_body = 64U << 20;
  std::string ca_file = {};  // PEM; default: the system's authorities
  // Connect to public addresses alone (address.hpp): for what somebody else named. It is the address that is about to
  // be connected to that is looked at, so a name that resolves otherwise the next moment does not get round it.
  bool public_only = false;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  Result<HttpResponse> send(const HttpRequest& request);
  void close();
  std::int64_t connects() const;  // connections made so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

using WsClientId = std::uint64_t;  // never 0, never used twice in one pool

// Called on the pool's thread; must be quick. May call the pool. One listener may serve many connections.
class WsListener {
 public:
  virtual ~WsListener() = default;
  virtual void on_open(WsClientId) {}
  virtual void on_text(WsClientId, std::string_view) {}
  // Once per connection, the last call for it. code: RFC 6455 7.4; 1006 when there was no close frame. http_status: of
  // the answer when the upgrade was refused (reason is then its body), else 101; 0 when nobody answered.
  virtual void on_close(WsClientId, int /*code*/, std::string_view /*reason*/, int /*http_status*/) {}
};

struct WsClientStats {
  std::int64_t opening = 0;
  std::int64_t open = 0;
  std::int64_t refused = 0;   // never opened
  std::int64_t closed = 0;    // opened once
  std::int64_t messages = 0;  // received
  std::int64_t bytes = 0;     // received, payload only
  std::int64_t sent = 0;      // messages
};

struct WsClientOptions {
  std::string host = "127.0.0.1";  // an address
  int port = 0;
  std::uint32_t message_limit = 16U << 20;
  int receive_buffer = 0;  // SO_RCVBUF; 0: the system's default
  // Listeners see no texts, only the counters move: for load benches.
  bool count_only = false;
  std::int64_t handshake_ms = 15000;
};

class WsClientPool {
 public:
  explicit WsClientPool(WsClientOptions options);
  ~WsClientPool();  // drops every connection; listeners are not called any more
  WsClientPool(const WsClientPool&) = delete;
  WsClientPool& operator=(const WsClientPool&) = delete;

  WsClientId open(std::string target, HeaderList headers, std::shared_ptr<WsListener> listener);
  void send_text(WsClientId id, std::string text);
  void close(WsClientId id, int code = 1000, std::string reason = {});
  // Stops (or goes on) reading one connection: a slow viewer, for tests.
  void pause(WsClientId id, bool paused);

  // Waits until the listener has seen everything that the server had sent on these connections (none: all open ones)
  // before now: sends a ping on each and waits for its pong, which comes after all that was sent before it. False when
  // the time was up. Connections that close meanwhile count as done. Not from a listener.
  bool barrier(std::int64_t timeout_ms, std::vector<WsClientId> ids = {});
  // Sends a text and waits for the first later message that is_reply accepts. Messages still go to the listener, in
  // order, the reply too. Not from a listener.
  Result<std::string> ask(WsClientId id, std::string text, std::function<bool(std::string_view)> is_reply,
                          std::int64_t timeout_ms);

  WsClientStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lianbo::net
