// Viewers of rooms over WebSocket: one thread, epoll. Counts the messages that arrive.
//
//   load_room --port P --path /api/v1/rooms/ID/ws --viewers N [--seconds 2] [--warm 0.3] [--settle 0.3] [--pid SERVER]
//             [--core SERVERS]
//             [--talkers K --text TEXT]         K of the viewers say TEXT, each again as soon as it is told that it was
//             [--turns 1]                       … but one of them at a time, the next one then
//             [--pace MS]                       … but not before MS have gone by
//             [--publish PATH --publishers K --bytes B]   or: K connections post B bytes there, again when answered
//
// --path may be given several times: viewers, and so talkers, are dealt to the rooms in turn.
// With neither, the server sends by itself. --pid: its CPU during the measured time and its memory before and after the
// viewers came are told, too; --core: so is what the kernel's own thread for packets on the server's core used, for
// whoever sends much leaves some of that work to it. Says as JSON:
// {"viewers", "deliveries", "per_s", "seconds", "frame_bytes", "messages", "said_p50_ms", "said_p99_ms", "cpu_s",
//  "rss_before", "rss_after", "closed", "load_busy"}
#include <arpa/inet.h>
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
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kConnectingAtOnce = 200;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

struct Viewer {
  int fd = -1;
  bool open = false;       // the handshake is over
  bool publisher = false;  // speaks HTTP
  unsigned char head[10];
  unsigned have = 0;       // of the head
  std::uint64_t left = 0;  // of a payload
  std::int64_t said_ns = 0;
  std::string text;  // a talker's or publisher's bytes
};

struct Options {
  int port = 0, viewers = 1000, talkers = 0, publishers = 0, bytes = 200, pace = 0, core = -1, turns = 0;
  double seconds = 2, warm = 0.3, settle = 0.3;
  long pid = 0;
  std::vector<std::string> paths;
  std::string text = "x", publish;
};

struct Usage {
  double cpu = 0;
  long long rss = 0;
};
// Processor time of one thread, in seconds; /proc/PID/stat would tell hundredths of them.
double ran(const std::filesystem::path& task) {
  long long ns = 0;
  if (std::FILE* file = std::fopen((task / "schedstat").c_str(), "r")) {
    if (std::fscanf(file, "%lld", &ns) != 1) ns = 0;
    std::fclose(file);
  }
  return static_cast<double>(ns) / 1e9;
}
std::filesystem::path packet_thread(int core) {
  const std::string name = "ksoftirqd/" + std::to_string(core);
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::string comm;
    if (std::ifstream(process.path() / "comm") >> comm && comm == name) return process.path();
  }
  return {};
}
Usage usage_of(long pid, const std::filesystem::path& packets) {
  Usage out;
  if (pid == 0) return out;
  const std::string process = "/proc/" + std::to_string(pid);
  if (std::FILE* file = std::fopen((process + "/statm").c_str(), "r")) {
    long pages = 0;
    if (std::fscanf(file, "%*d %ld", &pages) == 1) out.rss = static_cast<long long>(pages) * sysconf(_SC_PAGESIZE);
    std::fclose(file);
  }
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(process + "/task", gone)) out.cpu += ran(task.path());
  if (!packets.empty()) out.cpu += ran(packets);
  return out;
}

class Room {
 public:
  explicit Room(const Options& options) : options_(options) {
    epoll_ = ::epoll_create1(0);
    if (options.core >= 0) packets_ = packet_thread(options.core);
    viewers_.resize(static_cast<std::size_t>(options.viewers + options.publishers));
    chat_ = "{\"t\":\"chat\",\"text\":\"" + options.text + "\"}";
    post_ = "POST " + options.publish +
            " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + std::to_string(options.bytes) + "\r\n\r\n" +
            std::string(static_cast<std::size_t>(options.bytes), 'x');
  }

  void run() {
    const Usage before = usage_of(options_.pid, packets_);
    for (std::size_t i = 0; i < viewers_.size(); ++i) {
      while (connecting_ >= kConnectingAtOnce) turn(10);
      connect(i);
      if (i % 16 == 0) turn(0);
    }
    const std::int64_t limit = now_ns() + 60'000'000'000;
    while (connecting_ > 0 && now_ns() < limit) turn(10);
    if (connecting_ > 0) fail("not all viewers came in");
    for (const std::int64_t end = now_ns() + ns(options_.settle); now_ns() < end;) turn(5);
    const Usage idle = usage_of(options_.pid, packets_);
    running_ = true;
    const int at_once = options_.turns != 0 ? std::min(1, options_.talkers) : options_.talkers;
    for (int i = 0; i < at_once; ++i) say(viewers_[static_cast<std::size_t>(i)]);
    for (std::size_t i = static_cast<std::size_t>(options_.viewers); i < viewers_.size(); ++i) post(viewers_[i]);
    for (const std::int64_t end = now_ns() + ns(options_.warm); now_ns() < end;) turn(1);
    frames_ = payload_ = 0;
    said_.clear();
    const Usage from = usage_of(options_.pid, packets_);
    const double own = own_cpu();
    const std::int64_t begun = now_ns();
    while (now_ns() < begun + ns(options_.seconds)) turn(1);
    const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
    const Usage to = usage_of(options_.pid, packets_);
    const auto frames = frames_;
    std::sort(said_.begin(), said_.end());
    const auto at = [&](double q) {
      return said_.empty()
                 ? 0.0
                 : static_cast<double>(said_[static_cast<std::size_t>(q * static_cast<double>(said_.size() - 1))]) /
                       1e6;
    };
    std::printf(
        "{\"viewers\":%d,\"deliveries\":%lld,\"per_s\":%.1f,\"seconds\":%.4f,\"frame_bytes\":%.1f,\"messages\":%.1f,"
        "\"said_p50_ms\":%.2f,\"said_p99_ms\":%.2f,\"cpu_s\":%.3f,\"rss_before\":%lld,\"rss_after\":%lld,\"closed\":%d,"
        "\"load_busy\":%.3f}\n",
        options_.viewers, frames, static_cast<double>(frames) / seconds, seconds,
        frames > 0 ? static_cast<double>(payload_) / static_cast<double>(frames) : 0.0,
        static_cast<double>(frames) / options_.viewers, at(0.5), at(0.99), to.cpu - from.cpu, before.rss, idle.rss,
        closed_, (own_cpu() - own) / seconds);
  }

 private:
  static std::int64_t ns(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }
  static double own_cpu() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }

  void connect(std::size_t i) {
    Viewer& v = viewers_[i];
    v.publisher = static_cast<int>(i) >= options_.viewers;
    v.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (v.fd < 0) fail("socket");
    const linger reset{1, 0};  // thousands of connections a run: none may linger in TIME_WAIT
    ::setsockopt(v.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    const int on = 1;
    ::setsockopt(v.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(v.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, v.fd, &event);
    if (v.publisher) {
      v.open = true;
      return;
    }
    ++connecting_;
    write(v, "GET " + options_.paths[i % options_.paths.size()] +
                 " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options_.port) +
                 "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  }

  void write(Viewer& v, std::string_view bytes) {
    if (::send(v.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) lost(v);
  }

  void lost(Viewer& v) {
    if (v.fd < 0) return;
    if (!v.open) fail("a viewer is not let in");
    ::close(v.fd);
    v.fd = -1;
    ++closed_;
  }

  void say(Viewer& v) {
    v.said_ns = now_ns();
    std::string frame{static_cast<char>(0x81)};
    if (chat_.size() < 126) {
      frame.push_back(static_cast<char>(0x80 | chat_.size()));
    } else {
      frame.push_back(static_cast<char>(0x80 | 126));
      frame.push_back(static_cast<char>(chat_.size() >> 8));
      frame.push_back(static_cast<char>(chat_.size() & 255));
    }
    frame.append(4, '\0');  // a mask of zeros
    write(v, frame + chat_);
  }
  void post(Viewer& v) {
    v.said_ns = now_ns();
    write(v, post_);
  }

  void turn(int wait_ms) {
    epoll_event events[512];
    const int n = ::epoll_wait(epoll_, events, 512, wait_ms);
    for (int i = 0; i < n; ++i) readable(viewers_[events[i].data.u64], static_cast<int>(events[i].data.u64));
    if (!waiting_.empty()) {
      const std::int64_t now = now_ns();
      std::erase_if(waiting_, [&](int i) {
        Viewer& v = viewers_[static_cast<std::size_t>(i)];
        if (now - v.said_ns < static_cast<std::int64_t>(options_.pace) * 1000000) return false;
        if (v.fd >= 0) say(v);
        return true;
      });
    }
  }

  void readable(Viewer& v, int index) {
    if (v.fd < 0) return;
    const ssize_t n = ::recv(v.fd, buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return lost(v);
    std::string_view bytes(buffer_, static_cast<std::size_t>(n));
    if (!v.open) {
      v.text.append(bytes);
      const std::size_t end = v.text.find("\r\n\r\n");
      if (end == std::string::npos) return;
      if (!v.text.starts_with("HTTP/1.1 101")) {
        std::fprintf(stderr, "%s\n", v.text.substr(0, 400).c_str());
        std::exit(1);
      }
      const std::string rest = v.text.substr(end + 4);
      v.text = std::string();
      v.open = true;
      --connecting_;
      take(v, index, rest);
      return;
    }
    if (v.publisher) {
      v.text.append(bytes);
      if (const std::size_t end = v.text.find("\r\n\r\n"); end != std::string::npos) {
        std::size_t body = 0;
        if (const std::size_t at = v.text.find("Content-Length: "); at != std::string::npos && at < end)
          body = static_cast<std::size_t>(std::atoi(v.text.c_str() + at + 16));
        if (v.text.size() < end + 4 + body) return;
        v.text.clear();
        said_.push_back(now_ns() - v.said_ns);
        if (running_) post(v);
      }
      return;
    }
    take(v, index, bytes);
  }

  void take(Viewer& v, int index, std::string_view bytes) {
    const bool talks = index < options_.talkers;
    while (!bytes.empty()) {
      if (v.left > 0) {
        const std::size_t n = std::min<std::uint64_t>(v.left, bytes.size());
        if (talks) v.text.append(bytes.substr(0, n));
        v.left -= n;
        bytes.remove_prefix(n);
        if (v.left == 0) whole(v, index);
        continue;
      }
      v.head[v.have++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (v.have < 2) continue;
      const unsigned length = v.head[1] & 127;
      const unsigned need = length == 126 ? 4 : length == 127 ? 10 : 2;
      if (v.have < need) continue;
      v.left = length;
      if (need > 2) {
        v.left = 0;
        for (unsigned i = 2; i < need; ++i) v.left = v.left << 8 | v.head[i];
      }
      v.have = 0;
      if (v.left == 0) whole(v, index);
      if ((v.head[0] & 15) == 1) {
        ++frames_;
        payload_ += static_cast<long long>(v.left);
      }
    }
  }

  void whole(Viewer& v, int index) {
    const int opcode = v.head[0] & 15;
    if (opcode == 9) write(v, std::string("\x8a\x80\0\0\0\0", 6));
    if (index >= options_.talkers) return;
    if (running_ && v.text.starts_with("{\"t\":\"said\"")) {
      --frames_;  // not what everybody got
      said_.push_back(now_ns() - v.said_ns);
      if (options_.pace > 0)
        waiting_.push_back(index);
      else
        say(options_.turns != 0 ? viewers_[static_cast<std::size_t>((index + 1) % options_.talkers)] : v);
    } else if (running_ && v.text.starts_with("{\"t\":\"error\"")) {
      std::fprintf(stderr, "%s\n", v.text.c_str());
      std::exit(1);
    }
    v.text.clear();
  }

  Options options_;
  std::filesystem::path packets_;
  std::string chat_, post_;
  std::vector<Viewer> viewers_;
  std::vector<int> waiting_;
  std::vector<std::int64_t> said_;
  int epoll_ = -1, connecting_ = 0, closed_ = 0;
  bool running_ = false;
  long long frames_ = 0, payload_ = 0;
  char buffer_[262144];
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") {
      options.port = std::atoi(value);
    } else if (name == "--path") {
      options.paths.emplace_back(value);
    } else if (name == "--viewers") {
      options.viewers = std::atoi(value);
    } else if (name == "--talkers") {
      options.talkers = std::atoi(value);
    } else if (name == "--text") {
      options.text = value;
    } else if (name == "--pace") {
      options.pace = std::atoi(value);
    } else if (name == "--publish") {
      options.publish = value;
    } else if (name == "--publishers") {
      options.publishers = std::atoi(value);
    } else if (name == "--bytes") {
      options.bytes = std::atoi(value);
    } else if (name == "--turns") {
      options.turns = std::atoi(value);
    } else if (name == "--core") {
      options.core = std::atoi(value);
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--warm") {
      options.warm = std::atof(value);
    } else if (name == "--settle") {
      options.settle = std::atof(value);
    } else if (name == "--pid") {
      options.pid = std::atol(value);
    } else {
      std::fprintf(stderr, "no such option: %s\n", name.c_str());
      return 2;
    }
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  static Room room(options);
  room.run();
}
