// What is told at the end of a simulated day: the figures, as JSON and as a page that a brand's owner can read, with a
// few charts of text. Figures about the brand are the server's own; what only a viewer can know (deliveries, landings)
// is counted by the simulator; where both know a figure and differ, `complaints` says so. A value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/money.hpp"

// X(field, English, Chinese): the figures of `--report`, in their order.
#define LIANBO_DAY_COUNTS(X)                                                  \
  X(agents, "Agents", "代理人数")                                             \
  X(broadcasts, "Broadcasts", "直播场次")                                     \
  X(people, "People", "人群规模")                                             \
  X(exposures, "Exposures in the hall", "大厅曝光")                           \
  X(touches, "Shares opened", "分享打开次数")                                 \
  X(locks_opened, "Buyers locked to an agent", "新锁客")                      \
  X(locks_taken_over, "Locks taken over", "锁客易主")                         \
  X(locks_protected, "Locks that held against another agent", "锁客保护生效") \
  X(orders_placed, "Orders placed", "下单")                                   \
  X(orders_paid, "Orders paid", "支付订单")                                   \
  X(sold_out_refusals, "Refused: sold out", "售罄拒单")                       \
  X(refunds, "Refunds", "退款笔数")                                           \
  X(messages_sent, "Messages sent in rooms", "直播间消息")                    \
  X(deliveries, "Messages delivered to viewers", "推送送达")                  \
  X(share_cascades, "Shares that started a tree", "分享链条数")               \
  X(cascade_depth_max, "Deepest tree", "最深分享层级")
#define LIANBO_DAY_AMOUNTS(X)                                          \
  X(gmv_fen, "Paid by buyers", "成交额")                               \
  X(refunded_fen, "Refunded", "已退款")                                \
  X(commission_pending_fen, "Commission, frozen", "佣金：冻结中")      \
  X(commission_available_fen, "Commission, available", "佣金：可结算") \
  X(commission_settled_fen, "Commission, settled", "佣金：已结算")     \
  X(commission_paid_fen, "Commission, paid out", "佣金：已打款")       \
  X(debt_fen, "Agents' debt from late refunds", "结算后退款形成的欠款")
#define LIANBO_DAY_LAWS(X)                                              \
  X(oversold_units, "Units oversold", "超卖件数")                       \
  X(ledger_difference_fen, "Ledger difference (fen)", "账本差额（分）") \
  X(lost_answers, "Answers lost", "丢失的应答")                         \
  X(wrong_landings, "Shares that landed elsewhere", "落地错误")         \
  X(sequence_gaps, "Gaps in what viewers got", "推送缺号")

namespace lianbo::sim {

struct TopHost {
  std::string name, code;
  std::int64_t orders = 0;
  Fen amount_fen = 0;
};

struct DemoReport {
#define X(name, en, zh) std::int64_t name = 0;
  LIANBO_DAY_COUNTS(X)
  LIANBO_DAY_AMOUNTS(X)
  LIANBO_DAY_LAWS(X)
#undef X
  std::string verify = "not run";  // "ok" or what differs
  double wall_s = 0;
  std::int64_t simulated_s = 0;

  std::uint64_t seed = 0;
  std::int64_t workers = 0, rooms_peak = 0, viewers_peak = 0, friendships = 0, products = 0;
  std::int64_t kept_orders = 0;  // paid, and nothing of it was refunded
  std::int64_t enters = 0, clicks = 0, carts = 0, shares = 0, likes = 0, chat_refused = 0, requests = 0;
  std::int64_t answers_checked = 0, recoveries = 0, unexpected_answers = 0;
  std::vector<Fen> gmv_by_hour = std::vector<Fen>(24, 0);  // of the sale day, local hours
  std::vector<TopHost> top_hosts;
  std::vector<std::string> complaints;

  bool good() const {
    return verify == "ok" && oversold_units == 0 && ledger_difference_fen == 0 && lost_answers == 0 &&
           wrong_landings == 0 && sequence_gaps == 0;
  }
  std::string to_json() const;
  std::string to_text(bool chinese) const;
};

// "████▌" of at most width cells, value/most of them filled in eighths.
std::string bar(double value, double most, int width);

}  // namespace lianbo::sim
