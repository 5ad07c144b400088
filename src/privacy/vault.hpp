// The vault: personal data is sealed under a key of its person, so that destroying the key erases it wherever it lies.
//
// - One key for each (person, brand, use): brand 0 is the person's own account (name, login), a brand's key seals what
//   that brand was told (addresses). `everyday` is what the shop works with, `evidence` seals the copy that the law
//   wants kept; an erasure destroys the first at once and the second when the last retention or hold has ended.
// - Keys lie in person_keys, wrapped under the server's master key, which lies in a file and never in the database. A
//   sealed text names its key; one whose key is gone opens as nothing, one that was tampered with does too.
// - Sealing binds to a purpose ("order.address"): a sealed text that is moved to another row or person doesn't open.
// - The master key is the process's: one process serves one database. Set it before threads start.
// Threads: any, once the master key is set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "base/crypto.hpp"
#include "db/db.hpp"

namespace lianbo::privacy {

// ---- the server's own key
void use_master_key(std::string_view key);  // 32 bytes; "" takes it away
bool has_master_key();
// A key for one purpose, made from the master key; always the same. CHECKs that there is a master key.
std::string derived_key(std::string_view purpose);
// What a text is found by when the text itself is sealed: equal texts give equal digests, which tell nothing.
std::string lookup_digest(std::string_view purpose, std::string_view text);
// Sealed for the server, not for a person: webhook secrets, kept answers.
std::string seal_for_server(std::string_view purpose, std::string_view text, Random& random);
std::optional<std::string> open_for_server(std::string_view purpose, std::string_view sealed);

// Where the master key's file is: the setting, else beside the SQLite file (lianbo.db.key), else ./lianbo.key.
std::string key_file(const Settings& settings);
enum class Need {
  must,      // key_missing when the file is not there or is another database's
  if_there,  // go on without: for commands that read no personal data
};
// Reads the file and sets the master key. A database that has sealed nothing yet gets a new file (mode 0600).
Status open_master_key(db::Database& db, const Settings& settings, Random& random, Need need);

// ---- keys of persons
enum class Use { everyday, evidence };
std::string_view use_name(Use use);

struct PersonKey {
  PersonId person;
  BrandId brand;  // 0: the person's account
  Use use = Use::everyday;
  std::string id;       // 8 bytes; names the key in what it sealed
  std::string bytes;    // the key itself
  std::string wrapped;  // as person_keys has it
};
PersonKey new_key(PersonId person, BrandId brand, Use use, Random& random);
void keep_key(db::Tx& tx, const PersonKey& key, Instant at);  // keeps one that is there already
std::optional<PersonKey> find_key(db::Tx& tx, PersonId person, BrandId brand, Use use);
PersonKey person_key(db::Tx& tx, const Call& call, PersonId person, BrandId brand, Use use);  // made if there is none
// False: there was none.
bool destroy_key(db::Tx& tx, PersonId person, BrandId brand, Use use);
// The brands at which the person has a key of that use; the account is brand 0.
std::vector<BrandId> brands_with_key(db::Tx& tx, PersonId person, Use use);

// ---- what they seal
// A sealed text beside its wrapped key, as one row gives both: opens without another read.
//   select …, address_sealed, (select k.wrapped from person_keys k where k.person_id = o.buyer_id
//     and k.brand_id = o.brand_id and k.purpose = 'everyday') from orders o
struct Sealed {
  PersonId person;
  BrandId brand;
  Use use = Use::everyday;
  std::string text;     // "": nothing was sealed
  std::string wrapped;  // "": the key is destroyed

  // Nothing: erased (or never sealed). `purpose` is the one it was sealed for.
  std::optional<std::string> open(std::string_view purpose) const;
};
Sealed seal(const PersonKey& key, std::string_view purpose, std::string_view text, Random& random);
std::optional<std::string> open(const PersonKey& key, std::string_view purpose, std::string_view sealed);

}  // namespace lianbo::privacy
