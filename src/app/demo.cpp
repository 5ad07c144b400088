// `lianbo demo`: a server of its own in a child process, and the simulated sale day against it. The child is started
// again when it dies, so the day goes on; it never outlives this process.

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "app/app.hpp"
#include "app/backup.hpp"
#include "app/commands.hpp"
#include "app/demo_pictures.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "net/client.hpp"
#include "org/sessions.hpp"
#include "sim/evening.hpp"
#include "sim/run_day.hpp"

namespace lianbo::app {
namespace {

std::atomic<bool> g_stopped{false};
void on_signal(int) { g_stopped = true; }

constexpr std::int64_t kStartMs = 20000;  // longest wait for the server to come up

// The child is told to end when the thread that forked it ends, so one thread that lives as long as this object forks.
class ServerProcess {
 public:
  ServerProcess(std::string program, std::vector<std::string> arguments)
      : program_(std::move(program)), arguments_(std::move(arguments)), keeper_([this] { keep(); }) {}
  ~ServerProcess() {
    stop();
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    keeper_.join();
  }

  // Starts it and waits until it says where it listens. Killed while it came up: started again.
  Result<std::string> start(int port) {
    std::unique_lock lock(mutex_);
    asked_port_ = port;
    answer_.reset();
    changed_.notify_all();
    changed_.wait(lock, [&] { return answer_.has_value(); });
    return *answer_;
  }

  bool running() {
    if (pid_ <= 0) return false;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) pid_ = 0;
    return pid_ > 0;
  }

  void stop() {
    if (!running()) return;
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
  }

  int port() const { return port_; }
  pid_t pid() const { return pid_; }

 private:
  static constexpr int kAttempts = 20;

  void keep() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ending_ || asked_port_.has_value(); });
      if (ending_) return;
      const int port = *std::exchange(asked_port_, std::nullopt);
      auto url = try_start(port);
      for (int attempt = 1; !url && killed_ && attempt < kAttempts && !g_stopped; ++attempt) url = try_start(port);
      answer_ = std::move(url);
      changed_.notify_all();
    }
  }

  Result<std::string> try_start(int port) {
    killed_ = false;
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return fail(Code::io_failed, "no pipe to the server");
    std::vector<std::string> arguments = {program_, "serve", "--json", "--port", std::to_string(port)};
    arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    for (auto& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) return fail(Code::io_failed, "no process for the server");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (getppid() != parent) _exit(1);
      setpgid(0, 0);  // Ctrl-C is for the demo, which then stops the server in order
      dup2(pipe_ends[1], STDOUT_FILENO);
      sigset_t none;
      sigemptyset(&none);
      pthread_sigmask(SIG_SETMASK, &none, nullptr);
      execv("/proc/self/exe", argv.data());
      _exit(127);
    }
    close(pipe_ends[1]);
    std::string line;
    char c;
    while (line.size() < 4096 && read(pipe_ends[0], &c, 1) == 1 && c != '\n') line.push_back(c);
    close(pipe_ends[0]);
    const auto said = parse_json(line);
    if (!said) {
      int status = 0;
      waitpid(pid_, &status, 0);
      pid_ = 0;
      killed_ = WIFSIGNALED(status);
      return fail(Code::io_failed, "the server did not come up; what it says stands above");
    }
    port_ = static_cast<int>(get_int(*said, "port"));
    return get_text(*said, "url");
  }

  std::string program_;
  std::vector<std::string> arguments_;
  pid_t pid_ = 0;
  int port_ = 0;
  bool killed_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int> asked_port_;
  std::optional<Result<std::string>> answer_;
  bool ending_ = false;
  std::thread keeper_;
};

// Where to look, and as whom. The addresses are this machine's own, the people are made up; the owner's password is
// drawn for each demo, so that a database that is left behind opens to nobody who has read the source.
struct Doors {
  std::string url, owner_password, host_login, host_password;
  void tell(bool chinese) const {
    const std::string where =
        chinese ? fmt::format(
                      "\n用浏览器打开:\n  店铺  {0}/\n  主播  {0}/host   账号 {1}  密码 {2}\n"
                      "  品牌  {0}/brand  账号 founder  密码 {3}\n\n",
                      url, host_login, host_password, owner_password)
                : fmt::format(
                      "\nOpen in a browser:\n  shop   {0}/\n  host   {0}/host   login {1}  password {2}\n"
                      "  brand  {0}/brand  login founder  password {3}\n\n",
                      url, host_login, host_password, owner_password);
    std::fputs(where.c_str(), stderr);
  }
};

Status move_clock(net::HttpClient& client, const std::string& token, Instant to) {
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/clock";
  request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
  request.body = "{\"now\":\"" + format_rfc3339(to) + "\"}";
  request.retry_safe = true;
  TRY(const auto answer, client.send(request));
  if (answer.status != 200) return fail(Code::internal, "the clock did not move: " + answer.body);
  return {};
}

Result<int> run(const DemoCommand& command, const Console& console, const std::string& program) {
  namespace fs = std::filesystem;
  TRY(const Instant day, parse_rfc3339(command.day + "T00:00:00+08:00", "--day"));
  const std::string dir = command.data_dir.empty() ? "demo-data" : command.data_dir;
  std::error_code ec;
  fs::remove_all(dir + "/demo-backups", ec);  // of the demo before
  fs::create_directories(dir + "/demo-backups", ec);
  if (ec) return fail(Code::io_failed, ec.message(), dir);
  const std::string file = dir + "/lianbo.db";
  for (const char* end : {"", "-wal", "-shm"}) fs::remove(file + end, ec);
  fs::remove_all(dir + "/demo-media", ec);

  Settings settings;
  settings.db_url = "sqlite:" + file;
  settings.clock = "simulated:" + format_rfc3339(day - kDayMs);
  settings.log_level = "warn";
  settings.backup_dir = dir + "/demo-backups";
  settings.backup_hours = 0;  // only when the day asks for one
  // The population's passwords guard nothing; the cheapest hash lets thousands of them register within seconds.
  settings.password_memory_kib = 8;
  settings.password_passes = 1;
  settings.room_chat_per_10s = 1000;
  settings.rate_guest_per_min = settings.rate_login_per_min = 0;  // the whole population has one address

  std::string token, brand_text;
  Doors doors;
  {
    TRY(auto bench, Workbench::open(settings, "demo"));
    const Call call = bench->system_call();
    doors.owner_password = bench->random.base62(12);
    TRY(const std::string owner_hash, org::Passwords(settings).hash(doors.owner_password));
    TRY(brand_text, bench->db->write([&](db::Tx& tx) -> Result<std::string> {
      org::NewBrand wish;
      wish.name = "云上优选";
      wish.owner_login = "founder";
      wish.owner_name = "创始人";
      TRY(const auto brand, org::create_brand(tx, call, wish));
      const auto owner = org::find_login(tx, "founder");
      TRY(token, org::issue_session(tx, call, owner->person, org::TokenKind::api, "demo"));
      TRY(const auto invited, org::add_staff(tx, call, brand, "founder", "创始人", kOwner));
      TRY_OK(org::accept_invite(tx, call, invited.invite_token, "founder", owner_hash));
      return brand.text();
    }));
  }

  std::vector<std::string> arguments;
  for (const char* name : {"db.url", "clock", "log.level", "backup.dir", "backup.hours", "password.memory_kib",
                           "password.passes", "room.chat_per_10s", "rate.guest_per_min", "rate.login_per_min"}) {
    arguments.push_back("--set");
    arguments.push_back(std::string(name) + "=" + setting_text(settings, name));
  }
  const char* lang = std::getenv("LC_ALL");
  if (lang == nullptr || *lang == 0) lang = std::getenv("LANG");
  const bool chinese = lang != nullptr && std::string_view(lang).starts_with("zh");
  const bool evening_comes = !command.once || command.evening_s > 0;
  std::unique_ptr<DemoPictures> pictures;
  if (evening_comes && command.pictures > 0) {
    auto made = DemoPictures::open(dir + "/demo-media");
    if (made) {
      pictures = *std::move(made);
      for (const auto& [name, value] : pictures->settings()) {
        arguments.push_back("--set");
        arguments.push_back(name + "=" + value);
      }
    } else {
      std::fprintf(stderr, chinese ? "没有直播画面：%s\n" : "No pictures: %s\n", made.error().text().c_str());
    }
  }
  ServerProcess server(program, std::move(arguments));
  TRY(const std::string url, server.start(command.port));
  if (!console.quiet)
    std::fprintf(stderr, "Lianbo demo: server on %s (process %d), database %s\n", url.c_str(), server.pid(),
                 file.c_str());

  sim::DemoOptions options;
  options.seed = command.seed;
  options.agents = command.agents;
  options.peak_rooms = command.peak_rooms;
  options.people = command.people;
  options.workers = command.workers;
  options.looking = command.look == "feed"      ? sim::Looking::feed
                    : command.look == "random"  ? sim::Looking::random
                    : command.look == "viewers" ? sim::Looking::most_viewers
                                                : sim::Looking::hall;
  options.day_only = command.day_only;
  options.catalog_file = command.catalog;
  options.graph_file = command.graph;
  options.chat_file = command.chat;
  options.agents_file = command.agents_file;
  options.report_file = command.report;
  options.base_url = url;
  options.owner_token = options.clock_token = token;
  options.brand_id = brand_text;
  options.quiet = console.quiet;
  options.json = console.json;
  options.no_color = !console.colour;
  options.chinese = chinese;
  options.start_at = day;
  std::vector<std::string> hosts;
  doors.url = url;
  options.hosts_are_in = [&](std::vector<std::string> logins, std::string password) {
    hosts = std::move(logins);
    doors.host_login = hosts.empty() ? "" : hosts.front();
    doors.host_password = std::move(password);
    if (!command.once && !console.quiet && !console.json) doors.tell(options.chinese);
  };
  options.stopped = [] { return g_stopped.load(); };
  options.reconnect = [&]() -> std::string {
    if (g_stopped) return {};
    if (!server.running()) {
      const auto again = server.start(server.port());
      return again ? *again : std::string();
    }
    // It lives, but did not answer: give it a moment, then look again.
    const std::int64_t until = monotonic_ms() + kStartMs;
    net::HttpClient client({.url = url, .connect_ms = 500, .timeout_ms = 1000});
    while (monotonic_ms() < until && server.running() && !g_stopped) {
      const auto answer = client.send({.target = "/healthz"});
      if (answer && answer->status == 200) return url;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (server.running()) return {};
    const auto again = server.start(server.port());
    return again ? *again : std::string();
  };

  options.backup_holds = [folder = settings.backup_dir](const std::string& name) {
    return check_backup(folder + "/" + name).has_value();
  };

  TRY(const auto report, sim::run_day(options));
  std::printf("%s\n", console.json ? report.to_json().c_str() : report.to_text(options.chinese).c_str());
  std::fflush(stdout);
  if (evening_comes && !g_stopped) {
    std::fputs(chinese ? "\n白天结束了。晚上还有几位主播在播，直到按下 Ctrl-C。\n"
                       : "\nThe day is over. In the evening some hosts are on air again, until Ctrl-C.\n",
               stderr);
    doors.tell(chinese);
    std::fprintf(stderr, "API %s/api/openapi.json, owner's token %s\n", url.c_str(), token.c_str());
    // From here on the simulated clock goes as fast as the wall's.
    net::HttpClient client({.url = url});
    const auto start = client.send({.target = "/api/v1/clock"});
    Instant now = day;
    if (start && start->status == 200)
      if (const auto said = parse_json(start->body)) now = get_instant(*said, "now", day);
    const std::int64_t begun = monotonic_ms();
    const std::int64_t until = command.once ? begun + command.evening_s * kSecondMs : INT64_MAX;
    sim::Evening evening({url, brand_text, hosts, doors.host_password, command.seed, pictures ? command.pictures : 0});
    while (!g_stopped && server.running() && monotonic_ms() < until) {
      // Pins are stamped by this clock and the picture by the wall's: so in small steps.
      std::this_thread::sleep_for(std::chrono::milliseconds(pictures ? 250 : 500));
      const Instant at = now + (monotonic_ms() - begun);
      if (const auto ok = move_clock(client, token, at); ok) {
        evening.step(at);
        if (pictures) pictures->follow(evening.shows());
      } else if (!g_stopped && server.running())
        std::fprintf(stderr, "lianbo: %s\n", ok.error().text().c_str());
    }
  }
  if (pictures) pictures->stop();
  server.stop();
  return report.good() ? 0 : 1;
}

}  // namespace

int demo(const DemoCommand& command, const Console& console, const std::string& program) {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const auto done = run(command, console, program);
  return done ? *done : complain(done.error());
}

}  // namespace lianbo::app
