#include "net/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <future>

#include "base/check.hpp"
#include "base/log.hpp"
#include "net/http_session.hpp"
#include "net/io_thread.hpp"
#include "net/metrics.hpp"
#include "net/problem.hpp"
#include "net/ws_session.hpp"

namespace lianbo::net {
namespace asio = boost::asio;
namespace {

constexpr int kAcceptsInOneGo = 64;
constexpr int kPingsInOneSweep = 512;
constexpr std::int64_t kDateEveryMs = 100;  // of a header that tells seconds

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string http_date(Instant now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = now / 1000;
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char text[40];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[tm.tm_wday], tm.tm_mday,
                kMonths[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
  return text;
}

std::string peer_text(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)).to_string();
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  asio::ip::address_v6::bytes_type bytes;
  std::copy(std::begin(v6.sin6_addr.s6_addr), std::end(v6.sin6_addr.s6_addr), bytes.begin());
  const asio::ip::address_v6 address(bytes);
  if (address.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address).to_string();
  return address.to_string();
}

}  // namespace

// ---- Mailbox -------------------------------------------------------------------------------------------------------

void Mailbox::open(Loop& loop) {
  const std::lock_guard lock(mutex_);
  owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  loop_ = &loop;
}

void Mailbox::close() {
  std::vector<Fn> dropped;
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  dropped.swap(queue_);
  owner_.store(std::thread::id{}, std::memory_order_relaxed);
}

bool Mailbox::post(Fn fn) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return false;
  queue_.push_back(std::move(fn));
  if (queue_.size() > 1) return true;
  if (on_own_thread())
    loop_->mail_is_here();
  else
    loop_->wake();
  return true;
}

void Mailbox::drain() {
  std::vector<Fn> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(queue_);
  }
  for (Fn& fn : batch) {
    try {
      fn();
    } catch (const std::exception& e) {
      log_event(LogEvent::handler_threw, "a function posted to an I/O thread threw: {}", e.what());
    }
    fn = nullptr;
  }
}

// ---- ServerCore ----------------------------------------------------------------------------------------------------

int ServerCore::home(std::int64_t home_key) const {
  // Keys are ids whose low bits are a sequence: mixed before they are dealt out.
  auto x = static_cast<std::uint64_t>(home_key) * 0x9e3779b97f4a7c15ULL;
  x ^= x >> 32;
  return static_cast<int>(x % static_cast<std::uint64_t>(config.io_threads));
}

std::int64_t ServerCore::total(Stat stat) const {
  std::int64_t sum = 0;
  for (const auto& thread : threads) sum += thread->stat(stat);
  return sum;
}

void ServerCore::connection_closed() {
  open.fetch_sub(1, std::memory_order_relaxed);
  if (!stopping.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex);
  changed.notify_all();
}

// ---- IoThread ------------------------------------------------------------------------------------------------------

IoThread::IoThread(ServerCore& server, int number) : core(server), index(number) {}
IoThread::~IoThread() = default;

// Returns when the mailbox belongs to the thread: nobody else may use it before.
void IoThread::start() {
  std::promise<void> ready;
  thread_ = std::thread([this, &ready] {
    mailbox->open(loop);
    ready.set_value();
    loop.after_us(core.config.sweep_ms * 1000, [this] { sweep(); });
    loop.run([this] { mailbox->drain(); });
  });
  ready.get_future().wait();
}

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::sweep() {
  loop.after_us(core.config.sweep_ms * 1000, [this] { sweep(); });
  const std::int64_t now = monotonic_ms();
  http.each([now](HttpSession& session) { session.sweep(now); });
  int pings = kPingsInOneSweep;
  ws.each([now, &pings](WsSession& session) { session.sweep(now, pings); });
  if (on_sweep) on_sweep();
}

void IoThread::every(std::int64_t ms, std::function<void(int)> fn) {
  if (ended_) return;
  tickers_.push_back(std::make_unique<Ticker>(Ticker{ms, std::move(fn), monotonic_us() + ms * 1000}));
  loop.after_us(ms * 1000, [this, ticker = tickers_.back().get()] { tick(*ticker); });
}

void IoThread::tick(Ticker& ticker) {
  const std::int64_t began = monotonic_us();
  try {
    ticker.fn(index);
  } catch (const std::exception& e) {
    log_event(LogEvent::handler_threw, "a tick threw: {}", e.what());
  }
  if (ended_) return;
  const std::int64_t ended = monotonic_us();
  ticker.due_us = std::max(ticker.due_us + ticker.ms * 1000, ended + (ended - began));
  loop.after_us(ticker.due_us - ended, [this, &ticker] { tick(ticker); });
}

void IoThread::after(std::int64_t ms, Loop::Fn fn) {
  if (!ended_) loop.after_us(ms * 1000, std::move(fn));
}

void IoThread::when_idle(std::int64_t ms, Loop::Fn fn) {
  if (!ended_) loop.when_idle(ms * 1000, std::move(fn));
}

const std::string& IoThread::date() {
  if (!date_.empty() && loop.woke_ms() - date_looked_ms_ < kDateEveryMs) return date_;
  date_looked_ms_ = loop.woke_ms();
  const Instant now = SystemClock().now();
  if (now / 1000 != date_second_) {
    date_second_ = now / 1000;
    date_ = http_date(now);
  }
  return date_;
}

void IoThread::adopt(Fd fd, std::string remote) {
  if (ended_) return core.connection_closed();
  const auto session = std::make_shared<HttpSession>(*this, std::move(fd), std::move(remote));
  if (!session->start()) core.connection_closed();
}

void IoThread::begin_stop() {
  http.each([](HttpSession& session) { session.begin_stop(); });
}

void IoThread::close_rooms(const std::function<void(int)>& last_words) {
  if (last_words) last_words(index);
  ws.each([](WsSession& session) { session.close(ws_code::kRestart, "reconnect"); });
}

void IoThread::end() {
  if (ended_) return;
  ended_ = true;
  http.each([](HttpSession& session) { session.close(); });
  ws.each([](WsSession& session) { session.tear_down(); });
  loop.cancel_all();
  on_sweep = nullptr;
  mailbox->close();
  loop.stop();
}

// ---- Acceptor ------------------------------------------------------------------------------------------------------

class Acceptor final : private Watched {
 public:
  explicit Acceptor(ServerCore& core) : core_(core) {}

  Status listen() {
    const ServerConfig& config = core_.config;
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(config.address, ec);
    if (ec)
      return fail(Code::invalid_field, "http.address must be an IPv4 or IPv6 address, not \"" + config.address + "\"",
                  "http.address");
    sockaddr_storage at{};
    socklen_t size = 0;
    if (address.is_v4()) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(at);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(static_cast<std::uint16_t>(config.port));
      v4.sin_addr.s_addr = htonl(address.to_v4().to_uint());
      size = sizeof v4;
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(at);
      const auto bytes = address.to_v6().to_bytes();
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(static_cast<std::uint16_t>(config.port));
      v6.sin6_scope_id = static_cast<std::uint32_t>(address.to_v6().scope_id());
      std::copy(bytes.begin(), bytes.end(), std::begin(v6.sin6_addr.s6_addr));
      size = sizeof v6;
    }
    const int on = 1;
    fd_ = Fd(::socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (fd_.get() < 0 || ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at), size) != 0 || ::listen(fd_.get(), 4096) != 0)
      return fail(Code::io_failed,
                  "can't listen on " + config.address + " port " + std::to_string(config.port) + ": " +
                      std::strerror(errno) + "; choose another http.port, or 0 for any free one",
                  "http.port");
    size = sizeof at;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(at).sin_port
                                          : reinterpret_cast<const sockaddr_in6&>(at).sin6_port);
    return {};
  }

  int port() const { return port_; }

  void start() {
    core_.threads[0]->on_sweep = [this] {
      if (std::exchange(paused_, false)) wait();
    };
    wait();
  }

  void close() {
    pause();
    fd_.close();
    core_.threads[0]->on_sweep = nullptr;
  }

 private:
  void wait() { watched_ = fd_.get() >= 0 && core_.threads[0]->loop.watch(fd_.get(), *this, true); }
  void pause() {
    if (std::exchange(watched_, false)) core_.threads[0]->loop.forget(fd_.get(), *this);
  }

  void on_ready(std::uint32_t) override {
    for (int i = 0; i < kAcceptsInOneGo; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      Fd fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd.get() < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        // No descriptors or no memory: the queue of the kernel waits until the next sweep has freed some.
        log_event(LogEvent::accept_paused, "{}; waiting a moment", std::strerror(errno));
        paused_ = true;
        return pause();
      }
      deal(std::move(fd), peer);
    }
  }

  void deal(Fd fd, const sockaddr_storage& peer) {
    IoThread& own = *core_.threads[0];
    if (core_.open.load(std::memory_order_relaxed) >= core_.config.connections) return refuse(fd);
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    own.add(kAccepted);
    core_.open.fetch_add(1, std::memory_order_relaxed);
    IoThread& thread = *core_.threads[next_++ % core_.threads.size()];
    if (&thread == &own) return own.adopt(std::move(fd), peer_text(peer));
    if (!thread.mailbox->post([&thread, f = std::move(fd), remote = peer_text(peer)]() mutable {
          thread.adopt(std::move(f), std::move(remote));
        }))
      core_.connection_closed();
  }

  void refuse(const Fd& fd) {
    core_.threads[0]->add(kRefused);
    if (refusal_.empty()) {
      const std::string body =
          problem_json(Error{Code::overloaded, "too many connections are open", {}, {}}, false, {});
      refusal_ = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\nRetry-After: 1\r\nConnection: close\r\n\r\n" + body;
    }
    [[maybe_unused]] const ssize_t n = ::send(fd.get(), refusal_.data(), refusal_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(fd.get(), SHUT_WR);
    // What the peer has sent by now is read, so that closing does not reset the connection under our answer.
    char waste[4096];
    while (::recv(fd.get(), waste, sizeof waste, MSG_DONTWAIT) > 0) {
    }
  }

  ServerCore& core_;
  Fd fd_;
  std::string refusal_;
  std::size_t next_ = 0;
  int port_ = 0;
  bool paused_ = false;
  bool watched_ = false;
};

// ---- Server --------------------------------------------------------------------------------------------------------

struct Server::Impl {
  ServerCore core;
  std::unique_ptr<Acceptor> acceptor;
  std::mutex mutex;  // of what follows
  bool started = false;
  bool stopped = false;
  struct Tick {
    std::int64_t ms;
    std::function<void(int)> fn;
  };
  std::vector<Tick> early_ticks;
  std::vector<Sample> samples;

  void on_all(const std::function<void(IoThread&)>& fn) {
    for (auto& thread : core.threads) thread->mailbox->post([&t = *thread, fn] { fn(t); });
  }
  // Waits until `done`, at most until the deadline.
  void wait_for(std::int64_t deadline_ms, const std::function<bool()>& done) {
    std::unique_lock lock(core.mutex);
    while (!done()) {
      const std::int64_t left = deadline_ms - monotonic_ms();
      if (left <= 0) return;
      core.changed.wait_for(lock, std::chrono::milliseconds(std::min<std::int64_t>(left, 50)));
    }
  }
};

ServerConfig ServerConfig::from(const Settings& settings) {
  ServerConfig config;
  config.address = settings.http_address;
  config.port = static_cast<int>(settings.http_port);
  config.io_threads = static_cast<int>(settings.http_io_threads);
  config.connections = settings.http_connections;
  config.header_bytes = static_cast<std::size_t>(settings.http_header_bytes);
  config.uri_bytes = static_cast<std::size_t>(settings.http_uri_bytes);
  config.idle_ms = settings.http_idle_ms;
  config.header_ms = settings.http_header_ms;
  config.body_ms = settings.http_body_ms;
  config.body_rate = settings.http_body_rate;
  config.write_ms = settings.http_write_ms;
  config.linger_ms = settings.http_linger_ms;
  config.max_requests = settings.http_max_requests;
  config.ws_send_buffer = static_cast<int>(settings.ws_send_buffer);
  config.ws_ping_ms = settings.ws_ping_ms;
  config.ws_close_ms = settings.ws_close_ms;
  config.ws_message_bytes = static_cast<std::uint32_t>(settings.room_message_bytes);
  config.ws_queue_bytes = static_cast<std::size_t>(settings.room_queue_bytes);
  config.body_limit = [limit = static_cast<std::size_t>(settings.http_body_bytes)](Method, std::string_view) {
    return limit;
  };
  return config;
}

Server::Server(ServerConfig config, RequestHandler on_request, UpgradeHandler on_upgrade)
    : impl_(std::make_unique<Impl>()) {
  impl_->core.config = std::move(config);
  impl_->core.on_request = std::move(on_request);
  impl_->core.on_upgrade = std::move(on_upgrade);
  for (int i = 0; i < impl_->core.config.io_threads; ++i)
    impl_->core.threads.push_back(std::make_unique<IoThread>(impl_->core, i));
}

Server::~Server() { stop(0); }

Status Server::start() {
  CHECK(!impl_->started);
  impl_->acceptor = std::make_unique<Acceptor>(impl_->core);
  if (Status status = impl_->acceptor->listen(); !status) {
    impl_->acceptor.reset();
    return status;
  }
  std::vector<Impl::Tick> ticks;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->started = true;
    ticks = impl_->early_ticks;
  }
  for (auto& thread : impl_->core.threads) thread->start();
  for (const Impl::Tick& tick : ticks) impl_->on_all([tick](IoThread& t) { t.every(tick.ms, tick.fn); });
  impl_->core.threads[0]->mailbox->post([acceptor = impl_->acceptor.get()] { acceptor->start(); });
  return {};
}

int Server::port() const { return impl_->acceptor ? impl_->acceptor->port() : 0; }

void Server::stop(std::int64_t deadline_ms, std::function<void(int)> last_words) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->started || impl_->stopped) return;
    impl_->stopped = true;
  }
  ServerCore& core = impl_->core;
  for (const auto& thread : core.threads) CHECK(!thread->mailbox->on_own_thread());
  const std::int64_t began = monotonic_ms();
  core.stopping.store(true);
  core.threads[0]->mailbox->post([acceptor = impl_->acceptor.get()] { acceptor->close(); });
  if (deadline_ms > 0) {
    impl_->on_all([](IoThread& t) { t.begin_stop(); });
    // Requests under way may still tell their rooms something, so rooms are closed after them.
    impl_->wait_for(began + deadline_ms * 7 / 10, [&] { return core.total(kHttpOpen) == 0; });
    impl_->on_all([last_words](IoThread& t) { t.close_rooms(last_words); });
    impl_->wait_for(began + deadline_ms, [&] { return core.open.load() == 0; });
  }
  impl_->on_all([](IoThread& t) { t.end(); });
  for (const auto& thread : core.threads) thread->join();
}

int Server::io_threads() const { return impl_->core.config.io_threads; }
int Server::home(std::int64_t home_key) const { return impl_->core.home(home_key); }

bool Server::post(std::int64_t home_key, std::move_only_function<void()> fn) {
  return post_to_thread(home(home_key), std::move(fn));
}

bool Server::post_to_thread(int io_thread, std::move_only_function<void()> fn) {
  return impl_->core.threads[static_cast<std::size_t>(io_thread)]->mailbox->post(std::move(fn));
}

bool Server::post_after(std::int64_t home_key, std::int64_t ms, std::move_only_function<void()> fn) {
  IoThread& thread = *impl_->core.threads[static_cast<std::size_t>(home(home_key))];
  return thread.mailbox->post([&thread, ms, f = std::move(fn)]() mutable { thread.after(ms, std::move(f)); });
}

bool Server::post_when_idle(std::int64_t home_key, std::int64_t ms, std::move_only_function<void()> fn) {
  IoThread& thread = *impl_->core.threads[static_cast<std::size_t>(home(home_key))];
  return thread.mailbox->post([&thread, ms, f = std::move(fn)]() mutable { thread.when_idle(ms, std::move(f)); });
}

void Server::every(std::int64_t ms, std::function<void(int)> fn) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->started) {
      impl_->early_ticks.push_back({ms, std::move(fn)});
      return;
    }
  }
  impl_->on_all([ms, fn](IoThread& t) { t.every(ms, fn); });
}

ServerStats Server::stats() const {
  const ServerCore& core = impl_->core;
  ServerStats out;
  out.open = core.open.load(std::memory_order_relaxed);
  out.accepted = core.total(kAccepted);
  out.refused = core.total(kRefused);
  out.requests = core.total(kRequests);
  out.in_flight = core.total(kInFlight);
  out.bad_requests = core.total(kBadRequests);
  out.timeouts = core.total(kTimeouts);
  out.ws_open = core.total(kWsOpen);
  out.ws_accepted = core.total(kWsAccepted);
  out.ws_received = core.total(kWsReceived);
  out.ws_frames_sent = core.total(kWsFramesSent);
  out.ws_bytes_sent = core.total(kWsBytesSent);
  out.ws_frames_dropped = core.total(kWsDropped);
  out.ws_cut_off = core.total(kWsCutOff);
  out.ws_protocol_errors = core.total(kWsProtocolErrors);
  return out;
}

void Server::publish(Metrics& metrics) {
  const ServerCore* core = &impl_->core;
  const auto show = [&](Metric metric, Stat stat) {
    impl_->samples.push_back(metrics.sample(metric, [core, stat] { return core->total(stat); }));
  };
  show(Metric::http_in_flight, kInFlight);
  show(Metric::http_bad_requests, kBadRequests);
  show(Metric::http_timeouts, kTimeouts);
  show(Metric::connections_accepted, kAccepted);
  show(Metric::connections_refused, kRefused);
  show(Metric::ws_open, kWsOpen);
  show(Metric::ws_accepted, kWsAccepted);
  show(Metric::ws_received, kWsReceived);
  show(Metric::ws_frames_sent, kWsFramesSent);
  show(Metric::ws_bytes_sent, kWsBytesSent);
  show(Metric::ws_frames_dropped, kWsDropped);
  show(Metric::ws_cut_off, kWsCutOff);
  show(Metric::ws_protocol_errors, kWsProtocolErrors);
  impl_->samples.push_back(
      metrics.sample(Metric::connections_open, [core] { return core->open.load(std::memory_order_relaxed); }));
}

std::int64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::int64_t>(limit.rlim_cur);
}

}  // namespace lianbo::net
