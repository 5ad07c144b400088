#include "sim/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/json.hpp"
#include "sim/progress.hpp"

namespace lianbo::sim {
namespace {

// Cells on a terminal: East Asian characters take two.
int cells(std::string_view text) {
  int n = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xc0) == 0x80) continue;
    n += c >= 0xe3 && c <= 0xef ? 2 : 1;
  }
  return n;
}

std::string padded(std::string_view text, int width) {
  return std::string(text) + std::string(static_cast<std::size_t>(std::max(0, width - cells(text))), ' ');
}

struct Page {
  bool chinese;
  std::string out;

  std::string_view say(std::string_view en, std::string_view zh) const { return chinese ? zh : en; }
  void title(std::string_view en, std::string_view zh) { out += fmt::format("\n{}\n", say(en, zh)); }
  void row(std::string_view en, std::string_view zh, const std::string& value) {
    out += fmt::format("  {} {:>16}\n", padded(say(en, zh), 50), value);
  }
  void line(const std::string& text) { out += text + "\n"; }
};

}  // namespace

std::string bar(double value, double most, int width) {
  static constexpr std::array<std::string_view, 8> kParts = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (value <= 0 || most <= 0) return {};
  const auto eighths = static_cast<int>(std::min(1.0, value / most) * width * 8 + 0.5);
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  out += kParts[static_cast<std::size_t>(eighths % 8)];
  return out.empty() ? "▏" : out;
}

bool DemoReport::good() const {
  bool lawful = verify == "ok" && unexpected_answers == 0 && complaints.empty();
#define X(name, en, zh) lawful = lawful && name == 0;
  LIANBO_DAY_LAWS(X)
#undef X
  return lawful;
}

std::string DemoReport::to_json() const {
  JsonWriter w;
  w.begin();
#define X(name, en, zh) w.field(#name, name);
  LIANBO_DAY_FIGURES(X)
#undef X
  w.field("verify", verify).field("wall_s", wall_s).field("simulated_s", simulated_s);
  w.field("seed", seed).field("workers", workers).field("rooms_peak", rooms_peak).field("viewers_peak", viewers_peak);
  w.field("friendships", friendships)
      .field("products", products)
      .field("enters", enters)
      .field("kept_orders", kept_orders)
      .field("clicks", clicks);
  w.field("carts", carts).field("shares", shares).field("likes", likes).field("chat_refused", chat_refused);
  w.field("answers_checked", answers_checked).field("recoveries", recoveries).field("requests", requests);
  w.field("unexpected_answers", unexpected_answers);
  w.key("gmv_by_hour_fen").begin_list();
  for (const Fen f : gmv_by_hour) w.value(f);
  w.end_list().key("top_hosts").begin_list();
  for (const auto& h : top_hosts)
    w.begin()
        .field("code", h.code)
        .field("name", h.name)
        .field("orders", h.orders)
        .field("paid_fen", h.amount_fen)
        .end();
  w.end_list().key("rooms").begin_list();
  for (const auto& r : rooms)
    w.begin()
        .field("host", r.host)
        .field("begins", r.begins)
        .field("rank", r.rank)
        .field("worth_ppm", r.worth_ppm)
        .field("shown", r.shown)
        .field("visitors", r.visitors)
        .field("orders", r.orders)
        .field("hundredth_minute", r.hundredth_minute)
        .field("thousandth_minute", r.thousandth_minute)
        .end();
  w.end_list().key("complaints").begin_list();
  for (const auto& c : complaints) w.value(c);
  w.end_list().end();
  return w.take();
}

std::string DemoReport::to_text(bool chinese) const {
  Page page{chinese, {}};
  page.line(std::string(page.say("A sale day of the whole network", "矩阵大促日 · 战报")));
  page.line(chinese
                ? fmt::format("种子 {}，{} 位代理、{} 人、{} 条好友关系；最多同时 {} 间直播、{} 人在看。模拟 {:.1f} "
                              "天，用时 {:.1f} 秒。",
                              seed, grouped(agents), grouped(people), grouped(friendships), rooms_peak, viewers_peak,
                              static_cast<double>(simulated_s) / 86400, wall_s)
                : fmt::format("Seed {}: {} agents, {} people who share {} friendships; at most {} rooms on air and {} "
                              "viewers at a time.\n{:.1f} simulated days in {:.1f} s.",
                              seed, grouped(agents), grouped(people), grouped(friendships), rooms_peak, viewers_peak,
                              static_cast<double>(simulated_s) / 86400, wall_s));

  page.title("What happened", "经营数据");
#define X(name, en, zh) page.row(en, zh, grouped(name));
  LIANBO_DAY_COUNTS(X)
#undef X
  page.title("The network", "代理网络");
#define X(name, en, zh) page.row(en, zh, grouped(name));
  LIANBO_DAY_MATRIX(X)
  page.title("Prices and play in the rooms", "价格与直播间玩法");
  LIANBO_DAY_OFFERS(X)
  page.title("In the three weeks after", "此后三周");
  LIANBO_DAY_AFTERWARDS(X)
#undef X
  page.title("Money", "资金");
#define X(name, en, zh) page.row(en, zh, money(name));
  LIANBO_DAY_AMOUNTS(X)
#undef X

  page.title("From seeing to keeping", "转化漏斗");
  const std::array<std::tuple<std::string_view, std::string_view, std::int64_t>, 6> steps = {
      {{"shown in the hall", "大厅曝光", exposures},
       {"entered a room", "进入直播间", enters},
       {"looked at a product", "点击商品", clicks},
       {"placed an order", "下单", orders_placed},
       {"paid", "支付", orders_paid},
       {"paid, nothing sent back", "未退款成交", kept_orders}}};
  std::int64_t before = 0;
  for (const auto& [en, zh, n] : steps) {
    page.line(fmt::format(
        "  {} {:>9} {:>6}  {}", padded(page.say(en, zh), 24), grouped(n),
        before > 0 ? fmt::format("{:.1f}%", 100.0 * static_cast<double>(n) / static_cast<double>(before)) : "",
        bar(static_cast<double>(n), static_cast<double>(exposures), 40)));
    before = n;
  }

  page.title("Paid by hour", "分时成交额");
  const Fen most = *std::max_element(gmv_by_hour.begin(), gmv_by_hour.end());
  for (std::size_t hour = 0; hour < gmv_by_hour.size(); ++hour)
    page.line(fmt::format("  {:02}h {:>14}  {}", hour, money(gmv_by_hour[hour]),
                          bar(static_cast<double>(gmv_by_hour[hour]), static_cast<double>(most), 44)));

  if (!top_hosts.empty()) {
    page.title("Top hosts", "主播榜");
    for (const auto& h : top_hosts)
      page.line(
          fmt::format("  {} {:>5} {} {:>14}  {}", padded(h.name + " " + h.code, 22), h.orders, page.say("orders", "单"),
                      money(h.amount_fen),
                      bar(static_cast<double>(h.amount_fen), static_cast<double>(top_hosts.front().amount_fen), 24)));
  }

  page.title("Checks", "核对");
#define X(name, en, zh) page.row(en, zh, grouped(name));
  LIANBO_DAY_LAWS(X)
#undef X
  page.row("Verify (all rows recomputed)", "全量核对", verify == "ok" ? (chinese ? "一致" : "ok") : verify);
  page.line(
      chinese
          ? fmt::format("  复核了 {} 条服务器应答（订单、支付、讲解、分享）；期间服务器恢复 {} 次。",
                        grouped(answers_checked), recoveries)
          : fmt::format(
                "  {} answers of the server (orders, payments, pins, shares) looked up again; it came back {} times.",
                grouped(answers_checked), recoveries));
  if (!complaints.empty()) {
    page.title("Not as it should be", "异常");
    for (const auto& c : complaints) page.line("  " + c);
  }
  return page.out;
}

}  // namespace lianbo::sim
