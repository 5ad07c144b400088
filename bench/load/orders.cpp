// Buyers who order, over HTTP/1.1 keep-alive: how many orders a server answers in a second, and how long each waits.
//
//   load_orders WORLD PORT SECONDS CONNECTIONS [rate=0] [hot=1] [pay=0] [prefix=…]
//
// WORLD is what bench_world wrote. Each connection orders for one buyer after another, one order at a time; rate 0: as
// soon as the last is answered (a closed loop), else so many orders a second in all, begun on time whether or not the
// last is answered (a connection that is still waiting lets its turn be taken by the next free one; none free: late).
// hot=1: nearly all orders are of the first two SKUs. One thread and epoll; a request is one send, an answer one recv,
// so that the generator takes as little as it can of the machine that the server shares. Prints one JSON object.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/shape.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  bool waiting = false;
  Clock::time_point due;  // when its order should have begun
  std::string in;
};

struct World {
  struct Store {
    std::string store, broadcast;
  };
  std::vector<Store> stores;
  std::vector<std::string> skus, buyers;
};

World read_world(const char* path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto value = lianbo::parse_json(text).value_or(lianbo::json::value(lianbo::json::object()));
  World out;
  for (const auto& s : lianbo::get_list(value, "stores"))
    out.stores.push_back({std::string(lianbo::get_text(s, "store")), std::string(lianbo::get_text(s, "broadcast"))});
  for (const auto& s : lianbo::get_list(value, "skus")) out.skus.emplace_back(lianbo::get_text(s, "sku"));
  for (const auto& b : lianbo::get_list(value, "buyers")) out.buyers.emplace_back(lianbo::get_text(b, "token"));
  return out;
}

class Load {
 public:
  Load(World world, int port, double seconds, std::size_t connections, std::map<std::string, std::string> options)
      : world_(std::move(world)),
        port_(port),
        seconds_(seconds),
        connections_(connections),
        rate_(std::atof(options["rate"].c_str())),
        hot_(options["hot"] != "0"),
        prefix_(options["prefix"]) {}

  int run() {
    epoll_ = epoll_create1(0);
    for (std::size_t i = 0; i < connections_.size(); ++i)
      if (!open(i)) {
        std::perror("connect");
        return 1;
      }
    const auto start = Clock::now(),
               end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds_));
    if (rate_ <= 0)
      for (std::size_t i = 0; i < connections_.size(); ++i) order(i, Clock::now());
    std::vector<std::size_t> idle;
    if (rate_ > 0)
      for (std::size_t i = 0; i < connections_.size(); ++i) idle.push_back(i);
    std::int64_t begun = 0;
    std::vector<epoll_event> ready(1024);
    for (;;) {
      const auto now = Clock::now();
      if (now >= end) break;
      int wait_ms = 100;
      if (rate_ > 0) {
        const auto due = [&] {
          return start + std::chrono::duration_cast<Clock::duration>(
                             std::chrono::duration<double>(static_cast<double>(begun) / rate_));
        };
        while (due() <= now && !idle.empty()) {
          order(idle.back(), due());
          idle.pop_back();
          ++begun;
        }
        wait_ms = 1;
      }
      const int n = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), wait_ms);
      for (int k = 0; k < n; ++k) {
        const auto i = static_cast<std::size_t>(ready[static_cast<std::size_t>(k)].data.u64);
        if (!answered(i)) continue;
        if (rate_ > 0)
          idle.push_back(i);
        else
          order(i, Clock::now());
      }
    }
    const double took = std::chrono::duration<double>(Clock::now() - start).count();
    return tell(took, rate_ > 0 ? static_cast<std::int64_t>(rate_ * took) - begun : 0);
  }

 private:
  bool open(std::size_t i) {
    Connection& c = connections_[i];
    c.fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port_));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return false;
    const int on = 1;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event) == 0;
  }

  void order(std::size_t i, Clock::time_point due) {
    Connection& c = connections_[i];
    const std::uint64_t n = sent_++;
    const auto& store = world_.stores[n % world_.stores.size()];
    const auto& sku = world_.skus[hot_ && n % 64 != 0 ? n % 2 : n % world_.skus.size()];
    std::string body = R"({"store_id":")" + store.store + R"(","lines":[{"sku_id":")" + sku + R"(","qty":1}])";
    if (!store.broadcast.empty()) body += R"(,"broadcast_id":")" + store.broadcast + '"';
    body +=
        R"(,"address":{"name":"Wang Xiaoming","phone":"13800138000","region":"Shanghai","detail":"1 Nanjing Road"}})";
    const std::string text =
        "POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " +
        world_.buyers[n % world_.buyers.size()] + "\r\nIdempotency-Key: " + prefix_ + std::to_string(n) +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    c.due = due;
    c.in.clear();
    if (send(c.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) ++broken_;
  }

  // True when the whole answer is there.
  bool answered(std::size_t i) {
    Connection& c = connections_[i];
    char part[16384];
    const ssize_t got = recv(c.fd, part, sizeof part, 0);
    if (got <= 0) {
      ++broken_;
      close(c.fd);
      if (!open(i)) std::perror("connect");
      return true;
    }
    c.in.append(part, static_cast<std::size_t>(got));
    const auto head = c.in.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto at = c.in.find("Content-Length: ");
    const std::size_t length = at < head ? std::strtoull(c.in.c_str() + at + 16, nullptr, 10) : 0;
    if (c.in.size() < head + 4 + length) return false;
    const int status = std::atoi(c.in.c_str() + 9);
    ++statuses_[status];
    if (status == 201)
      latency_us_.push_back(static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - c.due).count()));
    else if (first_refusal_.empty())
      first_refusal_ = c.in;
    return true;
  }

  int tell(double took, std::int64_t late) {
    std::sort(latency_us_.begin(), latency_us_.end());
    const auto at = [&](double part) {
      if (latency_us_.empty()) return 0U;
      return latency_us_[std::min(latency_us_.size() - 1,
                                  static_cast<std::size_t>(part * static_cast<double>(latency_us_.size())))];
    };
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    std::string statuses;
    for (const auto& [status, n] : statuses_)
      statuses += fmt::format("{}\"{}\": {}", statuses.empty() ? "" : ", ", status, n);
    fmt::print(
        "{{\"orders\": {}, \"seconds\": {:.3f}, \"per_second\": {:.1f}, \"p50_us\": {}, \"p99_us\": {}, \"max_us\": "
        "{}, \"late\": {}, \"broken\": {}, \"generator_cpu_s\": {:.2f}, \"statuses\": {{{}}}}}\n",
        latency_us_.size(), took, static_cast<double>(latency_us_.size()) / took, at(0.5), at(0.99), at(1), late,
        broken_, cpu, statuses);
    if (latency_us_.empty()) fmt::print(stderr, "{}\n", first_refusal_);
    return latency_us_.empty() ? 1 : 0;
  }

  const World world_;
  const int port_;
  const double seconds_;
  std::vector<Connection> connections_;
  const double rate_;
  const bool hot_;
  const std::string prefix_;
  int epoll_ = -1;
  std::uint64_t sent_ = 0;
  std::int64_t broken_ = 0;
  std::map<int, std::int64_t> statuses_;
  std::vector<std::uint32_t> latency_us_;
  std::string first_refusal_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "load_orders WORLD PORT SECONDS CONNECTIONS [rate=0] [hot=1] [prefix=…]\n");
    return 2;
  }
  std::map<std::string, std::string> options{{"rate", "0"}, {"hot", "1"}};
  options["prefix"] = std::to_string(Clock::now().time_since_epoch().count()) + "-";
  for (int i = 5; i < argc; ++i)
    if (const char* is = std::strchr(argv[i], '='))
      options[std::string(static_cast<const char*>(argv[i]), is)] = is + 1;
  World world = read_world(argv[1]);
  if (world.stores.empty() || world.skus.size() < 2 || world.buyers.empty()) {
    fmt::print(stderr, "load_orders: {} names no stores, SKUs or buyers\n", argv[1]);
    return 1;
  }
  return Load(std::move(world), std::atoi(argv[2]), std::atof(argv[3]),
              static_cast<std::size_t>(std::max(1, std::atoi(argv[4]))), options)
      .run();
}
