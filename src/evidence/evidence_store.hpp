// All SQL of evidence, holds and erasures. Private to src/evidence; every function joins the Tx it is given.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "evidence/chain.hpp"
#include "evidence/evidence_service.hpp"

namespace lianbo::evidence::store {

// ---- the chain
struct Head {
  BrandId brand;
  std::int64_t seq = 0, segment = 1, first_seq = 1;
  std::string hash, prev_hash, anchor;
  Instant opened_at = 0;
};
Head lock_head(db::Tx& tx, BrandId brand, Instant now);  // made if there is none
std::optional<Head> head(db::Tx& tx, BrandId brand);
void save_head(db::Tx& tx, const Head& head);
std::vector<BrandId> brands(db::Tx& tx, BrandId after, int limit);            // that have a chain
std::vector<BrandId> to_close(db::Tx& tx, Instant opened_before, int limit);  // whose open segment has entries
void add_entry(db::Tx& tx, const Entry& entry);
std::vector<Entry> entries(db::Tx& tx, BrandId brand, std::int64_t after_seq, std::int64_t upto_seq, int limit);
std::vector<Entry> entries_about(db::Tx& tx, BrandId brand, const Subject& subject, std::int64_t after_seq, int limit);
std::vector<std::string> digests(db::Tx& tx, BrandId brand, std::int64_t first_seq, std::int64_t last_seq);
void add_segment(db::Tx& tx, const Segment& segment);
std::vector<Segment> segments(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
std::optional<Segment> segment(db::Tx& tx, BrandId brand, std::int64_t number);

// ---- subjects and people
// ended_at 0: not yet; one that has ended stays so.
void put_subject(db::Tx& tx, BrandId brand, const Subject& subject, Instant ended_at, Instant due_at);
void put_person(db::Tx& tx, PersonId person, BrandId brand, const Subject& subject);
struct Due {
  BrandId brand;
  Subject subject;
};
std::vector<Due> due_subjects(db::Tx& tx, Instant now, int limit);  // and not held
bool is_held(db::Tx& tx, BrandId brand, const Subject& subject);
// Takes the records away; in which segments they stood.
std::vector<std::int64_t> purge(db::Tx& tx, const Due& due);
// Deletes a closed segment's entries when all of them are purged; whether it did.
bool drop_segment_if_purged(db::Tx& tx, BrandId brand, std::int64_t segment, Instant now);
bool has_evidence(db::Tx& tx, PersonId person, BrandId brand);
std::vector<Kept> kept_of(db::Tx& tx, PersonId person, BrandId brand, int limit);  // brand 0: all

// ---- holds
void add_hold(db::Tx& tx, const Hold& hold);
std::optional<Hold> find_hold(db::Tx& tx, HoldId id);
bool release_hold(db::Tx& tx, HoldId id, PersonId by, std::string_view reason, Instant now);
std::vector<Hold> holds_of(db::Tx& tx, BrandId brand, bool standing_only, HoldId after, int limit);

// ---- erasures
void add_erasure(db::Tx& tx, const Erasure& erasure, std::string_view receipt_sha256);
std::optional<Erasure> find_erasure(db::Tx& tx, ErasureId id);
std::optional<Erasure> erasure_of_receipt(db::Tx& tx, std::string_view receipt_sha256);
std::optional<Erasure> open_erasure(db::Tx& tx, PersonId person, BrandId brand);  // waiting
std::vector<Erasure> open_erasures(db::Tx& tx, ErasureId after, int limit);
std::vector<Erasure> erasures_of(db::Tx& tx, PersonId person, int limit);
std::vector<Erasure> erasures_at(db::Tx& tx, BrandId brand, ErasureId after, int limit);
void set_erasure(db::Tx& tx, const Erasure& erasure);

// ---- readings by staff, from the audit
struct Reading {
  BrandId brand;
  std::string action;
  Instant at = 0;
};
std::vector<Reading> readings_of(db::Tx& tx, std::string_view subject_kind, std::int64_t subject_id, int limit);

}  // namespace lianbo::evidence::store
