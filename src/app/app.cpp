#include "app/app.hpp"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "app/openapi.hpp"
#include "app/site.hpp"
#include "app/web_files.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "catalog/catalog_api.hpp"
#include "catalog/catalog_events.hpp"
#include "clips/clips_service.hpp"
#include "db/schema.hpp"
#include "events/events_api.hpp"
#include "evidence/evidence_api.hpp"
#include "evidence/evidence_service.hpp"
#include "evidence/evidence_store.hpp"
#include "feed/feed_api.hpp"
#include "feed/search.hpp"
#include "insight/figures.hpp"
#include "insight/host_figures.hpp"
#include "insight/report.hpp"
#include "insight/traffic.hpp"
#include "insight/verify.hpp"
#include "insight/wall_rows.hpp"
#include "live/live_api.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "live/stream_service.hpp"
#include "media/camera.hpp"
#include "net/problem.hpp"
#include "order/after_sale_service.hpp"
#include "order/order_api.hpp"
#include "order/refunds.hpp"
#include "order/transfer.hpp"
#include "org/org_api.hpp"
#include "pay/wechat/rail.hpp"
#include "promo/promo_api.hpp"
#include "push/push_service.hpp"
#include "share/share_api.hpp"
#include "share/share_service.hpp"
#include "trust/trust_api.hpp"
#include "trust/trust_service.hpp"

namespace lianbo::app {

const char* const kVersion = "0.1.0";

namespace {

const db::Sql kForgetKeys{"idempotency.forget",
                          "delete from idempotency_keys where (bucket, person_id, key) in "
                          "(select bucket, person_id, key from idempotency_keys where at < $1 order by at limit $2)"};
// A simulated clock goes on where it stood when the server ended, however it ended.
const db::Sql kKeepTime{"app.keep_time",
                        "insert into server_facts (name, value) values ('simulated_now', $1) "
                        "on conflict (name) do update set value = excluded.value"};
const db::Sql kKeptTime{"app.kept_time", "select value from server_facts where name = 'simulated_now'"};
// What an older version kept readable has been sealed.
const db::Sql kIsSealed{"app.is_sealed", "select 1 from server_facts where name = 'sealed'"};
const db::Sql kKeepSealed{
    "app.keep_sealed", "insert into server_facts (name, value) values ('sealed', '1') on conflict (name) do nothing"};
const db::Sql kReady{"app.ready", "select count(*) from brands"};

constexpr int kRailThreads = 64;  // requests that wait for the payment rail: an answer takes a tenth of a second
constexpr int kRailAtOnce = 16;   // what jobs have under way there
constexpr int kJobLimit = 500;
constexpr int kFoldLimit = 2000;

Result<std::shared_ptr<const WebFiles>> load_pages(const Settings& settings) {
  TRY(WebFiles files, load_web_files(settings, program_folder()));
  if (files.present())
    log_event(LogEvent::pages_loaded, "{} files of {}", files.files.size(), files.folder);
  else
    log_event(LogEvent::pages_missing, "none built; ./dev web makes them");
  return std::make_shared<const WebFiles>(std::move(files));
}

net::Reply metrics_reply() { return {200, net::metrics_text(), "text/plain; version=0.0.4", {}}; }

// What a room has done so far, and how good its store is: what a paid slot in it is worth. A store's score of 80 is a
// quality of 1; 0 is a half, 100 a little more than 1.
promo::RoomFacts room_facts(db::Tx& tx, const Call& call, BrandId brand, StoreId store, BroadcastId broadcast) {
  const insight::Figures f = insight::broadcast_figures(tx, brand, broadcast);
  promo::RoomFacts out{f.enters, f.clicks, f.orders, f.paid_fen, kWholeBp};
  if (const auto judged = trust::judge_store(tx, store, call.now))
    if (const auto score = trust::score_of(judged->inputs); !score.is_new())
      out.quality_bp = kWholeBp / 2 + kWholeBp * score.score / 160;
  return out;
}

std::string host_name() {
  char name[256] = "host";
  gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace

Result<int> bring_forward(db::Database& db, std::string_view holder, Instant wall_now) {
  TRY(const auto alone, db::waiting_offline(db));
  if (!alone.empty()) {
    TRY(const auto others, org::others_at_work(db, holder, wall_now));
    if (!others.empty())
      return fail(Code::conflict,
                  fmt::format("migration {} ({}) can't be applied while others work on this database: {}. Stop them "
                              "first; one that was killed counts for another minute",
                              alone.front().version, alone.front().name, fmt::join(others, ", ")));
  }
  return db::migrate(db, wall_now);
}

// ---- Workbench

Result<std::unique_ptr<Workbench>> Workbench::open(const Settings& settings, std::string role, privacy::Need key) {
  std::unique_ptr<Workbench> bench(new Workbench);
  bench->settings = settings;
  constexpr std::string_view kSimulated = "simulated:";
  if (settings.clock == "system") {
    bench->clock = std::make_unique<SystemClock>();
  } else if (settings.clock.starts_with(kSimulated)) {
    TRY(const Instant at, parse_rfc3339(std::string_view(settings.clock).substr(kSimulated.size()), "clock"));
    auto clock = std::make_unique<SimulatedClock>(at);
    bench->simulated = clock.get();
    bench->clock = std::move(clock);
  } else {
    return fail(Code::invalid_field, "clock is \"system\" or \"simulated:2026-11-11T00:00:00Z\"", "clock");
  }
  TRY(bench->db, db::open_database({.url = settings.db_url,
                                    .readers = static_cast<int>(settings.db_readers),
                                    .writers = static_cast<int>(settings.db_writers),
                                    .queue_limit = static_cast<int>(settings.db_queue),
                                    .batch_limit = static_cast<int>(settings.db_batch)}));
  // A server's name is its port's: the same server started again gets the same node number back at once.
  const std::string holder = host_name() + ":" + role;
  TRY(const int applied, bring_forward(*bench->db, holder, bench->wall_.now()));
  if (applied > 0) log_event(LogEvent::schema_migrated, "{} migrations applied", applied);
  TRY(bench->facts, org::set_up(*bench->db, settings, bench->random));
  if (bench->simulated)
    TRY_OK(bench->db->read([&](db::Tx& tx) -> Status {
      if (const auto kept = tx.one(kKeptTime, {}, [](const db::Row& r) { return r.str(0); })) {
        TRY(const Instant at, parse_rfc3339(*kept));
        bench->simulated->advance_to(at);
      }
      return {};
    }));
  TRY(bench->lease, org::lease_node(*bench->db, holder, bench->wall_.now(), bench->clock->now()));
  bench->ids = std::make_unique<IdMaker>(bench->lease.node, bench->lease.floor);
  TRY_OK(privacy::open_master_key(*bench->db, settings, bench->random, key));
  if (privacy::has_master_key()) TRY_OK(bench->seal_readable());
  return bench;
}

Status Workbench::seal_readable() {
  TRY(const bool done, db->read([](db::Tx& tx) -> Result<bool> { return tx.exists(kIsSealed, {}); }));
  if (done) return {};
  constexpr int kPage = 500;
  const Call call = system_call();
  for (int sealed = kPage; sealed == kPage;) {
    TRY(sealed, db->write([&](db::Tx& tx) -> Result<int> { return org::seal_persons(tx, call, kPage); }));
  }
  TRY_OK(order::seal_addresses(*db, call));
  return db->write([](db::Tx& tx) -> Status {
    tx.exec(kKeepSealed);
    return {};
  });
}

Workbench::~Workbench() {
  if (!ids) return;
  if (const auto ok = org::release_node(*db, lease, ids->newest()); !ok)
    log_event(LogEvent::node_kept, "{}", ok.error().text());
}

Call Workbench::system_call() {
  Call call;
  call.caller.guest = false;
  call.caller.system = true;
  call.now = clock->now();
  call.ids = ids.get();
  call.random = &random;
  call.settings = &settings;
  call.buckets = facts.buckets;
  return call;
}

Status Workbench::keep_ahead(Instant upto) {
  std::lock_guard lock(lease_mutex_);
  const Instant newest = std::max(upto, ids->newest());
  const std::int64_t wall = monotonic_ms();
  if (newest + org::kHorizonAheadMs / 2 < lease.horizon_at && wall < renew_at_ms_) return {};
  renew_at_ms_ = wall + org::kLeaseMs / 3;
  return org::renew_horizon(*db, lease, wall_.now(), newest);
}

// ---- App

Result<std::unique_ptr<App>> App::start(const Settings& settings) {
  TRY_OK(set_log_level(settings.log_level));
  std::unique_ptr<App> app(new App);
  TRY(app->bench_, Workbench::open(settings, "serve:" + std::to_string(settings.http_port)));
  TRY_OK(app->build());
  return app;
}

App::~App() { stop(); }

int App::port() const { return server_->port(); }
std::string App::url() const {
  const auto& address = bench_->settings.http_address;
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return "http://" + host + ":" + std::to_string(port());
}

Status App::open_rail() {
  auto& settings = bench_->settings;
  if (settings.pay_rail == "wechat") {
    TRY(rail_, pay::make_wechat_rail(settings));
    if (!settings.public_url.starts_with("https://"))
      return fail(Code::invalid_field, "WeChat Pay sends its notices to public_url; it must begin with https://",
                  "public_url");
    return {};
  }
  if (settings.pay_rail != "sandbox")
    return fail(Code::invalid_field, "pay.rail is \"sandbox\" or \"wechat\"", "pay.rail");
  TRY(sandbox_, pay::sandbox::Sandbox::open(*bench_->db, bench_->clock->now()));
  TRY(rail_, pay::sandbox::make_rail_to(*sandbox_, *bench_->clock));
  if (!bench_->simulated)
    log_event(LogEvent::rail_sandbox,
              "payments go through the embedded sandbox: anybody can confirm them, and no money moves (pay.rail)");
  return {};
}

Status App::build() {
  auto& b = *bench_;
  net::raise_file_limit();
  bus_ = std::make_unique<bus::LocalBus>();
  bus::OutboxRelay::Options relay;
  relay.on_kept = [this] {
    if (hooks_ && !bench_->simulated) {
      recorder_->nudge();
      hooks_->nudge();
    }
  };
  relay_ = std::make_unique<bus::OutboxRelay>(*b.db, *bus_, std::move(relay));
  TRY_OK(open_rail());
  TRY_OK(prepare_media());
  TRY(web_, load_pages(b.settings));
  workers_ = std::make_unique<net::Workers>(static_cast<int>(b.settings.http_workers),
                                            static_cast<std::size_t>(b.settings.http_queue));
  slow_workers_ = std::make_unique<net::Workers>(std::max(2, static_cast<int>(b.settings.http_workers) / 2),
                                                 static_cast<std::size_t>(b.settings.http_queue));
  rail_workers_ = std::make_unique<net::Workers>(kRailThreads, static_cast<std::size_t>(b.settings.http_queue));

  auctioneer_ = std::make_unique<promo::Auctioneer>(promo::slot_key(b.facts.token_key), room_facts);
  feed_ = std::make_unique<feed::Feed>(*b.db, b.facts.buckets, feed::kMaxSessions, auctioneer_.get());
  TRY_OK(feed_->load(b.clock->now()));
  search_ = std::make_unique<feed::Search>(*feed_);

  live::RoomHub::Deps hub;
  hub.backend = std::make_shared<live::DbRoomBackend>(
      *b.db,
      [release_ms = b.settings.order_release_ms](db::Tx& tx, BroadcastId id, Instant now) {
        return insight::crew_board(tx, id, now, release_ms);
      },
      [buckets = b.facts.buckets](db::Tx& tx, BroadcastId id, PersonId person, Instant now) {
        return insight::came_by(tx, bucket_of(person, buckets), id, person, now);
      });
  hub.post = [this](std::int64_t key, std::function<void()> fn) { server_->post(key, std::move(fn)); };
  hub.work = [this](std::function<void()> fn) { return workers_->submit(std::move(fn)); };
  // With a simulated clock the server must come to rest between two instants: nothing waits for real time then.
  if (!b.simulated) {
    hub.later = [this](std::int64_t key, std::int64_t ms, std::function<void()> fn) {
      server_->post_after(key, ms, std::move(fn));
    };
    hub.when_idle = [this](std::int64_t key, std::int64_t ms, std::function<void()> fn) {
      server_->post_when_idle(key, ms, std::move(fn));
    };
  }
  hub.beside = [this](BroadcastId one, BroadcastId other) {
    return server_->home(one.value) == server_->home(other.value);
  };
  hub.clock = b.clock.get();
  hub.ids = b.ids.get();
  hub.random = &b.random;
  hub.settings = &b.settings;
  hub.watched = [this](BroadcastId room, PersonId person, bool came) {
    feed_->watched(room, person, came, bench_->clock->now());
  };
  hub_ = live::RoomHub::make(hub);
  live::HallHub::Deps halls;
  halls.admit = [this](BrandId id) {
    return bench_->db->read([&](db::Tx& tx) -> Status {
      TRY_OK(org::find_brand(tx, id));
      return {};
    });
  };
  halls.read = [this](BrandId id, Instant now) {
    return bench_->db->read([&](db::Tx& tx) -> Result<live::HallView> { return live::view_hall(tx, id, now); });
  };
  halls.viewers_of = [this](BroadcastId id) { return hub_->viewers_of(id); };
  halls.post = hub.post;
  halls.work = hub.work;
  halls.clock = hub.clock;
  halls.random = hub.random;
  halls.settings = hub.settings;
  halls_ = live::HallHub::make(std::move(halls));

  live::WallHub::Deps walls;
  walls.backend = insight::make_wall_backend(*b.db, b.facts.buckets, b.settings.order_release_ms);
  walls.post = [this](std::int64_t key, std::function<void()> fn) { server_->post(key, std::move(fn)); };
  walls.work = [this](std::function<void()> fn) { return workers_->submit(std::move(fn)); };
  walls.viewers = [hub = hub_] { return hub->viewer_counts(); };
  walls.clock = b.clock.get();
  walls_ = live::WallHub::make(std::move(walls));

  live::DeskHub::Deps desks;
  desks.admit = [db = b.db.get()](const Call& call, StoreId store) {
    return db->read([&](db::Tx& tx) -> Status {
      TRY(const auto found, org::find_store(tx, store));
      if (call.caller.owns_store(store)) return {};
      return org::require_staff_at(tx, call, found.brand, store, kAnyStaff);
    });
  };
  desks.post = [this](std::int64_t key, std::function<void()> fn) { server_->post(key, std::move(fn)); };
  desks.random = &b.random;
  desks_ = live::DeskHub::make(std::move(desks));

  DispatcherDeps deps;
  deps.db = b.db.get();
  deps.clock = b.clock.get();
  deps.settings = &b.settings;
  deps.ids = b.ids.get();
  deps.random = &b.random;
  deps.workers = workers_.get();
  deps.slow_workers = slow_workers_.get();
  deps.rail_workers = rail_workers_.get();
  deps.asks_rail = {"payOrder", "sandboxPay"};
  deps.token_key = b.facts.token_key;
  deps.buckets = b.facts.buckets;
  deps.at_once = {"health", "getClock", "openapi", "errorPage"};
  const org::OrgDeps org_deps{b.db.get(), &b.settings, {}};
  for (const auto& route : org::org_routes(org_deps))
    if (route.method != net::Method::get) deps.changes_relations.insert(route.id);
  deps.side_by_side = {"placeOrder"};
  backups_ = std::make_unique<BackupKeeper>(*b.db, b.settings);
  TRY(deps.proxies, net::TrustedProxies::parse(b.settings.http_trusted_proxies));
  deps.gathered.emplace("recordExposures", live::gather_exposures(*b.db));
  // On PostgreSQL landings run side by side, each on a connection of its own.
  if (!b.db->is_postgres()) deps.gathered.emplace("openShare", share::gather_landings(*b.db));
  dispatcher_ = std::make_unique<Dispatcher>(std::move(deps), make_routes());
  dispatcher_->add_socket("/api/v1/rooms/{broadcast_id}/ws", [this](const net::Request& request, const Call& call) {
    return hub_->accept(request, call);
  });
  dispatcher_->add_socket("/api/v1/brands/{brand_id}/hall/ws", [this](const net::Request& request, const Call& call) {
    return halls_->accept(request, call);
  });
  dispatcher_->add_socket("/api/v1/brands/{brand_id}/wall/ws", [this](const net::Request& request, const Call& call) {
    return walls_->accept(request, call);
  });
  dispatcher_->add_socket("/api/v1/stores/{store_id}/ws", [this](const net::Request& request, const Call& call) {
    return desks_->accept(request, call);
  });
  dispatcher_->add_socket(
      "/api/v1/broadcasts/{broadcast_id}/camera/ws",
      [this](const net::Request& request, const Call& call) { return accept_camera(request, call); });
  openapi_ = openapi_json(dispatcher_->routes(), kVersion);

  auto config = net::ServerConfig::from(b.settings);
  config.body_limit = [this](net::Method method, std::string_view path) {
    return dispatcher_->body_limit(method, path);
  };
  server_ = std::make_unique<net::Server>(
      std::move(config),
      [this](net::Request&& request, net::ReplySink sink) {
        dispatcher_->on_request(std::move(request), std::move(sink));
      },
      [this](net::Request&& request, net::UpgradeSink sink) {
        dispatcher_->on_upgrade(std::move(request), std::move(sink));
      });

  jobs_ = std::make_unique<Jobs>(make_jobs(), [this] { return bench_->system_call(); });
  recorder_ = std::make_unique<Jobs>(
      std::vector<Job>{
          {"record evidence", [&b](const Call& call) { return evidence::record_evidence(*b.db, call); }},
          {"close segments of evidence", [&b](const Call& call) { return evidence::close_segments(*b.db, call); }},
          {"purge evidence", [&b](const Call& call) { return evidence::purge_evidence(*b.db, call); }},
          {"erase persons",
           [this, &b](const Call& call) -> Result<int> {
             TRY(const int moved, evidence::run_erasures(*b.db, call));
             if (moved > 0) dispatcher_->forget_callers();  // a closed account is out at once
             return moved;
           }},
          {"forget old events",
           [&b](const Call& call) -> Result<int> {
             TRY(const std::int64_t read, evidence::evidence_cursor(*b.db));
             return events::forget_events(*b.db, call, read);
           }}},
      [this] { return bench_->system_call(); });
  hooks_ = std::make_unique<Jobs>(
      std::vector<Job>{
          {"tell webhooks", [&b](const Call& call) { return events::tell_webhooks(*b.db, call); }},
          {"call webhooks", [&b, caller = events::http_caller(b.settings)](
                                const Call& call) { return events::call_webhooks(*b.db, call, *b.clock, caller); }},
          {"send reminders", [&b, caller = events::http_caller(b.settings)](
                                 const Call& call) { return push::send_due(*b.db, call, caller); }}},
      [this] { return bench_->system_call(); });
  keeper_ = std::make_unique<Jobs>(std::vector<Job>{{"keep ids ahead",
                                                     [this](const Call& call) -> Result<int> {
                                                       const auto kept = bench_->keep_ahead(call.now);
                                                       if (kept) return 0;
                                                       // Two servers with one number make the same ids.
                                                       if (kept.error().code == Code::conflict) std::raise(SIGTERM);
                                                       return fail(kept.error());
                                                     }}},
                                   [this] { return bench_->system_call(); });
  slow_jobs_ = std::make_unique<Jobs>(make_slow_jobs(), [this] { return bench_->system_call(); });
  bus_->subscribe("", [this](const db::Event& event) {
    net::metrics().counter(net::Metric::events, {event.topic}).add();
    hub_->on_event(event);
    walls_->on_event(event);
    halls_->on_event(event);
    desks_->on_event(event);
    feed_->on_event(event);
    search_->on_event(event);
    auctioneer_->on_event(event);
  });
  for (const char* topic :
       {"refund.due", "campaign.push_wanted", "campaign.undo_wanted", live::kBroadcastEnded, live::kBroadcastCancelled})
    bus_->subscribe(topic, [this](const db::Event&) { jobs_->nudge(); });
  bus_->subscribe("order.cancelled", [this](const db::Event& event) {
    {
      std::lock_guard lock(closes_mutex_);
      to_close_.push_back(OrderId{event.key});
    }
    jobs_->nudge();
  });
  TRY_OK(relay_->start());
  TRY_OK(server_->start());
  if (b.settings.metrics_port != 0) TRY_OK(start_metrics_server());
  if (b.settings.media_on != 0) TRY_OK(start_media());
  if (b.settings.public_url.empty()) b.settings.public_url = url();

  auto& m = net::metrics();
  server_->publish(m);
  const auto sample = [&](net::Metric metric, std::function<std::int64_t()> read) {
    samples_.push_back(m.sample(metric, std::move(read)));
  };
  using net::Metric;
  sample(Metric::workers_waiting, [this] {
    return workers_->stats().waiting + slow_workers_->stats().waiting + rail_workers_->stats().waiting;
  });
  sample(Metric::workers_running, [this] {
    return workers_->stats().running + slow_workers_->stats().running + rail_workers_->stats().running;
  });
  sample(Metric::workers_done,
         [this] { return workers_->stats().done + slow_workers_->stats().done + rail_workers_->stats().done; });
  sample(Metric::workers_refused, [this] {
    return workers_->stats().refused + slow_workers_->stats().refused + rail_workers_->stats().refused;
  });
  sample(Metric::workers_thrown,
         [this] { return workers_->stats().thrown + slow_workers_->stats().thrown + rail_workers_->stats().thrown; });
  sample(Metric::db_transactions, [this] { return bench_->db->stats().transactions; });
  sample(Metric::db_commits, [this] { return bench_->db->stats().commits; });
  sample(Metric::db_rollbacks, [this] { return bench_->db->stats().rollbacks; });
  sample(Metric::db_retries, [this] { return bench_->db->stats().retries; });
  sample(Metric::db_statements, [this] { return bench_->db->stats().statements; });
  sample(Metric::db_refused, [this] { return bench_->db->stats().queue_full; });
  sample(Metric::db_waiting, [this] { return bench_->db->stats().waiting; });
  sample(Metric::outbox_waiting, [this] { return relay_->stats().waiting; });
  sample(Metric::rooms_open, [this] { return hub_->stats().rooms; });
  sample(Metric::backup_newest, [this] { return backups_->newest_at() / kSecondMs; });
  if (plane_) {
    sample(Metric::media_recordings, [this] { return plane_->stats().streams; });
    sample(Metric::media_segments, [this] { return plane_->stats().segments; });
    sample(Metric::media_restarts, [this] { return plane_->stats().restarts; });
    sample(Metric::media_cameras, [this] { return std::int64_t{cameras_->load()}; });
  }
  const auto refused = [&](std::string_view reason, std::int64_t live::RoomStats::* what) {
    samples_.push_back(m.sample(Metric::room_refused, [this, what] { return hub_->stats().*what; }, {reason}));
  };
  refused("full", &live::RoomStats::full);
  refused("not_admitted", &live::RoomStats::refused);
  refused("chat", &live::RoomStats::chats_refused);
  refused("message", &live::RoomStats::bad_messages);
  for (std::size_t i = 0; i < all_log_events().size(); ++i)
    if (const auto& about = all_log_events()[i]; about.level >= LogLevel::warn)
      samples_.push_back(
          m.sample(Metric::log_events, [i] { return log_count(static_cast<LogEvent>(i)); }, {about.name}));

  keeper_->start(b.settings.jobs_ms);     // on a simulated clock too: a lease runs on the wall's
  slow_jobs_->start(b.settings.jobs_ms);  // and so does a plan of backups
  if (!b.simulated) {
    jobs_->start(b.settings.jobs_ms);
    recorder_->start(b.settings.jobs_ms);
    hooks_->start(b.settings.jobs_ms);
    server_->every(b.settings.room_counts_ms, [this](int thread) {
      if (thread != 0) return;
      hub_->tick(bench_->clock->now());
      walls_->tick(bench_->clock->now());
      halls_->tick(bench_->clock->now());
    });
  }
  log_event(LogEvent::server_started, "Lianbo {} listens on {}, process {}", kVersion, url(), getpid());
  return {};
}

// Ports and secret are known before the first page is answered and before nginx is started.
Status App::prepare_media() {
  auto& s = bench_->settings;
  if (s.media_on == 0) return {};
  for (std::int64_t* port : {&s.media_rtmp_port, &s.media_http_port})
    if (*port == 0) {
      TRY(*port, media::free_port());
    }
  media_folder_ = s.media_dir;
  if (media_folder_.empty()) {
    std::string_view file = s.db_url;
    const bool sqlite = file.starts_with("sqlite:");
    const auto slash = sqlite ? file.substr(7).rfind('/') : std::string_view::npos;
    media_folder_ = slash == std::string_view::npos ? "media" : std::string(file.substr(7, slash)) + "/media";
  }
  media_secret_ = bench_->random.base62(32);
  media_client_ = "own" + std::to_string(bench_->lease.node) + ":";
  return {};
}

media::PlaneHooks App::media_hooks() {
  media::PlaneHooks hooks;
  const auto told = [](const Status& ok) {
    if (!ok) log_event(LogEvent::media_failed, "{}", ok.error().text());
  };
  hooks.begin = [this](const std::string& stream, Instant came_at) -> std::optional<media::PlaneHooks::Begun> {
    const Call call = bench_->system_call();
    const Instant at = call.now - std::max<Instant>(0, SystemClock().now() - came_at);
    auto begun = bench_->db->write(
        [&](db::Tx& tx) -> Result<std::optional<Instant>> { return live::frame_came(tx, call, stream, at); });
    if (begun && *begun) return media::PlaneHooks::Begun{**begun, std::max<std::int64_t>(0, at - **begun)};
    if (begun) return std::nullopt;
    log_event(LogEvent::media_failed, "stream {}: {}", stream, begun.error().text());
    return std::nullopt;
  };
  hooks.lag = [this, told](const std::string& stream, std::int64_t lag_ms) {
    const Call call = bench_->system_call();
    told(bench_->db->write([&](db::Tx& tx) -> Status { return live::set_lag(tx, call, stream, lag_ms); }));
  };
  hooks.over = [this](const std::string& stream) {
    const auto b = bench_->db->read(
        [&](db::Tx& tx) -> Result<std::optional<live::Broadcast>> { return live::broadcast_of_stream(tx, stream); });
    return b && (!*b || ((*b)->state != live::BroadcastState::live && (*b)->state != live::BroadcastState::scheduled));
  };
  hooks.publishers_gone = [this, told] {
    const Call call = bench_->system_call();
    told(bench_->db->write([&](db::Tx& tx) -> Status {
      TRY_OK(live::publishers_gone(tx, call, media_client_));
      return {};
    }));
  };
  return hooks;
}

Status App::start_media() {
  const auto& s = bench_->settings;
  media::NginxPlan plan;
  plan.folder = media_folder_;
  plan.module = s.media_nginx_module;
  plan.rtmp_address = s.media_rtmp_address;
  plan.http_address = s.media_http_address;
  plan.rtmp_port = static_cast<int>(s.media_rtmp_port);
  plan.http_port = static_cast<int>(s.media_http_port);
  const bool everywhere = s.http_address == "0.0.0.0" || s.http_address == "::";
  plan.hooks_url =
      fmt::format("http://{}:{}/media/hooks/{}", everywhere ? "127.0.0.1" : s.http_address, port(), media_secret_);
  plan.control_secret = bench_->random.base62(32);
  plan.segment_ms = static_cast<int>(s.media_segment_ms);
  plan.connections = static_cast<int>(std::min<std::int64_t>(s.http_connections, 16000));
  TRY(plane_, media::Plane::start(std::move(plan), s.media_nginx, media_hooks()));
  bus_->subscribe("", [this](const db::Event& event) {
    const bool over = event.topic == live::kBroadcastEnded || event.topic == live::kBroadcastCancelled;
    if (!over && event.topic != live::kStreamKeyChanged) return;
    const auto payload = parse_json(event.payload);
    if (!payload) return;
    const json::value* broadcast = payload->is_object() ? payload->get_object().if_contains("broadcast") : nullptr;
    const json::value* picture =
        broadcast && broadcast->is_object() ? broadcast->get_object().if_contains("picture") : nullptr;
    if (!picture) return;
    if (over)
      plane_->finish(get_text(*picture, "stream"));
    else
      plane_->drop(get_text(*picture, "stream"));
  });
  bus_->subscribe("pin.closed", [this](const db::Event&) { cutter_->nudge(); });
  // A clip that is shown no more loses its address; all are looked at once after a start.
  for (const char* topic : {catalog::kProductChanged, clips::kClipWithdrawn})
    bus_->subscribe(topic, [this](const db::Event& event) {
      const auto payload = parse_json(event.payload);
      if (!payload || !payload->is_object()) return;
      {
        std::lock_guard lock(closes_mutex_);
        to_place_.push_back(get_id<ProductId>(*payload, "product_id"));
      }
      cutter_->nudge();
    });
  const clips::Tools tools{plane_->plan().folder, s.media_ffmpeg};
  cutter_ = std::make_unique<Jobs>(
      std::vector<Job>{
          {"find pins to cut", [this](const Call& call) { return clips::find_pins(*bench_->db, call); }},
          {"cut clips", [this, tools](const Call& call) { return clips::cut_clips(*bench_->db, call, tools); }},
          {"put withdrawn clips aside",
           [this, tools](const Call& call) -> Result<int> {
             std::vector<ProductId> products;
             {
               std::lock_guard lock(closes_mutex_);
               products.swap(to_place_);
             }
             if (all_placed_ && products.empty()) return 0;
             if (!all_placed_) products.clear();
             auto placed = clips::place_clips(*bench_->db, call, tools, products);
             all_placed_ = placed.has_value();
             return placed;
           }},
          {"keep within media.disk_mb",
           [this, tools](const Call& call) {
             return clips::keep_budget(*bench_->db, call, tools, [](db::Tx& tx, BrandId brand, BroadcastId id) {
               return evidence::store::is_held(tx, brand,
                                               evidence::Subject{evidence::SubjectKind::broadcast, id.value});
             });
           }}},
      [this] { return bench_->system_call(); });
  cutter_->start(bench_->settings.jobs_ms);
  return {};
}

Result<net::WsAccept> App::accept_camera(const net::Request& request, const Call& call) {
  const auto& s = bench_->settings;
  if (!plane_ || s.media_cameras == 0) return fail(Code::not_found, "this server takes no cameras (media.on)");
  TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
  TRY(const auto b,
      bench_->db->read([&](db::Tx& tx) -> Result<live::Broadcast> { return live::may_publish(tx, call, id); }));
  media::CameraPlan plan;
  plan.ffmpeg = s.media_ffmpeg;
  plan.errors_to = plane_->plan().folder + "/nginx/cameras.log";
  plan.publish_url = fmt::format("rtmp://127.0.0.1:{}/live/{}?key={}", plane_->plan().rtmp_port, b.stream_name,
                                 live::camera_key(media_secret_, b.stream_name));
  return net::WsAccept{
      b.id.value, media::make_camera(std::move(plan), cameras_, static_cast<int>(s.media_cameras)), {}};
}

// A port that has nothing but /metrics, so that a firewall can tell who scrapes from who shops.
Status App::start_metrics_server() {
  const auto& settings = bench_->settings;
  auto config = net::ServerConfig::from(settings);
  config.address = settings.metrics_address;
  config.port = static_cast<int>(settings.metrics_port);
  config.io_threads = 1;
  config.connections = 64;
  metrics_server_ = std::make_unique<net::Server>(std::move(config), [](net::Request&& request, net::ReplySink sink) {
    if (request.path != "/metrics")
      return sink(net::problem_reply(Error{Code::not_found, "only /metrics lives at this port", {}, {}},
                                     net::prefers_chinese(request.header("accept-language")), {}));
    sink(metrics_reply());
  });
  auto started = metrics_server_->start();
  if (!started && started.error().where == "http.port") {
    Error error = started.error();
    error.where = "metrics.port";
    return fail(std::move(error));
  }
  return started;
}

void App::stop() {
  if (!server_ || stopping_.exchange(true)) return;
  log_event(LogEvent::server_stopping, "rooms say goodbye, requests finish");
  if (hub_) hub_->stop();
  if (metrics_server_) metrics_server_->stop(0);
  if (walls_) walls_->stop();
  if (halls_) halls_->stop();
  if (desks_) desks_->stop();
  server_->stop(bench_->settings.stop_ms);
  if (plane_) plane_->stop();
  if (cutter_) cutter_->stop();
  if (hooks_) hooks_->stop();
  if (recorder_) recorder_->stop();
  if (jobs_) jobs_->stop();
  if (slow_jobs_) slow_jobs_->stop();
  workers_->stop();
  slow_workers_->stop();
  rail_workers_->stop();
  dispatcher_->finish();
  relay_->stop();
  bus_->stop();
  samples_.clear();
}

net::Routes App::make_routes() {
  auto& b = *bench_;
  net::Routes all;
  const auto take = [&](net::Routes routes) { std::move(routes.begin(), routes.end(), std::back_inserter(all)); };
  take(org::org_routes({b.db.get(), &b.settings,
                        [](db::Tx& tx, const Call& call, PersonId guest, PersonId person) -> Status {
                          TRY_OK(share::merge_guest(tx, call, guest, person));
                          promo::merge_guest(tx, call, guest, person);
                          order::merge_cart(tx, call, guest, person);
                          feed::merge_guest(tx, call, guest, person);
                          return {};
                        },
                        share::follow_agent, share::recruited_by}));
  take(catalog::catalog_routes({b.db.get()}));
  const auto viewers_of = [this](BroadcastId id) { return hub_->viewers_of(id); };
  take(live::live_routes({viewers_of, [this](db::Tx& tx, const Call& call, std::span<const live::Click> clicks) {
                            feed_->clicked(tx, call, clicks);
                          }}));
  take(live::stream_routes({media_secret_, media_client_, b.settings.media_hook_secret}));
  take(clips::clip_routes());
  take(share::share_routes({b.db.get(), order::receipt_facts}));
  take(order::order_routes({b.db.get(), rail_.get()}));
  take(insight::insight_routes({b.db.get()}));
  take(evidence::evidence_routes(b.db.get()));
  take(events::events_routes({b.db.get(), events::http_caller(b.settings)}));
  take(insight::host_routes());
  take(trust::trust_routes());
  take(push::push_routes());
  take(feed::feed_routes({feed_.get(), viewers_of}));
  all.push_back(feed::search_route(*search_));
  take(promo::promo_routes(*auctioneer_, [this](db::Tx& tx, const Call& call, const promo::Clicked& clicked) {
    feed_->came_paid(tx, call, clicked.room, clicked.pin);
  }));
  take(insight::traffic_routes(b.db.get()));
  all.push_back(site_route({sandbox_ != nullptr, b.simulated != nullptr}));
  take(backup_routes(*backups_, *b.db, b.settings, [this] { slow_jobs_->nudge(); }));
  take(server_routes());
  take(web_routes(web_, [this](const Call& call, const net::Request& from, const std::string& target) {
    return dispatcher_->ask(call, from, target);
  }));
  return all;
}

int App::deliver(const pay::sandbox::OutgoingNotice& notice) {
  net::Request request;
  request.method = net::Method::post;
  const auto path = notice.notify_url.find('/', notice.notify_url.find("://") + 3);
  request.target = request.path = path == std::string::npos ? "/" : notice.notify_url.substr(path);
  for (const auto& [name, value] : notice.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers.emplace_back(std::move(lower), value);
  }
  request.body = notice.body;
  request.remote = "127.0.0.1";
  return dispatcher_->handle(std::move(request)).status;
}

net::Routes App::server_routes() {
  using namespace lianbo::shape;
  using net::Access;
  using net::Method;
  using net::Reply;
  using net::Request;
  net::Routes r;
  const auto hidden = [&](net::Route route) {
    route.internal = true;
    r.push_back(std::move(route));
  };
  hidden(net::plain_route(Method::get, "/healthz", "health", "The process runs", Access::open,
                          [](const Call&, const Request&) -> Result<Reply> { return Reply::json("{\"ok\":true}"); }));
  hidden(net::plain_route(Method::get, "/readyz", "ready", "The server can do work", Access::open,
                          [this](const Call&, const Request&) -> Result<Reply> {
                            if (stopping_) return fail(Code::shutting_down);
                            TRY_OK(bench_->db->read([](db::Tx& tx) -> Status {
                              tx.number(kReady);
                              return {};
                            }));
                            return Reply::json("{\"ok\":true}");
                          }));
  hidden(net::plain_route(Method::get, "/metrics", "metrics", "Prometheus text", Access::open,
                          [this](const Call&, const Request& request) -> Result<Reply> {
                            if (bench_->settings.metrics_port != 0)
                              return fail(Code::not_found, "the figures are at a port of their own (metrics.port)");
                            if (!request.local)
                              return fail(Code::forbidden,
                                          "the figures are for programs on this machine; metrics.port gives them a "
                                          "port of their own");
                            return metrics_reply();
                          }));
  hidden(net::plain_route(Method::get, "/api/openapi.json", "openapi", "This document", Access::open,
                          [this](const Call&, const Request&) -> Result<Reply> { return Reply::json(openapi_); }));
  hidden(net::plain_route(Method::get, "/errors/{name}", "errorPage", "What an error means", Access::open,
                          [](const Call&, const Request& request) -> Result<Reply> {
                            for (const auto& e : all_errors())
                              if (e.name == request.param("name")) {
                                std::string text = std::string(e.name) + " (" + std::to_string(e.number) + ", HTTP " +
                                                   std::to_string(e.http_status) + ")\n" + std::string(e.title_en) +
                                                   "\n" + std::string(e.title_zh) + "\n";
                                return Reply{200, std::move(text), "text/plain; charset=utf-8", {}};
                              }
                            return fail(Code::not_found, "there is no error of this name");
                          }));
  r.push_back(
      net::plain_route(Method::get, "/api/v1/clock", "getClock", "The server's time", Access::open,
                       [this](const Call& call, const Request&) -> Result<Reply> {
                         JsonWriter w;
                         w.begin().field_at("now", call.now).field("simulated", bench_->simulated != nullptr).end();
                         return Reply::json(w.take());
                       })
          .giving({instant("now"), boolean("simulated")}));
  if (bench_->simulated)
    r.push_back(net::plain_route(Method::post, "/api/v1/clock", "moveClock",
                                 "Moves a simulated clock; answers when all that was due has been done", Access::staff,
                                 [this](const Call& call, const Request& request) { return move_clock(call, request); })
                    .taking({instant("now")})
                    .giving({instant("now"), count("messages_sent"), count("deliveries")}));
  if (sandbox_) {
    hidden(net::plain_route(
               Method::post, "/api/v1/sandbox/pay", "sandboxPay", "The buyer confirms on the sandbox's page",
               Access::login,
               [this](const Call& call, const Request& request) -> Result<Reply> {
                 const auto prepay_id = get_text(request.value, "prepay_id");
                 pay::sandbox::PayOptions options;
                 if (!get_bool(request.value, "late_notice"))
                   options.send_first = [this](const pay::sandbox::OutgoingNotice& n) { return deliver(n); };
                 TRY(const auto paid, sandbox_->pay(prepay_id, {}, call.now, options));
                 JsonWriter w;
                 w.begin().field("out_trade_no", paid.out_trade_no).field("transaction_id", paid.transaction_id);
                 w.field_at("paid_at", paid.paid_at).field("already", paid.already).end();
                 return Reply::json(w.take());
               })
               .taking({text("prepay_id", 1, 64),
                        opt(boolean("late_notice", "the notice comes later, by the rail's plan"))}));
    hidden(net::plain_route(Method::post, "/api/v1/sandbox/confirm-transfer", "sandboxConfirmTransfer",
                            "The agent confirms a transfer on the sandbox's page", Access::login,
                            [this](const Call& call, const Request& request) -> Result<Reply> {
                              const auto number = get_text(request.value, "number");
                              TRY(const auto account, bench_->db->read([&](db::Tx& tx) {
                                return order::account_of_own(tx, call, number);
                              }));
                              TRY(const auto done, sandbox_->confirm_transfer(number, account, call.now));
                              TRY_OK(sandbox_->deliver_due(
                                  call.now, [this](const pay::sandbox::OutgoingNotice& n) { return deliver(n); },
                                  {.limit = kJobLimit}));
                              JsonWriter w;
                              w.begin().field("number", done.out_bill_no).field("amount_fen", done.amount_fen);
                              return Reply::json(w.end().take());
                            })
               .taking({text("number", 1, 32)}));
  }
  return r;
}

Status App::settle_down() {
  // An event may make a room write, and that write tells another event.
  TRY_OK(relay_->flush());
  hub_->flush();
  walls_->flush();
  TRY_OK(relay_->drain());
  bus_->flush();
  hub_->flush();
  walls_->flush();
  halls_->flush();
  return {};
}

Result<net::Reply> App::move_clock(const Call& call, const net::Request& request) {
  if (std::none_of(call.caller.staff.begin(), call.caller.staff.end(),
                   [](const StaffOf& s) { return s.roles & kOwner; }))
    return fail(Code::forbidden, "only an owner moves the clock");
  std::lock_guard lock(clock_mutex_);
  const Instant to = std::max(bench_->clock->now(), get_instant(request.value, "now"));  // it never goes back
  if (to > call.now + kDayMs * 3660) return fail(Code::invalid_field, "at most ten years at a time", "/now");
  TRY_OK(settle_down());
  TRY_OK(bench_->keep_ahead(to));
  const std::string kept = format_rfc3339(to);
  TRY_OK(bench_->db->write([&](db::Tx& tx) -> Status {
    tx.exec(kKeepTime, {kept});
    return {};
  }));
  bench_->simulated->advance_to(to);
  jobs_->run_due();
  hub_->tick(to);
  walls_->tick(to);
  halls_->tick(to);
  TRY_OK(settle_down());
  recorder_->run_due();
  hooks_->run_due();
  const auto stats = hub_->stats();
  JsonWriter w;
  w.begin().field_at("now", bench_->clock->now()).field("messages_sent", stats.messages_sent);
  w.field("deliveries", stats.deliveries).end();
  return net::Reply::json(w.take());
}

std::vector<Job> App::make_jobs() {
  std::vector<Job> jobs;
  auto& db = *bench_->db;
  const int at_once = bench_->simulated ? 1 : kRailAtOnce;  // a simulated day does everything in one order
  if (sandbox_)
    jobs.push_back({"deliver the sandbox's notices", [this, at_once](const Call& call) -> Result<int> {
                      TRY(const auto done,
                          sandbox_->deliver_due(call.now,
                                                [this](const pay::sandbox::OutgoingNotice& n) { return deliver(n); },
                                                {.limit = kJobLimit, .threads = at_once}));
                      return done.answered;
                    }});
  jobs.push_back({"close payments of cancelled orders", [this](const Call& call) -> Result<int> {
                    std::vector<OrderId> orders;
                    {
                      std::lock_guard lock(closes_mutex_);
                      orders.swap(to_close_);
                    }
                    // Best effort: a payment that still comes goes back by itself.
                    for (const OrderId id : orders)
                      if (const auto ok = order::close_payment(*bench_->db, call, *rail_, id); !ok) {
                        log_event(LogEvent::payment_not_closed, "order {}: {}", id.text(), ok.error().text());
                        if (ok.error().code == Code::payment_unreachable) break;
                      }
                    return 0;
                  }});
  jobs.push_back({"release unpaid orders",
                  [this, &db](const Call& call) { return order::release_unpaid(db, call, *rail_, kJobLimit); }});
  jobs.push_back({"go on with after-sales whose time is up",
                  [&db](const Call& call) { return order::close_overdue(db, call, kJobLimit); }});
  jobs.push_back({"send refunds", [this, &db, at_once](const Call& call) {
                    return order::send_refunds(db, call, *rail_, kJobLimit, at_once);
                  }});
  jobs.push_back(
      {"send transfers", [this, &db](const Call& call) { return order::send_transfers(db, call, *rail_, kJobLimit); }});
  jobs.push_back(
      {"receive shipped orders", [&db](const Call& call) { return order::receive_shipped(db, call, kJobLimit); }});
  jobs.push_back(
      {"hand on customers", [&db](const Call& call) { return share::hand_on_customers(db, call, 20 * kJobLimit); }});
  jobs.push_back({"mature lines", [&db](const Call& call) { return order::mature_lines(db, call, kJobLimit); }});
  jobs.push_back({"count what happened", [&db](const Call& call) -> Result<int> {
                    TRY(const int counted, insight::fold_tallies(db, call, kFoldLimit));
                    // What came meanwhile is counted next time, with what comes until then.
                    return counted < kFoldLimit ? 0 : counted;
                  }});
  jobs.push_back({"count what the feed brought", [this](const Call& call) { return feed_->count(call); }});
  jobs.push_back({"line up the feed", [this](const Call& call) -> Result<int> { return feed_->line_up(call.now); }});
  jobs.push_back({"forget what was seen long ago",
                  [&db](const Call& call) { return feed::forget_old_views(db, call, kFoldLimit); }});
  jobs.push_back({"remind of what began", [&db](const Call& call) { return push::begin_rounds(db, call); }});
  jobs.push_back({"push campaigns", [&db](const Call& call) { return catalog::run_pushes(db, call, kJobLimit); }});
  jobs.push_back(
      {"begin and end campaigns", [&db](const Call& call) { return catalog::campaign_clock(db, call, kJobLimit); }});
  jobs.push_back(
      {"give allotments back", [&db](const Call& call) { return catalog::give_back_due(db, call, kJobLimit); }});
  jobs.push_back(
      {"close flash prices", [&db](const Call& call) { return live::close_flash_due(db, call, kJobLimit); }});
  jobs.push_back(
      {"end broadcasts without a picture", [&db](const Call& call) { return live::end_lost(db, call, kJobLimit); }});
  jobs.push_back({"draw lucky bags", [&db](const Call& call) { return live::draw_bags_due(db, call, kJobLimit); }});
  jobs.push_back({"end promotions", [&db](const Call& call) { return promo::end_due(db, call, kJobLimit); }});
  jobs.push_back({"count paid slots", [this, &db](const Call& call) { return auctioneer_->keep_traffic(db, call); }});
  jobs.push_back({"forget old keys", [&db](const Call& call) -> Result<int> {
                    return db.write([&](db::Tx& tx) -> Result<int> {
                      const Instant before = call.now - call.settings->idempotency_hours * kHourMs;
                      return static_cast<int>(tx.exec(kForgetKeys, {before, kJobLimit}) +
                                              org::forget_expired(tx, call.now));
                    });
                  }});
  return jobs;
}

std::vector<Job> App::make_slow_jobs() {
  std::vector<Job> jobs;
  if (!bench_->settings.backup_dir.empty())
    jobs.push_back({"backup", [this](const Call&) { return backups_->run_due(SystemClock().now()); }});
  if (bench_->settings.verify_hours > 0 && !bench_->simulated)
    jobs.push_back({"verify", [this](const Call&) -> Result<int> {
                      const std::int64_t wall = monotonic_ms();
                      if (verify_at_ms_ == 0) verify_at_ms_ = wall + bench_->settings.verify_hours * kHourMs;
                      if (wall < verify_at_ms_) return 0;
                      verify_at_ms_ = 0;
                      TRY(const auto report, insight::verify(*bench_->db));
                      if (!report.ok()) log_event(LogEvent::verify_differs, "{}", insight::verify_text(report));
                      return 0;
                    }});
  return jobs;
}

}  // namespace lianbo::app
