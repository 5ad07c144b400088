// Day: one simulated day being lived. Private to sim/.
//
// Time goes in steps. Within a step people act (their requests are collected in the Crew and sent in rounds), then the
// server's clock is moved, which runs what is due there, then the rooms are settled. Everything that happens later
// stands on the agenda: functions by instant, in order of their making. One thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/chat_book.hpp"
#include "sim/client.hpp"
#include "sim/journal.hpp"
#include "sim/progress.hpp"
#include "sim/run_day.hpp"
#include "sim/world.hpp"

namespace lianbo::sim {

// Of everybody in the day; it guards nothing.
inline constexpr std::string_view kPassword = "matrix-sale-day";

class Day {
 public:
  Day(const DemoOptions& options, World world, ChatBook chat);

  Status set_up();     // set_up.cpp: catalogue, agents, logins, schedule
  Status sale_day();   // sale_day.cpp: a minute a step
  Status aftermath();  // aftermath.cpp: three weeks
  Status close();      // run_day.cpp: verify, the server's figures, the journal
  DemoReport take_report() { return std::move(report_); }
  // Of those who go on air, the best known first.
  std::vector<std::string> host_logins(std::size_t most);

 private:
  using Then = Crew::Then;

  // ---- time
  Status move_clock(Instant to);
  void later(Instant at, std::function<void()> what) { agenda_.emplace(at, std::move(what)); }
  void run_agenda();  // what is due at now_
  void show(std::int64_t day);
  // One worker: every count is the same each time.
  bool exact() const { return options_.workers <= 1; }
  bool stopped() const { return options_.stopped && options_.stopped(); }

  // ---- asking the server
  void as(int person, std::string method, std::string target, std::string body, Then then);
  void as_owner(std::string method, std::string target, std::string body, Then then);
  Result<Answer> owner_call(std::string method, std::string target, std::string body = {}, std::string type = {});
  // Every item of a list, page by page.
  Status each_item(std::string target, const std::function<void(const json::value&)>& take);
  // An answer that nobody expected: counted, the first few are told.
  void unexpected(std::string_view what, const Answer& answer);
  void complain(std::string text);
  std::string brand(std::string_view rest) const;  // "/api/v1/brands/{id}" + rest
  // For answers that only have to be right.
  Then fine(std::string_view what);
  // Two figures that must be one. A request repeated over a crash may have been counted twice by the server.
  void agree(std::string_view what, std::int64_t server, std::int64_t ours);

  // ---- set-up
  Status bring_in_products();
  Status bring_in_agents();
  Status hosts_log_in();
  Status schedule_broadcasts();

  // ---- what the brand sets up beside them (brand_eve.cpp)
  Status set_up_brand();
  Status join_staff(std::string_view role, std::string_view name, std::string_view region, Identity& who);
  Status make_rules();
  Status push_campaigns();
  Result<std::string> start_campaign(std::string_view name, std::string target, const std::vector<int>& products);
  Result<std::int64_t> wait_for_push(const std::string& campaign, std::string_view kind);
  Status allot();
  Status recruit();
  void apply(int recruit);
  void train(std::size_t recruit);
  void look_up_stock();

  // ---- what happens in rooms beside pins and chat (room_play.cpp)
  void open_room_play(Room& room);
  void play_in_rooms();
  void open_flash(Room& room);
  void open_bag(Room& room);
  bool is_of_room(int room, int person);  // its host or their assistant
  void check_draw(const std::string& bag, const std::string& commitment);
  void decide_held();
  void decide_line(Room& room, const std::string& line, const std::string& writer, bool release);
  void mute(Room& room, const std::string& person_id);
  void follow_and_reserve(int purchase);
  void hold_next_broadcasts();

  // ---- on air
  void end_rooms();
  void start_rooms();
  void pin_next(Room& room);
  void visit(int person);
  void visit_hall(int person);
  void visit_feed(int person);
  void look_down(int person, const std::vector<int>& rooms, const std::string& feed);
  double charm(const Room& room, int person) const;  // person −1: somebody without friends
  void enter(int person, Room& room, const std::string& share_id, double eagerness);
  void leave(Room& room, const Watcher& watcher);
  Status open_doors();  // who wants to enter does
  void seat_entered();
  void act_in_rooms();
  int choose_room(int person);
  std::vector<Rooms::Seat> leaving_seats() const;

  // ---- sharing
  void share(SharedThing what, ShareChannel channel);
  int product_at(const std::string& id) const;
  void open_share(int person, const SharedThing& shared);
  bool landed_right(const SharedThing& shared, const Answer& answer) const;
  void maybe_pass_on(int person, const SharedThing& shared);

  // ---- buying
  struct Basket {
    int person = 0, host = 0, room = -1, product = -1;
    std::string share_id;
  };
  void look_at(int person, int product);
  void put_in_cart(int person, int host, int room, int product);
  void buy(const Basket& basket);
  void registered(int person, std::function<void()> then);  // logs the person in first, if need be
  void place(const Basket& basket);
  struct Draft {
    Basket basket;
    std::vector<BoughtLine> lines;  // paid_fen: the price that was seen, −1 when it is asked for
    Fen goods_fen = 0;
    std::string address;  // as JSON
  };
  void claim_and_send(Draft draft);
  void send_order(Draft draft, const std::string& coupon);
  void placed(const Basket& basket, const Answer& answer);
  void pay(int purchase, bool receipt_follows);
  void paid(int purchase);
  void plan_shipping(int purchase);

  // ---- afterwards
  void ship(int purchase);
  void receive(int purchase);
  void ask_back(int purchase, int line);
  void send_back(int person, const std::string& target, Instant at);
  struct Claim {
    int purchase = 0, line = 0;
    std::string kind = "refund_only";
    std::int64_t qty = 0;
    Fen amount_fen = 0;
    bool withdraws = false, faulty = false;
    std::string sku_id = {};  // what is wanted instead
  };
  void ask_part(const Claim& claim);
  void late_refunds();
  Status settle_accounts(bool pay_out);

  // ---- the brand's three weeks (brand_weeks.cpp)
  void ship_in_parcels(int purchase);
  void send_replacement(int person, const std::string& target, Instant at);
  void review(int purchase);
  void plan_leavings();
  void hand_on(int host);
  Result<std::string> approve_settlement(const Answer& proposed);
  // Settlements with what is payable. Who has left no note is paid one by one.
  Status pay_hosts(const std::vector<std::pair<std::string, Fen>>& due);
  void confirm_transfers(int host);
  void erase_somebody();

  // ---- at the end
  Status read_events();  // brand_end.cpp
  Status read_books();   // brand_end.cpp
  Status check_evidence();
  Status back_up();
  Status look_up_answers();
  Status read_figures();

  DemoOptions options_;
  World world_;
  ChatBook chat_;
  Line line_;
  Crew crew_;
  Rooms rooms_;
  Journal journal_;
  Cascades watched_, passed_on_;  // who watched what; who shared what
  Progress progress_;
  DemoReport report_;
  Identity owner_, clock_keeper_;
  Identity finance_, regional_;
  std::string staff_region_;  // what regional_ is limited to
  struct Recruit {
    int person = 0;
    int host = 0;  // whose link it was
    std::string agent_id, store_id, rehearsal;
  };
  struct Task {
    std::string id, kind;
  };
  std::vector<Recruit> recruits_;
  std::vector<Task> tasks_;
  std::vector<std::string> allotted_skus_;
  Coupon brand_coupon_, prize_;
  std::set<std::string> campaigned_;  // SKUs with a campaign's price
  std::string receipt_;               // of the erasure
  int erased_ = -1;                   // person

  Stream rooms_stream_, visits_stream_, stays_stream_, chat_stream_, orders_stream_, payments_stream_, shares_stream_,
      after_stream_, names_stream_, brand_stream_, play_stream_;

  Instant now_ = 0;
  int minute_ = 0;
  bool day_over_ = false;
  std::size_t next_visit_ = 0, next_room_ = 0;
  std::multimap<Instant, std::function<void()>> agenda_;
  struct Entering {
    int room;
    Watcher watcher;
  };
  std::vector<Entering> entering_;
  std::int64_t server_messages_ = 0, server_deliveries_ = 0;  // of the run of the server that is up now
  std::int64_t all_server_deliveries_ = 0;
  std::int64_t touches_ = 0, orders_placed_ = 0;
  std::int64_t viewers_ = 0, rooms_on_air_ = 0;
  std::int64_t orders_ = 0;
  Fen amount_fen_ = 0;
};

}  // namespace lianbo::sim
