#include "privacy/vault.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/check.hpp"
#include "base/log.hpp"
#include "db/together.hpp"

namespace lianbo::privacy {
namespace {

using db::Param;
using db::Row;
using db::Sql;

const Sql kKeepKey{"privacy.keep_key",
                   "insert into person_keys (person_id, brand_id, purpose, wrapped, created_at) values "
                   "($1, $2, $3, $4, $5) on conflict do nothing"};
// For a crowd: the key that is found to be there already makes everybody run alone.
const db::Together kKeepKeyTogether{kKeepKey, db::Together::How::later,
                                    "insert into person_keys (person_id, brand_id, purpose, wrapped, created_at) "
                                    "values ($1, $2, $3, $4, $5)"};
// Where nobody asks whether it was there: a row of many.
const Sql kKeepKeys{"privacy.keep_keys",
                    "insert into person_keys (person_id, brand_id, purpose, wrapped, created_at) values "
                    "($1, $2, $3, $4, $5) on conflict do nothing"};
const db::Together kKeepKeysTogether{kKeepKeys, db::Together::How::later};
const Sql kFindKey{"privacy.find_key",
                   "select wrapped from person_keys where person_id = $1 and brand_id = $2 and purpose = $3"};
const Sql kDestroyKey{"privacy.destroy_key",
                      "delete from person_keys where person_id = $1 and brand_id = $2 and purpose = $3"};
const Sql kBrands{
    "privacy.brands",
    "select brand_id from person_keys where person_id = $1 and purpose = $2 order by brand_id limit 10000"};
const Sql kFingerprint{"privacy.fingerprint", "select value from server_facts where name = 'master_key'"};
const Sql kKeepFingerprint{
    "privacy.keep_fingerprint",
    "insert into server_facts (name, value) values ('master_key', $1) on conflict (name) do nothing"};

constexpr std::size_t kKeyIdBytes = 8;
constexpr char kForm = 1;  // of sealed texts: form | key id | nonce | ciphertext | tag

std::string& master() {
  static std::string key;
  return key;
}
// Derived from it when it is set: it opens each person's key, so each name that is read.
std::string& wrapping() {
  static std::string key;
  return key;
}

std::string wrap_purpose(PersonId person, BrandId brand, Use use) {
  return "person key " + person.text() + " " + brand.text() + " " + std::string(use_name(use));
}

std::optional<PersonKey> unwrap(PersonId person, BrandId brand, Use use, std::string_view wrapped) {
  if (wrapped.size() < kKeyIdBytes || !has_master_key()) return std::nullopt;
  PersonKey key{person, brand, use, std::string(wrapped.substr(0, kKeyIdBytes)), {}, std::string(wrapped)};
  if (!open_bytes(wrapping(), wrap_purpose(person, brand, use), wrapped.substr(kKeyIdBytes), key.bytes))
    return std::nullopt;
  return key;
}

std::string fingerprint() { return to_hex(derived_key("fingerprint")).substr(0, 16); }

Result<std::string> read_key(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text, key;
  if (!in || !std::getline(in, text)) return fail(Code::key_missing, "the file can't be read", path);
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (!from_hex(text, key) || key.size() != kSealKeyBytes)
    return fail(Code::key_missing, "the file must hold one line of 64 hexadecimal digits", path);
  return key;
}

// Made by one process only: whoever comes second reads what the first has written.
Status make_key(const std::string& path, Random& random) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0 && errno == EEXIST) return {};
  const std::string line = to_hex(random_bytes(random, kSealKeyBytes)) + "\n";
  const bool written =
      fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (!written) return fail(Code::key_missing, "the key of personal data can't be written there: " + why, path);
  log_event(LogEvent::key_made, "the key of personal data is in {}", path);
  return {};
}

}  // namespace

// ---- the server's own key

void use_master_key(std::string_view key) {
  CHECK(key.empty() || key.size() == kSealKeyBytes);
  master() = std::string(key);
  wrapping() = key.empty() ? std::string() : derived_key("wrap");
}
bool has_master_key() { return !master().empty(); }

std::string derived_key(std::string_view purpose) {
  CHECK(has_master_key());
  return hmac_sha256(master(), "lianbo " + std::string(purpose));
}
std::string lookup_digest(std::string_view purpose, std::string_view text) {
  return hmac_sha256(derived_key("lookup " + std::string(purpose)), text);
}
std::string seal_for_server(std::string_view purpose, std::string_view text, Random& random) {
  return seal_bytes(derived_key("server"), purpose, text, random);
}
std::optional<std::string> open_for_server(std::string_view purpose, std::string_view sealed) {
  std::string out;
  if (!open_bytes(derived_key("server"), purpose, sealed, out)) return std::nullopt;
  return out;
}

std::string key_file(const Settings& settings) {
  if (!settings.privacy_key_file.empty()) return settings.privacy_key_file;
  std::string_view url = settings.db_url;
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return "lianbo.key";
  if (url.starts_with("sqlite:")) url.remove_prefix(7);
  return std::string(url) + ".key";
}

Status open_master_key(db::Database& db, const Settings& settings, Random& random, Need need) {
  use_master_key({});
  const std::string path = key_file(settings);
  const auto known = [&] {
    return db.read([](db::Tx& tx) -> Result<std::string> {
      return tx.one(kFingerprint, {}, [](const Row& r) { return r.str(0); }).value_or("");
    });
  };
  TRY(std::string fact, known());
  const bool there = ::access(path.c_str(), F_OK) == 0;
  if (!there && !fact.empty()) {
    if (need == Need::if_there) return {};
    return fail(Code::key_missing,
                "personal data in this database is sealed under a key whose file is not there; put the file back, or "
                "name it in privacy.key_file",
                path);
  }
  if (!there) TRY_OK(make_key(path, random));
  TRY(const std::string key, read_key(path));
  use_master_key(key);
  if (fact.empty()) {
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      tx.exec(kKeepFingerprint, {fingerprint()});
      return {};
    }));
    TRY(fact, known());
  }
  if (fact == fingerprint()) return {};
  use_master_key({});
  if (need == Need::if_there) return {};
  return fail(Code::key_missing,
              "the file holds another key than the one personal data in this database is sealed under", path);
}

// ---- keys of persons

std::string_view use_name(Use use) { return use == Use::everyday ? "everyday" : "evidence"; }

PersonKey new_key(PersonId person, BrandId brand, Use use, Random& random) {
  CHECK(has_master_key());
  PersonKey key{person, brand, use, random_bytes(random, kKeyIdBytes), random_bytes(random, kSealKeyBytes), {}};
  key.wrapped = key.id + seal_bytes(wrapping(), wrap_purpose(person, brand, use), key.bytes, random);
  return key;
}

namespace {
bool add_key(db::Tx& tx, const PersonKey& key, Instant at) {
  return tx.exec(kKeepKey, {key.person, key.brand.value, use_name(key.use), Param::blob(key.wrapped), at}) == 1;
}
}  // namespace

void keep_key(db::Tx& tx, const PersonKey& key, Instant at) {
  tx.exec(kKeepKeys, {key.person, key.brand.value, use_name(key.use), Param::blob(key.wrapped), at});
}

std::optional<PersonKey> find_key(db::Tx& tx, PersonId person, BrandId brand, Use use) {
  const auto wrapped = tx.one(kFindKey, {person, brand.value, use_name(use)}, [](const Row& r) { return r.str(0); });
  if (!wrapped) return std::nullopt;
  return unwrap(person, brand, use, *wrapped);
}

PersonKey person_key(db::Tx& tx, const Call& call, PersonId person, BrandId brand, Use use) {
  if (auto key = find_key(tx, person, brand, use)) return *std::move(key);
  CHECK(call.random != nullptr);
  PersonKey fresh = new_key(person, brand, use, *call.random);
  if (add_key(tx, fresh, call.now)) return fresh;
  const auto kept = find_key(tx, person, brand, use);  // perhaps somebody else's, who was quicker
  CHECK(kept.has_value());
  return *kept;
}

bool destroy_key(db::Tx& tx, PersonId person, BrandId brand, Use use) {
  return tx.exec(kDestroyKey, {person, brand.value, use_name(use)}) == 1;
}

std::vector<BrandId> brands_with_key(db::Tx& tx, PersonId person, Use use) {
  return tx.all(kBrands, {person, use_name(use)}, [](const Row& r) { return r.id<BrandId>(0); });
}

// ---- what they seal

Sealed seal(const PersonKey& key, std::string_view purpose, std::string_view text, Random& random) {
  std::string sealed(1, kForm);
  sealed += key.id;
  sealed += seal_bytes(key.bytes, purpose, text, random);
  return {key.person, key.brand, key.use, std::move(sealed), key.wrapped};
}

std::optional<std::string> open(const PersonKey& key, std::string_view purpose, std::string_view sealed) {
  std::string out;
  if (sealed.size() < 1 + kKeyIdBytes || sealed[0] != kForm || sealed.substr(1, kKeyIdBytes) != key.id ||
      !open_bytes(key.bytes, purpose, sealed.substr(1 + kKeyIdBytes), out))
    return std::nullopt;
  return out;
}

std::optional<std::string> Sealed::open(std::string_view purpose) const {
  if (text.empty()) return std::nullopt;
  const auto key = unwrap(person, brand, use, wrapped);
  if (!key) return std::nullopt;
  return privacy::open(*key, purpose, text);
}

}  // namespace lianbo::privacy
