// A simulated sale day against a running server, through HTTP and WebSocket only: the brand's catalogue, rules and
// agents are brought in, recruits trained, a campaign pushed; hosts go on air, people on a friendship graph watch,
// chat, play, share, buy and pay; then weeks pass in coarse steps with shipping, receipt, after-sales, two settlement
// runs and who comes and goes; at the end everything is verified and told. docs/simulation.md is the whole of it.
//
// The server must run on a simulated clock and with the payment sandbox, and be told to let nobody else in. With one
// worker the same seed gives the same figures (wall times aside). Each mutation is repeated with the same key until it
// is answered, so the server may be killed at any instant; what it had answered is looked up again at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sim/report.hpp"

namespace lianbo::sim {

// What people choose a room from. hall: the hosts' names, as everybody knows them. The others are lists they look down,
// room by room, until one pleases them: the server's feed, and what it is compared with (docs/feed-day.md).
enum class Looking { hall, feed, random, most_viewers };

struct DemoOptions {
  std::uint64_t seed = 1;
  int agents = 200, peak_rooms = 40, people = 5000, workers = 4;
  // "": made from the seed. A graph file brings its own number of people, an agents file its own number of agents.
  std::string catalog_file, graph_file, chat_file, agents_file;
  std::string report_file;  // JSON; "": none
  std::string base_url;     // "http://127.0.0.1:8480"
  std::string owner_token, brand_id, clock_token;
  bool quiet = false;  // no live line
  bool json = false;   // the caller prints JSON: nothing in Chinese on stderr
  bool no_color = false;
  bool chinese = false;  // language of the live line
  Looking looking = Looking::hall;
  bool day_only = false;  // without the weeks after it
  Instant start_at = 0;   // the server's clock stands at least six hours before it
  std::function<bool()> stopped;
  // Called once before anybody goes on air: some hosts' logins, the best known first, and the password of them all.
  std::function<void(std::vector<std::string> logins, std::string password)> hosts_are_in;
  // Called when the server does not answer: gives its base URL once it is back, "" to give up.
  std::function<std::string()> reconnect;
  // Whether the server's backup of this name can be read back. None: no backup is made.
  std::function<bool(const std::string& name)> backup_holds;
};

Result<DemoReport> run_day(const DemoOptions& options);

}  // namespace lianbo::sim
