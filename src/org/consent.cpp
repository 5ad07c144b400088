#include "org/consent.hpp"

namespace lianbo::org {
namespace {

const db::Sql kShows{"org.shows_purchases", "select show_purchases from persons where id = $1"};
const db::Sql kShow{"org.show_purchases", "update persons set show_purchases = $2 where id = $1"};

}  // namespace

bool shows_purchases(db::Tx& tx, PersonId person) { return tx.number(kShows, {person}) != 0; }
void show_purchases(db::Tx& tx, PersonId person, bool show) { tx.exec(kShow, {person, show ? 1 : 0}); }

}  // namespace lianbo::org
