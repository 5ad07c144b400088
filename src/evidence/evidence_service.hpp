// Evidence, holds, purging, and the erasure of persons (SPEC 14).
//
// - record_evidence writes down, behind the shop's back, what the journal and the chat lines have that it has not: each
//   once, in one transaction with its cursor. Whoever places an order touches no row of it.
// - An entry is kept until evidence.days have passed from the end of its broadcast, the completion (or cancelling) of
// its
//   order, or its day; longer while a hold stands on it, on a person whose data is in it, or on the whole brand.
// - An erasure destroys the everyday keys of a person: names, logins and addresses are gone wherever they lie. What the
//   law wants kept stays sealed in the evidence under another key, which is destroyed with the last of it.
// Threads: any; the jobs of several servers follow each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "evidence/chain.hpp"

namespace lianbo::evidence {

using HoldId = Id<struct HoldTag>;
using ErasureId = Id<struct ErasureTag>;

// ---- jobs
Result<int> record_evidence(db::Database& db, const Call& call);  // how many entries
Result<int> close_segments(db::Database& db, const Call& call);   // those a day old
Result<int> purge_evidence(db::Database& db, const Call& call);   // how many subjects
Result<int> run_erasures(db::Database& db, const Call& call);     // how many moved on
// How far the journal has been read: older events are not needed any more.
Result<std::int64_t> evidence_cursor(db::Database& db);

// ---- checking and handing out
struct ChainReport {
  BrandId brand;
  std::int64_t segments = 0, entries = 0, purged = 0, wrong = 0;
  std::vector<std::string> differences;  // the first 20
};
// Every entry, digest, hash, anchor and signature, in one snapshot. brand 0: of all brands.
Result<std::vector<ChainReport>> verify_evidence(db::Database& db, BrandId brand);
std::string chain_report_json(const std::vector<ChainReport>& reports);
std::string chain_report_text(const std::vector<ChainReport>& reports);

struct ChainState {
  std::int64_t entries = 0, segments = 0;
  std::string head_hash, anchor, public_key;  // raw bytes
};
ChainState chain_state(db::Tx& tx, BrandId brand);
std::vector<Segment> anchors(db::Tx& tx, BrandId brand, std::int64_t after, int limit);

inline constexpr int kBundleEntries = 20'000;
struct Bundle {
  std::string json;
  std::int64_t next_seq = 0;  // 0: complete; else ask again after it
};
// The entries about an order or a broadcast with the proof that they stand in the chain: whoever has it can check it
// without this server (check_bundle, tests/e2e/evidence.py). personal: what is sealed in it, opened beside it.
Result<Bundle> export_bundle(db::Tx& tx, BrandId brand, const Subject& subject, std::int64_t after_seq, bool personal);
struct BundleCheck {
  std::int64_t entries = 0, purged = 0, segments = 0;
  std::vector<std::string> differences;
};
Result<BundleCheck> check_bundle(std::string_view json_text);

// ---- holds
struct Hold {
  HoldId id;
  BrandId brand;
  std::string kind;  // order, broadcast, person, brand
  std::int64_t subject_id = 0;
  std::string reason;
  PersonId set_by;
  Instant set_at = 0;
  PersonId released_by;
  Instant released_at = 0;
  std::string release_reason;
};
Result<Hold> set_hold(db::Tx& tx, const Call& call, BrandId brand, std::string_view kind, std::int64_t subject_id,
                      std::string_view reason);
Result<Hold> release_hold(db::Tx& tx, const Call& call, HoldId id, std::string_view reason);
Result<std::vector<Hold>> holds_of(db::Tx& tx, const Call& call, BrandId brand, bool standing_only, HoldId after,
                                   int limit);

// ---- erasure
struct Erasure {
  ErasureId id;
  PersonId person;
  BrandId brand;     // 0: everywhere, with the account
  BrandId asked_by;  // whose staff asked; 0: the person
  PersonId requested_by;
  std::string reason;
  std::string state;  // waiting; partly: erased but for evidence that must be kept; done
  Instant requested_at = 0, erased_at = 0, done_at = 0;
};
// What evidence holds of a person, and until when.
struct Kept {
  BrandId brand;
  Subject subject;
  Instant due_at = 0;  // 0: not ended yet
  bool held = false;
};
struct ErasureView {
  std::vector<OrderId> waits_for;       // orders under way: their address is needed
  std::vector<std::string> blocked_by;  // roles that must end first: "staff", "agent"
  std::int64_t orders_kept = 0, broadcasts_kept = 0, held = 0;
  Instant kept_until = 0;   // the last of them; 0: none, or one has not ended yet
  bool open_ended = false;  // one has not ended yet, or is held
};
// What an erasure would do, or has done. brand 0: everywhere.
Result<ErasureView> erasure_view(db::Tx& tx, const Call& call, PersonId person, BrandId brand);
std::string erasure_json(const Call& call, const std::optional<Erasure>& erasure, const ErasureView& view);

// Carried out a minute later at the earliest (what is under way comes to its end), and not before the person's orders
// are through.
inline constexpr DurationMs kErasureDelayMs = kMinuteMs;
struct Requested {
  Erasure erasure;
  std::string receipt;  // "": there was such a request already; the receipt was told then
};
// brand 0: the caller's own account, everywhere. Else staff that operates the brand, for one of its buyers; when they
// have nothing to do with any other brand, their account is erased with it.
Result<Requested> request_erasure(db::Tx& tx, const Call& call, PersonId person, BrandId brand,
                                  std::string_view reason);
Result<Erasure> erasure_of_receipt(db::Tx& tx, std::string_view receipt);
Result<std::vector<Erasure>> erasures_at(db::Tx& tx, const Call& call, BrandId brand, ErasureId after, int limit);

// ---- one's own data, and a buyer's for staff
// Everything the server keeps of the caller, as one JSON object.
Result<std::string> own_data(db::Tx& tx, const Call& call);
// For staff that operates the brand; writes the audit row. not_found: nothing to do with this brand.
Result<std::string> buyer_json(db::Tx& tx, const Call& call, BrandId brand, PersonId person);
Result<PersonId> find_buyer(db::Tx& tx, const Call& call, BrandId brand, std::string_view login);

}  // namespace lianbo::evidence
