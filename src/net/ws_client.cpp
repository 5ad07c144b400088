#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/random.hpp"
#include "net/client.hpp"
#include "net/target.hpp"
#include "net/websocket.hpp"

namespace lianbo::net {
namespace {

constexpr int kEventsInOneGo = 256;
constexpr std::size_t kMaxAnswer = 65536;  // of a handshake
constexpr std::int64_t kCloseMs = 5000;

void add_one(std::atomic<std::int64_t>& counter, std::int64_t n = 1) {
  counter.fetch_add(n, std::memory_order_relaxed);
}

}  // namespace

// One thread, one epoll set (level-triggered), one table of connections. Other threads put functions into `posted`.
struct WsClientPool::Impl {
  enum class State : std::uint8_t { connecting, handshaking, open, closing };

  struct Waiter {  // of ask
    std::function<bool(std::string_view)> is_reply;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<std::string>> answer;

    void give(Result<std::string> value) {
      const std::lock_guard lock(mutex);
      answer = std::move(value);
      changed.notify_all();
    }
  };

  struct Barrier {
    std::mutex mutex;
    std::condition_variable changed;
    std::int64_t left = 0;
    bool sent = false;

    void arrive() {
      const std::lock_guard lock(mutex);
      --left;
      changed.notify_all();
    }
  };

  struct Extras {  // what few connections have
    std::vector<std::shared_ptr<Waiter>> waiters;
    std::vector<std::pair<std::uint64_t, std::shared_ptr<Barrier>>> barriers;
  };

  struct Connection final : WsSink {
    Connection(Impl& p, WsClientId i) : pool(p), id(i), parser(WsParser::Role::client, p.options.message_limit) {}

    bool on_text(std::string_view text) override {
      add_one(pool.messages);
      add_one(pool.bytes, static_cast<std::int64_t>(text.size()));
      if (pool.options.count_only && !extras) return true;
      if (!pool.options.count_only && listener) listener->on_text(id, text);
      if (extras)
        std::erase_if(extras->waiters, [&](const auto& waiter) {
          if (!waiter->is_reply(text)) return false;
          waiter->give(std::string(text));
          return true;
        });
      return true;
    }
    bool on_ping(std::string_view payload) override {
      pool.queue_frame(*this, WsOpcode::pong, payload);
      return true;
    }
    bool on_pong(std::string_view payload) override {
      if (!extras || payload.size() != 8) return true;
      std::uint64_t number;
      std::memcpy(&number, payload.data(), 8);
      std::erase_if(extras->barriers, [&](const auto& entry) {
        if (entry.first > number) return false;
        entry.second->arrive();
        return true;
      });
      return true;
    }
    void on_close(int code, std::string_view reason) override {
      close_code = code;
      close_reason = reason;
      peer_closed = true;
    }

    Impl& pool;
    WsClientId id;
    int fd = -1;
    State state = State::connecting;
    bool want_write = true;
    bool paused = false;
    bool peer_closed = false;
    int close_code = ws_code::kAbnormal;
    int http_status = 0;
    std::int64_t deadline_ms = 0;
    std::string close_reason;
    std::string in;   // of the handshake's answer
    std::string out;  // unsent
    std::string key;
    WsParser parser;
    std::shared_ptr<WsListener> listener;
    std::unique_ptr<Extras> extras;
  };

  explicit Impl(WsClientOptions o) : options(std::move(o)) {
    epoll = ::epoll_create1(EPOLL_CLOEXEC);
    wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = 0;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event);
    thread = std::thread([this] { run(); });
  }

  ~Impl() {
    post([this] { stopping = true; });
    thread.join();
    for (auto& [id, c] : connections) ::close(c->fd);
    ::close(wake);
    ::close(epoll);
  }

  WsClientOptions options;
  int epoll = -1, wake = -1;
  std::thread thread;
  std::mutex mutex;
  std::vector<std::move_only_function<void()>> posted;
  std::atomic<std::uint64_t> last_id{0};
  std::atomic<std::int64_t> opening{0}, open_count{0}, refused{0}, closed{0}, messages{0}, bytes{0}, sent{0};

  // The thread's own.
  std::unordered_map<WsClientId, std::unique_ptr<Connection>> connections;
  bool stopping = false;
  std::uint64_t last_barrier = 0;
  SeededRandom masks{0x6c69616e626fULL};  // masking guards against confused proxies, not against eyes
  std::array<char, 65536> scratch;
  std::int64_t next_sweep_ms = 0;

  void post(std::move_only_function<void()> fn) {
    bool first;
    {
      const std::lock_guard lock(mutex);
      first = posted.empty();
      posted.push_back(std::move(fn));
    }
    if (!first) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake, &one, sizeof one);
  }

  void run() {
    std::array<epoll_event, kEventsInOneGo> events;
    while (!stopping) {
      const int n = ::epoll_wait(epoll, events.data(), kEventsInOneGo, 200);
      for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == 0) {
          take_posts();
          continue;
        }
        const auto it = connections.find(event.data.u64);
        if (it == connections.end()) continue;
        Connection& c = *it->second;
        if ((event.events & EPOLLOUT) != 0 && !on_writable(c)) continue;
        if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) on_readable(c);
      }
      sweep();
    }
  }

  void take_posts() {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t n = ::read(wake, &count, sizeof count);
    std::vector<std::move_only_function<void()>> batch;
    {
      const std::lock_guard lock(mutex);
      batch.swap(posted);
    }
    for (auto& fn : batch) fn();
  }

  void sweep() {
    const std::int64_t now = monotonic_ms();
    if (now < next_sweep_ms) return;
    next_sweep_ms = now + 200;
    std::vector<Connection*> late;
    for (auto& [id, c] : connections)
      if (c->deadline_ms != 0 && now >= c->deadline_ms) late.push_back(c.get());
    for (Connection* c : late) drop(*c, "no answer in time");
  }

  void watch(Connection& c, int operation) {
    epoll_event event{};
    event.events =
        (c.paused ? 0U : static_cast<unsigned>(EPOLLIN)) | (c.want_write ? static_cast<unsigned>(EPOLLOUT) : 0U);
    event.data.u64 = c.id;
    ::epoll_ctl(epoll, operation, c.fd, &event);
  }

  void connect(std::unique_ptr<Connection> connection, const std::string& target, const HeaderList& headers) {
    Connection& c = *connection;
    connections.emplace(c.id, std::move(connection));
    c.deadline_ms = monotonic_ms() + options.handshake_ms;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    const sockaddr* address = nullptr;
    socklen_t size = 0;
    if (::inet_pton(AF_INET, options.host.c_str(), &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      v4.sin_port = htons(static_cast<std::uint16_t>(options.port));
      address = reinterpret_cast<const sockaddr*>(&v4);
      size = sizeof v4;
    } else if (::inet_pton(AF_INET6, options.host.c_str(), &v6.sin6_addr) == 1) {
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(static_cast<std::uint16_t>(options.port));
      address = reinterpret_cast<const sockaddr*>(&v6);
      size = sizeof v6;
    } else {
      return drop(c, "\"" + options.host + "\" is not an IPv4 or IPv6 address");
    }
    c.fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c.fd < 0) return drop(c, std::strerror(errno));
    const int on = 1;
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options.receive_buffer > 0)
      ::setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
    std::string nonce(16, '\0');
    for (std::size_t i = 0; i < 16; i += 8) {
      const std::uint64_t r = masks.next();
      std::memcpy(nonce.data() + i, &r, 8);
    }
    c.key = to_base64(nonce);
    c.out =
        "GET " + target + " HTTP/1.1\r\nHost: " + options.host + ":" + std::to_string(options.port) +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + c.key +
        "\r\n";
    for (const auto& [name, value] : headers) c.out += name + ": " + value + "\r\n";
    c.out += "\r\n";
    if (::connect(c.fd, address, size) != 0 && errno != EINPROGRESS) return drop(c, std::strerror(errno));
    watch(c, EPOLL_CTL_ADD);
  }

  // False when the connection is gone.
  bool on_writable(Connection& c) {
    if (c.state == State::connecting) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        drop(c, std::strerror(error));
        return false;
      }
      c.state = State::handshaking;
    }
    return flush(c);
  }

  bool flush(Connection& c) {
    std::size_t done = 0;
    while (done < c.out.size()) {
      const ssize_t n = ::send(c.fd, c.out.data() + done, c.out.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno != EAGAIN) {
        drop(c, std::strerror(errno));
        return false;
      }
      if (n < 0) break;
      done += static_cast<std::size_t>(n);
    }
    if (done == c.out.size())
      c.out = std::string();
    else
      c.out.erase(0, done);
    const bool want = !c.out.empty();
    if (want != c.want_write) {
      c.want_write = want;
      watch(c, EPOLL_CTL_MOD);
    }
    return true;
  }

  void queue_frame(Connection& c, WsOpcode opcode, std::string_view payload) {
    const auto mask = static_cast<std::uint32_t>(masks.next());
    append_frame(c.out, opcode, payload, &mask);
  }

  void on_readable(Connection& c) {
    const ssize_t n = ::recv(c.fd, scratch.data(), scratch.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return drop(c, n < 0 ? std::strerror(errno) : "");
    std::string_view bytes_in(scratch.data(), static_cast<std::size_t>(n));
    if (c.state == State::handshaking || c.state == State::connecting) {
      c.in += bytes_in;
      const std::size_t end = c.in.find("\r\n\r\n");
      if (end == std::string::npos) {
        if (c.in.size() > kMaxAnswer) drop(c, "the handshake's answer is too long");
        return;
      }
      if (!check_answer(c, end)) return;
      const std::string early = c.in.substr(end + 4);
      c.in = std::string();
      if (!early.empty()) feed(c, early);
      return;
    }
    feed(c, bytes_in);
  }

  bool check_answer(Connection& c, std::size_t end) {
    const std::string_view head = std::string_view(c.in).substr(0, end + 2);
    c.http_status = 0;
    if (head.size() > 12 && head.starts_with("HTTP/1.1 "))
      for (std::size_t i = 9; i < 12; ++i) c.http_status = c.http_status * 10 + (head[i] - '0');
    std::size_t length = 0;
    std::string accept;
    std::size_t from = head.find("\r\n") + 2;
    while (from < head.size()) {
      const std::size_t to = head.find("\r\n", from);
      const std::string_view line = head.substr(from, to - from);
      from = to + 2;
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos) continue;
      if (equal_ignoring_case(line.substr(0, colon), "sec-websocket-accept")) accept = line.substr(colon + 2);
      if (equal_ignoring_case(line.substr(0, colon), "content-length"))
        length = static_cast<std::size_t>(std::atoll(std::string(line.substr(colon + 2)).c_str()));
    }
    if (c.http_status != 101) {
      if (c.in.size() < end + 4 + length && length < kMaxAnswer) return false;  // the rest of the body will come
      drop(c, c.in.substr(end + 4));
      return false;
    }
    if (accept != accept_key(c.key)) {
      drop(c, "the handshake's answer has the wrong key");
      return false;
    }
    c.state = State::open;
    c.deadline_ms = 0;
    add_one(opening, -1);
    add_one(open_count);
    if (c.listener) c.listener->on_open(c.id);
    return true;
  }

  void feed(Connection& c, std::string_view bytes_in) {
    const WsClientId id = c.id;
    const int code = c.parser.feed(bytes_in, c);
    if (code != 0) {
      c.close_code = code;
      return drop(c, "the server broke the protocol");
    }
    if (c.peer_closed) {
      if (c.state == State::open) queue_frame(c, WsOpcode::close, close_payload(ws_code::kNormal, {}));
      if (flush(c)) drop(*connections.at(id), {});
      return;
    }
    if (!c.out.empty()) flush(c);
  }

  void drop(Connection& c, std::string_view why) {
    const auto node = connections.extract(c.id);
    if (c.fd >= 0) ::close(c.fd);
    if (c.state == State::open || c.state == State::closing) {
      add_one(open_count, -1);
      add_one(closed);
    } else {
      add_one(opening, -1);
      add_one(refused);
    }
    if (c.extras) {
      for (const auto& waiter : c.extras->waiters) waiter->give(fail(Code::io_failed, "the connection has closed"));
      for (const auto& entry : c.extras->barriers) entry.second->arrive();
    }
    if (c.listener)
      c.listener->on_close(c.id, c.close_code, c.peer_closed ? std::string_view(c.close_reason) : why, c.http_status);
  }

  Connection* find(WsClientId id) {
    const auto it = connections.find(id);
    return it == connections.end() ? nullptr : it->second.get();
  }

  Extras& extras_of(Connection& c) {
    if (!c.extras) c.extras = std::make_unique<Extras>();
    return *c.extras;
  }
};

WsClientPool::WsClientPool(WsClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
WsClientPool::~WsClientPool() = default;

WsClientId WsClientPool::open(std::string target, HeaderList headers, std::shared_ptr<WsListener> listener) {
  const WsClientId id = impl_->last_id.fetch_add(1) + 1;
  add_one(impl_->opening);
  impl_->post([impl = impl_.get(), id, target = std::move(target), headers = std::move(headers),
               listener = std::move(listener)]() mutable {
    auto connection = std::make_unique<Impl::Connection>(*impl, id);
    connection->listener = std::move(listener);
    impl->connect(std::move(connection), target, headers);
  });
  return id;
}

void WsClientPool::send_text(WsClientId id, std::string text) {
  impl_->post([impl = impl_.get(), id, text = std::move(text)] {
    Impl::Connection* const c = impl->find(id);
    if (c == nullptr || c->state != Impl::State::open) return;
    add_one(impl->sent);
    impl->queue_frame(*c, WsOpcode::text, text);
    impl->flush(*c);
  });
}

void WsClientPool::close(WsClientId id, int code, std::string reason) {
  impl_->post([impl = impl_.get(), id, code, reason = std::move(reason)] {
    Impl::Connection* const c = impl->find(id);
    if (c == nullptr || c->state == Impl::State::closing) return;
    if (c->state != Impl::State::open) return impl->drop(*c, "closed before it was open");
    impl->queue_frame(*c, WsOpcode::close, close_payload(code, reason));
    c->state = Impl::State::closing;
    c->deadline_ms = monotonic_ms() + kCloseMs;
    impl->flush(*c);
  });
}

void WsClientPool::pause(WsClientId id, bool paused) {
  impl_->post([impl = impl_.get(), id, paused] {
    Impl::Connection* const c = impl->find(id);
    if (c == nullptr || c->paused == paused || c->fd < 0) return;
    c->paused = paused;
    impl->watch(*c, EPOLL_CTL_MOD);
  });
}

bool WsClientPool::barrier(std::int64_t timeout_ms, std::vector<WsClientId> ids) {
  CHECK(std::this_thread::get_id() != impl_->thread.get_id());
  const auto barrier = std::make_shared<Impl::Barrier>();
  impl_->post([impl = impl_.get(), barrier, ids = std::move(ids)]() mutable {
    if (ids.empty())
      for (const auto& [id, c] : impl->connections) ids.push_back(id);
    const std::uint64_t number = ++impl->last_barrier;
    const std::string payload(reinterpret_cast<const char*>(&number), 8);
    {
      const std::lock_guard lock(barrier->mutex);
      barrier->left = 1;
    }
    for (const WsClientId id : ids) {
      Impl::Connection* const c = impl->find(id);
      if (c == nullptr || c->state != Impl::State::open) continue;
      {
        const std::lock_guard lock(barrier->mutex);
        ++barrier->left;
      }
      impl->extras_of(*c).barriers.emplace_back(number, barrier);
      impl->queue_frame(*c, WsOpcode::ping, payload);
      impl->flush(*c);
    }
    {
      const std::lock_guard lock(barrier->mutex);
      barrier->sent = true;
    }
    barrier->arrive();
  });
  std::unique_lock lock(barrier->mutex);
  return barrier->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                   [&] { return barrier->sent && barrier->left == 0; });
}

Result<std::string> WsClientPool::ask(WsClientId id, std::string text, std::function<bool(std::string_view)> is_reply,
                                      std::int64_t timeout_ms) {
  CHECK(std::this_thread::get_id() != impl_->thread.get_id());
  const auto waiter = std::make_shared<Impl::Waiter>();
  waiter->is_reply = std::move(is_reply);
  impl_->post([impl = impl_.get(), id, text = std::move(text), waiter] {
    Impl::Connection* const c = impl->find(id);
    if (c == nullptr || c->state != Impl::State::open)
      return waiter->give(fail(Code::io_failed, "the connection is not open"));
    impl->extras_of(*c).waiters.push_back(waiter);
    add_one(impl->sent);
    impl->queue_frame(*c, WsOpcode::text, text);
    impl->flush(*c);
  });
  std::unique_lock lock(waiter->mutex);
  if (!waiter->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                [&] { return waiter->answer.has_value(); })) {
    lock.unlock();
    // is_reply may hold references to the caller's things: it must not be called once we have left.
    std::mutex mutex;
    std::condition_variable removed;
    bool done = false;
    impl_->post([&, impl = impl_.get(), id] {
      if (Impl::Connection* const c = impl->find(id); c != nullptr && c->extras) std::erase(c->extras->waiters, waiter);
      const std::lock_guard guard(mutex);
      done = true;
      removed.notify_all();
    });
    std::unique_lock guard(mutex);
    removed.wait(guard, [&] { return done; });
    return fail(Code::deadline_exceeded, "no reply within " + std::to_string(timeout_ms) + " ms");
  }
  return *std::move(waiter->answer);
}

WsClientStats WsClientPool::stats() const {
  const auto read = [](const std::atomic<std::int64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  WsClientStats out;
  out.opening = read(impl_->opening);
  out.open = read(impl_->open_count);
  out.refused = read(impl_->refused);
  out.closed = read(impl_->closed);
  out.messages = read(impl_->messages);
  out.bytes = read(impl_->bytes);
  out.sent = read(impl_->sent);
  return out;
}

}  // namespace lianbo::net
