// Who may call what: every route of a whole server, called by everybody it is not for, with the identifiers of things
// that are there and a body of the right shape. A new route that forgets to ask who calls fails here by itself.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "app/app_test_support.hpp"
#include "clips/clips_store.hpp"
#include "order/order_store.hpp"
#include "support/samples.hpp"

namespace lianbo::app {
namespace {

using net::Access;
using net::Method;

using test::any_id;
using test::write_sample;

std::string fill(std::string path, const std::map<std::string, std::string>& ids) {
  for (std::size_t at; (at = path.find('{')) != std::string::npos;) {
    const auto end = path.find('}', at);
    const auto it = ids.find(path.substr(at + 1, end - at - 1));
    path.replace(at, end - at + 1, it == ids.end() ? any_id() : it->second);
  }
  return path;
}

class AccessTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    home_ = brand("home");
    const auto host = agent(home_.id, "host", "华东");
    const auto owner = token_of(home_.owner), hosts = token_of(host.person);
    const PersonId customer = buyer("customer");
    const auto customers = token_of(customer);
    ids_["brand_id"] = home_.id.text();
    ids_["agent_id"] = host.id.text();
    ids_["store_id"] = host.store.text();
    ids_["person_id"] = customer.text();
    ids_["token_id"] = std::string(64, '0');
    const auto task = said(call(Method::post, "/api/v1/brands/" + home_.id.text() + "/training-tasks", owner,
                                R"({"kind":"lesson","title":"Manners","text":"Read me"})"),
                           201);
    ids_["task_id"] = get_text(task, "id");
    ids_["region_id"] = must(db().read([&](db::Tx& tx) -> Result<RegionId> {
                          return org::regions_of(tx, home_.id, {}, 1, {}).at(0).region.id;
                        })).text();
    const auto id_in = [](const json::value& v) { return get_text(v, "id"); };
    const auto product = said(call(Method::post, "/api/v1/brands/" + home_.id.text() + "/products", owner,
                                   R"({"code":"p","title":"P","skus":[{"code":"s","price_fen":1000,"stock":50}]})"),
                              201);
    ids_["product_id"] = id_in(product);
    ids_["sku_id"] = id_in(get_list(product, "skus").at(0));
    said(call(Method::put, "/api/v1/brands/" + home_.id.text() + "/plans", owner,
              R"({"scope":"brand","host_bp":1000,"promoter_bp":500})"),
         200);
    const auto broadcast = said(
        call(Method::post, "/api/v1/stores/" + host.store.text() + "/broadcasts", hosts,
             R"({"title":"T","scheduled_at":"2026-11-11T00:00:00Z","product_ids":[")" + ids_["product_id"] + "\"]}"),
        201);
    ids_["broadcast_id"] = id_in(broadcast);
    said(call(Method::post, "/api/v1/broadcasts/" + ids_["broadcast_id"] + "/start", hosts), 200);
    clips::Clip clip;
    const Call system = app_->bench().system_call();
    clip.id = system.make_id<ClipId>();
    clip.pin = system.make_id<PinId>();
    clip.brand = home_.id;
    clip.store = host.store;
    clip.agent = host.id;
    clip.broadcast = *BroadcastId::parse(ids_["broadcast_id"]);
    clip.product = *ProductId::parse(ids_["product_id"]);
    clip.title = "T";
    clip.name = "folder";
    clip.state = clips::State::ready;
    clip.sha256 = std::string(32, 'h');
    clip.signature = std::string(64, 's');
    must(db().write([&](db::Tx& tx) -> Result<bool> {
      clips::store::insert(tx, clip);
      clips::store::set_cut(tx, clip);
      return true;
    }));
    ids_["clip_id"] = clip.id.text();
    const std::string of_brand = "/api/v1/brands/" + home_.id.text(),
                      in_room = "/api/v1/broadcasts/" + ids_["broadcast_id"];
    ids_["campaign_id"] =
        id_in(said(call(Method::post, of_brand + "/campaigns", owner,
                        R"({"name":"C","starts_at":"2026-11-11T00:00:00Z","ends_at":"2026-12-11T00:00:00Z",)"
                        R"("target":{"kind":"all"},"items":[{"sku_id":")" +
                            ids_["sku_id"] + R"(","price_fen":900}]})"),
                   201));
    ids_["coupon_id"] =
        id_in(said(call(Method::post, of_brand + "/coupons", owner,
                        R"({"giver":"brand","name":"C","off_fen":1,"total":9,"ends_at":"2026-12-11T00:00:00Z"})"),
                   201));
    ids_["flash_id"] =
        id_in(said(call(Method::post, in_room + "/flash", hosts,
                        R"({"price_fen":900,"units":2,"seconds":60,"sku_id":")" + ids_["sku_id"] + "\"}"),
                   201));
    ids_["bag_id"] = id_in(said(call(Method::post, in_room + "/lucky-bags", hosts,
                                     R"({"title":"B","prize":"P","rule":"tap","winners":1,"seconds":60})"),
                                201));
    said(call(Method::put, of_brand + "/forbidden-words", owner, R"({"words":["bad"]})"), 200);
    live::ChatWish line;
    line.id = ChatId{app_->bench().ids->next(app_->bench().clock->now(), 0)};
    line.broadcast = *BroadcastId::parse(ids_["broadcast_id"]);
    line.person = customer;
    line.guest = false;
    line.text = "so bad";
    line.now = app_->bench().clock->now();
    must(db().write([&](db::Tx& tx) { return live::say(tx, line); }));
    ids_["chat_id"] = line.id.text();
    const auto share = said(call(Method::post, "/api/v1/shares", customers,
                                 R"({"kind":"store","channel":"dm","store_id":")" + host.store.text() + "\"}"),
                            201);
    ids_["share_id"] = id_in(share);
    ids_["token"] = get_text(share, "token");
    const auto order = said(
        call(Method::post, "/api/v1/orders", customers,
             R"({"store_id":")" + ids_["store_id"] + R"(","lines":[{"sku_id":")" + ids_["sku_id"] +
                 R"(","qty":2}],"address":{"name":"王小明","phone":"13912345678","region":"上海","detail":"某路1号"}})",
             {{"idempotency-key", "one"}}),
        201);
    ids_["order_id"] = id_in(order);
    const auto paid = said(call(Method::post, "/api/v1/orders/" + ids_["order_id"] + "/pay", customers, "{}"), 200);
    said(
        call(Method::post, "/api/v1/sandbox/pay", customers, R"({"prepay_id":")" + get_text(paid, "prepay_id") + "\"}"),
        200);
    said(call(Method::post, "/api/v1/orders/" + ids_["order_id"] + "/ship", hosts,
              R"({"carrier":"SF","tracking_number":"1"})"),
         200);
    said(call(Method::post, "/api/v1/orders/" + ids_["order_id"] + "/receive", customers), 200);
    ids_["review_id"] = id_in(said(call(Method::post, "/api/v1/orders/" + ids_["order_id"] + "/reviews", customers,
                                        R"({"line":0,"stars":5,"words":"good"})"),
                                   201));
    said(call(Method::post, of_brand + "/wallet-credits", owner, R"({"amount_fen":50000,"reason":"launch"})"), 201);
    ids_["promotion_id"] =
        id_in(said(call(Method::post, in_room + "/promotions", owner, R"({"budget_fen":1000})"), 201));
    said(call(Method::post, "/api/v1/clock", owner, R"({"now":"2026-11-19T00:00:00Z"})"), 200);
    const auto run = said(call(Method::post, "/api/v1/brands/" + home_.id.text() + "/settlements", owner,
                               R"({"cutoff_at":"2026-11-19T00:00:00Z"})"),
                          200);
    ids_["run_id"] = id_in(run);
    const auto settlements = said(call(Method::get, "/api/v1/agents/" + host.id.text() + "/settlements", hosts), 200);
    ids_["settlement_id"] = id_in(get_list(settlements, "items").at(0));
    const auto after_sale = said(call(Method::post, "/api/v1/orders/" + ids_["order_id"] + "/after-sales", owner,
                                      R"({"line":0,"kind":"refund_only","qty":0,"amount_fen":10,"reason":"r"})"),
                                 201);
    ids_["after_sale_id"] = id_in(after_sale);
    const auto noted = call(Method::put, "/api/v1/agents/" + host.id.text() + "/payout-note", hosts,
                            R"({"method":"bank","holder":"Host","account":"6222000011112222"})");
    ASSERT_EQ(noted.status, 204) << noted.body;
    const auto batch = said(call(Method::post, "/api/v1/brands/" + home_.id.text() + "/payout-batches", owner), 201);
    ids_["batch_id"] = id_in(get_object(batch, "batch"));
    const auto picture = said(call(Method::post, "/api/v1/after-sales/" + ids_["after_sale_id"] + "/pictures", owner,
                                   std::string("\x89PNG\r\n\x1a\n") + "...."),
                              201);
    ids_["sha256"] = get_text(picture, "sha256");
    const auto refused = said(call(Method::post, "/api/v1/orders/" + ids_["order_id"] + "/after-sales", owner,
                                   R"({"line":0,"kind":"refund_only","qty":0,"amount_fen":10,"reason":"r"})"),
                              201);
    said(call(Method::post, "/api/v1/after-sales/" + id_in(refused) + "/approve", owner, "{}"), 200);
    ids_["refund_id"] = must(db().read([&](db::Tx& tx) -> Result<std::string> {
      return order::store::refunds_of(tx, *OrderId::parse(ids_["order_id"])).back().id.text();
    }));
    const auto webhook = said(call(Method::post, "/api/v1/brands/" + home_.id.text() + "/webhooks", owner,
                                   R"({"url":"https://receiver.example/hook"})"),
                              201);
    ids_["webhook_id"] = id_in(webhook);
    const auto hold = said(call(Method::post, "/api/v1/brands/" + home_.id.text() + "/holds", owner,
                                R"({"kind":"order","subject_id":")" + ids_["order_id"] + R"(","reason":"r"})"),
                           201);
    ids_["hold_id"] = id_in(hold);
    const auto entries = said(call(Method::get, "/api/v1/agents/" + host.id.text() + "/entries", hosts), 200);
    ids_["entry_id"] = id_in(get_list(entries, "items").at(0));
  }

  // What everybody may do, guests too.
  const std::set<std::string> open_ = {"page_room_",
                                       "page_product_",
                                       "getMe",
                                       "getBrand",
                                       "getStore",
                                       "createSession",
                                       "createPerson",
                                       "acceptInvite",
                                       "listProducts",
                                       "getProduct",
                                       "listBroadcasts",
                                       "getBroadcast",
                                       "listPins",
                                       "getHall",
                                       "listChat",
                                       "recordExposures",
                                       "recordClicks",
                                       "createShare",
                                       "listShares",
                                       "openShare",
                                       "getOwnLock",
                                       "getCart",
                                       "putCartLine",
                                       "clearCart",
                                       "payNotice",
                                       "getLeaderboard",
                                       "listRoomsSelling",
                                       "quoteOrder",
                                       "getShipping",
                                       "listStoreCoupons",
                                       "listRoomCoupons",
                                       "listFlash",
                                       "listLuckyBags",
                                       "getLuckyBag",
                                       "getLuckyBagProof",
                                       "listStoreReviews",
                                       "listProductReviews",
                                       "getStoreScore",
                                       "getStoreAnswer",
                                       "getGuarantee",
                                       "getFeed",
                                       "recordFeedViews",
                                       "getFeedRules",
                                       "search",
                                       "getPaidSlot",
                                       "showPaidSlots",
                                       "getClip",
                                       "getClipProvenance",
                                       "listProductClips",
                                       "listStoreClips",
                                       "getPushKey",
                                       "listBrandClips"};
  // What everybody may do who is logged in: to things of their own.
  const std::set<std::string> own_ = {
      "deleteSession",      "createApiToken",   "placeOrder",       "listMyOrders",        "reserveBroadcast",
      "unreserveBroadcast", "sandboxPay",       "takeReminders",    "claimCoupon",         "listMyCoupons",
      "enterLuckyBag",      "listApiTokens",    "getMyData",        "previewErasure",      "eraseMe",
      "applyAsAgent",       "changePassword",   "followStore",      "unfollowStore",       "listFollows",
      "getKnownBuyers",     "getShowPurchases", "putShowPurchases", "putPushSubscription", "removePushSubscription"};
  // Pages, health, documents.
  bool is_page(const net::Route& route) const { return route.access == Access::open; }

  // Calls every route as this caller; the operation ids of those that were not refused.
  std::set<std::string> let_through(const std::string& token, const std::set<std::string>& skip) {
    std::set<std::string> out;
    for (const auto& route : app_->dispatcher().routes()) {
      if (is_page(route) || open_.contains(route.id) || skip.contains(route.id)) continue;
      EXPECT_EQ(fill(route.path, ids_).find(any_id()), std::string::npos) << "make one of these: " << route.path;
      std::string target = fill(route.path, ids_);
      for (const auto& f : route.query)
        if (!f.optional) target += "?" + f.name + "=" + (ids_.contains(f.name) ? ids_[f.name] : any_id());
      std::string body;
      if (route.takes) {
        JsonWriter w;
        w.begin();
        write_sample(w, *route.takes, ids_);
        body = w.end().take();
      }
      const auto reply =
          call(route.method, target, token, body, {{"idempotency-key", "k-" + route.id + token.substr(0, 9)}});
      if (reply.status != 401 && reply.status != 403 && reply.status != 404)
        out.insert(route.id + " " + std::to_string(reply.status));
      EXPECT_EQ(reply.body.find("13912345678"), std::string::npos) << route.id << " tells a phone number";
      EXPECT_EQ(reply.body.find("13800138000"), std::string::npos) << route.id << " tells a phone number";
      EXPECT_LT(reply.status, 500) << route.id << " " << reply.body;
    }
    return out;
  }

  Brand home_;
  std::map<std::string, std::string> ids_;
};

using Ids = std::set<std::string>;

TEST_F(AccessTest, AGuestMayDoNothingThatIsNotOpen) { EXPECT_EQ(let_through("", {}), Ids{}); }

TEST_F(AccessTest, ABuyerSeesAndChangesNothingOfAnothers) {
  EXPECT_EQ(let_through(token_of(buyer("stranger")), own_), Ids{});
}

TEST_F(AccessTest, AnotherAgentOfTheBrandSeesAndChangesNothingOfThisOnes) {
  EXPECT_EQ(let_through(token_of(agent(home_.id, "other").person), own_),
            (Ids{"getLockRules 200", "getPromotionRules 200"}));
}

TEST_F(AccessTest, AnotherBrandsOwnerAndAgentAreStrangers) {
  const auto away = brand("away");
  // Time is the server's; only on a simulated clock, and for owners.
  std::set<std::string> skip = own_;
  skip.insert("moveClock");
  EXPECT_EQ(let_through(token_of(away.owner), skip), Ids{});
  EXPECT_EQ(let_through(token_of(agent(away.id, "there").person), own_), Ids{});
}

TEST_F(AccessTest, AnAuditorReadsEverythingAndChangesNothing) {
  std::set<std::string> reads;
  for (const auto& route : app_->dispatcher().routes())
    if (route.method == Method::get || route.run == net::Run::read) reads.insert(route.id);
  std::set<std::string> skip = own_;
  skip.insert(reads.begin(), reads.end());
  EXPECT_EQ(let_through(token_of(staff(home_.id, "auditor", kAuditor)), skip),
            (Ids{"exportEvidence 422", "verifyBrand 200", "verifyEvidence 200"}))
      << "which read, though they are asked with a body";
}

// Whole-brand matters, and whatever lies elsewhere, are not for staff whose rights end at a region; lists are theirs,
// but hold nothing of it.
TEST_F(AccessTest, StaffLimitedToAnotherRegionIsAStrangerHere) {
  agent(home_.id, "southerner", "华南");
  const auto south = token_of(staff(home_.id, "south", kOperator | kFinance | kAuditor, {{"华南"}}));
  EXPECT_EQ(
      let_through(south, own_),
      (Ids{"getFunnel 200", "getFunnelDays 200", "getLockRules 200", "getMatrixRules 200", "getPromotionRules 200",
           "getRegionReport 200", "getSpread 200", "listAgents 200", "listApplications 200", "listBrandOrders 200",
           "listBrandPromotions 200", "listBrandReviews 200", "listNames 200", "listOpenAfterSales 200",
           "listRegions 200", "listScores 200", "listTrainingTasks 200"}));
  for (const char* figures : {"/funnel", "/funnel/days"})
    EXPECT_EQ(
        get_int(get_object(*parse_json(call(Method::get, "/api/v1/brands/" + home_.id.text() + figures, south).body),
                           "total"),
                "orders"),
        0)
        << figures << ": what was sold elsewhere is not theirs to know";
  for (const char* list : {"/orders", "/after-sales", "/promotions", "/reviews"})
    EXPECT_TRUE(call(Method::get, "/api/v1/brands/" + home_.id.text() + list, south).body.starts_with(R"({"items":[])"))
        << list;
  const auto scores = call(Method::get, "/api/v1/brands/" + home_.id.text() + "/scores", south).body;
  EXPECT_EQ(scores.find("\"host\""), std::string::npos) << scores;
  const auto agents = call(Method::get, "/api/v1/brands/" + home_.id.text() + "/agents", south).body;
  EXPECT_EQ(agents.find("\"host\""), std::string::npos);
  EXPECT_NE(agents.find("\"southerner\""), std::string::npos);
  EXPECT_EQ(
      call(Method::get, "/api/v1/brands/" + home_.id.text() + "/report/regions", south).body.find("\"gmv_fen\":2000"),
      std::string::npos);
}

TEST_F(AccessTest, StaffLimitedToItsRegionRunsIt) {
  const auto east = token_of(staff(home_.id, "east", kOperator, {{"华东"}}));
  const std::map<std::string, std::size_t> lists = {{"/orders", 1}, {"/after-sales", 2}, {"/agents", 1}};
  for (const auto& [path, size] : lists) {
    const auto page = said(call(Method::get, "/api/v1/brands/" + home_.id.text() + path, east), 200);
    EXPECT_EQ(get_list(page, "items").size(), size) << path;
  }
  EXPECT_NE(call(Method::get, "/api/v1/orders/" + ids_["order_id"], east).body.find("13912345678"), std::string::npos);
  for (const char* path : {"/orders/{order_id}/explain", "/agents/{agent_id}/account", "/agents/{agent_id}/entries",
                           "/entries/{entry_id}/explain", "/settlements/{settlement_id}/explain", "/shares/{share_id}"})
    EXPECT_EQ(call(Method::get, fill("/api/v1" + std::string(path), ids_), east).status, 200) << path;
  for (const char* path : {"/after-sales/{after_sale_id}/approve", "/broadcasts/{broadcast_id}/end"})
    EXPECT_EQ(call(Method::post, fill("/api/v1" + std::string(path), ids_), east).status, 200) << path;
}

TEST_F(AccessTest, FinanceDoesNotRunTheShopAndOperatorsDoNotTouchTheMoney) {
  const auto may = [&](unsigned role, Method method, const std::string& path, const std::string& body) {
    static int n = 0;
    const auto reply = call(method, fill(path, ids_), token_of(staff(home_.id, "s" + std::to_string(++n), role)), body);
    return reply.status != 401 && reply.status != 403;
  };
  const std::string cutoff = R"({"cutoff_at":"2026-11-10T00:00:00Z"})";
  EXPECT_TRUE(may(kFinance, Method::post, "/api/v1/brands/{brand_id}/settlements", cutoff));
  EXPECT_FALSE(may(kOperator, Method::post, "/api/v1/brands/{brand_id}/settlements", cutoff));
  EXPECT_FALSE(may(kFinance, Method::post, "/api/v1/skus/{sku_id}/stock", R"({"qty":1})"));
  EXPECT_TRUE(may(kOperator, Method::post, "/api/v1/skus/{sku_id}/stock", R"({"qty":1})"));
  EXPECT_FALSE(may(kFinance, Method::post, "/api/v1/after-sales/{after_sale_id}/approve", "{}"));
  const std::string roles = R"({"login":"newcomer","name":"N","roles":["owner"]})";
  EXPECT_FALSE(may(kOperator | kFinance, Method::post, "/api/v1/brands/{brand_id}/staff", roles));
}

TEST_F(AccessTest, AHostSeesTheAddressWhileThereIsSomethingToDeliver) {
  const auto customer = token_of(PersonId::parse(ids_["person_id"]).value());
  const auto host = token_of(
      must(db().read([&](db::Tx& tx) { return org::find_agent(tx, *AgentId::parse(ids_["agent_id"])); })).person);
  const auto placed = said(call(Method::post, "/api/v1/orders", customer,
                                R"({"store_id":")" + ids_["store_id"] + R"(","lines":[{"sku_id":")" + ids_["sku_id"] +
                                    R"(","qty":1}],"address":{"name":"王小明","phone":"13912345678"}})",
                                {{"idempotency-key", "two"}}),
                           201);
  const std::string path = "/api/v1/orders/" + get_text(placed, "id");
  const auto sees = [&] { return call(Method::get, path, host).body.find("13912345678") != std::string::npos; };
  EXPECT_FALSE(sees()) << "not paid: perhaps never";
  const auto paid = said(call(Method::post, path + "/pay", customer, "{}"), 200);
  said(call(Method::post, "/api/v1/sandbox/pay", customer, R"({"prepay_id":")" + get_text(paid, "prepay_id") + "\"}"),
       200);
  EXPECT_TRUE(sees());
  said(call(Method::post, path + "/ship", host, R"({"carrier":"SF","tracking_number":"1"})"), 200);
  EXPECT_TRUE(sees());
  said(call(Method::post, path + "/receive", customer), 200);
  EXPECT_FALSE(sees()) << "it has arrived";
  EXPECT_EQ(call(Method::get, "/api/v1/stores/" + ids_["store_id"] + "/orders", host).body.find("13912345678"),
            std::string::npos);
  EXPECT_NE(call(Method::get, path, customer).body.find("13912345678"), std::string::npos);
}

// ---- personal data: who reads it, and that it is written down

const db::Sql kAudited{"access_test.audited",
                       "select action, actor_id, subject_id from audit where action = $1 order by id limit 100"};

TEST_F(AccessTest, EveryReadingOfAnAddressByStaffIsAudited) {
  struct Row {
    PersonId actor;
    OrderId order;
  };
  const auto audited = [&] {
    return must(db().read([&](db::Tx& tx) -> Result<std::vector<Row>> {
      return tx.all(kAudited, {"order.read_address"},
                    [](const db::Row& r) { return Row{r.id<PersonId>(1), r.id<OrderId>(2)}; });
    }));
  };
  const auto owner = token_of(home_.owner);
  const auto sees = [&](const std::string& path, const std::string& token) {
    const auto reply = call(Method::get, path, token);
    EXPECT_EQ(reply.status, 200) << path << " " << reply.body;
    return reply.body.find("13912345678") != std::string::npos;
  };
  const std::string order = "/api/v1/orders/" + ids_["order_id"],
                    list = "/api/v1/brands/" + ids_["brand_id"] + "/orders",
                    store = "/api/v1/stores/" + ids_["store_id"] + "/orders";
  const auto before = audited().size();
  EXPECT_TRUE(sees(order, owner));
  ASSERT_EQ(audited().size(), before + 1) << "one reading, one row";
  EXPECT_EQ(audited().back().actor, home_.owner);
  EXPECT_EQ(audited().back().order.text(), ids_["order_id"]);

  EXPECT_FALSE(sees(list, owner)) << "a list shows masked addresses";
  EXPECT_FALSE(sees(store, owner));
  EXPECT_EQ(audited().size(), before + 1) << "and what was not read is not audited";
  EXPECT_TRUE(sees(list + "?addresses=1", owner));
  ASSERT_EQ(audited().size(), before + 2) << "a row for each order";
  EXPECT_EQ(audited().back().order.text(), ids_["order_id"]);
  EXPECT_TRUE(sees(store + "?addresses=1", owner));
  EXPECT_EQ(audited().size(), before + 3);

  const auto auditor = token_of(staff(home_.id, "reader", kAuditor)),
             money = token_of(staff(home_.id, "money", kFinance));
  for (const auto& token : {auditor, money}) {
    EXPECT_FALSE(sees(order, token)) << "neither delivers anything";
    EXPECT_FALSE(sees(list + "?addresses=1", token));
  }
  const auto customer = token_of(PersonId::parse(ids_["person_id"]).value());
  EXPECT_TRUE(sees(order, customer)) << "one's own";
  EXPECT_EQ(audited().size(), before + 3);

  // A change by staff tells the order too, but not its address.
  const auto placed = said(call(Method::post, "/api/v1/orders", customer,
                                R"({"store_id":")" + ids_["store_id"] + R"(","lines":[{"sku_id":")" + ids_["sku_id"] +
                                    R"(","qty":1}],"address":{"name":"王小明","phone":"13912345678"}})",
                                {{"idempotency-key", "audited"}}),
                           201);
  const auto cancelled = call(Method::post, "/api/v1/orders/" + get_text(placed, "id") + "/cancel", owner, "{}");
  ASSERT_EQ(cancelled.status, 200) << cancelled.body;
  EXPECT_EQ(cancelled.body.find("13912345678"), std::string::npos);
  EXPECT_EQ(audited().size(), before + 3);
}

// Every text and blob of every table. Names of the brand's own people (agents, stores) are the brand's to keep.
TEST_F(AccessTest, NoTableHoldsWhatABuyerEnteredInReadableForm) {
  const std::string register_ = R"({"login":"13700001234","password":"password1","name":"欧阳小红"})";
  const auto token = get_text(said(call(Method::post, "/api/v1/persons", "", register_), 200), "token");
  const std::string address = R"({"name":"欧阳小红","phone":"13700001234","region":"浙江杭州","detail":"梧桐弄七号"})";
  const std::string wish = R"({"store_id":")" + ids_["store_id"] + R"(","lines":[{"sku_id":")" + ids_["sku_id"] +
                           R"(","qty":1}],"address":)" + address + "}";
  const auto first = call(Method::post, "/api/v1/orders", token, wish, {{"idempotency-key", "kept"}});
  const auto placed = said(first, 201);
  EXPECT_EQ(call(Method::post, "/api/v1/orders", token, wish, {{"idempotency-key", "kept"}}).body, first.body)
      << "the kept answer comes back as it was";
  const auto paid = said(call(Method::post, "/api/v1/orders/" + get_text(placed, "id") + "/pay", token, "{}"), 200);
  said(call(Method::post, "/api/v1/sandbox/pay", token, R"({"prepay_id":")" + get_text(paid, "prepay_id") + "\"}"),
       200);
  app_->stop();
  std::string all;
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream in(folder_.path() + "/lianbo.db" + suffix, std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  ASSERT_NE(all.find(get_text(placed, "id")), std::string::npos) << "the file that was looked into is not the shop's";
  for (const char* secret : {"13700001234", "欧阳小红", "梧桐弄七号", "password1"})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret << " can be read in the database";
}

TEST_F(AccessTest, WhoLogsInIsNoGuestAnyMore) {
  const auto reply =
      call(Method::post, "/api/v1/persons", "", R"({"login":"newcomer","password":"password1","name":"N"})");
  ASSERT_EQ(reply.status, 200);
  int cookies = 0, caching = 0;
  for (const auto& [name, value] : reply.headers) {
    if (net::equal_ignoring_case(name, "set-cookie")) {
      ++cookies;
      EXPECT_TRUE(value.starts_with("lb_sid=") || value.starts_with("lb_guest=;") || value.starts_with("lb_device="))
          << value;
      EXPECT_NE(value.find("HttpOnly; SameSite=Lax"), std::string::npos) << value;
    }
    caching += net::equal_ignoring_case(name, "cache-control") ? 1 : 0;
  }
  EXPECT_EQ(cookies, 3);
  EXPECT_EQ(caching, 1);
}

TEST_F(AccessTest, ACookieAloneChangesNothing) {
  const auto token = token_of(home_.owner);
  const std::string rules =
      R"({"validity_days":1,"protect_days":1,"order_extends_days":1,"lock_agents":false,"self_purchase":true})";
  const std::string path = "/api/v1/brands/" + home_.id.text() + "/lock-rules";
  EXPECT_EQ(call(Method::put, path, "", rules, {{"cookie", "lb_sid=" + token}}).status, 403);
  EXPECT_EQ(call(Method::put, path, "", rules, {{"cookie", "lb_sid=" + token}, {"x-lianbo-csrf", "1"}}).status, 200);
}

// ---- an Idempotency-Key stands for one request, whole

TEST_F(AccessTest, AKeyThatComesBackWithAnotherQueryIsRefused) {
  const auto token = token_of(buyer("keeper"));
  const auto other = agent(home_.id, "elsewhere");
  const std::vector<std::pair<std::string, std::string>> key = {{"idempotency-key", "k"}};
  EXPECT_EQ(call(Method::del, "/api/v1/cart?store_id=" + ids_["store_id"], token, "", key).status, 204);
  EXPECT_EQ(call(Method::del, "/api/v1/cart?store_id=" + ids_["store_id"], token, "", key).status, 204);
  EXPECT_EQ(call(Method::del, "/api/v1/cart?store_id=" + other.store.text(), token, "", key).status, 422)
      << "answered as done, and nothing was done";
}

TEST_F(AccessTest, AKeyThatComesBackWithAnotherBodyIsRefusedWhereTheAnswerIsNotKeptToo) {
  const auto token = token_of(home_.owner);
  const std::string path = "/api/v1/brands/" + home_.id.text() + "/settlements";
  const std::vector<std::pair<std::string, std::string>> key = {{"idempotency-key", "k"}};
  EXPECT_EQ(call(Method::post, path, token, R"({"cutoff_at":"2026-11-10T00:00:00Z"})", key).status, 200);
  EXPECT_EQ(call(Method::post, path, token, R"({"cutoff_at":"2026-11-10T00:00:00Z"})", key).status, 200);
  EXPECT_EQ(call(Method::post, path, token, R"({"cutoff_at":"2026-11-09T00:00:00Z"})", key).status, 422);
  const std::vector<std::pair<std::string, std::string>> fresh = {{"idempotency-key", "fresh"}};
  EXPECT_EQ(call(Method::post, path, token, R"({"cutoff_at":"2030-01-01T00:00:00Z"})", fresh).status, 422) << "not yet";
  EXPECT_EQ(call(Method::post, path, token, R"({"cutoff_at":"2026-11-09T00:00:00Z"})", fresh).status, 200)
      << "a request that was refused keeps no key";
}

TEST_F(AccessTest, AKeyIsItsOwnersAlone) {
  const std::string body = R"({"store_id":")" + ids_["store_id"] + R"(","lines":[{"sku_id":")" + ids_["sku_id"] +
                           R"(","qty":1}],"address":{}})";
  const auto one = call(Method::post, "/api/v1/orders", token_of(buyer("b1")), body, {{"idempotency-key", "same"}});
  const auto two = call(Method::post, "/api/v1/orders", token_of(buyer("b2")), body, {{"idempotency-key", "same"}});
  EXPECT_EQ(one.status, 201);
  EXPECT_EQ(two.status, 201);
  EXPECT_NE(get_text(must(parse_json(one.body)), "id"), get_text(must(parse_json(two.body)), "id"));
}

}  // namespace
}  // namespace lianbo::app
