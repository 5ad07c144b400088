// What the brand looks at when the weeks are over: the events from the first to the last, the books as they go to the
// accountants, the evidence, a backup.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "base/csv.hpp"
#include "base/shape.hpp"
#include "sim/day.hpp"

namespace lianbo::sim {
namespace {

constexpr std::int64_t kBackupMs = 60'000;

// "1234.56" → 123456; "" → 0
Fen fen_of(std::string_view yuan) {
  Fen fen = 0;
  bool negative = false;
  for (const char c : yuan) {
    if (c == '-') negative = true;
    if (c >= '0' && c <= '9') fen = fen * 10 + (c - '0');
  }
  return negative ? -fen : fen;
}

}  // namespace

Status Day::read_events() {
  std::map<std::string, std::int64_t> told;
  std::set<std::string> seen;
  std::string after, last;
  for (bool more = true; more;) {
    TRY(const Answer page,
        owner_call("GET", brand("/events?limit=200") + (after.empty() ? std::string() : "&after=" + after)));
    if (!page.ok()) return unexpected("events", page), Status{};
    for (const auto& event : get_list(page.body, "items")) {
      ++report_.events_read;
      ++told[get_text(event, "type")];
      if (!seen.insert(get_text(event, "id")).second) ++report_.events_missed;
    }
    more = get_bool(page.body, "more");
    if (const std::string next = page.text("next"); !next.empty()) after = next;
  }
  const auto match = [&](const char* type, std::int64_t happened) {
    const std::int64_t heard = told[type];
    if (heard == happened) return;
    report_.events_missed += std::abs(heard - happened);
    complain(fmt::format("{} events say {}, and {} happened", heard, type, happened));
  };
  match("order.placed", report_.orders_placed);
  match("order.paid", report_.orders_paid);
  match("order.refunded", report_.refunds);
  match("broadcast.started", report_.broadcasts + report_.rehearsals);
  match("flash.opened", report_.flash_prices);
  match("luckybag.drawn", report_.lucky_bags);
  return {};
}

Status Day::read_books() {
  const auto month_of = [](Instant at) { return format_rfc3339(at + kShanghaiMs).substr(0, 7); };
  const std::string month = month_of(options_.start_at);
  Fen debit_fen = 0, credit_fen = 0;
  for (const std::string& each : std::set<std::string>{month, month_of(now_)}) {
    TRY(const Answer journal, owner_call("GET", brand("/journal.csv?day=" + each)));
    if (!journal.ok()) return unexpected("journal", journal), Status{};
    TRY(const Csv postings, read_csv(journal.file));
    for (const auto& row : postings.rows) {
      debit_fen += fen_of(Csv::cell(row, postings.column("debit_yuan")));
      credit_fen += fen_of(Csv::cell(row, postings.column("credit_yuan")));
    }
  }
  report_.journal_difference_fen = debit_fen - credit_fen;
  if (debit_fen == 0) complain("the journal of the month is empty");
  // The best known host reads their month.
  const auto known = host_logins(1);
  for (const Host& host : world_.hosts)
    if (!known.empty() && world_.person(host.person).login == known[0])
      as(host.person, "GET", "/api/v1/agents/" + host.agent_id + "/statement.csv?month=" + month, {},
         [this](const Answer& a) {
           if (!a.ok()) return unexpected("statement", a);
           if (std::count(a.file.begin(), a.file.end(), '\n') < 2) complain("the month's statement is empty");
         });
  std::int64_t reviews = 0;
  TRY_OK(each_item(brand("/reviews"), [&](const json::value&) { ++reviews; }));
  agree("reviews", reviews, report_.reviews);
  std::int64_t held = 0;
  TRY_OK(each_item(brand("/coupons"), [&](const json::value& c) { held += get_int(c, "total") - get_int(c, "left"); }));
  if (held < report_.coupons_claimed) complain("fewer coupons are out than were claimed");
  TRY(const Answer whole, owner_call("GET", brand("/report/regions?depth=1")));
  agree("paid, over the regions", get_int(get_object(whole.body, "total"), "gmv_fen"), report_.gmv_fen);
  Fen paid_fen = 0;
  for (const auto& row : get_list(whole.body, "items")) paid_fen += get_int(row, "gmv_fen");
  agree("paid, region by region", paid_fen, report_.gmv_fen);
  if (!staff_region_.empty()) {
    // Who is limited to a region sees its row and no other.
    crew_.get(0, regional_, brand("/report/regions?depth=1"), [this](const Answer& own) {
      if (!own.ok()) return unexpected("report of a region", own);
      for (const auto& row : get_list(own.body, "items"))
        if (get_text(row, "region") != staff_region_) complain("staff of one region sees " + get_text(row, "region"));
    });
    crew_.get(0, regional_, brand("/balances"), [this](const Answer& books) {
      if (books.ok()) complain("staff of one region sees the brand's books");
    });
  }
  return crew_.run();
}

Status Day::check_evidence() {
  TRY(const Answer chain, owner_call("POST", brand("/evidence/verify")));
  if (!chain.ok()) return unexpected("evidence", chain), Status{};
  for (const auto& of : get_list(chain.body, "brands")) {
    report_.evidence_entries += get_int(of, "entries");
    report_.evidence_differences += get_int(of, "wrong");
    for (const auto& difference : get_list(of, "differences"))
      complain("evidence: " + std::string(difference.as_string()));
  }
  for (const Room& room : world_.rooms) {
    if (room.id.empty()) continue;
    JsonWriter w;
    w.begin().field("kind", "broadcast").field("subject_id", room.id).field("reason", "买家投诉，等待仲裁").end();
    TRY(const Answer held, owner_call("POST", brand("/holds"), w.take()));
    if (!held.ok()) return unexpected("hold", held), Status{};
    ++report_.legal_holds;
    break;
  }
  return {};
}

// A copy while the server runs; whoever keeps the files looks whether it can be read back.
Status Day::back_up() {
  if (!options_.backup_holds) return {};
  TRY(const Answer before, owner_call("GET", "/api/v1/backups"));
  TRY(const Answer asked, owner_call("POST", "/api/v1/backups"));
  if (!asked.ok()) return unexpected("backup", asked), Status{};
  const auto newest = [](const Answer& a) {
    const auto& items = get_list(a.body, "items");
    return items.empty() ? std::string() : get_text(items[0], "name");
  };
  std::int64_t generation = line_.generation();
  for (const std::int64_t until_ms = monotonic_ms() + kBackupMs; monotonic_ms() < until_ms;) {
    TRY(const Answer there, owner_call("GET", "/api/v1/backups"));
    if (const std::string name = newest(there); name != newest(before)) {
      ++report_.backups;
      if (!options_.backup_holds(name)) ++report_.broken_backups;
      return {};
    }
    if (std::exchange(generation, line_.generation()) != generation)  // it died over it
      TRY_OK(owner_call("POST", "/api/v1/backups"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  complain("a backup did not come");
  return {};
}

}  // namespace lianbo::sim
