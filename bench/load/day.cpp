// A brand's big day as its clients send it: one thread, epoll, a closed loop on each connection.
//
//   load_day WORLD PORT PHASE COUNT CONNECTIONS [name=value…]
//
// WORLD is what bench_world wrote. COUNT of:
//   exposures  shown rooms, in beacons as the pages send them; beacon=100 each, every person each room once
//   touches    GET /s/TOKEN, by people in turn
//   orders     POST /api/v1/orders, nearly all of the first two SKUs; out=FILE gets the ids
//   post       POST path= (with {line} for what stands in a line of list=FILE) with body=, by the owner; field= of each
//   answer
//              goes to out=FILE; COUNT 0: every line
//   buys       POST /api/v1/orders as above, then the buyer's payment through the sandbox, and of each refund=th order
//   a
//              refund that is asked for and approved; one after the other on each connection
//   visits     WebSocket: one viewer stays in each of stay= rooms, CONNECTIONS others come, are shown the room, say a
//              line (chat= of the visits do, in thousandths), wait for it to be told, and go to the next room; each
//              fresh=th visit on a new connection
// Who is told 503 tries again, as told. Every ten seconds a line on stderr says how many are done.
// Says as JSON {"done", "seconds", "per_s", "p50_us", "p99_us", "max_us", "cpu_s", "status", "counted", "said",
// "fresh", "paid", "refunded", "first_refusal"}.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/shape.hpp"

namespace {

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

struct World {
  struct Store {
    std::string store, broadcast, share;
  };
  std::string owner;
  std::vector<Store> stores;
  std::vector<std::string> skus, people;
};

World read_world(const char* path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto value = lianbo::parse_json(text).value_or(lianbo::json::value(lianbo::json::object()));
  World out;
  out.owner = lianbo::get_text(value, "owner");
  for (const auto& s : lianbo::get_list(value, "stores"))
    out.stores.push_back(
        {lianbo::get_text(s, "store"), lianbo::get_text(s, "broadcast"), lianbo::get_text(s, "share")});
  for (const auto& s : lianbo::get_list(value, "skus")) out.skus.push_back(lianbo::get_text(s, "sku"));
  for (const auto& b : lianbo::get_list(value, "buyers")) out.people.push_back(lianbo::get_text(b, "token"));
  // Who meets which room is chance, not the order in which they were made.
  std::shuffle(out.stores.begin(), out.stores.end(), std::mt19937(1));
  return out;
}

class Options {
 public:
  Options(int argc, char** argv, int from) {
    for (int i = from; i < argc; ++i)
      if (const char* is = std::strchr(argv[i], '='))
        values_[std::string(static_cast<const char*>(argv[i]), is)] = is + 1;
  }
  std::string text(const std::string& name) const {
    const auto it = values_.find(name);
    return it == values_.end() ? "" : it->second;
  }
  std::size_t number(const std::string& name, std::size_t fallback) const {
    const auto it = values_.find(name);
    return it == values_.end() ? fallback : std::strtoull(it->second.c_str(), nullptr, 10);
  }

 private:
  std::map<std::string, std::string> values_;
};

std::string request(std::string_view method, std::string_view path, std::string_view token, std::string_view body,
                    std::string_view more = {}) {
  std::string out;
  out.reserve(240 + body.size());
  out.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ");
  out.append(token).append("\r\n").append(more);
  if (!body.empty()) out.append("Content-Type: application/json\r\n");
  if (method != "GET") out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return out.append("\r\n").append(body);
}

std::string_view field_of(std::string_view body, std::string_view name) {
  const std::string mark = "\"" + std::string(name) + "\":";
  auto at = body.find(mark);
  if (at == std::string_view::npos) return {};
  at += mark.size();
  if (at < body.size() && body[at] == '"') {
    const auto end = body.find('"', ++at);
    return end == std::string_view::npos ? std::string_view() : body.substr(at, end - at);
  }
  return body.substr(at, body.find_first_of(",}", at) - at);
}

double cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// What a phase counts, for the report.
struct Told {
  std::int64_t done = 0, counted = 0, said = 0, fresh = 0, paid = 0, refunded = 0;
  std::vector<std::uint32_t> us;
  std::map<int, std::int64_t> status;
  std::string first_refusal;

  // Now and then, on the way.
  void progress() {
    if (now_ns() - told_at_ < 10'000'000'000) return;
    told_at_ = now_ns();
    std::fprintf(stderr, "%lld\n", static_cast<long long>(done));
  }

  void print(double seconds) {
    std::sort(us.begin(), us.end());
    const auto at = [&](double q) {
      return us.empty() ? 0U : us[static_cast<std::size_t>(q * static_cast<double>(us.size() - 1))];
    };
    std::printf(
        "{\"done\":%lld,\"seconds\":%.3f,\"per_s\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"cpu_s\":%.2f,"
        "\"counted\":%lld,\"said\":%lld,\"fresh\":%lld,\"paid\":%lld,\"refunded\":%lld,\"status\":{",
        static_cast<long long>(done), seconds, static_cast<double>(done) / seconds, at(0.5), at(0.99), at(1), cpu_s(),
        static_cast<long long>(counted), static_cast<long long>(said), static_cast<long long>(fresh),
        static_cast<long long>(paid), static_cast<long long>(refunded));
    const char* comma = "";
    for (const auto& [code, n] : status) {
      std::printf("%s\"%d\":%lld", comma, code, static_cast<long long>(n));
      comma = ",";
    }
    lianbo::JsonWriter w;
    w.begin().field("t", first_refusal).end();
    const std::string text = w.take();
    std::printf("},\"first_refusal\":%s}\n", text.substr(5, text.size() - 6).c_str());
  }

 private:
  std::int64_t told_at_ = now_ns();
};

// The n-th of a phase, on its way: what it is at, and what the last answer gave it for the next request.
struct Task {
  std::size_t n = 0;
  int step = 0;
  std::string order, id;
};

// A phase of requests: makes the next one of a task, and looks at its answer.
class Requests {
 public:
  virtual ~Requests() = default;
  virtual std::string make(const Task& task) = 0;
  // True: the task goes on with another request.
  virtual bool answered(Task&, std::string_view /*body*/, Told&) { return false; }
};

class Exposures final : public Requests {
 public:
  Exposures(const World& world, std::size_t beacon) : world_(world), beacon_(std::min(beacon, world.stores.size())) {
    for (const auto& s : world.stores) items_.push_back(R"({"kind":"broadcast","id":")" + s.broadcast + "\"}");
  }
  std::size_t beacon() const { return beacon_; }
  // Round n / people of each person: the rooms from where the last round ended, beginning somewhere else for each.
  std::string make(const Task& task) override {
    const std::size_t n = task.n;
    const std::size_t person = n % world_.people.size(), round = n / world_.people.size();
    std::string body = "{\"items\":[";
    for (std::size_t i = 0; i < beacon_; ++i) {
      if (i > 0) body += ',';
      body += items_[(person * 7919 + round * beacon_ + i) % items_.size()];
    }
    return request("POST", "/api/v1/exposures", world_.people[person], body + "]}");
  }
  bool answered(Task&, std::string_view body, Told& told) override {
    told.counted += std::atoll(std::string(field_of(body, "counted")).c_str());
    return false;
  }

 private:
  const World& world_;
  const std::size_t beacon_;
  std::vector<std::string> items_;
};

class Touches final : public Requests {
 public:
  explicit Touches(const World& world) : world_(world) {}
  std::string make(const Task& task) override {
    const std::size_t n = task.n;
    return request("GET", "/s/" + world_.stores[n * 7 % world_.stores.size()].share,
                   world_.people[n % world_.people.size()], {});
  }

 private:
  const World& world_;
};

std::string order_of(const World& world, std::size_t n) {
  const auto& store = world.stores[n % world.stores.size()];
  const auto& sku = world.skus[n % 64 != 0 ? n % 2 : n % world.skus.size()];
  return request("POST", "/api/v1/orders", world.people[n % world.people.size()],
                 R"({"store_id":")" + store.store + R"(","broadcast_id":")" + store.broadcast +
                     R"(","lines":[{"sku_id":")" + sku +
                     R"(","qty":1}],"address":{"name":"Wang Xiaoming","phone":"13800138000","region":"Shanghai",)" +
                     R"("detail":"1 Nanjing Road"}})",
                 "Idempotency-Key: day-" + std::to_string(n) + "\r\n");
}

class Orders final : public Requests {
 public:
  Orders(const World& world, const std::string& out) : world_(world), out_(out) {}
  std::string make(const Task& task) override { return order_of(world_, task.n); }
  bool answered(Task&, std::string_view body, Told&) override {
    out_ << field_of(body, "id") << '\n';
    return false;
  }

 private:
  const World& world_;
  std::ofstream out_;
};

class Buys final : public Requests {
 public:
  Buys(const World& world, std::size_t refund) : world_(world), refund_(refund) {}
  std::string make(const Task& task) override {
    switch (task.step) {
      case 0:
        return order_of(world_, task.n);
      case 1:
        return request("POST", "/api/v1/orders/" + task.order + "/pay", world_.owner, "{}");
      case 2:
        return request("POST", "/api/v1/sandbox/pay", world_.owner, R"({"prepay_id":")" + task.id + "\"}");
      case 3:
        return request("POST", "/api/v1/orders/" + task.order + "/after-sales", world_.owner,
                       R"({"line":0,"kind":"refund_only","qty":0,"amount_fen":500,"reason":"agreed"})");
      default:
        return request("POST", "/api/v1/after-sales/" + task.id + "/approve", world_.owner, "{}");
    }
  }
  bool answered(Task& task, std::string_view body, Told& told) override {
    const int step = task.step++;
    if (step == 0) task.order = field_of(body, "id");
    if (step == 1) task.id = field_of(body, "prepay_id");
    if (step == 3) task.id = field_of(body, "id");
    told.paid += step == 2;
    told.refunded += step == 4;
    return step < (task.n % refund_ == 0 ? 4 : 2);
  }

 private:
  const World& world_;
  const std::size_t refund_;
};

class Posts final : public Requests {
 public:
  Posts(const World& world, const Options& options)
      : world_(world),
        path_(options.text("path")),
        body_(options.text("body")),
        field_(options.text("field")),
        out_(options.text("out")) {
    std::ifstream in(options.text("list"));
    for (std::string line; std::getline(in, line);) lines_.push_back(line);
  }
  std::size_t size() const { return lines_.size(); }
  std::string make(const Task& task) override {
    return request("POST", with(path_, lines_[task.n]), world_.owner, with(body_, lines_[task.n]));
  }
  bool answered(Task&, std::string_view body, Told&) override {
    if (!field_.empty()) out_ << field_of(body, field_) << '\n';
    return false;
  }

 private:
  static std::string with(std::string text, const std::string& line) {
    if (const auto at = text.find("{line}"); at != std::string::npos) text.replace(at, 6, line);
    return text;
  }
  const World& world_;
  const std::string path_, body_, field_;
  std::ofstream out_;
  std::vector<std::string> lines_;
};

sockaddr_in server_at(int port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

class HttpLoad {
 public:
  HttpLoad(int port, std::size_t connections, std::size_t count, Requests& requests)
      : port_(port),
        count_(count),
        requests_(requests),
        connections_(std::min(connections, std::max<std::size_t>(count, 1))) {}

  void run(Told& told) {
    epoll_ = ::epoll_create1(0);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      open(i);
      next(i);
    }
    std::vector<epoll_event> ready(1024);
    for (std::int64_t heard = now_ns(); done_ < count_; told.progress()) {
      const int n = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 100);
      if (n > 0) heard = now_ns();
      if (now_ns() - heard > kPatienceNs) give_up("no answer for a minute");
      for (int k = 0; k < n; ++k) readable(ready[static_cast<std::size_t>(k)].data.u64, told);
      for (; !again_.empty() && again_.front().first <= now_ns(); again_.pop_front()) send(again_.front().second);
    }
  }

 private:
  static constexpr std::int64_t kPatienceNs = 60'000'000'000, kAgainNs = 1'000'000'000;
  struct Connection {
    int fd = -1;
    Task task;
    std::int64_t since = 0;
    std::string in;
  };

  void open(std::size_t i) {
    Connection& c = connections_[i];
    c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in to = server_at(port_);
    if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) give_up("connect");
    const int on = 1;
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  }
  void next(std::size_t i) {
    if (sent_ >= count_) return;
    connections_[i].task = Task{sent_++, 0, {}, {}};
    send(i);
  }
  void send(std::size_t i) {
    Connection& c = connections_[i];
    c.since = now_ns();
    const std::string text = requests_.make(c.task);
    for (std::string_view left = text; !left.empty();) {
      const ssize_t n = ::send(c.fd, left.data(), left.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) give_up("send");
      left.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void readable(std::size_t i, Told& told) {
    Connection& c = connections_[i];
    const ssize_t n = ::recv(c.fd, buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) give_up("the server closed a connection");
    c.in.append(buffer_, static_cast<std::size_t>(n));
    const auto head = c.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const int status = std::atoi(c.in.c_str() + 9);
    const auto at = c.in.find("Content-Length: ");
    const std::size_t length = status != 204 && at < head ? std::strtoull(c.in.c_str() + at + 16, nullptr, 10) : 0;
    if (c.in.size() < head + 4 + length) return;
    ++told.status[status];
    const std::string in = std::exchange(c.in, {});
    if (status == 503) {  // Retry-After: 1
      again_.emplace_back(now_ns() + kAgainNs, i);
      return;
    }
    told.us.push_back(static_cast<std::uint32_t>((now_ns() - c.since) / 1000));
    if (status < 400) {
      if (requests_.answered(c.task, std::string_view(in).substr(head + 4, length), told)) return send(i);
    } else if (told.first_refusal.empty()) {
      told.first_refusal = in.substr(head + 4, 300);
    }
    ++told.done;
    ++done_;
    next(i);
  }

  const int port_;
  const std::size_t count_;
  Requests& requests_;
  std::vector<Connection> connections_;
  std::deque<std::pair<std::int64_t, std::size_t>> again_;  // when, and which connection
  int epoll_ = -1;
  std::size_t sent_ = 0, done_ = 0;
  char buffer_[65536];
};

// Viewers who come, look, say something and go on to the next room.
class Visits {
 public:
  Visits(const World& world, int port, std::size_t roaming, std::size_t visits, std::size_t stay,
         std::size_t chat_milli, std::size_t fresh)
      : world_(world),
        port_(port),
        visits_(visits),
        stay_(std::min({stay, world.stores.size(), visits})),
        chat_milli_(chat_milli),
        fresh_(fresh),
        viewers_(stay_ + std::min(roaming, std::max<std::size_t>(visits - stay_, 1))) {}

  void run(Told& told) {
    epoll_ = ::epoll_create1(0);
    for (std::size_t i = 0; i < viewers_.size(); ++i) outside_.push_back(i);
    while (shown_ < visits_ || waiting_ > 0) {
      for (; !outside_.empty() && begun_ < visits_ && entering_ < kEnteringAtOnce; outside_.pop_front())
        come(outside_.front(), told);
      turn(told, 60'000);
      told.progress();
    }
  }

 private:
  static constexpr std::size_t kEnteringAtOnce = 500;  // at the door
  enum class Step { off, handshake, entering, talking, staying };
  struct Viewer {
    int fd = -1;
    Step step = Step::off;
    std::size_t visit = 0, visits = 0, person = 0;  // on this connection
    std::int64_t since = 0;
    std::uint64_t left = 0;  // of a payload
    std::string head;        // of the handshake's answer, or of a frame
    std::string payload;     // its first bytes
  };

  bool stays(std::size_t i) const { return i < stay_; }
  bool talks(std::size_t visit) const { return visit * chat_milli_ / 1000 != (visit + 1) * chat_milli_ / 1000; }

  std::size_t room_of(std::size_t i) const {
    const std::size_t visit = viewers_[i].visit;
    return stays(i) ? i : (visit * 7 + visit / world_.people.size() * 13) % world_.stores.size();
  }
  void come(std::size_t i, Told& told) {
    Viewer& v = viewers_[i];
    ++entering_;
    v.visit = begun_++;
    ++waiting_;
    v.since = now_ns();
    ++v.visits;
    if (v.fd >= 0) {
      v.step = Step::entering;
      return say(v, go_of(i));
    }
    ++told.fresh;
    v.person = v.visit % world_.people.size();
    v.step = Step::handshake;
    v.head.clear();
    v.payload.clear();
    v.left = 0;
    v.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (v.fd < 0) give_up("socket");
    const int on = 1;
    ::setsockopt(v.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(v.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    // Many addresses, so that ports of visits that have ended are not waited for.
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl((127U << 24) + 2 + static_cast<std::uint32_t>(v.visit % 200));
    if (::bind(v.fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) give_up("bind");
    const sockaddr_in to = server_at(port_);
    if (::connect(v.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
      give_up("connect");
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, v.fd, &event);
  }
  void leave(std::size_t i) {
    Viewer& v = viewers_[i];
    const linger none{1, 0};  // nothing is left waiting in the kernel
    ::setsockopt(v.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    ::close(v.fd);
    v.fd = -1;
    v.visits = 0;
    v.step = Step::off;
  }
  void turn(Told& told, int wait_ms) {
    epoll_event ready[1024];
    const int n = ::epoll_wait(epoll_, ready, 1024, wait_ms);
    if (n == 0 && wait_ms > 0) give_up("nobody was answered for a minute");
    for (int k = 0; k < n; ++k) {
      const std::size_t i = ready[k].data.u64;
      if (viewers_[i].fd < 0) continue;
      if (ready[k].events & EPOLLOUT)
        connected(i);
      else
        readable(i, told);
    }
  }
  void connected(std::size_t i) {
    Viewer& v = viewers_[i];
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, v.fd, &event);
    send(v,
         "GET /api/v1/rooms/" + world_.stores[room_of(i)].broadcast +
             "/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
             "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer " +
             world_.people[v.person] + "\r\n\r\n");
  }
  static void send(const Viewer& v, std::string_view bytes) {
    if (::send(v.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) give_up("send");
  }
  void readable(std::size_t i, Told& told) {
    Viewer& v = viewers_[i];
    const ssize_t n = ::recv(v.fd, buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) give_up("a viewer was thrown out (" + v.head + v.payload + ")");
    std::string_view bytes(buffer_, static_cast<std::size_t>(n));
    if (v.step == Step::handshake) {
      v.head.append(bytes);
      const auto end = v.head.find("\r\n\r\n");
      if (end == std::string::npos) return;
      if (!v.head.starts_with("HTTP/1.1 101")) {
        ++told.status[std::atoi(v.head.c_str() + 9)];
        told.first_refusal = v.head;
        give_up("a room refused: " + v.head);
      }
      rest_ = v.head.substr(end + 4);
      bytes = rest_;
      v.head.clear();
      v.step = Step::entering;
    }
    while (!bytes.empty() && v.fd >= 0) {
      if (v.left == 0) {
        v.head += bytes.front();
        bytes.remove_prefix(1);
        if (v.head.size() < 2) continue;
        const unsigned length = static_cast<unsigned char>(v.head[1]) & 0x7f, more = length == 126   ? 2
                                                                                     : length == 127 ? 8
                                                                                                     : 0;
        if (v.head.size() < 2 + more) continue;
        v.left = length;
        if (more > 0) v.left = 0;
        for (unsigned k = 0; k < more; ++k) v.left = v.left << 8 | static_cast<unsigned char>(v.head[2 + k]);
        v.head.clear();
        v.payload.clear();
        continue;
      }
      const auto part = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), v.left));
      if (v.payload.size() < 100) v.payload.append(part.substr(0, 100));
      v.left -= part.size();
      bytes.remove_prefix(part.size());
      if (v.left == 0) told_something(i, told);
    }
  }
  void told_something(std::size_t i, Told& told) {
    Viewer& v = viewers_[i];
    const std::string_view text = v.payload;
    if (text.starts_with(R"({"t":"error")")) {
      const bool full = text.find(R"("name":"overloaded")") != std::string_view::npos && v.visits > 0;
      if (!full || (v.step != Step::talking && v.step != Step::entering)) give_up("a room said " + v.payload);
      ++told.status[503];  // as one who is told so by HTTP: the same once more
      return v.step == Step::talking ? say(v, line_of(v)) : say(v, go_of(i));
    }
    if (v.step == Step::entering && text.starts_with(R"({"t":"snapshot")")) {
      ++shown_;
      --entering_;
      ++told.done;
      told.us.push_back(static_cast<std::uint32_t>((now_ns() - v.since) / 1000));
      if (talks(v.visit)) {
        v.step = Step::talking;
        return say(v, line_of(v));
      }
      over(i);
    } else if (v.step == Step::talking && text.starts_with(R"({"t":"said")")) {
      ++told.said;
      over(i);
    }
  }
  static std::string line_of(const Viewer& v) {
    return R"({"t":"chat","text":"How long does it last? )" + std::to_string(v.visit) + R"(","ref":"a"})";
  }
  std::string go_of(std::size_t i) const {
    return R"({"t":"go","room":")" + world_.stores[room_of(i)].broadcast + "\"}";
  }
  void say(const Viewer& v, const std::string& text) {
    std::string frame{static_cast<char>(0x81), static_cast<char>(0x80 | text.size()), 0, 0, 0, 0};
    send(v, frame + text);
  }
  void over(std::size_t i) {
    --waiting_;
    if (stays(i)) {
      viewers_[i].step = Step::staying;
      return;
    }
    viewers_[i].step = Step::staying;
    if (viewers_[i].visits >= fresh_) leave(i);
    outside_.push_back(i);
  }

  const World& world_;
  const int port_;
  const std::size_t visits_, stay_, chat_milli_, fresh_;
  std::vector<Viewer> viewers_;
  int epoll_ = -1;
  std::deque<std::size_t> outside_;
  std::size_t begun_ = 0, shown_ = 0, waiting_ = 0, entering_ = 0;
  std::string rest_;
  char buffer_[65536];
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "load_day WORLD PORT PHASE COUNT CONNECTIONS [name=value…]\n");
    return 2;
  }
  const World world = read_world(argv[1]);
  const int port = std::atoi(argv[2]);
  const std::string phase = argv[3];
  std::size_t count = std::strtoull(argv[4], nullptr, 10);
  const std::size_t connections = std::strtoull(argv[5], nullptr, 10);
  const Options options(argc, argv, 6);
  if (world.stores.empty() || world.people.empty()) {
    std::fprintf(stderr, "load_day: %s names no stores or people\n", argv[1]);
    return 1;
  }
  Told told;
  const std::int64_t from = now_ns();
  if (phase == "visits") {
    Visits(world, port, connections, count, options.number("stay", 0), options.number("chat", 400),
           options.number("fresh", 10))
        .run(told);
  } else {
    std::unique_ptr<Requests> requests;
    if (phase == "exposures") {
      auto exposures = std::make_unique<Exposures>(world, options.number("beacon", 100));
      count = count / exposures->beacon();
      requests = std::move(exposures);
    } else if (phase == "touches") {
      requests = std::make_unique<Touches>(world);
    } else if (phase == "orders") {
      requests = std::make_unique<Orders>(world, options.text("out"));
    } else if (phase == "buys") {
      requests = std::make_unique<Buys>(world, std::max<std::size_t>(options.number("refund", 10), 1));
    } else if (phase == "post") {
      auto posts = std::make_unique<Posts>(world, options);
      count = posts->size();
      requests = std::move(posts);
    } else {
      std::fprintf(stderr, "load_day: there is no phase %s\n", phase.c_str());
      return 2;
    }
    HttpLoad(port, connections, count, *requests).run(told);
  }
  told.print(static_cast<double>(now_ns() - from) / 1e9);
  return 0;
}
