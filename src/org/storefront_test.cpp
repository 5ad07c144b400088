// The front of a store and where the commission goes: what is kept, what is refused, who sees how much.
#include "org/storefront.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "org/org_service.hpp"
#include "support/database.hpp"

namespace lianbo::org {
namespace {

using db::Tx;

const std::string kPng = std::string("\x89PNG\r\n\x1a\n", 8) + "rest";
const std::string kWebp = std::string("RIFF\x01\x02\x03\x04WEBPVP8 ", 16);

TEST(Storefront, KnowsAPictureByItsBeginning) {
  EXPECT_EQ(picture_type(kPng), "image/png");
  EXPECT_EQ(picture_type("\xff\xd8\xff\xe0JFIF"), "image/jpeg");
  EXPECT_EQ(picture_type(kWebp), "image/webp");
  for (const char* other : {"", "GIF89a", "<svg xmlns='http://www.w3.org/2000/svg'/>", "RIFF....AVI ", "%PDF-1.7"})
    EXPECT_EQ(picture_type(other), std::nullopt) << other;
}

TEST(Storefront, ShowsTheLastOfAnAccountAndNothingOfAShortOne) {
  EXPECT_EQ(mask_account("6222021234567890"), "••••7890");
  EXPECT_EQ(mask_account("招商银行 尾号 1234"), "••••1234");
  EXPECT_EQ(mask_account("1234"), "••••");
  EXPECT_EQ(mask_account("微信零钱"), "••••");
}

class StorefrontStore : public test::StoreTest {
 protected:
  void SetUp() override {
    settings_.password_memory_kib = 8;
    settings_.password_passes = 1;
    NewBrand wish;
    wish.name = "联播";
    wish.owner_login = "boss";
    wish.owner_name = "Boss";
    brand_ = must(db().write([&](Tx& tx) { return create_brand(tx, system(), wish); }));
    anna_ = agent("A1");
    bella_ = agent("A2");
  }
  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return *std::move(result);
  }
  Agent agent(const std::string& code) {
    NewAgent wish;
    wish.code = wish.name = code;
    return must(db().write([&](Tx& tx) { return create_agent(tx, system(), brand_, wish); }));
  }
  Call system() {
    Call call;
    call.caller.system = true;
    call.caller.guest = false;
    call.now = 1'800'000'000'000;
    call.ids = &ids_;
    call.random = &random_;
    call.settings = &settings_;
    return call;
  }
  Call as(PersonId person) {
    Call call = system();
    call.caller = must(db().read([&](Tx& tx) -> Result<Caller> { return caller_of_person(tx, person); }));
    return call;
  }
  Result<net::Reply> ask(const std::string& id, const Call& call, const std::string& body = {},
                         const std::string& file = {}) {
    const net::Routes routes = storefront_routes(&db());
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const auto& r) { return r.id == id; });
    net::Request request;
    request.params = {{"store_id", anna_.store.text()}, {"agent_id", anna_.id.text()}};
    request.body = file;
    if (route->takes) {
      TRY(request.value, parse_json(body));
      TRY_OK(check_shape(request.value, *route->takes));
    }
    if (route->run == net::Run::plain) return route->plain_handler(call, request);
    const auto run = [&](Tx& tx) { return route->tx_handler(tx, call, request); };
    return route->run == net::Run::read ? db().read(run) : db().write(run);
  }
  static std::optional<Code> code_of(const Result<net::Reply>& reply) {
    return reply ? std::nullopt : std::optional(reply.error().code);
  }
  static json::value said(const Result<net::Reply>& reply) { return must(parse_json(must(reply).body)); }

  IdMaker ids_;
  SeededRandom random_{5};
  Settings settings_;
  BrandId brand_;
  Agent anna_, bella_;
};

TEST_P(StorefrontStore, ItsAgentNamesTheStoreAndNobodyElse) {
  EXPECT_EQ(get_text(said(ask("changeStore", as(anna_.person), R"({"name":" 春梅的好物铺 ","intro":"只卖自己用的"})")),
                     "name"),
            "春梅的好物铺");
  EXPECT_EQ(get_text(said(ask("changeStore", as(anna_.person), R"({"intro":""})")), "name"), "春梅的好物铺")
      << "what is not named stays";
  EXPECT_EQ(code_of(ask("changeStore", as(anna_.person), R"({"name":"  "})")), Code::invalid_field);
  EXPECT_EQ(code_of(ask("changeStore", as(bella_.person), R"({"name":"mine"})")), Code::forbidden);
}

TEST_P(StorefrontStore, APictureIsKeptAsItCameUnderAnAddressOfItsContent) {
  const auto put = [&](const std::string& bytes) { return ask("putStorePicture", as(anna_.person), {}, bytes); };
  EXPECT_EQ(code_of(ask("getStorePicture", as(bella_.person))), Code::not_found);
  const std::string first = get_text(said(put(kPng)), "picture_url");
  EXPECT_TRUE(first.starts_with("/api/v1/stores/" + anna_.store.text() + "/picture?v=")) << first;
  const auto shown = must(ask("getStorePicture", as(bella_.person)));
  EXPECT_EQ(shown.body, kPng);
  EXPECT_EQ(shown.content_type, "image/png");
  EXPECT_EQ(get_text(said(put(kPng)), "picture_url"), first);
  EXPECT_NE(get_text(said(put(kWebp)), "picture_url"), first) << "another picture, another address";
  EXPECT_EQ(code_of(put("")), Code::unsupported_media_type);
  EXPECT_EQ(code_of(put("<svg onload=alert(1)>")), Code::unsupported_media_type);
  EXPECT_EQ(code_of(put(kPng + std::string(kMaxPicture, 'x'))), Code::body_too_large);
  EXPECT_EQ(code_of(ask("putStorePicture", as(bella_.person), {}, kPng)), Code::forbidden);
  EXPECT_EQ(must(ask("getStorePicture", as(bella_.person))).content_type, "image/webp");
  EXPECT_EQ(get_text(said(ask("dropStorePicture", as(anna_.person))), "picture_url"), "");
  EXPECT_EQ(code_of(ask("getStorePicture", as(bella_.person))), Code::not_found);
}

TEST_P(StorefrontStore, WhereTheCommissionGoesIsTheAgentsToSayAndWhoPaysToRead) {
  const std::string wish = R"({"method":"bank","holder":"彭春梅","account":"6222 0212 3456 7890"})";
  EXPECT_FALSE(has(said(ask("getPayoutNote", as(anna_.person))), "note"));
  ASSERT_TRUE(ask("putPayoutNote", as(anna_.person), wish));
  const auto own = get_object(said(ask("getPayoutNote", as(anna_.person))), "note");
  EXPECT_EQ(get_text(own, "method"), "bank");
  EXPECT_EQ(get_text(own, "account"), "6222 0212 3456 7890");
  EXPECT_EQ(code_of(ask("getPayoutNote", as(bella_.person))), Code::forbidden);
  EXPECT_EQ(code_of(ask("putPayoutNote", as(bella_.person), wish)), Code::forbidden);
  EXPECT_EQ(code_of(ask("putPayoutNote", as(anna_.person), R"({"method":"cash","holder":"x","account":"y"})")),
            Code::invalid_field);
  const auto staff = [&](const char* login, unsigned roles) {
    return as(must(db().write([&](Tx& tx) { return add_staff(tx, system(), brand_, login, login, roles); })).person);
  };
  const auto read = [&](const Call& call) {
    return get_text(get_object(said(ask("getPayoutNote", call)), "note"), "account");
  };
  EXPECT_EQ(read(staff("finance", kFinance)), "6222 0212 3456 7890");
  EXPECT_EQ(read(staff("operator", kOperator)), "••••7890");
  EXPECT_EQ(code_of(ask("putPayoutNote", staff("owner", kOwner), wish)), Code::forbidden);
}

ON_BOTH_ENGINES(StorefrontStore);

}  // namespace
}  // namespace lianbo::org
