// How the simulated people talk to the server: HTTP by workers that keep their connections, rooms by WebSocket.
//
// - Line: one server, wherever it is. When it does not answer, one worker asks for it to be brought back (reconnect)
// and
//   sets its clock to the simulated instant; the others wait and then repeat their request with the same
//   Idempotency-Key.
// - Crew: requests are collected and sent in rounds; within a round those of one person keep their order, and what is
// to
//   be done with an answer is called on the thread that runs the crew, in the order of asking. With one worker nothing
//   happens at the same time. A round that asks for more is followed by another.
// - Rooms: every viewer is a WebSocket of its own. settle() waits until each has got all that was published to it
// before,
//   so that counts are exact; a connection that broke is opened again with since= and goes on where it was.
// Threads: Line any; Crew and Rooms belong to the thread that runs the day.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "net/client.hpp"

namespace lianbo::sim {

struct Identity {
  std::string guest;  // the lb_guest cookie's value
  std::string token;  // after login
};

struct Answer {
  int status = 0;
  json::value body;     // null when there was none, or it was not asked for
  std::string problem;  // name of the error, of a problem document
  std::string detail;
  std::string location;  // of a redirect
  std::string file;      // what is no JSON object
  bool ok() const { return status >= 200 && status < 300; }
  std::string text(std::string_view name) const;     // "" when it is not there
  std::int64_t number(std::string_view name) const;  // 0 when it is not there
};

class Line {
 public:
  struct Options {
    std::string base_url;
    std::string clock_token;
    std::function<std::string()> reconnect;
    std::function<bool()> stopped;
    std::string run;  // told apart from other runs against the same server
  };
  explicit Line(Options options);

  std::string url() const;
  std::int64_t generation() const { return generation_.load(); }
  std::int64_t recoveries() const { return generation_.load(); }
  bool dead() const { return dead_.load(); }
  const Options& options() const { return options_; }
  // The server that was reached as of this generation does not answer. True when it can be tried again.
  bool recover(std::int64_t generation);
  // The instant that the server's clock must stand at, also after a restart.
  void set_now(Instant now) { now_.store(now); }

 private:
  bool set_clock(const std::string& url) const;

  Options options_;
  mutable std::mutex mutex_;
  std::string url_;
  std::atomic<std::int64_t> generation_{0};
  std::atomic<bool> dead_{false};
  std::atomic<Instant> now_{0};
};

struct Wish {
  std::string method = "GET";
  std::string target;
  std::string body;
  std::string content_type = "application/json";
  std::string key;   // Idempotency-Key, set by who sends it; "" for reads
  bool read = true;  // parse the answer
};

// One keep-alive connection. One thread.
class Api {
 public:
  explicit Api(Line& line) : line_(line) {}
  // Repeats until there is an answer. An error only when the server is gone for good, or the run was stopped.
  Result<Answer> call(const Wish& wish, Identity& who);

 private:
  Line& line_;
  std::int64_t generation_ = -1;
  std::unique_ptr<net::HttpClient> http_;
};

class Crew {
 public:
  using Then = std::function<void(const Answer&)>;
  Crew(Line& line, int workers);
  ~Crew();

  // who must live until the round is over; key tells people apart.
  void ask(std::size_t key, Identity& who, Wish wish, Then then);
  void get(std::size_t key, Identity& who, std::string target, Then then);
  void post(std::size_t key, Identity& who, std::string target, std::string body, Then then);
  // Sends everything that was asked for and what the answers lead to.
  Status run();
  // For what must be answered at once: set-up, clock, report.
  Result<Answer> call(Wish wish, Identity& who);
  std::int64_t requests() const { return requests_; }

 private:
  struct Task {
    std::size_t key;
    Identity* who;
    Wish wish;
    Then then;
    Result<Answer> answer;
  };
  void work(std::size_t worker);
  std::string next_key();

  Line& line_;
  std::vector<std::unique_ptr<Api>> apis_;
  std::vector<Task> waiting_, round_;
  std::int64_t keys_ = 0, requests_ = 0;

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable go_, done_;
  std::int64_t turn_ = 0;
  std::size_t busy_ = 0;
  bool ending_ = false;
};

// What all viewers got, together.
struct Heard {
  std::atomic<std::int64_t> deliveries{0};  // sequenced messages of rooms
  std::atomic<std::int64_t> snapshots{0}, resumed{0}, gaps{0}, said{0}, refused{0}, held{0};
  std::mutex mutex;
  std::set<std::string> held_in;  // broadcasts with lines that wait for their crew
};

class Rooms {
 public:
  using Seat = std::int64_t;
  explicit Rooms(Line& line);
  ~Rooms();

  Seat enter(const std::string& broadcast_id, const Identity& who);
  // Waits for the snapshots of those who have entered since. Seats that were refused are gone afterwards: see is_in.
  Status wait_for_snapshots();
  bool is_in(Seat seat) const;
  void say(Seat seat, const std::string& text);
  void like(Seat seat, int n);
  // Everything said is answered. Again and again over broken connections.
  Status wait_for_said();
  // The broadcasts in which lines were held since the last call.
  std::set<std::string> take_held();
  // Everything published to these viewers (empty: all) has arrived.
  Status settle(const std::vector<Seat>& seats = {});
  // Call settle on them first if their counts matter.
  void leave(Seat seat);
  // The server knows that they have left: nothing more is sent to them.
  void wait_for_left();

  const Heard& heard() const { return *heard_; }
  std::size_t open() const { return seats_.size(); }
  std::int64_t reopened() const { return reopened_; }
  std::int64_t dropped() const { return dropped_; }

 private:
  class Viewer;
  using ViewerPtr = std::shared_ptr<Viewer>;
  void open_pool();
  void open_seat(const ViewerPtr& viewer);
  void greet(Viewer& viewer);
  // Opens broken connections again; those that the server itself turned away lose their seat.
  Status mend();
  Status wait_until(const std::vector<Seat>& seats, const std::function<bool(const Viewer&)>& done,
                    std::string_view what);
  std::vector<Seat> all_seats() const;

  Line& line_;
  Identity nobody_;
  std::unique_ptr<Api> probe_;
  std::int64_t generation_ = -1;
  std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();
  std::map<Seat, ViewerPtr> seats_;
  Seat next_seat_ = 1;
  std::int64_t reopened_ = 0, dropped_ = 0;
  std::int64_t next_ping_ = 1;
  std::vector<Seat> entered_;
  std::vector<ViewerPtr> leaving_;
  std::unique_ptr<net::WsClientPool> pool_;  // last: its thread calls the viewers
};

}  // namespace lianbo::sim
