// Auctioneer: sells paid slots from memory. What the feed asks, once for each slot that may be paid (is_paid_slot).
//
// - Per brand it keeps a view of the promotions that are delivered right now: in rooms on air, within their windows,
//   with what they have spent, what their rooms can be expected to do, and their pacing. The view is read again when it
//   is a second old, or when an event said that a room or a promotion changed; by whoever asks, in their transaction.
// - It only proposes: what a click costs and whether it counts is decided when it is clicked (click_slot), against the
//   rows. So a view that is a second behind, or a second server, can't overspend or let anybody into an ended room.
// - A room that ended is out of every view at once, also before the next reading.
// Threads: any. Errors: none; without a view there is nothing to sell.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "promo/promo_service.hpp"

namespace lianbo::promo {

struct Placement {
  PromotionId promotion;
  BroadcastId broadcast;
  PinId pin;  // the moment of it that is shown; none: the room
  StoreId store;
  Fen price_fen = 0;
  std::string token;  // of slot_address and of the beacon; for this viewer alone
};

class Auctioneer {
  struct View;

 public:
  // What is known of a room above promo (figures, trust). Asked at most once a minute for each.
  using RoomFactsFn = std::function<RoomFacts(db::Tx&, const Call&, BrandId, StoreId, BroadcastId)>;
  Auctioneer(std::string slot_key, RoomFactsFn room_facts);

  // What is sold right now; may read. Without a viewer who could be sold to, only the slots are counted.
  using Offers = std::shared_ptr<const View>;
  Offers offers(db::Tx& tx, const Call& call, BrandId brand) { return view_of(tx, call, brand); }
  static bool any(const Offers& offers);
  // Who gets the next paid slot of this viewer, and for how much; from memory. skip: what can't be shown there.
  using SkipFn = std::function<bool(BroadcastId, PinId)>;
  std::optional<Placement> choose(const Offers& offers, const Call& call, BrandId brand, const Viewer& viewer,
                                  const SkipFn& skip = {});
  void on_event(const db::Event& event);
  // A job: writes down how many paid slots came up in each hour; how many brands.
  Result<int> keep_traffic(db::Database& db, const Call& call);
  const std::string& slot_key() const { return key_; }

  static constexpr DurationMs kViewMs = kSecondMs, kFactsMs = kMinuteMs;

 private:
  struct Running {
    Promotion p;
    Instant on_air_since = 0;
    RoomFacts room;
    Instant facts_at = 0;
    std::vector<ProductId> store_products;  // for lookalikes
    Fen spent_fen = 0;
    std::int64_t click_ppm = 0, after_ppm = 0;
    PacePlan plan;
    PaceState pace;
  };
  struct View {
    Instant at = 0;
    std::int64_t generation = 0;
    std::vector<Running> running;
  };
  struct BrandState {
    std::shared_ptr<const View> view;
    std::int64_t generation = 1;  // grows with every event; a view of an older one is read again
    bool reading = false;
    Fen last_price_fen = 0;
    std::set<BroadcastId> ended;        // the last ones; none comes back
    std::map<int, std::int64_t> slots;  // by the hour in the brand's zone, not yet written down
    DurationMs offset_ms = 0;
  };

  std::shared_ptr<const View> view_of(db::Tx& tx, const Call& call, BrandId brand);
  std::shared_ptr<const View> read(db::Tx& tx, const Call& call, BrandId brand, const View* before, Fen last_price_fen,
                                   DurationMs& offset_ms) const;

  const std::string key_;
  const RoomFactsFn room_facts_;
  std::mutex mutex_;
  std::map<BrandId, BrandState> brands_;
};

}  // namespace lianbo::promo
