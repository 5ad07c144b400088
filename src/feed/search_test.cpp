// Search in a whole shop, on both engines.
#include "feed/search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/journal.hpp"
#include "catalog/catalog_service.hpp"
#include "live/live_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::feed {
namespace {

using test::must;
using test::Shop;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SearchTest : public test::StoreTest {
 protected:
  SearchTest() : shop_(db()), feed_(db(), kDefaultBuckets), search_(feed_), anna_(shop_.agent("王安娜")) {
    must(feed_.load(shop_.now()));
  }
  void tell() {
    for (const auto& event : must(db().read([&](db::Tx& tx) -> Result<std::vector<db::Event>> {
           std::vector<db::Event> out;
           for (const auto& key : bus::outbox_rows(tx, 10'000))
             if (auto e = bus::outbox_event(tx, key)) out.push_back(*std::move(e));
           return out;
         }))) {
      feed_.on_event(event);
      search_.on_event(event);
    }
    must(bus::keep_all_events(db()));
  }
  Result<Found> try_find(std::string_view q) {
    const Call call = shop_.guest(shop_.new_guest());
    return db().read([&](db::Tx& tx) { return search_.find(tx, call, shop_.brand(), q, 10); });
  }
  Found find(std::string_view q) { return must(try_find(q)); }
  void patch(ProductId product, catalog::ProductPatch wish) {
    const Call owner = shop_.owner();
    must(db().write([&](db::Tx& tx) { return catalog::patch_product(tx, owner, product, wish); }));
    tell();
  }
  BroadcastId start(std::string_view title, std::vector<ProductId> shelf) {
    const Call call = shop_.as(anna_.person);
    const auto b = must(db().write([&](db::Tx& tx) -> Result<BroadcastId> {
      live::NewBroadcast wish{std::string(title), shop_.now(), shelf, live::Audience::everybody};
      TRY(const auto made, live::schedule_broadcast(tx, call, anna_.store, wish));
      TRY_OK(live::start_broadcast(tx, call, made.broadcast.id));
      return made.broadcast.id;
    }));
    tell();
    return b;
  }

  Shop shop_;
  Feed feed_;
  Search search_;
  org::Agent anna_;
};

TEST_P(SearchTest, ProductsRoomsHostsAndMomentsAreFoundInChineseAndLatin) {
  const auto tea = shop_.item("green-tea", 1000, 9);
  catalog::ProductPatch name;
  name.title = "高山绿茶";
  patch(tea.product, name);
  EXPECT_THAT(find("绿茶").products, ElementsAre(tea.product));
  EXPECT_THAT(find("gslc").products, ElementsAre(tea.product)) << "by first letters";
  EXPECT_THAT(find("gren-tea").products, ElementsAre(tea.product)) << "by its code, with a slip";
  ASSERT_EQ(find("安娜").hosts.size(), 1U);
  EXPECT_EQ(find("wan").hosts.at(0).store.id, anna_.store) << "by first letters of the name";
  EXPECT_THAT(find("绿茶").rooms, IsEmpty());

  const BroadcastId room = start("Evening tasting", {tea.product});
  for (const char* q : {"绿茶", "tasting", "安娜"}) {
    ASSERT_EQ(find(q).rooms.size(), 1U) << q;
    EXPECT_EQ(find(q).rooms[0].id, room) << q;
  }
  const Call host = shop_.as(anna_.person);
  must(db().write([&](db::Tx& tx) { return live::pin_product(tx, host, room, tea.product); }));
  shop_.pass(kMinuteMs);
  const Call later = shop_.as(anna_.person);
  must(db().write([&](db::Tx& tx) { return live::end_broadcast(tx, later, room); }));
  EXPECT_THAT(find("绿茶").rooms, IsEmpty()) << "the rows say that it has ended, before anybody is told";
  tell();
  const Found found = find("绿茶");
  ASSERT_EQ(found.moments.size(), 1U) << "the moment it was explained";
  EXPECT_EQ(found.moments[0].pin.product, tea.product);
  EXPECT_EQ(found.moments[0].store, anna_.store);
}

TEST_P(SearchTest, WhatIsNewChangedOrWithdrawnIsFoundOrNotAtOnce) {
  const auto soap = shop_.item("soap", 1000, 9);
  EXPECT_THAT(find("soap").products, ElementsAre(soap.product));
  const auto later = shop_.item("soap-dish", 1000, 9);
  EXPECT_THAT(find("soap").products, ElementsAre(soap.product, later.product)) << "nobody is told of a new product";
  catalog::ProductPatch off;
  off.on_sale = false;
  patch(soap.product, off);
  EXPECT_THAT(find("soap").products, ElementsAre(later.product));
  off.on_sale = true;
  off.title = "Savon";
  patch(soap.product, off);
  EXPECT_THAT(find("savon").products, ElementsAre(soap.product));
  EXPECT_THAT(find("Bert").hosts, IsEmpty());
  const auto bert = shop_.agent("Bert");
  EXPECT_EQ(find("Bert").hosts.size(), 1U);
  shop_.set_state(bert.id, org::AgentState::suspended);
  EXPECT_THAT(find("Bert").hosts, IsEmpty());
}

TEST_P(SearchTest, ANonsenseQuestionIsRefused) {
  EXPECT_EQ(try_find("").error().code, Code::invalid_field);
  EXPECT_EQ(try_find("?!").error().code, Code::invalid_field);
  EXPECT_EQ(try_find("\xff").error().code, Code::invalid_field);
  EXPECT_EQ(try_find(std::string(101, 'a')).error().code, Code::invalid_field);
}

ON_BOTH_ENGINES(SearchTest);

}  // namespace
}  // namespace lianbo::feed
