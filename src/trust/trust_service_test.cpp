// Reviews, scores, people one knows and guarantees in a whole shop, on both engines.
#include "trust/trust_service.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/json.hpp"
#include "live/live_service.hpp"
#include "net/route.hpp"
#include "org/consent.hpp"
#include "share/share_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"
#include "trust/trust_api.hpp"

namespace lianbo::trust {
namespace {

using test::must;
using test::Shop;

class Trust : public test::StoreTest {
 protected:
  Trust() : shop_(db()), anna_(shop_.agent("Anna")), mask_(shop_.item("mask", 1000, 500)) {}

  PersonId buyer() { return shop_.person("buyer" + std::to_string(++buyers_)); }
  order::Order got(PersonId by) { return shop_.delivered(by, anna_.store, {{mask_.sku, 1, {}}}); }
  Result<Review> review(PersonId by, const order::Order& o, int stars, std::string_view words = "good") {
    const Call call = shop_.as(by);
    return db().write([&](db::Tx& tx) { return write_review(tx, call, o.id, 0, stars, words); });
  }
  void log_in_on(std::int64_t device, PersonId person) {
    must(db().write([&](db::Tx& tx) -> Status {
      org::logged_in_on(tx, org::DeviceId{device}, person, shop_.now());
      return {};
    }));
  }
  Judged judged() {
    return must(db().read([&](db::Tx& tx) { return judge_store(tx, anna_.store, shop_.now()); }));
  }
  Score score() { return score_of(judged().inputs); }
  // By the route, as its caller gets it.
  Result<net::Reply> ask(const char* id, const Call& call, std::vector<std::pair<std::string, std::string>> params) {
    for (const auto& route : trust_routes())
      if (route.id == id) {
        net::Request request;
        request.params = std::move(params);
        return db().read([&](db::Tx& tx) -> Result<net::Reply> {
          TRY(auto reply, route.tx_handler(tx, call, request));
          TRY(const auto value, parse_json(reply.body));
          TRY_OK(check_shape(value, *route.gives));
          return reply;
        });
      }
    return fail(Code::not_found, "no such route");
  }

  Shop shop_;
  org::Agent anna_;
  Shop::Item mask_;
  int buyers_ = 0;
};

TEST_P(Trust, AReviewIsOfAReceivedLineByItsBuyerOnce) {
  const PersonId xiao = buyer(), other = buyer();
  const auto paid = shop_.bought(xiao, anna_.store, {{mask_.sku, 1, {}}});
  EXPECT_EQ(review(xiao, paid, 5).error().code, Code::order_state_conflict) << "nothing was received yet";
  const auto o = got(xiao);
  EXPECT_EQ(review(other, o, 5).error().code, Code::not_found) << "somebody else's order";
  EXPECT_EQ(review(xiao, o, 6).error().code, Code::invalid_field);
  EXPECT_EQ(review(xiao, o, 0).error().code, Code::invalid_field);
  ASSERT_TRUE(review(xiao, o, 4));
  EXPECT_EQ(review(xiao, o, 5).error().code, Code::conflict) << "one for each line";
  EXPECT_EQ(judged().inputs.stars, 4) << "the first stays as it was written";
  const auto back = got(xiao);
  shop_.refund(back.id, 0, 1000);
  EXPECT_EQ(review(xiao, back, 5).error().code, Code::order_state_conflict) << "all of it was given back";
}

TEST_P(Trust, AboveAListOfReviewsStandsTheSumOfAll) {
  const PersonId xiao = buyer();
  const auto o = got(xiao);
  EXPECT_TRUE(
      get_list(must(parse_json(must(ask("listOrderReviews", shop_.as(xiao), {{"order_id", o.id.text()}})).body)),
               "items")
          .empty());
  ASSERT_TRUE(review(xiao, o, 4));
  for (const int stars : {5, 5, 1}) {
    const PersonId by = buyer();
    ASSERT_TRUE(review(by, got(by), stars));
  }
  const auto told =
      must(parse_json(must(ask("listStoreReviews", shop_.as(xiao), {{"store_id", anna_.store.text()}})).body));
  EXPECT_EQ(get_int(get_object(told, "summary"), "count"), 4);
  EXPECT_EQ(get_int(get_object(told, "summary"), "stars"), 15);
  std::vector<std::int64_t> by_star;
  for (const auto& n : get_list(get_object(told, "summary"), "by_star")) by_star.push_back(n.as_int64());
  EXPECT_EQ(by_star, (std::vector<std::int64_t>{1, 0, 0, 1, 2}));
  EXPECT_EQ(get_text(get_list(told, "items")[0], "store_name"),
            must(db().read([&](db::Tx& tx) { return org::find_store(tx, anna_.store); })).name);

  const auto mine = must(parse_json(must(ask("listOrderReviews", shop_.as(xiao), {{"order_id", o.id.text()}})).body));
  ASSERT_EQ(get_list(mine, "items").size(), 1u);
  EXPECT_EQ(get_int(get_list(mine, "items")[0], "stars"), 4);
  EXPECT_EQ(ask("listOrderReviews", shop_.as(buyer()), {{"order_id", o.id.text()}}).error().code, Code::not_found)
      << "somebody else's order";

  const auto scores =
      must(parse_json(must(ask("listScores", shop_.owner(), {{"brand_id", shop_.brand().text()}})).body));
  bool found = false;
  for (const auto& row : get_list(scores, "items"))
    if (get_text(row, "store_id") == anna_.store.text()) {
      found = true;
      EXPECT_EQ(get_int(row, "rated_lines"), 4);
      EXPECT_EQ(get_int(row, "score"), score().score) << "the same as on its own page";
    }
  EXPECT_TRUE(found);
}

TEST_P(Trust, WhoRunsTheServerSaysWhoseBrandItIs) {
  const auto say = [&](const Call& call, std::string_view as) {
    return db().write([&](db::Tx& tx) { return org::verify_brand(tx, call, shop_.brand(), as); });
  };
  EXPECT_EQ(say(shop_.owner(), "我们自己").error().code, Code::forbidden) << "nobody vouches for themselves";
  Call operator_call = shop_.owner();
  operator_call.caller = {};
  operator_call.caller.guest = false;
  operator_call.caller.system = true;
  const auto brand = [&] { return must(db().read([&](db::Tx& tx) { return org::find_brand(tx, shop_.brand()); })); };
  EXPECT_EQ(brand().verified_as, "");
  must(say(operator_call, "杭州某某有限公司"));
  EXPECT_EQ(brand().verified_as, "杭州某某有限公司");
  EXPECT_EQ(brand().verified_at, shop_.now());
  must(say(operator_call, ""));
  EXPECT_EQ(brand().verified_as, "");
  EXPECT_EQ(brand().verified_at, 0);
}

TEST_P(Trust, AReviewMayHaveLines) {
  const PersonId xiao = buyer();
  const auto o = got(xiao);
  EXPECT_EQ(db().write([&, call = shop_.as(xiao)](db::Tx& tx) { return write_review(tx, call, o.id, 0, 5, "好\x01"); })
                .error()
                .code,
            Code::invalid_field);
  EXPECT_EQ(must(db().write([&, call = shop_.as(xiao)](db::Tx& tx) {
              return write_review(tx, call, o.id, 0, 5, "好喝\n还会再买");
            })).words,
            "好喝\n还会再买");
}

TEST_P(Trust, TenRatedLinesMakeAStoreKnown) {
  for (int i = 0; i < 9; ++i) {
    const PersonId by = buyer();
    must(review(by, got(by), 5));
  }
  EXPECT_TRUE(score().is_new());
  const Score before = score();
  const PersonId last = buyer();
  const auto o = got(last);
  must(review(last, o, 5));
  EXPECT_FALSE(score().is_new());
  EXPECT_GT(score().parts[0].value_bp, before.parts[0].value_bp);
  const auto reply = ask("getStoreScore", shop_.guest(shop_.new_guest()), {{"store_id", anna_.store.text()}});
  ASSERT_TRUE(reply) << reply.error().text();
  const auto told = must(parse_json(reply->body));
  std::int64_t points = 0;
  for (const auto& part : get_list(told, "parts")) points += get_int(part, "points_c");
  EXPECT_EQ(get_int(told, "score"), (points + 50) / 100) << "the parts add up to the score";
  // The refund takes the rating away again, and counts as one.
  shop_.refund(o.id, 0, 1000);
  EXPECT_TRUE(score().is_new());
  EXPECT_EQ(judged().inputs.lines_bad, 1);
}

TEST_P(Trust, HostsOfTheBrandOneDeviceAndRefundSpreesLeaveTheScoreAsItWas) {
  for (int i = 0; i < 3; ++i) {
    const PersonId by = buyer();
    log_in_on(1000 + i, by);
    must(review(by, got(by), 3));
  }
  const Score before = score();
  for (int i = 0; i < 10; ++i) {  // ten hosts who buy each other's goods
    const auto host = shop_.agent("host" + std::to_string(i));
    must(review(host.person, got(host.person), 5));
  }
  for (int i = 0; i < 5; ++i) {  // one person with five accounts
    const PersonId by = buyer();
    log_in_on(77, by);
    must(review(by, got(by), 5));
  }
  const PersonId spree = buyer();  // bought and given back before it left
  for (int i = 0; i < 5; ++i) {
    const auto o = shop_.bought(spree, anna_.store, {{mask_.sku, 1, {}}});
    const Call call = shop_.as(spree);
    order::AfterSaleWish wish{0, order::AfterSaleKind::refund_only, 1, 1000, "no more"};
    must(shop_.approve(must(shop_.ask_back(call, o.id, wish)).id));
    shop_.jobs();
    ASSERT_EQ(shop_.order(o.id).state, order::OrderState::cancelled);
  }
  log_in_on(5, anna_.person);  // the host on an account of a friend
  const PersonId friend_ = buyer();
  log_in_on(5, friend_);
  must(review(friend_, got(friend_), 5));
  const Score after = score();
  EXPECT_EQ(after.score, before.score);
  EXPECT_EQ(after.rated_lines, before.rated_lines);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(after.parts[i].value_bp, before.parts[i].value_bp) << i;
  std::map<LeftOut, int> why;
  for (const auto& out : judged().left_out) ++why[out.why];
  EXPECT_EQ(why[LeftOut::agent], 10) << "and it is told why";
  EXPECT_EQ(why[LeftOut::device], 5);
  EXPECT_EQ(why[LeftOut::own], 1);
  EXPECT_TRUE(ask("listLeftOut", shop_.as(anna_.person), {{"store_id", anna_.store.text()}}));
}

TEST_P(Trust, HidingTakesTheWordsAwayAndNotTheStars) {
  const PersonId xiao = buyer();
  const Review bad = must(review(xiao, got(xiao), 1, "terrible"));
  const Score before = score();
  const auto hide = [&](const Call& call, std::string_view reason) {
    return db().write([&](db::Tx& tx) { return hide_review(tx, call, bad.id, reason); });
  };
  EXPECT_EQ(hide(shop_.as(anna_.person), "mine").error().code, Code::forbidden) << "a host hides nothing";
  EXPECT_EQ(hide(shop_.owner(), "").error().code, Code::invalid_field) << "a reason is asked for";
  ASSERT_TRUE(hide(shop_.owner(), "names a person"));
  EXPECT_EQ(hide(shop_.owner(), "again").error().code, Code::conflict);
  EXPECT_EQ(score().score, before.score);
  const auto listed = [&](const char* id, const Call& call, const char* param, const std::string& value) {
    return get_list(must(parse_json(must(ask(id, call, {{param, value}})).body)), "items").size();
  };
  const Call guest = shop_.guest(shop_.new_guest());
  EXPECT_EQ(listed("listStoreReviews", guest, "store_id", anna_.store.text()), 0u);
  EXPECT_EQ(listed("listProductReviews", guest, "product_id", mask_.product.text()), 0u);
  EXPECT_EQ(listed("listBrandReviews", shop_.owner(), "brand_id", shop_.brand().text()), 1u);
  const auto audited = must(db().read([&](db::Tx& tx) -> Result<std::vector<org::AuditRow>> {
    return org::audit_of(tx, shop_.brand(), {.action = "review."}, 10, {});
  }));
  ASSERT_EQ(audited.size(), 1u);
  EXPECT_NE(audited[0].detail.find("names a person"), std::string::npos) << audited[0].detail;
  ASSERT_TRUE(db().write([&, call = shop_.owner()](db::Tx& tx) { return show_review(tx, call, bad.id); }));
  EXPECT_EQ(listed("listStoreReviews", guest, "store_id", anna_.store.text()), 1u);
}

TEST_P(Trust, PeopleOneKnowsAreCountedAndNamedOnlyByConsent) {
  const PersonId xiao = buyer(), sharer = buyer(), opener = buyer(), stranger = buyer();
  const auto known = [&](PersonId who) {
    return must(db().read([&, call = shop_.as(who)](db::Tx& tx) { return known_buyers(tx, call, mask_.product); }));
  };
  const auto bella = shop_.agent("Bella");
  EXPECT_EQ(known(xiao).known, 0);
  shop_.open(shop_.as(xiao), shop_.share_of(sharer, anna_.store));
  shop_.open(shop_.as(opener), shop_.share_of(xiao, anna_.store));
  EXPECT_EQ(known(xiao).known, 2) << "whose links they opened, and who opened theirs";
  EXPECT_EQ(known(xiao).bought, 0);
  got(sharer);
  got(stranger);
  EXPECT_EQ(known(xiao).bought, 1);
  EXPECT_TRUE(known(xiao).names.empty()) << "nobody said that their name may be shown";
  must(db().write([&](db::Tx& tx) -> Status {
    org::show_purchases(tx, sharer, true);
    org::show_purchases(tx, stranger, true);
    return {};
  }));
  ASSERT_EQ(known(xiao).names.size(), 1u) << "a stranger's name is nobody's business";
  EXPECT_EQ(known(xiao).names[0], "buyer2");
  const auto o = got(opener);
  EXPECT_EQ(known(xiao).bought, 2);
  shop_.refund(o.id, 0, 1000);
  EXPECT_EQ(known(xiao).bought, 1) << "what went back was not bought";
  // Hosts who follow each other.
  const auto follows = [&](PersonId who, StoreId store) {
    must(db().write([&, call = shop_.as(who)](db::Tx& tx) { return follow(tx, call, store); }));
  };
  follows(anna_.person, bella.store);
  EXPECT_EQ(known(anna_.person).known, 0);
  follows(bella.person, anna_.store);
  EXPECT_EQ(known(anna_.person).known, 1);
  EXPECT_EQ(known(bella.person).known, 1);
}

TEST_P(Trust, OneTapInTheRoomTellsMyOrdersTheLevelTheGuaranteeAndTheNextBroadcast) {
  const PersonId xiao = buyer();
  const auto answer = [&](bool chinese) {
    Call call = shop_.as(xiao);
    call.chinese = chinese;
    return must(parse_json(must(ask("getStoreAnswer", call, {{"store_id", anna_.store.text()}})).body));
  };
  EXPECT_TRUE(get_list(answer(false), "orders").empty());
  EXPECT_EQ(get_text(answer(false), "guarantee"), "");
  const auto o = got(xiao);
  shop_.bought(buyer(), anna_.store, {{mask_.sku, 1, {}}});
  const auto put = [&](const Call& call) {
    return db().write(
        [&](db::Tx& tx) { return put_guarantee(tx, call, shop_.brand(), {"七天无理由", "Seven days, no reason", 0}); });
  };
  EXPECT_EQ(put(shop_.as(anna_.person)).error().code, Code::forbidden);
  EXPECT_EQ(must(put(shop_.owner())).version, 1);
  EXPECT_EQ(must(put(shop_.owner())).version, 2);
  must(db().write([&, call = shop_.as(anna_.person)](db::Tx& tx) {
    return live::schedule_broadcast(tx, call, anna_.store, {"Tomorrow", shop_.now() + kDayMs, {}, {}});
  }));
  must(db().write([&, call = shop_.as(xiao)](db::Tx& tx) { return follow(tx, call, anna_.store); }));
  const auto told = answer(false);
  ASSERT_EQ(get_list(told, "orders").size(), 1u) << "mine, nobody else's";
  EXPECT_EQ(get_text(get_list(told, "orders")[0], "order_id"), o.id.text());
  EXPECT_EQ(get_text(get_list(told, "orders")[0], "state"), "received");
  EXPECT_EQ(get_text(told, "guarantee"), "Seven days, no reason");
  EXPECT_EQ(get_text(answer(true), "guarantee"), "七天无理由");
  EXPECT_EQ(get_text(get_object(told, "next_broadcast"), "title"), "Tomorrow");
  EXPECT_TRUE(get_bool(get_object(told, "standing"), "new"));
  EXPECT_TRUE(get_bool(told, "followed"));
  EXPECT_EQ(get_int(told, "followers"), 1);
}

TEST_P(Trust, AFollowIsOneHoweverOftenItIsSaid) {
  const PersonId xiao = buyer();
  const Call call = shop_.as(xiao);
  const auto count = [&] {
    return must(db().read([&](db::Tx& tx) -> Result<std::size_t> { return follows_of(tx, call, {}, 10).size(); }));
  };
  for (int i = 0; i < 2; ++i) must(db().write([&](db::Tx& tx) { return follow(tx, call, anna_.store); }));
  EXPECT_EQ(count(), 1u);
  for (int i = 0; i < 2; ++i) must(db().write([&](db::Tx& tx) { return unfollow(tx, call, anna_.store); }));
  EXPECT_EQ(count(), 0u);
  const Call anna = shop_.as(anna_.person), guest = shop_.guest(shop_.new_guest());
  EXPECT_FALSE(db().write([&](db::Tx& tx) { return follow(tx, anna, anna_.store); })) << "one's own";
  EXPECT_FALSE(db().write([&](db::Tx& tx) { return follow(tx, guest, anna_.store); }));
}

TEST_P(Trust, WhoIsForgottenLeavesStarsAndNoWords) {
  const PersonId xiao = buyer();
  must(review(xiao, got(xiao), 2, "my address is"));
  const Score before = score();
  must(db().write([&, call = shop_.system()](db::Tx& tx) -> Status {
    forget_buyer(tx, call, xiao, shop_.brand());
    return {};
  }));
  const auto page = must(ask("listStoreReviews", shop_.owner(), {{"store_id", anna_.store.text()}})).body;
  EXPECT_EQ(page.find("my address is"), std::string::npos) << page;
  EXPECT_EQ(score().score, before.score);
}

TEST_P(Trust, StaffLimitedToRegionsListsTheirStoresAlone) {
  const auto east = shop_.agent("Elsa", {}, "华东"), south = shop_.agent("Sam", {}, "华南");
  for (const auto& host : {east, south, anna_}) {
    const PersonId by = buyer();
    ASSERT_TRUE(review(by, shop_.delivered(by, host.store, {{mask_.sku, 1, {}}}), 5));
  }
  const auto member = [&](const std::string& login, const std::string& region) {
    return shop_.as(must(db().write([&](db::Tx& tx) {
                      return org::add_staff(tx, shop_.system(), shop_.brand(), login, login, kAuditor,
                                            std::vector<std::string>{region});
                    })).person);
  };
  const auto stores = [&](const char* route, const Call& call) {
    const auto reply = must(ask(route, call, {{"brand_id", shop_.brand().text()}}));
    const auto body = must(parse_json(reply.body));
    std::set<std::string> out;
    for (const auto& item : get_list(body, "items")) out.insert(get_text(item, "store_id"));
    return out;
  };
  using Stores = std::set<std::string>;
  for (const char* route : {"listBrandReviews", "listScores"}) {
    EXPECT_EQ(stores(route, member("east", "华东")), Stores{east.store.text()}) << route;
    EXPECT_EQ(stores(route, member("south", "华南")), Stores{south.store.text()}) << route;
    EXPECT_EQ(stores(route, shop_.owner()).size(), 3U) << route;
    EXPECT_EQ(ask(route, shop_.as(anna_.person), {{"brand_id", shop_.brand().text()}}).error().code, Code::forbidden);
  }
}

ON_BOTH_ENGINES(Trust);

}  // namespace
}  // namespace lianbo::trust
