#include "share/ties.hpp"

#include <set>

namespace lianbo::share {
namespace {

using db::Row;
using db::Sql;

const Sql kOpenedMine{"share.opened_mine",
                      "select t.buyer_id from (select id from shares where sharer_id = $1 and brand_id = $2 order by "
                      "id desc limit $3) s join touches t on t.share_id = s.id where t.kind = 'share' and t.buyer_id "
                      "<> $1 limit $3"};
const Sql kIOpened{"share.i_opened",
                   "select s.sharer_id from (select share_id from touches where bucket = $1 and buyer_id = $2 and "
                   "share_id is not null order by id desc limit $4) t join shares s on s.id = t.share_id where "
                   "s.brand_id = $3 and s.sharer_id <> $2 limit $4"};

}  // namespace

std::vector<PersonId> tied_by_shares(db::Tx& tx, const Call& call, BrandId brand, PersonId person, int limit) {
  std::set<PersonId> out;
  const auto take = [&](const Row& r) {
    if (out.size() < static_cast<std::size_t>(limit)) out.insert(r.id<PersonId>(0));
  };
  tx.each(kIOpened, {call.bucket(person), person, brand, limit}, take);
  tx.each(kOpenedMine, {person, brand, limit}, take);
  return {out.begin(), out.end()};
}

}  // namespace lianbo::share
