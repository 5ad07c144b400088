#include "sim/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/shape.hpp"

namespace lianbo::sim {
namespace {

constexpr std::int64_t kRequestMs = 60'000;  // an import of thousands of rows may take its time
constexpr std::int64_t kSettleMs = 60'000;   // after that a room has lost something
constexpr std::int64_t kGoodbyeMs = 2'000;
constexpr int kRecoveries = 10;
constexpr int kBusyRetries = 200;

std::string_view cookie_value(std::string_view set_cookie, std::string_view name) {
  if (!set_cookie.starts_with(name) || set_cookie.size() <= name.size() || set_cookie[name.size()] != '=') return {};
  set_cookie.remove_prefix(name.size() + 1);
  return set_cookie.substr(0, set_cookie.find(';'));
}

// The API says that it is full. A page that answers 503 (not built) is an answer like any other.
bool is_busy(const net::HttpResponse& response) {
  return (response.status == 429 || response.status == 503 || response.status == 504) &&
         response.header("content-type").starts_with("application/problem+json");
}

std::int64_t leading_number(std::string_view text) {
  std::int64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    n = n * 10 + (c - '0');
  }
  return n;
}

std::string chat_message(const std::string& text, const std::string& ref) {
  JsonWriter w;
  w.begin().field("t", "chat").field("text", text).field("ref", ref).end();
  return w.take();
}

std::string ping_message(std::int64_t id) { return fmt::format("{{\"t\":\"ping\",\"id\":{}}}", id); }

void pause_ms(std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace

std::string Answer::text(std::string_view name) const {
  return body.is_object() ? get_text(body, name) : std::string();
}
std::int64_t Answer::number(std::string_view name) const { return body.is_object() ? get_int(body, name) : 0; }

Line::Line(Options options) : options_(std::move(options)), url_(options_.base_url) {}

std::string Line::url() const {
  std::lock_guard lock(mutex_);
  return url_;
}

bool Line::recover(std::int64_t generation) {
  std::lock_guard lock(mutex_);
  if (dead_) return false;
  if (generation_ != generation) return true;
  // It may die again while it comes up, or before it has answered.
  for (int attempt = 0; attempt < kRecoveries && options_.reconnect; ++attempt) {
    if (options_.stopped && options_.stopped()) break;
    const std::string url = options_.reconnect();
    if (!url.empty() && set_clock(url)) {
      url_ = url;
      ++generation_;
      return true;
    }
    pause_ms(100);
  }
  dead_ = true;
  return false;
}

bool Line::set_clock(const std::string& url) const {
  net::HttpClient http({.url = url, .timeout_ms = kRequestMs, .ca_file = {}});
  JsonWriter body;
  body.begin().field_at("now", now_.load()).end();
  const auto answer =
      http.send({"POST",
                 "/api/v1/clock",
                 {{"authorization", "Bearer " + options_.clock_token}, {"content-type", "application/json"}},
                 body.take(),
                 true});
  return answer && answer->status < 300;
}

Result<Answer> Api::call(const Wish& wish, Identity& who) {
  for (int busy = 0;;) {
    if (line_.dead()) return fail(Code::io_failed, "the server is gone");
    if (line_.options().stopped && line_.options().stopped()) return fail(Code::shutting_down, "the run was stopped");
    if (!http_ || generation_ != line_.generation()) {
      generation_ = line_.generation();
      http_ = std::make_unique<net::HttpClient>(
          net::HttpClientOptions{.url = line_.url(), .timeout_ms = kRequestMs, .ca_file = {}});
    }
    net::HttpRequest request{wish.method, wish.target, {}, wish.body, true};
    request.headers.emplace_back("user-agent", "lianbo-day/1");
    request.headers.emplace_back("accept", "*/*");
    request.headers.emplace_back("x-lianbo-csrf", "1");
    if (!who.token.empty()) request.headers.emplace_back("authorization", "Bearer " + who.token);
    if (!who.guest.empty() && (who.token.empty() || wish.target == "/api/v1/sessions"))
      request.headers.emplace_back("cookie", "lb_guest=" + who.guest);
    if (!wish.key.empty()) request.headers.emplace_back("idempotency-key", wish.key);
    if (!wish.body.empty()) request.headers.emplace_back("content-type", wish.content_type);
    const auto response = http_->send(request);
    if (!response) {
      http_.reset();
      if (!line_.recover(generation_)) return fail(response.error());
      continue;
    }
    if (is_busy(*response) && ++busy < kBusyRetries) {
      pause_ms(std::min<std::int64_t>(200, 5 * busy));
      continue;
    }
    Answer answer;
    answer.status = response->status;
    for (const auto& [name, value] : response->headers) {
      if (name == "set-cookie" && who.token.empty()) {
        if (const auto guest = cookie_value(value, "lb_guest"); !guest.empty()) who.guest = guest;
      } else if (name == "location") {
        answer.location = value;
      }
    }
    if ((wish.read || !answer.ok()) && response->body.starts_with('{')) {
      if (auto body = parse_json(response->body)) answer.body = *std::move(body);
      if (!answer.ok()) {
        answer.problem = answer.text("name").empty() ? answer.text("code") : answer.text("name");
        answer.detail = answer.text("detail");
      }
    } else if (wish.read && !response->body.starts_with('{')) {
      answer.file = response->body;
    }
    return answer;
  }
}

Crew::Crew(Line& line, int workers) : line_(line) {
  for (int i = 0; i < std::max(1, workers); ++i) apis_.push_back(std::make_unique<Api>(line));
  if (apis_.size() > 1)
    for (std::size_t i = 0; i < apis_.size(); ++i) threads_.emplace_back([this, i] { work(i); });
}

Crew::~Crew() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  go_.notify_all();
  for (auto& t : threads_) t.join();
}

std::string Crew::next_key() { return fmt::format("day-{}-{}", line_.options().run, ++keys_); }

void Crew::ask(std::size_t key, Identity& who, Wish wish, Then then) {
  if (wish.method != "GET" && wish.key.empty()) wish.key = next_key();
  waiting_.push_back({key, &who, std::move(wish), std::move(then), Answer{}});
}

void Crew::get(std::size_t key, Identity& who, std::string target, Then then) {
  ask(key, who, Wish{"GET", std::move(target), {}, {}, {}, true}, std::move(then));
}

void Crew::post(std::size_t key, Identity& who, std::string target, std::string body, Then then) {
  ask(key, who, Wish{"POST", std::move(target), std::move(body), "application/json", {}, true}, std::move(then));
}

Result<Answer> Crew::call(Wish wish, Identity& who) {
  ++requests_;
  if (wish.method != "GET" && wish.key.empty()) wish.key = next_key();
  return apis_[0]->call(wish, who);
}

Status Crew::run() {
  while (!waiting_.empty()) {
    round_ = std::exchange(waiting_, {});
    requests_ += static_cast<std::int64_t>(round_.size());
    if (threads_.empty()) {
      for (auto& task : round_) task.answer = apis_[0]->call(task.wish, *task.who);
    } else {
      std::unique_lock lock(mutex_);
      ++turn_;
      busy_ = threads_.size();
      go_.notify_all();
      done_.wait(lock, [&] { return busy_ == 0; });
    }
    for (auto& task : round_) {
      if (!task.answer) return fail(task.answer.error());
      if (task.then) task.then(*task.answer);
    }
  }
  return {};
}

void Crew::work(std::size_t worker) {
  for (std::int64_t seen = 0;;) {
    {
      std::unique_lock lock(mutex_);
      go_.wait(lock, [&] { return ending_ || turn_ != seen; });
      if (ending_) return;
      seen = turn_;
    }
    for (auto& task : round_)
      if (task.key % apis_.size() == worker) task.answer = apis_[worker]->call(task.wish, *task.who);
    std::lock_guard lock(mutex_);
    if (--busy_ == 0) done_.notify_one();
  }
}

// One person in one room. The pool's thread writes what it hears; the day's thread asks and waits.
class Rooms::Viewer final : public net::WsListener {
 public:
  Viewer(std::string broadcast, const Identity& who, std::shared_ptr<Heard> heard)
      : broadcast_id(std::move(broadcast)), guest(who.guest), token(who.token), heard_(std::move(heard)) {}

  void on_text(net::WsClientId, std::string_view text) override {
    // Our own writer puts "t" first and the sequence next; anything else is read in full.
    constexpr std::string_view kType = "{\"t\":\"";
    if (!text.starts_with(kType)) return read(text);
    const std::string_view rest = text.substr(kType.size());
    const std::string_view type = rest.substr(0, rest.find('"'));
    constexpr std::string_view kSeq = ",\"seq\":";
    const std::string_view after = rest.substr(std::min(rest.size(), type.size() + 1));
    if (type == "counts") return;
    if (type != "snapshot" && type != "resumed" && type != "said" && after.starts_with(kSeq))
      return sequenced(leading_number(after.substr(kSeq.size())));
    read(text);
  }

  void on_close(net::WsClientId, int code, std::string_view reason, int http_status) override {
    std::lock_guard lock(mutex);
    open = false;
    closed = true;
    close_code = code;
    refused_status = http_status == 101 ? 0 : http_status;
    close_reason = reason;
    changed.notify_all();
  }

  const std::string broadcast_id, guest, token;
  std::mutex mutex;
  std::condition_variable changed;
  net::WsClientId id = 0;
  bool open = false, closed = false;
  bool left = false;      // on purpose: what still comes is not heard
  bool to_greet = false;  // opened again: what was not answered must be sent once more
  int close_code = 0, refused_status = 0;
  std::string close_reason;
  std::string epoch;
  std::int64_t seq = -1;
  std::int64_t pong = 0, ping = 0;
  std::int64_t next_ref = 1;
  std::map<std::string, std::string> unsaid;  // by ref

 private:
  void sequenced(std::int64_t n) {
    std::lock_guard lock(mutex);
    hear(n);
  }

  void hear(std::int64_t n) {
    if (left) return;
    if (seq >= 0 && n != seq + 1) ++heard_->gaps;
    seq = n;
    ++heard_->deliveries;
  }

  void read(std::string_view text) {
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) return;
    const json::value& message = *parsed;
    const std::string type = get_text(message, "t");
    std::lock_guard lock(mutex);
    if (type == "snapshot" || type == "resumed") {
      ++(type == "snapshot" ? heard_->snapshots : heard_->resumed);
      epoch = get_text(message, "epoch");
      if (type == "snapshot") seq = get_int(message, "seq");
      open = true;
    } else if (type == "pong") {
      pong = std::max(pong, get_int(message, "id"));
    } else if (type == "said" || type == "error") {
      if (unsaid.erase(get_text(message, "ref")) > 0) ++(type == "said" ? heard_->said : heard_->refused);
    } else if (type == "held") {
      if (unsaid.erase(get_text(message, "ref")) > 0) ++heard_->held;
      std::lock_guard held(heard_->mutex);
      heard_->held_in.insert(broadcast_id);
    } else if (has(message, "seq")) {
      hear(get_int(message, "seq"));
    }
    changed.notify_all();
  }

  std::shared_ptr<Heard> heard_;
};

Rooms::Rooms(Line& line) : line_(line), probe_(std::make_unique<Api>(line)) { open_pool(); }
Rooms::~Rooms() = default;

void Rooms::open_pool() {
  generation_ = line_.generation();
  const std::string url = line_.url();
  std::string_view address = url;
  if (const auto scheme = address.find("://"); scheme != std::string_view::npos) address.remove_prefix(scheme + 3);
  const auto colon = address.rfind(':');
  net::WsClientOptions options;
  options.host = address.substr(0, colon);
  options.port = static_cast<int>(colon == std::string_view::npos ? 80 : leading_number(address.substr(colon + 1)));
  pool_.reset();
  leaving_.clear();
  pool_ = std::make_unique<net::WsClientPool>(options);
}

void Rooms::open_seat(const ViewerPtr& viewer) {
  net::HeaderList headers;
  if (!viewer->token.empty())
    headers.emplace_back("authorization", "Bearer " + viewer->token);
  else if (!viewer->guest.empty())
    headers.emplace_back("cookie", "lb_guest=" + viewer->guest);
  std::string target = fmt::format("/api/v1/rooms/{}/ws", viewer->broadcast_id);
  if (!viewer->epoch.empty()) target += fmt::format("?since={}.{}", viewer->epoch, viewer->seq);
  viewer->id = pool_->open(std::move(target), std::move(headers), viewer);
}

Rooms::Seat Rooms::enter(const std::string& broadcast_id, const Identity& who) {
  const Seat seat = next_seat_++;
  auto viewer = std::make_shared<Viewer>(broadcast_id, who, heard_);
  seats_.emplace(seat, viewer);
  open_seat(viewer);
  entered_.push_back(seat);
  return seat;
}

std::set<std::string> Rooms::take_held() {
  std::lock_guard lock(heard_->mutex);
  return std::exchange(heard_->held_in, {});
}

bool Rooms::is_in(Seat seat) const { return seats_.contains(seat); }

void Rooms::say(Seat seat, const std::string& text) {
  const auto at = seats_.find(seat);
  if (at == seats_.end()) return;
  Viewer& viewer = *at->second;
  std::string ref;
  {
    std::lock_guard lock(viewer.mutex);
    ref = std::to_string(viewer.next_ref++);
    viewer.unsaid[ref] = text;
  }
  pool_->send_text(viewer.id, chat_message(text, ref));
}

void Rooms::like(Seat seat, int n) {
  if (const auto at = seats_.find(seat); at != seats_.end())
    pool_->send_text(at->second->id, fmt::format("{{\"t\":\"like\",\"n\":{}}}", n));
}

Status Rooms::mend() {
  // Is the server there at all? Brings it back if not.
  TRY_OK(probe_->call(Wish{"GET", "/healthz", {}, {}, {}, false}, nobody_));
  if (generation_ != line_.generation()) {
    open_pool();
    for (const auto& [seat, viewer] : seats_) {
      std::lock_guard lock(viewer->mutex);
      viewer->closed = true;
      viewer->refused_status = 0;
      viewer->close_code = 1006;
    }
  }
  for (auto at = seats_.begin(); at != seats_.end();) {
    const ViewerPtr viewer = at->second;
    bool gone = false;
    {
      std::lock_guard lock(viewer->mutex);
      if (!viewer->closed) {
        ++at;
        continue;
      }
      gone = (viewer->refused_status >= 400 && viewer->refused_status < 500) || viewer->close_code == 1000 ||
             viewer->close_code == 1008;
      viewer->open = viewer->closed = false;
      viewer->to_greet = true;
    }
    if (gone) {
      ++dropped_;
      at = seats_.erase(at);
      continue;
    }
    open_seat(viewer);
    ++reopened_;
    ++at;
  }
  return {};
}

void Rooms::greet(Viewer& viewer) {
  std::vector<std::pair<std::string, std::string>> unsaid;
  std::int64_t ping = 0;
  {
    std::lock_guard lock(viewer.mutex);
    viewer.to_greet = false;
    unsaid.assign(viewer.unsaid.begin(), viewer.unsaid.end());
    if (viewer.pong < viewer.ping) ping = viewer.ping;
  }
  for (const auto& [ref, text] : unsaid) pool_->send_text(viewer.id, chat_message(text, ref));
  if (ping != 0) pool_->send_text(viewer.id, ping_message(ping));
}

Status Rooms::wait_until(const std::vector<Seat>& seats, const std::function<bool(const Viewer&)>& done,
                         std::string_view what) {
  const std::int64_t until_ms = monotonic_ms() + kSettleMs;
  for (std::size_t i = 0; i < seats.size();) {
    const auto at = seats_.find(seats[i]);
    if (at == seats_.end()) {
      ++i;
      continue;
    }
    Viewer& viewer = *at->second;
    bool closed = false;
    bool to_greet = false;
    {
      std::unique_lock lock(viewer.mutex);
      const auto left = std::chrono::milliseconds(std::max<std::int64_t>(0, until_ms - monotonic_ms()));
      if (!viewer.changed.wait_for(lock, left,
                                   [&] { return viewer.closed || (viewer.open && (viewer.to_greet || done(viewer))); }))
        return fail(Code::deadline_exceeded,
                    fmt::format("a viewer of room {} waited {} s for {}", viewer.broadcast_id, kSettleMs / 1000, what));
      closed = viewer.closed;
      to_greet = viewer.to_greet;
    }
    if (closed) {
      TRY_OK(mend());
      i = 0;  // what was settled may be open again
    } else if (to_greet) {
      greet(viewer);
    } else {
      ++i;
    }
  }
  return {};
}

std::vector<Rooms::Seat> Rooms::all_seats() const {
  std::vector<Seat> seats;
  seats.reserve(seats_.size());
  for (const auto& [seat, viewer] : seats_) seats.push_back(seat);
  return seats;
}

Status Rooms::wait_for_snapshots() {
  return wait_until(std::exchange(entered_, {}), [](const Viewer&) { return true; }, "its snapshot");
}

Status Rooms::wait_for_said() {
  return wait_until(all_seats(), [](const Viewer& v) { return v.unsaid.empty(); }, "its chat to be answered");
}

Status Rooms::settle(const std::vector<Seat>& seats) {
  const auto which = seats.empty() ? all_seats() : seats;
  const std::int64_t ping = next_ping_++;
  for (const Seat seat : which) {
    const auto at = seats_.find(seat);
    if (at == seats_.end()) continue;
    {
      std::lock_guard lock(at->second->mutex);
      at->second->ping = ping;
    }
    pool_->send_text(at->second->id, ping_message(ping));
  }
  return wait_until(which, [ping](const Viewer& v) { return v.pong >= ping; }, "the answer to a ping");
}

void Rooms::leave(Seat seat) {
  const auto at = seats_.find(seat);
  if (at == seats_.end()) return;
  {
    std::lock_guard lock(at->second->mutex);
    at->second->left = true;
  }
  pool_->close(at->second->id);
  leaving_.push_back(at->second);
  seats_.erase(at);
}

void Rooms::wait_for_left() {
  for (const auto& viewer : std::exchange(leaving_, {})) {
    std::unique_lock lock(viewer->mutex);
    viewer->changed.wait_for(lock, std::chrono::milliseconds(kGoodbyeMs), [&] { return viewer->closed; });
  }
}

}  // namespace lianbo::sim
