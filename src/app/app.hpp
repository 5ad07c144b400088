// App: builds everything in order, owns start and stop. One object is one running server.
//
// Order of start: database (opened, migrated, set up), ids, bus and relay, payment rail, rooms, dispatcher, server,
// jobs. Stop goes the other way: rooms tell their viewers to come back, requests under way finish, queues drain, all
// within stop_ms. Workbench is the lower half alone, for the command line: a database and a Call of the system's.
#pragma once

#include <memory>
#include <string>

#include "app/backup.hpp"
#include "app/dispatcher.hpp"
#include "app/jobs.hpp"
#include "app/web_files.hpp"
#include "base/settings.hpp"
#include "bus/outbox_relay.hpp"
#include "feed/search.hpp"
#include "live/desk.hpp"
#include "live/hall.hpp"
#include "live/hub.hpp"
#include "live/wall.hpp"
#include "media/plane.hpp"
#include "net/server.hpp"
#include "org/org_service.hpp"
#include "pay/sandbox/sandbox.hpp"
#include "privacy/vault.hpp"
#include "promo/auctioneer.hpp"

namespace lianbo::app {

extern const char* const kVersion;

// Brings the schema to this program's version; how many migrations that took. One that nobody may be at work beside is
// refused while somebody is: conflict, which names them. holder: who asks, and does not count.
Result<int> bring_forward(db::Database& db, std::string_view holder, Instant wall_now);

class Workbench {
 public:
  // Opens the database, brings the schema up to date, sets it up if it is new, leases a node number, reads the master
  // key of personal data, and seals what an older version left readable.
  static Result<std::unique_ptr<Workbench>> open(const Settings& settings, std::string role,
                                                 privacy::Need key = privacy::Need::must);
  ~Workbench();

  Call system_call();
  // Keeps the horizon of ids ahead of `upto`, and the lease of the node number; writes only when one of them is due.
  Status keep_ahead(Instant upto);

  Settings settings;
  std::unique_ptr<db::Database> db;
  std::unique_ptr<Clock> clock;
  SimulatedClock* simulated = nullptr;  // clock, if it is one
  org::ServerFacts facts;
  org::NodeLease lease;
  std::unique_ptr<IdMaker> ids;
  SecureRandom random;

 private:
  Workbench() = default;
  Status seal_readable();
  std::mutex lease_mutex_;
  std::int64_t renew_at_ms_ = 0;
  SystemClock wall_;
};

class App {
 public:
  static Result<std::unique_ptr<App>> start(const Settings& settings);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  std::string url() const;  // http://127.0.0.1:8480
  int port() const;
  void stop();

  Workbench& bench() { return *bench_; }
  Dispatcher& dispatcher() { return *dispatcher_; }
  live::RoomHub& hub() { return *hub_; }

 private:
  App() = default;
  Status build();
  Status open_rail();
  Status start_metrics_server();
  Status prepare_media();
  Status start_media();
  media::PlaneHooks media_hooks();
  Result<net::WsAccept> accept_camera(const net::Request& request, const Call& call);
  net::Routes make_routes();
  net::Routes server_routes();
  std::vector<Job> make_jobs();
  std::vector<Job> make_slow_jobs();
  Result<net::Reply> move_clock(const Call& call, const net::Request& request);
  int deliver(const pay::sandbox::OutgoingNotice& notice);
  Status settle_down();  // waits until every event has arrived everywhere

  std::unique_ptr<Workbench> bench_;
  std::unique_ptr<bus::LocalBus> bus_;
  std::unique_ptr<bus::OutboxRelay> relay_;
  std::unique_ptr<pay::sandbox::Sandbox> sandbox_;
  std::unique_ptr<pay::PayRail> rail_;
  std::unique_ptr<net::Workers> workers_, slow_workers_, rail_workers_;

  std::unique_ptr<promo::Auctioneer> auctioneer_;
  std::unique_ptr<feed::Feed> feed_;
  std::unique_ptr<feed::Search> search_;
  std::shared_ptr<live::RoomHub> hub_;
  std::shared_ptr<live::WallHub> walls_;
  std::shared_ptr<live::HallHub> halls_;
  std::shared_ptr<live::DeskHub> desks_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::Server> metrics_server_;  // of metrics.port
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<BackupKeeper> backups_;
  std::unique_ptr<Jobs> slow_jobs_;  // backups and verify, which take long; the others don't wait for them
  std::unique_ptr<Jobs> recorder_;   // evidence, from the journal: behind the shop's back
  std::unique_ptr<Jobs> hooks_;      // calls webhooks: slow receivers hold up nothing else
  std::unique_ptr<Jobs> keeper_;     // of the node's lease and the ids' horizon; waits for no other job
  std::unique_ptr<media::Plane> plane_;
  std::unique_ptr<Jobs> cutter_;  // of clips: copies files, which takes a while
  std::string media_secret_, media_client_, media_folder_;
  std::shared_ptr<std::atomic<int>> cameras_ = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<const WebFiles> web_;
  std::vector<net::Sample> samples_;
  std::mutex closes_mutex_;
  std::vector<ProductId> to_place_;  // whose clips may be shown no more, or again
  bool all_placed_ = false;          // of the cutter's thread
  std::vector<OrderId> to_close_;    // cancelled orders whose payment is to be closed at the rail
  std::string openapi_;
  std::atomic<bool> stopping_{false};
  std::mutex clock_mutex_;
  std::int64_t verify_at_ms_ = 0;  // monotonic; of the slow jobs' thread
};

}  // namespace lianbo::app
