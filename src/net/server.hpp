// Server: sockets, HTTP/1.1 and WebSocket. It knows no route and no person: what to answer is the business of the two
// handlers it is given.
//
// - Each I/O thread runs one event loop and owns its connections outright, so nothing in a connection is locked. The
//   first thread accepts and deals new connections out in turn; a WebSocket moves to the thread of its home key.
// - HTTP: keep-alive; pipelined requests are answered one at a time, in order; HEAD is GET without the body;
//   Expect: 100-continue. What can't be a request is answered with a problem document and the connection is closed:
//   400, 408, 413, 414, 431; too many connections: 503.
// - One sweep a thread looks for connections whose time is up, instead of a timer for each request.
// - Every limit is in ServerConfig, and each has a counter in ServerStats.
// Threads: start and stop from the owner's thread; post, every and stats from any. Handlers are called on I/O threads
// and must not block: they hand work to Workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/settings.hpp"
#include "net/route.hpp"
#include "net/ws.hpp"

namespace lianbo::net {

class Metrics;

struct ServerConfig {
  std::string address = "127.0.0.1";  // IPv4 or IPv6
  int port = 0;                       // 0: any free one
  int io_threads = 1;
  std::int64_t connections = 16000;  // HTTP and WebSocket together
  std::size_t header_bytes = 16384;
  std::size_t uri_bytes = 4096;
  std::int64_t idle_ms = 60000;    // keep-alive without a request
  std::int64_t header_ms = 10000;  // from the first byte of a request to the end of its header
  std::int64_t body_ms = 20000;    // grace for a body; beyond it, at least body_rate bytes a second must have come
  std::int64_t body_rate = 8192;
  std::int64_t write_ms = 30000;       // a reply of which nothing could be sent for this long
  std::int64_t max_requests = 100000;  // of one connection; then it is closed, politely
  std::int64_t linger_ms = 2000;       // after a refusal, how long we read on so that the peer gets to see it
  std::uint32_t ws_message_bytes = 4096;
  std::size_t ws_queue_bytes = 262144;
  int ws_send_buffer = 65536;       // SO_SNDBUF of a WebSocket: what the kernel holds for a slow viewer; 0: its default
  std::int64_t ws_ping_ms = 30000;  // a silent viewer is pinged after this, and cut off after twice this
  std::int64_t ws_close_ms = 5000;  // longest wait for the peer's close frame
  std::int64_t sweep_ms = 500;
  // Largest body of a request; called on an I/O thread once the header is there. Default: http.body_bytes for all.
  std::function<std::size_t(Method, std::string_view path)> body_limit;
  // The X-Request-Id of what the server refuses by itself; may be empty.
  std::function<std::string()> request_id;

  static ServerConfig from(const Settings& settings);
};

struct ServerStats {
  std::int64_t accepted = 0;
  std::int64_t open = 0;     // HTTP and WebSocket
  std::int64_t refused = 0;  // too many connections
  std::int64_t requests = 0;
  std::int64_t in_flight = 0;     // requests given to a handler and not yet answered
  std::int64_t bad_requests = 0;  // refused by the server itself
  std::int64_t timeouts = 0;      // idle, slow header, slow body, slow reader
  std::int64_t ws_open = 0;
  std::int64_t ws_accepted = 0;
  std::int64_t ws_received = 0;     // messages
  std::int64_t ws_frames_sent = 0;  // handed to the kernel or queued
  std::int64_t ws_bytes_sent = 0;   // handed to the kernel
  std::int64_t ws_frames_dropped = 0;
  std::int64_t ws_cut_off = 0;  // more than ws_queue_bytes unsent
  std::int64_t ws_protocol_errors = 0;
};

// Answers one request. May be called once, from any thread; later calls are ignored. Copies share the one answer. If
// all copies go away without a call, the caller gets `internal`. Safe to call after the server has stopped.
class ReplySink {
 public:
  struct State;
  explicit ReplySink(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void operator()(Reply reply) const;

 private:
  std::shared_ptr<State> state_;
};

using RequestHandler = std::function<void(Request&&, ReplySink)>;
// Decides about a WebSocket upgrade: calls back once, from any thread. An Error becomes a problem document.
using UpgradeSink = std::function<void(Result<WsAccept>)>;
using UpgradeHandler = std::function<void(Request&&, UpgradeSink)>;

class Server {
 public:
  // Without an upgrade handler, upgrades are ignored (the request is handled as any other).
  Server(ServerConfig config, RequestHandler on_request, UpgradeHandler on_upgrade = {});
  ~Server();  // stop(0)
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Status start();
  int port() const;  // after start

  // Stops accepting; lets requests under way finish; runs last_words on each I/O thread (rooms may send a last
  // message); closes WebSockets with 1012 "reconnect"; then ends the threads. All within deadline_ms.
  void stop(std::int64_t deadline_ms, std::function<void(int io_thread)> last_words = {});

  int io_threads() const;
  int home(std::int64_t home_key) const;  // the I/O thread of a key, 0 … io_threads − 1
  // Runs fn on the I/O thread of a key, never inside this call, in the order of the posts of one thread. False (and fn
  // is dropped) before start and after stop.
  bool post(std::int64_t home_key, std::move_only_function<void()> fn);
  bool post_to_thread(int io_thread, std::move_only_function<void()> fn);
  // The same, ms later.
  bool post_after(std::int64_t home_key, std::int64_t ms, std::move_only_function<void()> fn);
  // As soon as that thread has nothing else to do, and ms later at the latest.
  bool post_when_idle(std::int64_t home_key, std::int64_t ms, std::move_only_function<void()> fn);
  // Runs fn(io_thread) about every ms on each I/O thread until stop. A tick that takes longer than ms delays the next
  // one, so that at least half of the thread's time is left to sockets.
  void every(std::int64_t ms, std::function<void(int io_thread)> fn);

  ServerStats stats() const;
  // Shows the stats in /metrics for as long as this server lives.
  void publish(Metrics& metrics);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Lets this process open as many files and sockets as the system allows it. Returns the limit.
std::int64_t raise_file_limit();

}  // namespace lianbo::net
