#include "live/tally.hpp"

#include <array>
#include <string_view>

#include "db/together.hpp"

namespace lianbo::live {
namespace {

constexpr std::array<std::string_view, 9> kWhat{"exposure", "enter",  "click", "touch",   "visit",
                                                "merged",   "placed", "paid",  "refunded"};

const db::Sql kTally{
    "live.tally",
    "insert into tallies (bucket, id, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id, "
    "order_id, line, n, amount_fen, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
    "on conflict (bucket, id, what) do update set n = tallies.n + "
    "case when excluded.what in ('exposure', 'enter') then excluded.n else 0 end"};
const db::Together kTallyTogether{kTally, db::Together::How::later};

}  // namespace

void tally(db::Tx& tx, const Tally& f) {
  tx.exec(kTally, {f.bucket, f.id, kWhat.at(static_cast<std::size_t>(f.what)), f.brand.value, f.person.value,
                   f.store.value, f.broadcast.value, f.pin.value, f.share.value, f.product.value, f.order.value, f.line,
                   f.n, f.amount_fen, f.at});
}

}  // namespace lianbo::live
