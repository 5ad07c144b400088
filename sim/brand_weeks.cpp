// What the brand and its people do in the three weeks after, beside shipping and refunds: parcels, replacements,
// reviews, settling by two persons, paying through the rail and by file, agents who pause or leave, a buyer who takes
// their data along.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <string_view>

#include "base/csv.hpp"
#include "base/shape.hpp"
#include "sim/day.hpp"

namespace lianbo::sim {
namespace {

constexpr double kReviews = 0.4;  // of received lines
constexpr std::array<std::string_view, 5> kWords = {"和直播里讲的一样", "回购第三次了", "孩子很喜欢", "包装很用心",
                                                    "比想象的小一点"};
constexpr std::size_t kStay = 8;  // the best known hosts are there to the end
constexpr int kSuspendedOnDay = 2, kReinstatedOnDay = 9, kLeavesOnDay = 5;
constexpr int kLooksAtTransfers = 7;  // every three hours; the rail keeps a transfer for a day

}  // namespace

// The first line today, the rest some hours later: one order, two numbers.
void Day::ship_in_parcels(int index) {
  const Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  const std::string target = "/api/v1/orders/" + purchase.id + "/ship";
  JsonWriter first;
  first.begin().field("carrier", "顺丰速运").field("tracking_number", fmt::format("SF{:012}A", index + 1));
  first.key("lines").begin_list().begin().field("line", 0).field("qty", purchase.lines[0].qty).end().end_list().end();
  as_owner("POST", target, first.take(), [this, index, target](const Answer& a) {
    if (!a.ok()) return unexpected("first parcel", a);
    ++report_.parcels;
    later(now_ + 8 * kHourMs, [this, index, target] {
      JsonWriter rest;
      rest.begin().field("carrier", "中通快递").field("tracking_number", fmt::format("ZT{:012}B", index + 1)).end();
      as_owner("POST", target, rest.take(), [this](const Answer& b) {
        if (!b.ok()) return unexpected("second parcel", b);
        ++report_.parcels;
        ++report_.split_orders;
      });
    });
  });
}

void Day::send_replacement(int person, const std::string& target, Instant at) {
  later(at, [this, person, target] {
    as_owner("POST", target + "/send-replacement", R"({"carrier":"顺丰速运","tracking_number":"SF9"})",
             [this, person, target](const Answer& sent) {
               if (sent.problem == "sold_out")  // then it is the money after all
                 return as_owner("POST", target + "/refund-instead", R"({"answer":"没有货了"})",
                                 fine("refund instead"));
               if (!sent.ok()) return unexpected("replacement", sent);
               later(now_ + 2 * kDayMs, [this, person, target] {
                 as(person, "POST", target + "/receive-replacement", "{}", [this](const Answer& a) {
                   if (!a.ok()) return unexpected("replacement's receipt", a);
                   ++report_.exchanges;
                 });
               });
             });
  });
}

void Day::review(int index) {
  const Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  for (std::size_t line = 0; line < purchase.lines.size(); ++line) {
    if (!brand_stream_.chance(kReviews)) continue;
    JsonWriter w;
    w.begin()
        .field("line", static_cast<std::int64_t>(line))
        .field("stars", brand_stream_.chance(0.8) ? 5 : brand_stream_.between(2, 4));
    w.field("words", brand_stream_.pick(std::span<const std::string_view>(kWords))).end();
    as(purchase.person, "POST", "/api/v1/orders/" + purchase.id + "/reviews", w.take(), [this](const Answer& a) {
      // What was given back before it was received has no review.
      if (a.problem == "order_state_conflict") return;
      if (!a.ok()) return unexpected("review", a);
      ++report_.reviews;
    });
  }
}

// ---- money

// Who proposed it may not approve it; somebody of finance does. Gives the run's id.
Result<std::string> Day::approve_settlement(const Answer& proposed) {
  const std::string run = proposed.text("id");
  if (proposed.text("state") != "proposed") {
    ++report_.lone_settlements;
    complain("a settlement was made although it needs a second person");
    return run;
  }
  const std::string target = "/api/v1/settlement-runs/" + run + "/approve";
  TRY(const Answer alone, owner_call("POST", target));
  if (alone.ok())
    ++report_.lone_settlements;
  else if (alone.problem != "second_person")
    unexpected("approval by who proposed it", alone);
  TRY(const Answer made, crew_.call({"POST", target, {}, "application/json", {}, true}, finance_));
  if (!made.ok()) return unexpected("approval", made), run;
  ++report_.approved_runs;
  if (!get_list(made.body, "failed").empty()) complain("a settlement run could not settle every agent");
  return run;
}

Status Day::pay_hosts(const std::vector<std::pair<std::string, Fen>>& due) {
  const auto ask = [&](std::string method, std::string target, std::string body = {},
                       std::string type = "application/json") {
    return crew_.call({std::move(method), std::move(target), std::move(body), std::move(type), {}, true}, finance_);
  };
  // Hosts say where their commission goes, every other one to WeChat; who has not is paid by hand.
  std::vector<int> by_wechat;
  for (std::size_t i = 0; i < world_.hosts.size(); ++i) {
    const Host& host = world_.hosts[i];
    const Person& person = world_.person(host.person);
    if (person.me.token.empty() || person.host < 0 || host.left) continue;
    const bool wechat = i % 2 == 1;
    if (wechat) by_wechat.push_back(static_cast<int>(i));
    JsonWriter w;
    w.begin().field("method", wechat ? "wechat" : "alipay").field("holder", host.name);
    w.field("account", wechat ? "o-" + host.code : host.code + "@example.com").end();
    as(host.person, "PUT", "/api/v1/agents/" + host.agent_id + "/payout-note", w.take(), fine("payout note"));
  }
  TRY_OK(crew_.run());
  TRY(const Answer made, ask("POST", brand("/payout-batches")));
  if (!made.ok()) return unexpected("payout batch", made), Status{};
  const std::string batch = "/api/v1/payout-batches/" + get_text(get_object(made.body, "batch"), "id");
  // All settlements of the batch; once it is sent, its file has only what the rail does not take.
  std::set<std::string> in_batch;
  TRY(const Answer all, ask("GET", batch + "/file"));
  TRY(const Csv everybody, read_csv(all.file));
  for (const auto& row : everybody.rows) {
    const std::string_view about = Csv::cell(row, everybody.column("remark"));
    in_batch.insert(std::string(about.substr(about.rfind(' ') + 1)));
  }
  TRY(const Answer sent, ask("POST", batch + "/send"));
  if (!sent.ok()) return unexpected("payouts through the rail", sent), Status{};
  for (int round = 1; round <= kLooksAtTransfers; ++round)
    later(now_ + round * 3 * kHourMs, [this, by_wechat] {
      for (const int host : by_wechat) confirm_transfers(host);
    });
  TRY(const Answer file, ask("GET", batch + "/file"));
  TRY(const Csv payouts, read_csv(file.file));
  const int number = payouts.column("payout_no");
  CsvWriter results;
  results.row({"payout_no", "result", "reference", "reason"});
  for (std::size_t i = 0; i < payouts.rows.size(); ++i) {
    const std::string payout(Csv::cell(payouts.rows[i], number));
    // The bank refuses one of them.
    if (i == 0 && payouts.rows.size() > 1)
      results.row({payout, "failed", "", "户名不符"});
    else
      results.row({payout, "success", "bank-" + payout, ""});
  }
  TRY(const Answer told, ask("POST", batch + "/results", results.take(), "text/csv"));
  if (!told.ok()) return unexpected("results of payouts", told), Status{};
  report_.payouts_done += told.number("done");
  report_.payouts_failed += told.number("failed");
  for (const auto& [id, payable_fen] : due)
    if (!in_batch.contains(id))
      crew_.post(0, finance_, "/api/v1/settlements/" + id + "/paid", "{\"reference\":\"bank-" + id + "\"}",
                 fine("payout"));
  return crew_.run();
}

// A host sees in the earnings what waits for their word, and gives it.
void Day::confirm_transfers(int index) {
  const Host& host = world_.hosts[static_cast<std::size_t>(index)];
  as(host.person, "GET", "/api/v1/agents/" + host.agent_id + "/transfers", {},
     [this, person = host.person](const Answer& a) {
       if (!a.ok()) return unexpected("transfers", a);
       for (const auto& t : get_list(a.body, "items")) {
         if (get_text(t, "state") != "waiting") continue;
         JsonWriter w;
         w.begin().field("number", get_text(t, "number")).end();
         as(person, "POST", "/api/v1/sandbox/confirm-transfer", w.take(), [this](const Answer& done) {
           if (!done.ok()) return unexpected("transfer", done);
           ++report_.transfers;
         });
       }
     });
}

// ---- agents who pause or leave

void Day::plan_leavings() {
  std::vector<int> hosts;
  for (std::size_t i = 0; i < world_.hosts.size(); ++i)
    if (const Person& p = world_.person(world_.hosts[i].person); p.host >= 0 && !p.me.token.empty())
      hosts.push_back(static_cast<int>(i));
  std::sort(hosts.begin(), hosts.end(), [&](int a, int b) { return world_.host(a).rank < world_.host(b).rank; });
  std::erase_if(hosts, [&](int h) { return !world_.host(h).next_broadcast.empty(); });
  if (hosts.size() < 2 || world_.hosts.size() <= kStay) return;
  const int pauses = hosts[0], leaves = hosts[1];
  const auto set_state = [this](int h, std::string_view state, std::string_view why) {
    JsonWriter w;
    w.begin().field("state", state).field("reason", why).end();
    as_owner("POST", "/api/v1/agents/" + world_.host(h).agent_id + "/state", w.take(), fine("state of an agent"));
  };
  later(options_.start_at + kSuspendedOnDay * kDayMs, [this, set_state, pauses] {
    set_state(pauses, "suspended", "投诉核查");
    ++report_.agents_suspended;
  });
  later(options_.start_at + kReinstatedOnDay * kDayMs,
        [set_state, pauses] { set_state(pauses, "active", "核查无误"); });
  later(options_.start_at + kLeavesOnDay * kDayMs, [this, leaves] { hand_on(leaves); });
}

// Counts their customers, lets them go, and looks whether nobody was left with them.
void Day::hand_on(int h) {
  const std::string customers = "/api/v1/stores/" + world_.host(h).store_id + "/customers?of=locked";
  const auto count = [this, customers](std::int64_t& n) {
    if (const auto read = each_item(customers, [&](const json::value&) { ++n; }); !read) complain(read.error().text());
  };
  count(report_.customers_handed_on);
  as_owner("POST", "/api/v1/agents/" + world_.host(h).agent_id + "/state", R"({"state":"left","reason":"回老家了"})",
           [this, h, count](const Answer& gone) {
             if (!gone.ok()) return unexpected("leaving", gone);
             ++report_.agents_left;
             world_.host(h).left = true;
             later(now_ + 6 * kHourMs, [this, count] { count(report_.customers_left_behind); });
           });
}

// ---- a buyer who goes

void Day::erase_somebody() {
  const auto whole = std::find_if(world_.purchases.begin(), world_.purchases.end(), [&](const Purchase& p) {
    const Person& buyer = world_.person(p.person);
    return p.received && !p.touched_after && buyer.host < 0 && !buyer.applied &&
           std::none_of(
               world_.hosts.begin(), world_.hosts.end(),
               [&](const Host& h) { return h.person == p.person || h.assistant == p.person; }) &&
           std::count_if(
               world_.purchases.begin(), world_.purchases.end(),
               [&](const Purchase& q) { return q.person == p.person; }) == 1;
  });
  if (whole == world_.purchases.end()) return;
  erased_ = whole->person;
  as(erased_, "GET", "/api/v1/me/data", {}, [this, order = whole->id](const Answer& data) {
    if (!data.ok()) return unexpected("one's own data", data);
    if (json::serialize(data.body).find(order) == std::string::npos)
      complain("a buyer's own data does not hold their order");
    as(erased_, "POST", "/api/v1/me/erasure", R"({"confirm":"erase"})", [this](const Answer& asked) {
      if (!asked.ok()) return unexpected("erasure", asked);
      receipt_ = asked.text("receipt");
      later(now_ + 12 * kHourMs, [this] {
        as_owner("GET", "/api/v1/erasures/" + receipt_, {}, [this](const Answer& a) {
          if (!a.ok()) return unexpected("receipt of an erasure", a);
          if (a.text("erased_at").empty()) return complain("a buyer is not erased yet: " + json::serialize(a.body));
          ++report_.persons_erased;
        });
      });
    });
  });
}

}  // namespace lianbo::sim
