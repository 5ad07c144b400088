// A load generator for HTTP/1.1 over keep-alive connections: one thread, epoll, one request under way on a connection.
//
//   load_http --port P [--connections 64] [--seconds 3 | --count N] [--warm 0.3] [--rate R] [--path /]
//             [--requests FILE] [--once] [--answers FILE]
//
// Closed loop: each connection sends its next request as soon as it has its answer. --rate R: R requests a second are
// due at even distances, whatever the answers; a request's time counts from when it was due. --requests: a file of
// whole requests, each after a line with its length; they are sent in turn, around and around, or with --once each
// once.
// --answers: status and body of each answer, a line each, in order of arrival (for checks; slow).
// Says as JSON what came back: {"requests", "seconds", "per_s", "p50_us", "p99_us", "max_us", "status": {"200": …}}
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Connection {
  int fd = -1;
  bool busy = false;
  std::int64_t since_ns = 0;
  std::string in;
  std::size_t left = 0;  // of a body that is being skipped
  bool in_body = false;
  bool ends = false;  // the answer says so
  int status = 0;
  std::string body;  // only with --answers
  std::string_view out;
};

struct Options {
  int port = 0, connections = 64;
  double seconds = 3, warm = 0.3, rate = 0;
  std::int64_t count = 0;
  bool once = false;
  std::string path = "/", requests, answers;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    if (options.requests.empty()) {
      requests_.push_back("GET " + options.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    } else {
      std::ifstream in(options.requests, std::ios::binary);
      for (std::string line; std::getline(in, line);) {
        std::string request(std::stoul(line), '\0');
        if (!in.read(request.data(), static_cast<std::streamsize>(request.size()))) break;
        requests_.push_back(std::move(request));
      }
      if (requests_.empty()) fail("no requests");
    }
    if (!options.answers.empty()) answers_.open(options.answers);
    epoll_ = ::epoll_create1(0);
    connections_.resize(static_cast<std::size_t>(options.connections));
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
  }

  void run() {
    begun_ = now_ns();
    measured_from_ =
        options_.once || options_.count > 0 ? begun_ : begun_ + static_cast<std::int64_t>(options_.warm * 1e9);
    const std::int64_t end = measured_from_ + static_cast<std::int64_t>(options_.seconds * 1e9);
    if (options_.rate > 0)
      for (std::size_t i = 0; i < connections_.size(); ++i) idle_.push_back(i);
    else
      for (std::size_t i = 0; i < connections_.size(); ++i) next(i, now_ns());
    std::vector<epoll_event> events(512);
    while (true) {
      const std::int64_t now = now_ns();
      if (finished(now, end)) break;
      int wait = 100;
      if (options_.rate > 0) wait = due(now, end);
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
      for (int i = 0; i < n; ++i) readable(events[static_cast<std::size_t>(i)].data.u64);
    }
    report(std::min(now_ns(), last_ > 0 ? last_ : now_ns()));
  }

 private:
  bool whole_count() const { return options_.once || options_.count > 0; }
  std::int64_t wanted() const { return options_.once ? static_cast<std::int64_t>(requests_.size()) : options_.count; }
  bool finished(std::int64_t now, std::int64_t end) const {
    if (whole_count()) return answered_ + errors_ >= wanted();
    return now >= end;
  }

  void open(std::size_t i) {
    Connection& c = connections_[i];
    if (c.fd >= 0) ::close(c.fd);
    c = Connection{};
    c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
    const int on = 1;
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  }

  // Sends the next request, if there is one left.
  void next(std::size_t i, std::int64_t since) {
    if (whole_count() && sent_ >= wanted()) return;
    Connection& c = connections_[i];
    const std::string& request = requests_[static_cast<std::size_t>(sent_++) % requests_.size()];
    c.busy = true;
    c.since_ns = since;
    c.out = request;
    while (!c.out.empty()) {
      const ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
      if (n < 0) {
        if (errno == EINTR) continue;
        return broken(i);
      }
      c.out.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  int due(std::int64_t now, std::int64_t end) {
    const double every = 1e9 / options_.rate;
    while (!idle_.empty()) {
      const std::int64_t at = begun_ + static_cast<std::int64_t>(every * static_cast<double>(sent_));
      if (at > now) return static_cast<int>(std::min<std::int64_t>((at - now) / 1000000, 100));
      if (at >= end) return 10;
      const std::size_t i = idle_.front();
      idle_.pop_front();
      next(i, at);
    }
    return 100;
  }

  void broken(std::size_t i) {
    if (connections_[i].busy) ++errors_;
    open(i);
    if (options_.rate > 0)
      idle_.push_back(i);
    else
      next(i, now_ns());
  }

  void readable(std::size_t i) {
    Connection& c = connections_[i];
    const ssize_t n = ::recv(c.fd, buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return broken(i);
    std::string_view bytes(buffer_, static_cast<std::size_t>(n));
    if (!c.in_body) {
      const std::string_view whole = c.in.empty() ? bytes : (c.in.append(bytes), std::string_view(c.in));
      const std::size_t at = whole.find("\r\n\r\n");
      if (at == std::string_view::npos) {
        if (c.in.empty()) c.in = bytes;
        return;
      }
      head(c, whole.substr(0, at + 2));
      const std::string rest(whole.substr(at + 4));
      c.in.clear();
      c.in_body = true;
      take(c, rest);
    } else {
      take(c, bytes);
    }
    if (c.left > 0) return;
    answered(i);
  }

  void take(Connection& c, std::string_view bytes) {
    const std::size_t n = std::min(bytes.size(), c.left);
    c.left -= n;
    if (answers_.is_open()) c.body.append(bytes.substr(0, n));
  }

  static void head(Connection& c, std::string_view text) {
    c.status = text.size() > 12 ? std::atoi(text.data() + 9) : 0;
    c.left = 0;
    c.ends = false;
    for (std::size_t at = text.find("\r\n"); at != std::string_view::npos && at + 2 < text.size();) {
      const std::size_t to = text.find("\r\n", at + 2);
      const std::string_view line = text.substr(at + 2, to - at - 2);
      if (line.size() > 15 && (line[0] | 0x20) == 'c') {
        if (strncasecmp(line.data(), "content-length:", 15) == 0)
          c.left = static_cast<std::size_t>(std::atoll(line.data() + 15));
        else if (strncasecmp(line.data(), "connection: close", 17) == 0)
          c.ends = true;
      }
      at = to;
    }
    if (c.status == 204 || c.status == 304) c.left = 0;
  }

  void answered(std::size_t i) {
    Connection& c = connections_[i];
    const std::int64_t now = now_ns();
    ++answered_;
    if (now >= measured_from_) {
      ++measured_;
      ++status_[static_cast<std::size_t>(std::clamp(c.status, 0, 599))];
      times_.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>((now - c.since_ns) / 1000, UINT32_MAX)));
      last_ = now;
    }
    if (answers_.is_open()) answers_ << c.status << ' ' << c.body << '\n';
    c.busy = false;
    c.in_body = false;
    c.body.clear();
    if (c.ends) open(i);
    if (options_.rate > 0)
      idle_.push_back(i);
    else
      next(i, now);
  }

  void report(std::int64_t end) {
    const double seconds = static_cast<double>(end - measured_from_) / 1e9;
    std::sort(times_.begin(), times_.end());
    const auto at = [&](double q) {
      return times_.empty() ? 0 : times_[static_cast<std::size_t>(q * static_cast<double>(times_.size() - 1))];
    };
    std::printf(
        "{\"requests\":%lld,\"seconds\":%.4f,\"per_s\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"errors\":%lld",
        static_cast<long long>(measured_), seconds, static_cast<double>(measured_) / seconds, at(0.5), at(0.99), at(1),
        static_cast<long long>(errors_));
    std::printf(",\"status\":{");
    bool first = true;
    for (std::size_t s = 0; s < status_.size(); ++s)
      if (status_[s] > 0) {
        std::printf("%s\"%zu\":%lld", first ? "" : ",", s, static_cast<long long>(status_[s]));
        first = false;
      }
    std::printf("}}\n");
  }

  Options options_;
  std::vector<std::string> requests_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  std::ofstream answers_;
  int epoll_ = -1;
  std::int64_t begun_ = 0, measured_from_ = 0, last_ = 0;
  std::int64_t sent_ = 0, answered_ = 0, measured_ = 0, errors_ = 0;
  std::vector<std::int64_t> status_ = std::vector<std::int64_t>(600);
  std::vector<std::uint32_t> times_;
  char buffer_[65536];
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--once") {
      options.once = true;
      continue;
    }
    if (++i >= argc) {
      std::fprintf(stderr, "%s needs a value\n", name.c_str());
      return 2;
    }
    const char* value = argv[i];
    if (name == "--port")
      options.port = std::atoi(value);
    else if (name == "--connections")
      options.connections = std::atoi(value);
    else if (name == "--seconds")
      options.seconds = std::atof(value);
    else if (name == "--warm")
      options.warm = std::atof(value);
    else if (name == "--rate")
      options.rate = std::atof(value);
    else if (name == "--count")
      options.count = std::atoll(value);
    else if (name == "--path")
      options.path = value;
    else if (name == "--requests")
      options.requests = value;
    else if (name == "--answers")
      options.answers = value;
    else {
      std::fprintf(stderr, "no such option: %s\n", name.c_str());
      return 2;
    }
  }
  Load(options).run();
}
