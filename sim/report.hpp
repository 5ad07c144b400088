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
#define LIANBO_DAY_MATRIX(X)                                                        \
  X(regions, "Regions", "区域")                                                     \
  X(staff, "Staff besides the owner", "品牌员工（除所有者）")                       \
  X(applications, "Applied to become agents", "申请成为代理")                       \
  X(admitted, "Trained and admitted", "完成培训并转正")                             \
  X(turned_down, "Turned down", "申请被拒")                                         \
  X(rehearsals, "Private rehearsals", "内部试播")                                   \
  X(agents_suspended, "Agents suspended for some days", "停用数日的代理")           \
  X(agents_left, "Agents who left", "离开的代理")                                   \
  X(customers_handed_on, "Customers handed on to the next agent", "移交下家的客户") \
  X(follows, "Stores followed", "关注店铺")                                         \
  X(reservations, "Next broadcasts reserved", "预约下一场")                         \
  X(reminders, "Reminders taken when it began", "开播提醒送达")
#define LIANBO_DAY_OFFERS(X)                                                           \
  X(campaign_stores, "Stores a campaign was pushed to", "统一选品送达店铺")            \
  X(campaign_undone_stores, "Stores a campaign was taken back from", "撤回选品的店铺") \
  X(campaign_units, "Units sold at a campaign's price", "按选品价售出（件）")          \
  X(allotted_units, "Units allotted to stores", "分配到店的库存（件）")                \
  X(flash_prices, "Flash prices", "秒杀场次")                                          \
  X(flash_units, "Units sold at a flash price", "秒杀售出（件）")                      \
  X(prices_changed, "Orders told that a price had changed", "下单时提示价格已变")      \
  X(coupons_claimed, "Coupons claimed", "领取优惠券")                                  \
  X(coupons_used, "Coupons used", "使用优惠券")                                        \
  X(lucky_bags, "Lucky bags drawn", "开奖福袋")                                        \
  X(bag_entrants, "Entered a lucky bag", "参与福袋人次")                               \
  X(bag_winners, "Won a lucky bag", "福袋中奖人次")                                    \
  X(lines_held, "Chat lines held for a forbidden word", "违禁词拦截发言")              \
  X(lines_released, "Held lines released by the host", "主播放行")                     \
  X(lines_rejected, "Held lines rejected by the host", "主播驳回")                     \
  X(viewers_muted, "Viewers muted by an assistant", "助理禁言")
#define LIANBO_DAY_AFTERWARDS(X)                                                                \
  X(parcels, "Parcels sent", "发出包裹")                                                        \
  X(split_orders, "Orders sent in several parcels", "分包发货订单")                             \
  X(exchanges, "Goods exchanged", "换货完成")                                                   \
  X(exempt_refusals, "No-reason returns refused: exempt product", "不支持无理由退货而被拒")     \
  X(reviews, "Reviews of received lines", "收货评价")                                           \
  X(settlements, "Settlements made (agents)", "结算单（代理）")                                 \
  X(approved_runs, "Settlement runs approved by a second person", "双人复核的结算批次")         \
  X(payouts_done, "Payouts by file that went through", "批量打款成功")                          \
  X(payouts_failed, "Payouts that the bank refused", "批量打款被退")                            \
  X(transfers, "Transfers through the payment rail that arrived", "经支付通道到账的转账")       \
  X(evidence_entries, "Entries in the evidence chain", "存证链条目")                            \
  X(legal_holds, "Broadcasts under legal hold", "法务保全的场次")                               \
  X(persons_erased, "Buyers who took their data along and were erased", "带走数据并注销的买家") \
  X(events_read, "Events read by a program", "程序读取的事件")                                  \
  X(backups, "Backups made while running", "在线备份")
#define LIANBO_DAY_AMOUNTS(X)                                          \
  X(gmv_fen, "Paid by buyers", "成交额")                               \
  X(shipping_fen, "Of it for shipping", "其中运费")                    \
  X(discount_fen, "Taken off by coupons", "优惠券抵扣")                \
  X(refunded_fen, "Refunded", "已退款")                                \
  X(commission_pending_fen, "Commission, frozen", "佣金：冻结中")      \
  X(commission_available_fen, "Commission, available", "佣金：可结算") \
  X(commission_settled_fen, "Commission, settled", "佣金：已结算")     \
  X(commission_paid_fen, "Commission, paid out", "佣金：已打款")       \
  X(debt_fen, "Agents' debt from late refunds", "结算后退款形成的欠款")
#define LIANBO_DAY_LAWS(X)                                                                       \
  X(oversold_units, "Units oversold", "超卖件数")                                                \
  X(stock_difference_units, "Units of allotted SKUs unaccounted for", "分配库存不平（件）")      \
  X(ledger_difference_fen, "Ledger difference (fen)", "账本差额（分）")                          \
  X(journal_difference_fen, "Debits less credits of the export (fen)", "导出凭证借贷差额（分）") \
  X(lost_answers, "Answers lost", "丢失的应答")                                                  \
  X(wrong_landings, "Shares that landed elsewhere", "落地错误")                                  \
  X(sequence_gaps, "Gaps in what viewers got", "推送缺号")                                       \
  X(events_missed, "Events missed or told twice", "事件遗漏或重复")                              \
  X(wrong_draws, "Lucky bags whose proof fails", "福袋验证不符")                                 \
  X(untrained_on_air, "On air before the training was done", "未完成培训而开播")                 \
  X(lone_settlements, "Settlements by one person alone", "一人单独完成的结算")                   \
  X(second_reminders, "Reminders told twice", "重复提醒")                                        \
  X(customers_left_behind, "Customers left with who has left", "遗留在离开者名下的客户")         \
  X(evidence_differences, "Differences in the evidence chain", "存证链不符")                     \
  X(broken_backups, "Backups that can't be read back", "无法读回的备份")
// All of them, in the order of the JSON.
#define LIANBO_DAY_FIGURES(X) \
  LIANBO_DAY_COUNTS(X)        \
  LIANBO_DAY_MATRIX(X)        \
  LIANBO_DAY_OFFERS(X)        \
  LIANBO_DAY_AFTERWARDS(X)    \
  LIANBO_DAY_AMOUNTS(X)       \
  LIANBO_DAY_LAWS(X)

namespace lianbo::sim {

struct TopHost {
  std::string name, code;
  std::int64_t orders = 0;
  Fen amount_fen = 0;
};

// A broadcast of the day, as the day itself counted it.
struct RoomReport {
  std::string host;                                  // code
  std::int64_t begins = 0, rank = 0, worth_ppm = 0;  // minute of the day; 0: the best known host; orders per look
  std::int64_t shown = 0, visitors = 0, orders = 0;  // persons, in lists they looked down; persons; orders placed
  std::int64_t hundredth_minute = -1, thousandth_minute = -1;  // of the day, when so many had been there
};

struct DemoReport {
#define X(name, en, zh) std::int64_t name = 0;
  LIANBO_DAY_FIGURES(X)
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
  std::vector<RoomReport> rooms;  // of the day, by their beginning
  std::vector<std::string> complaints;

  // Verified, every law holds, every answer was one the day knows, and both sides counted the same.
  bool good() const;
  std::string to_json() const;
  std::string to_text(bool chinese) const;
};

// "████▌" of at most width cells, value/most of them filled in eighths.
std::string bar(double value, double most, int width);

}  // namespace lianbo::sim
