// Checking the chain, and handing out parts of it with their proof.
#include <map>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "evidence/evidence_store.hpp"
#include "evidence/sealed.hpp"
#include "privacy/vault.hpp"

namespace lianbo::evidence {
namespace {

constexpr int kPage = 500;
constexpr std::int64_t kBundleVersion = 1;

std::string our_public_key() {
  return privacy::has_master_key() ? public_key(privacy::derived_key("evidence")) : std::string();
}

ChainReport check_brand(db::Tx& tx, BrandId brand, const std::string& key) {
  ChainCheck check(brand, key);
  const auto feed = [&](std::int64_t after, std::int64_t upto) {
    for (bool more = true; more;) {
      const auto page = store::entries(tx, brand, after, upto, kPage);
      for (const auto& e : page) check.entry(e);
      more = static_cast<int>(page.size()) == kPage;
      if (more) after = page.back().seq;
    }
  };
  std::int64_t number = 0;
  for (bool more = true; more;) {
    const auto page = store::segments(tx, brand, number, kPage);
    for (const auto& s : page) {
      check.segment(s);
      feed(s.first_seq - 1, s.last_seq);
      check.end_of_segment();
      number = s.segment;
    }
    more = static_cast<int>(page.size()) == kPage;
  }
  if (const auto head = store::head(tx, brand)) {
    check.open_segment(head->segment, head->first_seq, head->prev_hash);
    feed(head->first_seq - 1, INT64_MAX);
    check.head(head->seq, head->hash, head->anchor);
  }
  return {brand, check.segments(), check.entries(), check.purged(), check.wrong(), check.differences()};
}

void write_segment(JsonWriter& w, const Segment& s) {
  w.field("segment", s.segment).field("first_seq", s.first_seq).field("last_seq", s.last_seq);
  w.field("prev_hash", to_hex(s.prev_hash)).field("last_hash", to_hex(s.last_hash)).field("closed_at", s.closed_at);
  w.field("anchor", to_hex(s.anchor)).field("signature", to_hex(s.signature));
}

// What the record has sealed, as JSON; "" when there is nothing or its key is gone.
std::string opened(db::Tx& tx, const Entry& e, std::map<PersonId, std::optional<privacy::PersonKey>>& keys) {
  const auto record = parse_json(*e.record);
  if (!record || !has(*record, "personal")) return {};
  const auto person = get_id<PersonId>(*record, "person_id");
  const auto [it, fresh] = keys.try_emplace(person);
  if (fresh) it->second = privacy::find_key(tx, person, e.brand, privacy::Use::evidence);
  std::string sealed;
  if (!it->second || !from_base64(get_text(*record, "personal"), sealed)) return {};
  return privacy::open(*it->second, sealed_purpose(e.brand, e.subject), sealed).value_or("");
}

Result<std::string> hex_in(const json::value& object, std::string_view name) {
  std::string out;
  if (!from_hex(get_text(object, name), out))
    return fail(Code::invalid_field, "must be hexadecimal", std::string(name));
  return out;
}

}  // namespace

Result<std::vector<ChainReport>> verify_evidence(db::Database& db, BrandId brand) {
  const std::string key = our_public_key();
  return db.read([&](db::Tx& tx) -> Result<std::vector<ChainReport>> {
    std::vector<ChainReport> out;
    if (brand) {
      out.push_back(check_brand(tx, brand, key));
      return out;
    }
    for (BrandId after;;) {
      const auto page = store::brands(tx, after, kPage);
      for (const BrandId id : page) out.push_back(check_brand(tx, id, key));
      if (static_cast<int>(page.size()) < kPage) return out;
      after = page.back();
    }
  });
}

std::string chain_report_json(const std::vector<ChainReport>& reports) {
  JsonWriter w;
  bool ok = true;
  for (const auto& r : reports) ok = ok && r.wrong == 0;
  w.begin().field("ok", ok).key("brands").begin_list();
  for (const auto& r : reports) {
    w.begin().field("brand_id", r.brand).field("entries", r.entries).field("purged", r.purged);
    w.field("segments", r.segments).field("wrong", r.wrong).key("differences").begin_list();
    for (const auto& d : r.differences) w.value(d);
    w.end_list().end();
  }
  w.end_list().end();
  return w.take();
}

std::string chain_report_text(const std::vector<ChainReport>& reports) {
  std::string out;
  for (const auto& r : reports) {
    out += (r.wrong == 0 ? "ok     " : "WRONG  ") + r.brand.text() + "  " + std::to_string(r.entries) + " entries in " +
           std::to_string(r.segments) + " closed segments and the open one, " + std::to_string(r.purged) + " purged\n";
    for (const auto& d : r.differences) out += "       " + d + "\n";
    if (r.wrong > static_cast<std::int64_t>(r.differences.size()))
      out += "       and " + std::to_string(r.wrong - static_cast<std::int64_t>(r.differences.size())) + " more\n";
  }
  return out.empty() ? "ok     no evidence was written yet\n" : out;
}

ChainState chain_state(db::Tx& tx, BrandId brand) {
  ChainState out;
  out.public_key = our_public_key();
  out.head_hash = first_hash(brand);
  out.anchor = first_anchor();
  if (const auto head = store::head(tx, brand)) {
    out.entries = head->seq;
    out.segments = head->segment - 1;
    out.head_hash = head->hash;
    out.anchor = head->anchor;
  }
  return out;
}

std::vector<Segment> anchors(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return store::segments(tx, brand, after, limit);
}

Result<Bundle> export_bundle(db::Tx& tx, BrandId brand, const Subject& subject, std::int64_t after_seq, bool personal) {
  const auto entries = store::entries_about(tx, brand, subject, after_seq, kBundleEntries);
  if (entries.empty()) return fail(Code::not_found, "there is no evidence about this, or none after that entry");
  const auto head = store::head(tx, brand);
  if (!head) return fail(Code::not_found, "this brand has no evidence yet");
  JsonWriter w;
  w.begin().field("lianbo_evidence", kBundleVersion).field("brand_id", brand);
  w.key("subject").begin().field("kind", kind_name(subject.kind)).key("id");
  if (subject.kind == SubjectKind::day)
    w.value(subject.id);
  else
    w.value(id_text(subject.id));
  w.end().field("public_key", to_hex(our_public_key()));
  w.key("records").begin_list();
  for (const auto& e : entries) {
    w.begin().field("seq", e.seq).field("segment", e.segment).field("purged", !e.record.has_value());
    if (e.record) w.field("record", *e.record);
    w.end();
  }
  // Each segment that is concerned, with the digests of all its entries, so that its hashes can be computed.
  w.end_list().key("segments").begin_list();
  std::int64_t last = 0, first_concerned = entries.front().segment;
  for (const auto& e : entries) {
    if (e.segment == last) continue;
    last = e.segment;
    w.begin();
    Segment s;
    if (const auto closed = store::segment(tx, brand, e.segment)) {
      s = *closed;
      write_segment(w, s);
    } else {
      s.first_seq = head->first_seq;
      s.last_seq = head->seq;
      w.field("segment", head->segment).field("first_seq", head->first_seq).field("last_seq", head->seq);
      w.field("prev_hash", to_hex(head->prev_hash)).field("last_hash", to_hex(head->hash)).key("anchor").null();
    }
    w.key("digests").begin_list();
    for (const auto& digest : store::digests(tx, brand, s.first_seq, s.last_seq)) w.value(to_hex(digest));
    w.end_list().end();
  }
  // And every anchor from there to the newest, each over the one before: what an anchor kept elsewhere is compared
  // with.
  w.end_list().key("anchors").begin_list();
  if (const auto before = store::segment(tx, brand, first_concerned - 1)) {
    w.begin();
    write_segment(w, *before);
    w.end();
  }
  for (std::int64_t number = first_concerned - 1;;) {
    const auto page = store::segments(tx, brand, number, kPage);
    for (const auto& s : page) {
      w.begin();
      write_segment(w, s);
      w.end();
      number = s.segment;
    }
    if (static_cast<int>(page.size()) < kPage) break;
  }
  w.end_list();
  if (personal) {
    std::map<PersonId, std::optional<privacy::PersonKey>> keys;
    w.key("personal").begin_list();
    for (const auto& e : entries) {
      if (!e.record) continue;
      if (const auto text = opened(tx, e, keys); !text.empty())
        w.begin().field("seq", e.seq).key("opened").raw(text).end();
    }
    w.end_list();
  }
  const bool more = static_cast<int>(entries.size()) == kBundleEntries;
  w.key("next_seq");
  if (more)
    w.value(entries.back().seq);
  else
    w.null();
  w.end();
  return Bundle{w.take(), more ? entries.back().seq : 0};
}

Result<BundleCheck> check_bundle(std::string_view json_text) {
  TRY(const auto bundle, parse_json(json_text));
  if (!bundle.is_object() || get_int(bundle, "lianbo_evidence") != kBundleVersion)
    return fail(Code::invalid_field, "this is no evidence bundle of this version", "lianbo_evidence");
  BundleCheck out;
  const auto differs = [&](std::string what) { out.differences.push_back(std::move(what)); };
  const auto brand = get_id<BrandId>(bundle, "brand_id");
  TRY(const auto key, hex_in(bundle, "public_key"));
  const auto read_segment = [&](const json::value& v) -> Result<Segment> {
    Segment s;
    s.brand = brand;
    s.segment = get_int(v, "segment");
    s.first_seq = get_int(v, "first_seq");
    s.last_seq = get_int(v, "last_seq");
    s.closed_at = get_int(v, "closed_at");
    TRY(s.prev_hash, hex_in(v, "prev_hash"));
    TRY(s.last_hash, hex_in(v, "last_hash"));
    if (!has(v, "anchor")) return s;
    TRY(s.anchor, hex_in(v, "anchor"));
    TRY(s.signature, hex_in(v, "signature"));
    return s;
  };

  // The anchors: each over the one before, signed, and each segment chained to the one before.
  std::map<std::int64_t, Segment> anchored;
  std::optional<Segment> before;
  for (const auto& v : get_list(bundle, "anchors")) {
    TRY(const auto s, read_segment(v));
    const std::string name = "anchor " + std::to_string(s.segment);
    if (before &&
        (s.segment != before->segment + 1 || s.prev_hash != before->last_hash || s.first_seq != before->last_seq + 1))
      differs(name + " does not follow the one before it");
    const bool known = before.has_value() || s.segment == 1;
    if (known && s.anchor != anchor_of(s, before ? before->anchor : first_anchor()))
      differs(name + " does not fit its segment");
    if (!key.empty() && !verify_bytes(key, s.anchor, s.signature)) differs(name + " has a wrong signature");
    anchored[s.segment] = s;
    before = s;
  }

  // The segments: their hashes, computed from the digests.
  std::map<std::int64_t, std::string> digest_of;  // by number of the entry
  for (const auto& v : get_list(bundle, "segments")) {
    TRY(const auto s, read_segment(v));
    const std::string name = "segment " + std::to_string(s.segment);
    ++out.segments;
    if (!s.anchor.empty()) {
      const auto it = anchored.find(s.segment);
      if (it == anchored.end() || it->second.anchor != s.anchor || it->second.first_seq != s.first_seq ||
          it->second.last_seq != s.last_seq || it->second.prev_hash != s.prev_hash ||
          it->second.last_hash != s.last_hash)
        differs(name + " is not the one that was anchored");
    } else if (!anchored.empty() && anchored.rbegin()->second.last_hash != s.prev_hash) {
      differs(name + " is not chained to the last that was anchored");
    }
    std::string hash = s.prev_hash;
    std::int64_t seq = s.first_seq;
    for (const auto& text : get_list(v, "digests")) {
      std::string digest;
      if (!text.is_string() || !from_hex(std::string_view(text.get_string()), digest))
        return fail(Code::invalid_field, "must be hexadecimal", "digests");
      hash = chained(hash, digest);
      digest_of[seq++] = digest;
    }
    if (seq != s.last_seq + 1) differs(name + " has not the digests of all its entries");
    if (hash != s.last_hash) differs(name + " does not come to its hash");
  }

  for (const auto& v : get_list(bundle, "records")) {
    const std::int64_t seq = get_int(v, "seq");
    ++out.entries;
    const auto it = digest_of.find(seq);
    if (it == digest_of.end()) {
      differs("entry " + std::to_string(seq) + " stands in no segment of the bundle");
    } else if (get_bool(v, "purged")) {
      ++out.purged;
    } else if (sha256(get_text(v, "record")) != it->second) {
      differs("entry " + std::to_string(seq) + " was changed after it was written");
    }
  }
  return out;
}

}  // namespace lianbo::evidence
