#include "evidence/chain.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"

namespace lianbo::evidence {
namespace {
constexpr std::size_t kShown = 20;
constexpr std::string_view kKinds[] = {"order", "broadcast", "day"};

std::string number(std::int64_t n) { return std::to_string(n); }
}  // namespace

std::string_view kind_name(SubjectKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::optional<SubjectKind> parse_subject_kind(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kKinds); ++i)
    if (kKinds[i] == name) return static_cast<SubjectKind>(i);
  return std::nullopt;
}
Subject day_of(Instant at) { return {SubjectKind::day, at / kDayMs}; }

std::string first_hash(BrandId brand) { return sha256("lianbo evidence " + brand.text()); }

std::string record_of(const Draft& d, std::int64_t seq, std::string_view salt) {
  JsonWriter w;
  w.begin().field("brand_id", d.brand).field("seq", seq).field("kind", d.kind);
  w.field("subject_kind", kind_name(d.subject.kind)).key("subject_id");
  if (d.subject.kind == SubjectKind::day)
    w.value(d.subject.id);
  else
    w.value(id_text(d.subject.id));
  w.field("person_id", d.person).field_at("at", d.at).field("salt", to_hex(salt));
  w.key("body").raw(d.body.empty() ? std::string_view("{}") : std::string_view(d.body));
  if (!d.personal.empty()) w.field("personal", d.personal);
  w.end();
  return w.take();
}

std::string chained(std::string_view hash_before, std::string_view digest) {
  return sha256(std::string(hash_before) + std::string(digest));
}

Entry make_entry(const Draft& d, std::int64_t seq, std::int64_t segment, std::string_view hash_before,
                 std::string_view salt) {
  Entry e{d.brand, seq, segment, d.kind, d.subject, d.at, {}, {}, record_of(d, seq, salt)};
  e.digest = sha256(*e.record);
  e.hash = chained(hash_before, e.digest);
  return e;
}

std::string first_anchor() { return std::string(32, '\0'); }

std::string anchor_text(const Segment& s, std::string_view anchor_before) {
  return "lianbo anchor\n" + to_hex(anchor_before) + "\n" + s.brand.text() + "\n" + number(s.segment) + "\n" +
         number(s.first_seq) + "\n" + number(s.last_seq) + "\n" + to_hex(s.prev_hash) + "\n" + to_hex(s.last_hash) +
         "\n" + number(s.closed_at) + "\n";
}
std::string anchor_of(const Segment& s, std::string_view anchor_before) {
  return sha256(anchor_text(s, anchor_before));
}

ChainCheck::ChainCheck(BrandId brand, std::string public_key)
    : brand_(brand), public_key_(std::move(public_key)), anchor_(first_anchor()), hash_(first_hash(brand)) {}

void ChainCheck::differs(std::string what) {
  ++wrong_;
  if (differences_.size() < kShown) differences_.push_back(std::move(what));
}

void ChainCheck::segment(const Segment& s) {
  const std::string name = "segment " + number(s.segment);
  ++segments_;
  if (s.segment != number_ + 1) differs(name + " follows segment " + number(number_));
  if (s.first_seq != seq_ + 1)
    differs(name + " begins with entry " + number(s.first_seq) + ", expected " + number(seq_ + 1));
  if (s.last_seq < s.first_seq) differs(name + " ends before it begins");
  if (s.prev_hash != hash_) differs(name + " is not chained to what stands before it");
  if (s.anchor != anchor_of(s, anchor_)) differs(name + " does not fit its anchor");
  if (!public_key_.empty() && !verify_bytes(public_key_, s.anchor, s.signature))
    differs(name + " has an anchor that this server did not sign");
  number_ = s.segment;
  anchor_ = s.anchor;
  current_ = s;
  in_segment_ = 0;
  hash_ = s.prev_hash;
  seq_ = s.first_seq - 1;
}

void ChainCheck::entry(const Entry& e) {
  const std::string name = "entry " + number(e.seq);
  ++entries_;
  ++in_segment_;
  if (e.seq != seq_ + 1) differs(name + " follows entry " + number(seq_));
  if (e.segment != number_) differs(name + " stands in segment " + number(e.segment) + ", expected " + number(number_));
  seq_ = e.seq;
  if (e.hash != chained(hash_, e.digest)) differs(name + " is not chained to the entry before it");
  hash_ = e.hash;
  if (!e.record) {
    ++purged_;
    return;
  }
  if (sha256(*e.record) != e.digest) {
    differs(name + " was changed after it was written");
    return;
  }
  const auto record = parse_json(*e.record);
  const auto subject = [&]() -> std::int64_t {
    if (e.subject.kind == SubjectKind::day) return get_int(*record, "subject_id");
    return parse_id_text(get_text(*record, "subject_id")).value_or(0);
  };
  if (!record || get_text(*record, "brand_id") != brand_.text() || get_int(*record, "seq") != e.seq ||
      get_text(*record, "kind") != e.kind || get_text(*record, "subject_kind") != kind_name(e.subject.kind) ||
      subject() != e.subject.id || get_instant(*record, "at") != e.at)
    differs(name + " is filed as something else than its record says");
}

void ChainCheck::end_of_segment() {
  if (!current_) return;
  const Segment& s = *current_;
  const std::string name = "segment " + number(s.segment);
  const std::int64_t all = s.last_seq - s.first_seq + 1;
  if (s.purged_at != 0 && in_segment_ == 0) {
    purged_ += all;
    entries_ += all;
  } else {
    if (in_segment_ != all) differs(name + " has " + number(in_segment_) + " entries, expected " + number(all));
    if (hash_ != s.last_hash) differs(name + " ends with another hash than it was closed with");
  }
  seq_ = s.last_seq;
  hash_ = s.last_hash;
  current_.reset();
}

void ChainCheck::open_segment(std::int64_t number_of, std::int64_t first_seq, std::string_view prev_hash) {
  if (number_of != number_ + 1)
    differs("the open segment is " + number(number_of) + ", expected " + number(number_ + 1));
  if (first_seq != seq_ + 1)
    differs("the open segment begins with entry " + number(first_seq) + ", expected " + number(seq_ + 1));
  if (prev_hash != hash_) differs("the open segment is not chained to what stands before it");
  number_ = number_of;
}

void ChainCheck::head(std::int64_t seq, std::string_view hash, std::string_view anchor) {
  if (seq != seq_) differs("the chain ends with entry " + number(seq_) + ", its head says " + number(seq));
  if (hash != hash_) differs("the chain ends with another hash than its head says");
  if (anchor != anchor_) differs("the head names another anchor than the last segment");
}

}  // namespace lianbo::evidence
