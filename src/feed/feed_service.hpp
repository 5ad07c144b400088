// The feed: rooms on air, pins (moments, which stand for clips) and coming broadcasts of a brand in one stream for each
// viewer (SPEC 9). Which item stands where is mix.hpp's, how hot it is heat.hpp's, how far it is shown ladder.hpp's.
//
// - Items live in memory, read once at start and kept up by events: a room is in and out as soon as its event comes.
//   Whatever a page shows is looked up in the database once more: nothing ended is ever shown as live.
// - What people do counts once a person, item and deed, and only for what a page of this server has shown to them;
//   where the server sees it itself (entering and staying in rooms, chat, product cards, orders) it does not take the
//   client's word. Agents of the brand are viewers like others, and count for nothing.
// - Counts are rows of a second (feed_counts), written with the deed. `count` takes whole seconds out and adds them to
//   the items, in one transaction, behind one lock: the same deeds in whatever order within a second give the same
//   ladder, exactly once, also after a crash. Memory is told after the commit.
// - A viewer's feed is a session in memory, at most kMaxSessions of them, one never used or the longest unused goes; a
// cursor of one that is
//   gone is cursor_expired, and the feed begins anew.
// - One place in six may be paid (docs/decisions/0065-paid-places.md): the auctioneer says by whom, from memory; what
// is
//   shown there has no exposure, and who came by a paid click does nothing that counts.
// Threads: any. Locks, in this order: a session's own, mutex_, presence_mutex_ or the auctioneer's; sessions_mutex_ and
// zones_mutex_ alone.
#pragma once

#include <atomic>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/call.hpp"
#include "base/time_zone.hpp"
#include "clips/clips.hpp"
#include "db/db.hpp"
#include "feed/feed.hpp"
#include "feed/feed_store.hpp"
#include "feed/mix.hpp"
#include "live/feed_rows.hpp"
#include "live/live_service.hpp"
#include "promo/auctioneer.hpp"

namespace lianbo::feed {

inline constexpr std::size_t kMaxSessions = 20'000, kMaxSessionItems = 1'000, kSessionsOfPerson = 4;
inline constexpr DurationMs kSessionMs = 30 * kMinuteMs;                             // unused
inline constexpr std::size_t kMaxPins = 100'000;                                     // of all brands, the newest
inline constexpr DurationMs kPinAgeMs = 14 * kDayMs, kPinLengthMs = 10 * kSecondMs;  // not older, not shorter
inline constexpr DurationMs kViewsKeptMs = 30 * kDayMs;  // longer than anything stays in a feed
inline constexpr DurationMs kComingMs = 7 * kDayMs;
inline constexpr int kMaxComing = 500;
inline constexpr DurationMs kStayMs = 30 * kSecondMs;   // from the enter
inline constexpr DurationMs kOrderAfterPinMs = kDayMs;  // an order counts for the pins entered so long before
inline constexpr std::size_t kMaxWaiting = 100'000;     // deeds seen by the server, not written yet; more are lost
inline constexpr int kMaxDeeds = 200, kMaxPage = 50;

struct Deed {
  std::int64_t item = 0;
  What what = What::exposure;
};
// not_shown: this feed has not shown the item to the caller (or it was never reported as seen); too_soon: a stay of
// less than kStayMs; own: agents of the brand count for nothing; paid: it stood in a paid place, whose promotion is
// told, and counts for no heat.
enum class Noted { counted, repeated, not_shown, too_soon, own, paid, in_room };
std::string_view noted_name(Noted noted);

struct Page {
  std::string session;
  std::string next;  // "": nothing follows
  std::vector<Chosen> items;
  std::map<std::int64_t, promo::Placement> paid;  // of the items that are, by Entry::key
  std::map<std::int64_t, live::Broadcast> broadcasts;
  std::map<std::int64_t, live::PinAt> pins;
  std::map<PinId, clips::Clip> recordings;  // of those pins
};

Result<Rules> rules_of(db::Tx& tx, BrandId brand);
// A new version, by staff that operates the brand; audited.
Result<Rules> put_rules(db::Tx& tx, const Call& call, BrandId brand, const Rules& wish);

// For the host and staff of the store, the newest first; an item that was never shown stands at the foot of pool 1.
Result<Standing> standing_of_room(db::Tx& tx, const Call& call, BroadcastId room);
Result<std::vector<Standing>> standings_of_store(db::Tx& tx, const Call& call, StoreId store, std::int64_t before,
                                                 int limit);

struct Fairness {
  Spread spread;                                    // of exposures over the rooms that were on air
  std::int64_t below_first = 0;                     // rooms that have not had the first pool's quota, by now
  std::array<std::int64_t, kMaxPools + 1> pools{};  // rooms in each by now, from 1
  std::int64_t resting = 0;
  store::Places places;
};
// Days of the brand's zone, [from, until). By any staff of the whole brand.
Result<Fairness> fairness_of(db::Tx& tx, const Call& call, BrandId brand, Instant from, Instant until);

class Feed {
 public:
  // Without an auctioneer no place is paid.
  // max_pins: of those that are read at start.
  Feed(db::Database& db, int buckets, std::size_t max_sessions = kMaxSessions, promo::Auctioneer* auctioneer = nullptr,
       std::size_t max_pins = kMaxPins)
      : db_(db), buckets_(buckets), max_sessions_(max_sessions), max_pins_(max_pins), auctioneer_(auctioneer) {}

  // Everything, before the first event.
  Status load(Instant now);
  void on_event(const db::Event& event);
  // Somebody came into a room, or left it.
  void watched(BroadcastId room, PersonId person, bool came, Instant now);
  // Writes what the server has seen, takes in orders, adds up whole seconds. For a job; how much it did.
  Result<int> count(const Call& call);
  // Orders the items anew, of brands somebody looks at. For a job.
  int line_up(Instant now);

  // cursor "": a new feed. Errors: not_found, cursor_expired, invalid_field.
  Result<Page> page(db::Tx& tx, const Call& call, BrandId brand, std::string_view cursor, int limit);
  // In the order of the deeds. Errors: cursor_expired.
  Result<std::vector<Noted>> note(db::Tx& tx, const Call& call, std::string_view session, std::span<const Deed> deeds);
  // Cards of products opened in rooms.
  void clicked(db::Tx& tx, const Call& call, std::span<const live::Click> clicks);
  // A paid click led the caller into a room: what they do there from now on is paid traffic, and lifts nothing.
  void came_paid(db::Tx& tx, const Call& call, BroadcastId room, PinId pin);
  // Moments of a product, the newest first.
  std::vector<PinId> pins_of_product(BrandId brand, ProductId product, std::size_t limit) const;

  struct Stats {
    std::int64_t items = 0, sessions = 0, waiting = 0, lost = 0;
  };
  Stats stats() const;

 private:
  struct Item {
    Kind kind = Kind::room;
    StoreId store = {};
    ProductId product = {};
    Instant at = 0;  // started, closed, or scheduled
    Rung rung = {};
    std::int64_t shown = 0;
    std::unique_ptr<Sums> sums = {};  // none: nothing was counted yet
  };
  struct Brand {
    std::unordered_map<std::int64_t, Item> items;  // by Entry::key
    std::unordered_map<std::int64_t, std::int64_t> room_of_store;
    std::unordered_map<std::int64_t, std::vector<std::int64_t>> pins_of_product;  // oldest first
    std::shared_ptr<const LineUp> line_up = std::make_shared<LineUp>();
    std::vector<std::pair<std::int64_t, Entry>> started;  // since it was made; with a number that grows
    std::int64_t changes = 0;                             // the number of the last change
    std::int64_t made_changes = 0;                        // of the line-up
    std::atomic<std::int64_t> turn{0};
    std::atomic<Instant> asked_at{0};
    std::atomic<bool> stale{true};
    Instant made_at = 0;
    Rules rules;
  };
  struct Session {
    std::mutex mutex;
    std::string token;
    PersonId person;
    BrandId brand;
    std::vector<std::pair<StoreId, Why>> tied;
    std::vector<PersonId> known;
    std::vector<std::vector<Chosen>> pages;
    std::map<std::int64_t, promo::Placement> paid;  // by Entry::key
    Mix::Keys seen;
    std::int64_t place = 0;
    std::int64_t since_paid = promo::kSlotsPerPaid - 1 - promo::kPaidSlot;  // natural items since the last paid one
    bool ended = false;
    std::atomic<Instant> used_at{0};
  };
  using SessionPtr = std::shared_ptr<Session>;
  struct Act {  // seen by the server
    PersonId person;
    std::int64_t item = 0;
    What what = What::enter;
    Instant at = 0;
  };
  struct Watch {
    std::int64_t room = 0;
    Instant since = 0;
  };

  Brand& brand_at(BrandId id);  // under mutex_, exclusive
  void add(Brand& brand, BrandId id, std::int64_t key, Item item);
  void remove(Brand& brand, std::int64_t key);
  void remove_key(std::int64_t key);
  void make_line_up(Brand& brand, Instant now);
  Status load_brand(db::Tx& tx, BrandId id, Instant now);
  Status load_pins(db::Tx& tx, Instant now);
  Status load_standings(db::Tx& tx);
  void set_standing(const Standing& standing);
  void broadcast_changed(const db::Event& event);
  void pin_closed(const db::Event& event);

  SessionPtr open_session(const Call& call, BrandId brand);
  SessionPtr find_session(std::string_view token, const Call& call);
  std::vector<Tied> tied_rooms(const Brand& brand, const Session& session) const;
  // Fills places with what is really there; [number, chosen].
  Status fill(db::Tx& tx, const Call& call, Session& session, int limit, Page& page);
  Status look_up(db::Tx& tx, const Call& call, const Session& session, Page& page,
                 std::vector<std::pair<std::int64_t, Chosen>>& chosen);
  void count_places(BrandId brand, Instant at, const std::vector<std::pair<std::int64_t, Chosen>>& chosen);

  std::optional<ItemFacts> facts_of(db::Tx& tx, std::int64_t id) const;
  bool count_deed(db::Tx& tx, PersonId person, const ItemFacts& item, What what, std::int64_t n, Instant at) const;
  void wait(Act act);
  std::vector<Act> take_acts(Instant now);
  Result<int> count_orders(db::Tx& tx, const Call& call) const;
  void count_order(db::Tx& tx, const Call& call, const db::Event& event) const;
  Result<int> fold(db::Tx& tx, const Call& call, std::vector<Standing>& changed);
  Result<Instant> day_of(db::Tx& tx, BrandId brand, Instant at);

  db::Database& db_;
  const int buckets_;
  const std::size_t max_sessions_, max_pins_;
  promo::Auctioneer* const auctioneer_;
  mutable std::shared_mutex mutex_;  // of what follows
  std::map<BrandId, std::unique_ptr<Brand>> brands_;
  std::unordered_map<std::int64_t, BrandId> where_;  // by Entry::key

  mutable std::mutex sessions_mutex_;
  struct Kept {
    std::list<SessionPtr>::iterator session;
    bool used = false;  // in by_use_
  };
  std::unordered_map<std::string, Kept> sessions_;
  // The longest unused first. Who has only opened a feed, as a robot does, makes way before who uses one.
  std::list<SessionPtr> opened_, by_use_;
  std::unordered_map<std::int64_t, std::vector<std::string>> of_person_;

  mutable std::mutex presence_mutex_;
  std::unordered_map<std::int64_t, Watch> watching_;  // by person
  struct Due {
    PersonId person;
    Watch watch;
  };
  std::deque<Due> staying_;  // in order of since
  std::vector<Act> waiting_;
  std::int64_t lost_ = 0;
  std::map<std::pair<BrandId, Instant>, store::Places> places_;  // by minute, not written yet

  std::mutex zones_mutex_;
  std::map<BrandId, TimeZone> zones_;
};

// A guest who logs in was shown as a person what the guest was shown; who is erased was shown nothing.
void merge_guest(db::Tx& tx, const Call& call, PersonId guest, PersonId person);
// What was seen so long ago that nothing can follow from it any more; how much was forgotten. For a job.
Result<int> forget_old_views(db::Database& db, const Call& call, int limit);
void forget_person(db::Tx& tx, const Call& call, PersonId person);

}  // namespace lianbo::feed
