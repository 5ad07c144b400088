#include "evidence/evidence_store.hpp"

#include "base/check.hpp"
#include "db/together.hpp"

namespace lianbo::evidence::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;

#define HEAD_COLUMNS "brand_id, seq, hash, segment, first_seq, prev_hash, opened_at, anchor"
const Sql kMakeHead{"evidence.make_head", "insert into evidence_heads (" HEAD_COLUMNS
                                          ") values ($1, 0, $2, 1, 1, $2, $3, $4) on conflict do nothing"};
const Sql kLockHead{"evidence.lock_head",
                    "update evidence_heads set seq = seq where brand_id = $1 returning " HEAD_COLUMNS};
const Sql kHead{"evidence.head", "select " HEAD_COLUMNS " from evidence_heads where brand_id = $1"};
const Sql kSaveHead{"evidence.save_head",
                    "update evidence_heads set seq = $2, hash = $3, segment = $4, first_seq = $5, prev_hash = $6, "
                    "opened_at = $7, anchor = $8 where brand_id = $1"};
const Sql kBrands{"evidence.brands",
                  "select brand_id from evidence_heads where brand_id > $1 order by brand_id limit $2"};
const Sql kToClose{"evidence.to_close",
                   "select brand_id from evidence_heads where opened_at <= $1 and seq >= first_seq "
                   "order by brand_id limit $2"};
#define ENTRY_COLUMNS "brand_id, seq, segment, kind, subject_kind, subject_id, at, digest, hash, record"
const Sql kAddEntry{"evidence.add_entry", "insert into evidence_entries (" ENTRY_COLUMNS
                                          ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
const db::Together kAddEntryTogether{kAddEntry, db::Together::How::later};
const Sql kEntries{"evidence.entries",
                   "select " ENTRY_COLUMNS
                   " from evidence_entries where brand_id = $1 and seq > $2 and seq <= $3 order by seq limit $4"};
const Sql kAbout{"evidence.entries_about",
                 "select " ENTRY_COLUMNS
                 " from evidence_entries where brand_id = $1 and subject_kind = $2 and subject_id = $3 and seq > $4 "
                 "order by seq limit $5"};
const Sql kDigests{"evidence.digests",
                   "select digest from evidence_entries where brand_id = $1 and seq >= $2 and seq <= $3 order by seq "
                   "limit 100000"};
#define SEGMENT_COLUMNS \
  "brand_id, segment, first_seq, last_seq, prev_hash, last_hash, closed_at, anchor, signature, purged_at"
const Sql kAddSegment{"evidence.add_segment",
                      "insert into evidence_segments (brand_id, segment, first_seq, last_seq, prev_hash, last_hash, "
                      "closed_at, anchor, signature) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
const Sql kSegments{"evidence.segments",
                    "select " SEGMENT_COLUMNS
                    " from evidence_segments where brand_id = $1 and segment > $2 order by segment limit $3"};
const Sql kSegment{"evidence.segment",
                   "select " SEGMENT_COLUMNS " from evidence_segments where brand_id = $1 and segment = $2"};

const Sql kPutSubject{
    "evidence.put_subject",
    "insert into evidence_subjects (brand_id, kind, id, ended_at, due_at) values "
    "($1, $2, $3, $4, $5) on conflict (brand_id, kind, id) do update set "
    "ended_at = coalesce(excluded.ended_at, evidence_subjects.ended_at), "
    "due_at = coalesce(excluded.due_at, evidence_subjects.due_at) "
    "where excluded.ended_at is not null"};  // of a room on the air nothing changes: no row is written
const Sql kPutPerson{"evidence.put_person",
                     "insert into evidence_people (person_id, brand_id, kind, subject_id) values ($1, $2, $3, $4) "
                     "on conflict do nothing"};
const db::Together kPutSubjectTogether{kPutSubject, db::Together::How::later};
const db::Together kPutPersonTogether{kPutPerson, db::Together::How::later};
// A hold on the subject, on everything of the brand, or on a person whose data is in it.
#define HELD                                                                                                        \
  "exists (select 1 from legal_holds h where h.brand_id = s.brand_id and h.released_at is null and "                \
  "((h.kind = s.kind and h.subject_id = s.id) or h.kind = 'brand' or (h.kind = 'person' and exists (select 1 from " \
  "evidence_people p where p.person_id = h.subject_id and p.brand_id = s.brand_id and p.kind = s.kind and "         \
  "p.subject_id = s.id))))"
const Sql kDue{"evidence.due",
               "select s.brand_id, s.kind, s.id from evidence_subjects s where s.due_at <= $1 and not " HELD
               " order by s.due_at, s.id limit $2"};
const Sql kIsHeld{"evidence.is_held",
                  "select 1 from evidence_subjects s where s.brand_id = $1 and s.kind = $2 and s.id = $3 and " HELD};
const Sql kPurgeEntries{"evidence.purge_entries",
                        "update evidence_entries set record = null where brand_id = $1 and subject_kind = $2 and "
                        "subject_id = $3 and record is not null returning segment"};
const Sql kForgetPeople{"evidence.forget_people",
                        "delete from evidence_people where brand_id = $1 and kind = $2 and subject_id = $3"};
const Sql kForgetSubject{"evidence.forget_subject",
                         "delete from evidence_subjects where brand_id = $1 and kind = $2 and id = $3"};
const Sql kUnpurged{"evidence.unpurged",
                    "select 1 from evidence_entries where brand_id = $1 and seq >= $2 and seq <= $3 and record is not "
                    "null limit 1"};
const Sql kDropEntries{"evidence.drop_entries",
                       "delete from evidence_entries where brand_id = $1 and seq >= $2 and seq <= $3"};
const Sql kSetPurged{"evidence.set_purged",
                     "update evidence_segments set purged_at = $3 where brand_id = $1 and segment = $2"};
const Sql kHasEvidence{"evidence.has_evidence",
                       "select 1 from evidence_people where person_id = $1 and brand_id = $2 limit 1"};
const Sql kKept{"evidence.kept_of",
                "select s.brand_id, s.kind, s.id, s.due_at, case when " HELD
                " then 1 else 0 end from evidence_people q join evidence_subjects s on s.brand_id = q.brand_id and "
                "s.kind = q.kind and s.id = q.subject_id where q.person_id = $1 and (q.brand_id = $2 or $2 = 0) "
                "order by s.brand_id, s.kind, s.id limit $3"};

#define HOLD_COLUMNS "id, brand_id, kind, subject_id, reason, set_by, set_at, released_by, released_at, release_reason"
const Sql kAddHold{"evidence.add_hold",
                   "insert into legal_holds (id, brand_id, kind, subject_id, reason, set_by, set_at) values "
                   "($1, $2, $3, $4, $5, $6, $7)"};
const Sql kFindHold{"evidence.find_hold", "select " HOLD_COLUMNS " from legal_holds where id = $1"};
const Sql kReleaseHold{"evidence.release_hold",
                       "update legal_holds set released_by = $2, released_at = $3, release_reason = $4 "
                       "where id = $1 and released_at is null"};
const Sql kHolds{
    "evidence.holds",
    "select " HOLD_COLUMNS
    " from legal_holds where brand_id = $1 and id > $2 and (released_at is null or cast($3 as bigint) = 0) "
    "order by id limit $4"};

#define ERASURE_COLUMNS \
  "id, person_id, brand_id, asked_brand_id, requested_by, reason, state, requested_at, erased_at, done_at"
const Sql kAddErasure{
    "erasure.add",
    "insert into erasures (id, person_id, brand_id, asked_brand_id, receipt_sha256, requested_by, reason, "
    "state, requested_at) values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8)"};
const Sql kFindErasure{"erasure.find", "select " ERASURE_COLUMNS " from erasures where id = $1"};
const Sql kErasureOfReceipt{"erasure.of_receipt", "select " ERASURE_COLUMNS " from erasures where receipt_sha256 = $1"};
const Sql kOpenErasure{
    "erasure.open_of",
    "select " ERASURE_COLUMNS
    " from erasures where person_id = $1 and brand_id = $2 and state = 'waiting' order by id limit 1"};
const Sql kOpenErasures{
    "erasure.open", "select " ERASURE_COLUMNS " from erasures where state <> 'done' and id > $1 order by id limit $2"};
const Sql kErasuresOf{"erasure.of_person",
                      "select " ERASURE_COLUMNS " from erasures where person_id = $1 order by id limit $2"};
const Sql kErasuresAt{"erasure.at_brand", "select " ERASURE_COLUMNS
                                          " from erasures where asked_brand_id = $1 and id > $2 order by id limit $3"};
const Sql kSetErasure{"erasure.set", "update erasures set state = $2, erased_at = $3, done_at = $4 where id = $1"};

const Sql kReadings{"evidence.readings",
                    "select brand_id, action, at from audit where subject_kind = $1 and subject_id = $2 and action in "
                    "('order.read_address', 'lock.read', 'person.read', 'evidence.export') order by id limit $3"};

Subject subject_in(const Row& r, int kind, int id) {
  const auto k = parse_subject_kind(r.text(kind));
  CHECK(k.has_value());
  return {*k, r.integer(id)};
}
Head read_head(const Row& r) {
  Head h;
  h.brand = r.id<BrandId>(0);
  h.seq = r.integer(1);
  h.hash = r.str(2);
  h.segment = r.integer(3);
  h.first_seq = r.integer(4);
  h.prev_hash = r.str(5);
  h.opened_at = r.integer(6);
  h.anchor = r.str(7);
  return h;
}
Entry read_entry(const Row& r) {
  return {r.id<BrandId>(0),
          r.integer(1),
          r.integer(2),
          r.str(3),
          subject_in(r, 4, 5),
          r.integer(6),
          r.str(7),
          r.str(8),
          r.is_null(9) ? std::nullopt : std::optional(r.str(9))};
}
Segment read_segment(const Row& r) {
  return {r.id<BrandId>(0), r.integer(1), r.integer(2), r.integer(3), r.str(4),
          r.str(5),         r.integer(6), r.str(7),     r.str(8),     r.integer(9)};
}
Hold read_hold(const Row& r) {
  return {r.id<HoldId>(0),   r.id<BrandId>(1), r.str(2),          r.integer(3), r.str(4),
          r.id<PersonId>(5), r.integer(6),     r.id<PersonId>(7), r.integer(8), r.str(9)};
}
Erasure read_erasure(const Row& r) {
  return {r.id<ErasureId>(0), r.id<PersonId>(1), r.id<BrandId>(2), r.id<BrandId>(3), r.id<PersonId>(4),
          r.str(5),           r.str(6),          r.integer(7),     r.integer(8),     r.integer(9)};
}
Param instant_or_null(Instant at) { return at == 0 ? Param(nullptr) : Param(at); }

}  // namespace

Head lock_head(db::Tx& tx, BrandId brand, Instant now) {
  const std::string hash = first_hash(brand), anchor = first_anchor();
  tx.exec(kMakeHead, {brand, Param::blob(hash), now, Param::blob(anchor)});
  std::optional<Head> out;
  tx.each(kLockHead, {brand}, [&](const Row& r) { out = read_head(r); });
  CHECK(out.has_value());
  return *out;
}
std::optional<Head> head(db::Tx& tx, BrandId brand) { return tx.one(kHead, {brand}, read_head); }
void save_head(db::Tx& tx, const Head& h) {
  tx.exec(kSaveHead, {h.brand, h.seq, Param::blob(h.hash), h.segment, h.first_seq, Param::blob(h.prev_hash),
                      h.opened_at, Param::blob(h.anchor)});
}
std::vector<BrandId> brands(db::Tx& tx, BrandId after, int limit) {
  return tx.all(kBrands, {after.value, limit}, [](const Row& r) { return r.id<BrandId>(0); });
}
std::vector<BrandId> to_close(db::Tx& tx, Instant opened_before, int limit) {
  return tx.all(kToClose, {opened_before, limit}, [](const Row& r) { return r.id<BrandId>(0); });
}
void add_entry(db::Tx& tx, const Entry& e) {
  tx.exec(kAddEntry, {e.brand, e.seq, e.segment, e.kind, kind_name(e.subject.kind), e.subject.id, e.at,
                      Param::blob(e.digest), Param::blob(e.hash), *e.record});
}
std::vector<Entry> entries(db::Tx& tx, BrandId brand, std::int64_t after, std::int64_t upto, int limit) {
  return tx.all(kEntries, {brand, after, upto, limit}, read_entry);
}
std::vector<Entry> entries_about(db::Tx& tx, BrandId brand, const Subject& s, std::int64_t after, int limit) {
  return tx.all(kAbout, {brand, kind_name(s.kind), s.id, after, limit}, read_entry);
}
std::vector<std::string> digests(db::Tx& tx, BrandId brand, std::int64_t first, std::int64_t last) {
  return tx.all(kDigests, {brand, first, last}, [](const Row& r) { return r.str(0); });
}
void add_segment(db::Tx& tx, const Segment& s) {
  tx.exec(kAddSegment, {s.brand, s.segment, s.first_seq, s.last_seq, Param::blob(s.prev_hash), Param::blob(s.last_hash),
                        s.closed_at, Param::blob(s.anchor), Param::blob(s.signature)});
}
std::vector<Segment> segments(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return tx.all(kSegments, {brand, after, limit}, read_segment);
}
std::optional<Segment> segment(db::Tx& tx, BrandId brand, std::int64_t number) {
  return tx.one(kSegment, {brand, number}, read_segment);
}

void put_subject(db::Tx& tx, BrandId brand, const Subject& s, Instant ended_at, Instant due_at) {
  tx.exec(kPutSubject, {brand, kind_name(s.kind), s.id, instant_or_null(ended_at), instant_or_null(due_at)});
}
void put_person(db::Tx& tx, PersonId person, BrandId brand, const Subject& s) {
  tx.exec(kPutPerson, {person, brand, kind_name(s.kind), s.id});
}
std::vector<Due> due_subjects(db::Tx& tx, Instant now, int limit) {
  return tx.all(kDue, {now, limit}, [](const Row& r) { return Due{r.id<BrandId>(0), subject_in(r, 1, 2)}; });
}
bool is_held(db::Tx& tx, BrandId brand, const Subject& s) {
  return tx.exists(kIsHeld, {brand, kind_name(s.kind), s.id});
}
std::vector<std::int64_t> purge(db::Tx& tx, const Due& due) {
  std::vector<std::int64_t> segments;
  tx.each(kPurgeEntries, {due.brand, kind_name(due.subject.kind), due.subject.id}, [&](const Row& r) {
    if (segments.empty() || segments.back() != r.integer(0)) segments.push_back(r.integer(0));
  });
  tx.exec(kForgetPeople, {due.brand, kind_name(due.subject.kind), due.subject.id});
  tx.exec(kForgetSubject, {due.brand, kind_name(due.subject.kind), due.subject.id});
  return segments;
}
bool drop_segment_if_purged(db::Tx& tx, BrandId brand, std::int64_t number, Instant now) {
  const auto s = segment(tx, brand, number);
  if (!s || s->purged_at != 0 || tx.exists(kUnpurged, {brand, s->first_seq, s->last_seq})) return false;
  tx.exec(kDropEntries, {brand, s->first_seq, s->last_seq});
  tx.exec(kSetPurged, {brand, number, now});
  return true;
}
bool has_evidence(db::Tx& tx, PersonId person, BrandId brand) { return tx.exists(kHasEvidence, {person, brand}); }
std::vector<Kept> kept_of(db::Tx& tx, PersonId person, BrandId brand, int limit) {
  return tx.all(kKept, {person, brand.value, limit},
                [](const Row& r) { return Kept{r.id<BrandId>(0), subject_in(r, 1, 2), r.integer(3), r.flag(4)}; });
}

void add_hold(db::Tx& tx, const Hold& h) {
  tx.exec(kAddHold, {h.id, h.brand, h.kind, h.subject_id, h.reason, h.set_by.value, h.set_at});
}
std::optional<Hold> find_hold(db::Tx& tx, HoldId id) { return tx.one(kFindHold, {id}, read_hold); }
bool release_hold(db::Tx& tx, HoldId id, PersonId by, std::string_view reason, Instant now) {
  return tx.exec(kReleaseHold, {id, by.value, now, reason}) == 1;
}
std::vector<Hold> holds_of(db::Tx& tx, BrandId brand, bool standing_only, HoldId after, int limit) {
  return tx.all(kHolds, {brand, after.value, standing_only ? 1 : 0, limit}, read_hold);
}

void add_erasure(db::Tx& tx, const Erasure& e, std::string_view receipt_sha256) {
  tx.exec(kAddErasure, {e.id, e.person, e.brand.value, e.asked_by.value, Param::blob(receipt_sha256),
                        e.requested_by.value, e.reason, e.requested_at});
}
std::optional<Erasure> find_erasure(db::Tx& tx, ErasureId id) { return tx.one(kFindErasure, {id}, read_erasure); }
std::optional<Erasure> erasure_of_receipt(db::Tx& tx, std::string_view receipt_sha256) {
  return tx.one(kErasureOfReceipt, {Param::blob(receipt_sha256)}, read_erasure);
}
std::optional<Erasure> open_erasure(db::Tx& tx, PersonId person, BrandId brand) {
  return tx.one(kOpenErasure, {person, brand.value}, read_erasure);
}
std::vector<Erasure> open_erasures(db::Tx& tx, ErasureId after, int limit) {
  return tx.all(kOpenErasures, {after.value, limit}, read_erasure);
}
std::vector<Erasure> erasures_of(db::Tx& tx, PersonId person, int limit) {
  return tx.all(kErasuresOf, {person, limit}, read_erasure);
}
std::vector<Erasure> erasures_at(db::Tx& tx, BrandId brand, ErasureId after, int limit) {
  return tx.all(kErasuresAt, {brand, after.value, limit}, read_erasure);
}
void set_erasure(db::Tx& tx, const Erasure& e) {
  tx.exec(kSetErasure, {e.id, e.state, instant_or_null(e.erased_at), instant_or_null(e.done_at)});
}

std::vector<Reading> readings_of(db::Tx& tx, std::string_view subject_kind, std::int64_t subject_id, int limit) {
  return tx.all(kReadings, {subject_kind, subject_id, limit},
                [](const Row& r) { return Reading{r.id<BrandId>(0), r.str(1), r.integer(2)}; });
}

}  // namespace lianbo::evidence::store
