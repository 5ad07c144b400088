#include "pay/sandbox/notices.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "base/check.hpp"
#include "base/json.hpp"
#include "pay/wechat/wire.hpp"

namespace lianbo::pay::sandbox {
namespace {

constexpr int kBatch = 64;  // notices that share one claim and one outcome commit

bool claim(db::Tx& tx, const NoticeRow& notice, Instant now) {
  const auto tried = static_cast<std::size_t>(notice.tries);
  if (tried < kNoticeRetryMs.size()) return claim_notice(tx, notice, now + kNoticeRetryMs[tried]);
  return claim_notice(tx, notice, std::nullopt);
}

}  // namespace

Status Sandbox::finish(const std::string& out_refund_no, Instant now) {
  return db_.write([&](db::Tx& tx) -> Status {
    const auto refund = finish_refund(tx, out_refund_no, now);
    if (refund && !refund->notify_url.empty())
      insert_notice(tx, refund_notice(keys_, *refund, options_.notice_copies, now + options_.notice_delay_ms));
    return {};
  });
}

Result<std::optional<TransferRow>> Sandbox::end(const std::string& out_bill_no, std::string_view state,
                                                std::string_view fail_reason, Instant now) {
  return db_.write([&](db::Tx& tx) -> Result<std::optional<TransferRow>> {
    const auto ended = end_transfer(tx, out_bill_no, state, fail_reason, now);
    if (!ended) return find_transfer(tx, out_bill_no);
    if (!ended->notify_url.empty())
      insert_notice(tx, transfer_notice(keys_, *ended, options_.notice_copies, now + options_.notice_delay_ms));
    return ended;
  });
}

OutgoingNotice Sandbox::seal_notice(const NoticeRow& notice, Instant now) {
  const std::string cipher_nonce = base62(12);
  const auto ciphertext = aead_encrypt(keys_.apiv3_key, cipher_nonce, notice.original_type, notice.resource);
  CHECK(ciphertext.has_value());  // the key's and the nonce's lengths are ours
  JsonWriter w;
  w.begin()
      .field("id", notice.event_id)
      .field("create_time", wechat_time(notice.created_at))
      .field("resource_type", "encrypt-resource")
      .field("event_type", notice.event_type)
      .field("summary", notice.summary);
  w.key("resource")
      .begin()
      .field("original_type", notice.original_type)
      .field("algorithm", "AEAD_AES_256_GCM")
      .field("ciphertext", *ciphertext)
      .field("associated_data", notice.original_type)
      .field("nonce", cipher_nonce)
      .end();
  w.end();

  OutgoingNotice out;
  out.event_id = notice.event_id;
  out.notify_url = notice.notify_url;
  out.body = w.take();
  const std::string timestamp = std::to_string(now / kSecondMs);
  const std::string nonce = base62(32);
  out.headers = signature_headers(timestamp, nonce, keys_.platform.sign(response_message(timestamp, nonce, out.body)),
                                  keys_.platform_serial);
  out.headers.emplace_back("Content-Type", "application/json");
  return out;
}

Result<Delivered> Sandbox::send_claimed(const std::vector<NoticeRow>& claimed, Instant now, const NoticeSend& send,
                                        int threads) {
  std::vector<std::size_t> sendings;  // which notice, once per copy
  for (std::size_t i = 0; i < claimed.size(); ++i)
    for (int copy = 0; copy < claimed[i].copies; ++copy) sendings.push_back(i);

  std::vector<std::atomic<bool>> answered(claimed.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t n = next++; n < sendings.size(); n = next++) {
      const int status = send(seal_notice(claimed[sendings[n]], now));
      if (status == 200 || status == 204) answered[sendings[n]] = true;
    }
  };
  std::vector<std::thread> helpers;
  const auto wanted = std::min(static_cast<std::size_t>(std::max(threads, 1)), sendings.size());
  for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(work);
  work();
  for (auto& helper : helpers) helper.join();

  Delivered out;
  out.notices = static_cast<int>(claimed.size());
  out.sendings = static_cast<int>(sendings.size());
  for (const auto& yes : answered) out.answered += yes ? 1 : 0;
  if (out.answered > 0) {
    TRY_OK(db_.write([&](db::Tx& tx) -> Status {
      for (std::size_t i = 0; i < claimed.size(); ++i)
        if (answered[i]) mark_answered(tx, claimed[i].event_id);
      return {};
    }));
  }
  return out;
}

Result<Delivered> Sandbox::deliver_due(Instant now, const NoticeSend& send, const DeliverOptions& options) {
  TRY(const auto stale, db_.read([&](db::Tx& tx) -> Result<std::vector<std::string>> {
    return stale_transfers(tx, now - kConfirmWithinMs, options.limit);
  }));
  for (const auto& out_bill_no : stale) TRY_OK(end(out_bill_no, "FAIL", kNotConfirmed, now));
  TRY(const auto refunds,
      db_.read([&](db::Tx& tx) -> Result<std::vector<std::string>> { return due_refunds(tx, now, options.limit); }));
  for (const auto& out_refund_no : refunds) TRY_OK(finish(out_refund_no, now));

  Delivered total;
  while (total.notices < options.limit) {
    const int batch = std::min(kBatch, options.limit - total.notices);
    TRY(const auto due,
        db_.read([&](db::Tx& tx) -> Result<std::vector<NoticeRow>> { return due_notices(tx, now, batch); }));
    if (due.empty()) break;
    // Claimed before it is sent: a crash in between costs one try, never two senders at once.
    TRY(const auto claimed, db_.write([&](db::Tx& tx) -> Result<std::vector<NoticeRow>> {
      std::vector<NoticeRow> taken;
      for (const auto& notice : due)
        if (claim(tx, notice, now)) taken.push_back(notice);
      return taken;
    }));
    TRY(const Delivered some, send_claimed(claimed, now, send, options.threads));
    total.notices += some.notices;
    total.sendings += some.sendings;
    total.answered += some.answered;
    if (static_cast<int>(due.size()) < batch) break;
  }
  return total;
}

Result<Instant> Sandbox::next_due_at() {
  return db_.read([](db::Tx& tx) -> Result<Instant> {
    const auto waiting = oldest_waiting_transfer(tx);
    return std::min({next_notice_at(tx).value_or(kForever), next_refund_at(tx).value_or(kForever),
                     waiting ? *waiting + kConfirmWithinMs : kForever});
  });
}

}  // namespace lianbo::pay::sandbox
