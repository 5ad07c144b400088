#include "media/plane.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <utility>

#include "base/log.hpp"
#include "net/client.hpp"

namespace lianbo::media {
namespace {

namespace fs = std::filesystem;

constexpr int kTickMs = 200;
constexpr std::int64_t kStartMs = 5000, kStopMs = 2000;
constexpr std::int64_t kLastFilesMs = 800;  // nginx closes a publisher's last file within this
constexpr std::int64_t kFirstPauseMs = 200, kLongestPauseMs = 5000, kSteadyMs = 30'000;
constexpr std::size_t kMostWords = 400;

std::string read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

Status write_whole(const std::string& file, std::string_view text, mode_t mode) {
  const std::string beside = file + ".new";
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return fail(Code::io_failed, strerror(errno), beside);
  const ssize_t n = write(fd, text.data(), text.size());
  close(fd);
  if (n != static_cast<ssize_t>(text.size()) || rename(beside.c_str(), file.c_str()) != 0)
    return fail(errno == ENOSPC ? Code::disk_full : Code::io_failed, strerror(errno), file);
  return {};
}

// In one write, so that who reads it meanwhile sees whole lines.
Status append(const std::string& file, std::string_view text) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return fail(Code::io_failed, strerror(errno), file);
  const ssize_t n = write(fd, text.data(), text.size());
  close(fd);
  if (n != static_cast<ssize_t>(text.size()))
    return fail(errno == ENOSPC ? Code::disk_full : Code::io_failed, strerror(errno), file);
  return {};
}

bool answers(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool up = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  close(fd);
  return up;
}

}  // namespace

Result<int> free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool got = bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 &&
                   getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  close(fd);
  if (!got) return fail(Code::io_failed, "no free port");
  return static_cast<int>(ntohs(at.sin_port));
}

Plane::Plane(NginxPlan plan, std::string nginx, PlaneHooks hooks)
    : plan_(std::move(plan)), nginx_(std::move(nginx)), hooks_(std::move(hooks)) {}

Result<std::unique_ptr<Plane>> Plane::start(NginxPlan plan, std::string nginx, PlaneHooks hooks) {
  if (plan.rtmp_port == 0) {
    TRY(plan.rtmp_port, free_port());
  }
  if (plan.http_port == 0) {
    TRY(plan.http_port, free_port());
  }
  std::unique_ptr<Plane> plane(new Plane(std::move(plan), std::move(nginx), std::move(hooks)));
  TRY_OK(plane->prepare());
  std::promise<Status> started;
  auto answer = started.get_future();
  plane->thread_ =
      std::thread([&started, p = plane.get()] { p->run([&](Status s) { started.set_value(std::move(s)); }); });
  const Status up = answer.get();
  if (!up) {
    plane->stop();
    return fail(up.error());
  }
  return plane;
}

Status Plane::prepare() {
  std::error_code ec;
  plan_.folder = fs::absolute(plan_.folder, ec).lexically_normal().string();
  while (plan_.folder.ends_with('/')) plan_.folder.pop_back();
  for (const char* name : {"streams", "clips", "withdrawn", "nginx", "open"}) {
    fs::create_directories(path(name), ec);
    if (ec) return fail(Code::io_failed, ec.message(), path(name));
  }
  TRY_OK(write_whole(path("nginx/nginx.conf"), nginx_text(plan_), 0600));
  inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (inotify_ < 0 || wake_ < 0) return fail(Code::io_failed, strerror(errno), "inotify");
  root_watch_ = inotify_add_watch(inotify_, path("streams").c_str(), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
  if (root_watch_ < 0) return fail(Code::io_failed, strerror(errno), path("streams"));
  return {};
}

Status Plane::start_nginx() {
  const std::string said = path("nginx/said.log");
  std::error_code ec;
  fs::remove(said, ec);
  TRY(child_, Child::start({nginx_, "-p", path("nginx"), "-e", path("nginx/error.log"), "-c", path("nginx/nginx.conf")},
                           Input::none, said));
  up_since_ms_ = monotonic_ms();
  return {};
}

void Plane::run(std::function<void(Status)> started) {
  const auto first = [&]() -> Status {
    TRY_OK(start_nginx());
    const std::int64_t until = monotonic_ms() + kStartMs;
    while (!answers(plan_.http_port) || !answers(plan_.rtmp_port)) {
      if (!child_.running() || monotonic_ms() > until) {
        std::string words = read_text(path("nginx/said.log"));
        if (words.size() > kMostWords) words.resize(kMostWords);
        return fail(
            Code::io_failed,
            fmt::format("nginx with its RTMP module does not come up (packages nginx, libnginx-mod-rtmp): {}", words),
            "media.on");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    // One that lost its port to another ends at once.
    if (!child_.running()) return fail(Code::io_failed, read_text(path("nginx/said.log")), "media.on");
    return {};
  }();
  const bool up = first.has_value();
  if (up) {
    hooks_.publishers_gone();  // of a run before
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(path("open"), ec)) {
      const std::string name = entry.path().filename().string();
      if (!good_name(name)) continue;
      open_stream(name);
      if (const auto it = open_.find(name); it != open_.end() && hooks_.over(name)) it->second.finish_at_ms = 1;
    }
  }
  started(first);
  if (!up) return;
  while (!stopping_) {
    pollfd waits[] = {{inotify_, POLLIN, 0}, {wake_, POLLIN, 0}};
    poll(waits, 2, kTickMs);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto n = read(wake_, &count, sizeof count);
    read_watches();
    do_wishes();
    look_after_nginx();
    const std::int64_t now = monotonic_ms();
    for (auto it = open_.begin(); it != open_.end();) {
      const auto here = it++;
      if (here->second.finish_at_ms != 0 && now >= here->second.finish_at_ms) {
        look(here->first, here->second);
        close_stream(here->first, here->second);
        open_.erase(here);
      }
    }
    streams_ = static_cast<std::int64_t>(open_.size());
  }
  child_.end(kStopMs);
  for (auto& [name, stream] : open_) look(name, stream);
}

void Plane::look_after_nginx() {
  const std::int64_t now = monotonic_ms();
  if (child_.running()) {
    if (now - up_since_ms_ > kSteadyMs) pause_ms_ = 0;
    return;
  }
  if (start_again_at_ms_ == 0) {
    pause_ms_ = std::clamp(pause_ms_ * 2, kFirstPauseMs, kLongestPauseMs);
    start_again_at_ms_ = now + pause_ms_;
    log_event(LogEvent::media_down, "nginx ended; again in {} ms; {}", pause_ms_, path("nginx/error.log"));
    hooks_.publishers_gone();
  }
  if (now < start_again_at_ms_) return;
  start_again_at_ms_ = 0;
  ++restarts_;
  if (const auto ok = start_nginx(); !ok) log_event(LogEvent::media_down, "{}", ok.error().text());
}

void Plane::read_watches() {
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    const ssize_t n = read(inotify_, buffer, sizeof buffer);
    if (n <= 0) return;
    for (const char* p = buffer; p < buffer + n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(p);
      p += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) {
        for (auto& [name, stream] : open_) look(name, stream);
      } else if (event->wd == root_watch_) {
        if (event->len > 0 && good_name(event->name)) open_stream(event->name);
      } else if (const auto it = watched_.find(event->wd); it != watched_.end()) {
        if (event->len > 0 && std::string_view(event->name) == "index.m3u8")
          if (const auto s = open_.find(it->second); s != open_.end()) look(it->second, s->second);
      }
    }
  }
}

void Plane::open_stream(const std::string& name) {
  if (open_.contains(name)) return;
  const std::string folder = path("streams/" + name);
  Stream stream;
  stream.recording.read(read_text(folder + "/all.m3u8"));
  stream.marked = !stream.recording.empty();
  std::error_code ec;
  if (stream.recording.closed()) {
    fs::remove(path("open/" + name), ec);
    return;
  }
  stream.watch = inotify_add_watch(inotify_, folder.c_str(), IN_MOVED_TO | IN_ONLYDIR);
  if (stream.watch < 0) {
    if (errno == ENOENT)
      fs::remove(path("open/" + name), ec);
    else
      log_event(LogEvent::media_failed, "{}: {}", folder, strerror(errno));
    return;
  }
  watched_[stream.watch] = name;
  auto& kept = open_.emplace(name, std::move(stream)).first->second;
  look(name, kept);
}

void Plane::look(const std::string& name, Stream& stream) {
  const std::string folder = path("streams/" + name);
  std::vector<Segment> listed = parse_listed(read_text(folder + "/index.m3u8"));
  if (listed.empty()) return;
  Recording& recording = stream.recording;
  std::erase_if(listed, [&](const Segment& s) { return s.came_at <= stream.thrown_upto; });
  if (listed.empty() || recording.closed()) return;
  if (recording.empty()) {
    std::optional<PlaneHooks::Begun> begun;
    std::size_t first = listed.size() - 1;  // what came before the newest came before it was on air
    if (stream.thrown_upto == 0) first = 0;
    begun = hooks_.begin(name, listed[first].came_at);
    const std::size_t thrown = begun ? first : listed.size();
    for (std::size_t i = 0; i < thrown; ++i) {
      std::error_code ec;
      fs::remove(folder + "/" + listed[i].file(), ec);
      stream.thrown_upto = listed[i].came_at;
    }
    if (!begun) return;
    listed.erase(listed.begin(), listed.begin() + static_cast<std::ptrdiff_t>(thrown));
    recording.begin(begun->zero, begun->media_ms);
  }
  const std::size_t before = recording.segments().size();
  const std::string fresh = recording.take(listed);
  if (fresh.empty()) return;
  segments_ += static_cast<std::int64_t>(recording.segments().size() - before);
  auto written = append(folder + "/all.m3u8", fresh);
  if (written) written = write_whole(folder + "/live.m3u8", recording.live_text(), 0644);
  if (written && !std::exchange(stream.marked, true)) written = append(path("open/" + name), "");
  if (!written) log_event(LogEvent::media_failed, "{}", written.error().text());
  const bool back = recording.segments()[before].after_cut;
  if (const std::int64_t lag = recording.lag_ms(); back || std::abs(lag - stream.told_lag_ms) > kLagStepMs) {
    stream.told_lag_ms = lag;
    hooks_.lag(name, lag);
  }
}

void Plane::close_stream(const std::string& name, Stream& stream) {
  const std::string folder = path("streams/" + name);
  if (const std::string end = stream.recording.close(); !end.empty()) {
    auto written = append(folder + "/all.m3u8", end);
    if (written) written = write_whole(folder + "/live.m3u8", stream.recording.live_text(), 0644);
    if (!written) log_event(LogEvent::media_failed, "{}", written.error().text());
  }
  inotify_rm_watch(inotify_, stream.watch);
  watched_.erase(stream.watch);
  std::error_code ec;
  fs::remove(path("open/" + name), ec);
}

void Plane::do_wishes() {
  std::vector<std::pair<std::string, bool>> wishes;
  {
    std::lock_guard lock(mutex_);
    wishes.swap(wishes_);
  }
  for (const auto& [name, finish] : wishes) {
    net::HttpClient client({.url = "http://127.0.0.1:" + std::to_string(plan_.http_port), .timeout_ms = 1000});
    if (child_.running())
      if (const auto dropped =
              client.send({.target = "/control-" + plan_.control_secret + "/drop/publisher?app=live&name=" + name});
          !dropped)
        log_event(LogEvent::media_failed, "a publisher was not cut off: {}", dropped.error().text());
    if (!finish) continue;
    open_stream(name);
    if (const auto it = open_.find(name); it != open_.end()) it->second.finish_at_ms = monotonic_ms() + kLastFilesMs;
  }
}

void Plane::finish(const std::string& stream) {
  if (!good_name(stream)) return;
  {
    std::lock_guard lock(mutex_);
    wishes_.emplace_back(stream, true);
  }
  eventfd_write(wake_, 1);
}

void Plane::drop(const std::string& stream) {
  if (!good_name(stream)) return;
  {
    std::lock_guard lock(mutex_);
    wishes_.emplace_back(stream, false);
  }
  eventfd_write(wake_, 1);
}

void Plane::stop() {
  stopping_ = true;
  if (wake_ >= 0) eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  if (inotify_ >= 0) close(std::exchange(inotify_, -1));
  if (wake_ >= 0) close(std::exchange(wake_, -1));
}

}  // namespace lianbo::media
