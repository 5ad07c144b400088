#include "pay/http_transport.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <thread>

#include "net/server.hpp"
#include "pay/sandbox/sandbox.hpp"
#include "pay/wechat/rail.hpp"
#include "support/database.hpp"

namespace lianbo::pay {
namespace {

constexpr Instant kNow = 1'794'110'400'000;

// The sandbox behind a real socket: what it gets and gives has been through HTTP.
class OverHttp : public testing::Test {
 protected:
  OverHttp() : scratch_(test::Engine::sqlite), db_(scratch_.open()) {
    static const sandbox::Keys test_keys = [] {
      SecureRandom random;
      return sandbox::make_keys(random);
    }();
    sandbox::Options options;
    options.keys = &test_keys;
    sandbox_ = sandbox::Sandbox::open(*db_, kNow, options).value();
    serve();
    const auto& keys = sandbox_->keys();
    write("key.pem", keys.merchant.pem());
    write("apiv3.key", keys.apiv3_key + "\n");
    write("platform.pem", keys.platform.public_key().pem());
    settings_.wechat_api = "http://127.0.0.1:" + std::to_string(server_->port());
    settings_.wechat_appid = keys.appid;
    settings_.wechat_mchid = keys.mchid;
    settings_.wechat_serial = keys.merchant_serial;
    settings_.wechat_key_file = folder_.path() + "/key.pem";
    settings_.wechat_apiv3_key_file = folder_.path() + "/apiv3.key";
    settings_.wechat_public_key_file = folder_.path() + "/platform.pem";
    settings_.wechat_public_key_id = keys.platform_serial;
  }

  void serve() {
    server_.emplace(net::ServerConfig{}, [this](net::Request&& request, net::ReplySink sink) {
      auto said =
          sandbox_->handle(net::method_name(request.method), request.target, request.headers, request.body, kNow);
      ASSERT_TRUE(said);
      net::Reply reply{said->status, std::move(said->body), {}, {}};
      for (auto& [name, value] : said->headers) {
        if (name == "Content-Type")
          reply.content_type = value;
        else
          reply.headers.emplace_back(name, value);
      }
      sink(std::move(reply));
    });
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().text();
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() + "/" + name, std::ios::binary) << text;
  }
  PrepayWish wish(int n) const {
    PrepayWish w;
    w.out_trade_no = "ORDER" + std::to_string(1000 + n);
    w.description = "联播";
    w.amount_fen = 100;
    w.payer_openid = "o1";
    w.notify_url = "https://shop.example/n";
    return w;
  }
  std::string where_refused() {
    const auto made = make_wechat_rail(settings_);
    return made ? "made" : made.error().where;
  }

  test::ScratchDatabase scratch_;
  std::unique_ptr<db::Database> db_;
  test::ScratchFolder folder_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::optional<net::Server> server_;
  Settings settings_;
  SeededRandom random_{3};
};

TEST_F(OverHttp, ARailFromTheSettingsSpeaksTheWholeProtocol) {
  const auto made = make_wechat_rail(settings_);
  ASSERT_TRUE(made) << made.error().text();
  PayRail& rail = **made;
  const auto prepaid = rail.prepay(wish(1), kNow, random_);
  ASSERT_TRUE(prepaid) << prepaid.error().text();
  ASSERT_TRUE(sandbox_->pay(prepaid->prepay_id, "o1", kNow));
  EXPECT_EQ(rail.query("ORDER1001", kNow, random_).value().state, TradeState::success);
  RefundWish refund;
  refund.out_trade_no = "ORDER1001";
  refund.out_refund_no = "R|1";
  refund.refund_fen = refund.total_fen = 100;
  ASSERT_TRUE(rail.refund(refund, kNow, random_));
  EXPECT_EQ(rail.query_refund("R|1", kNow, random_).value().state, RefundState::success);
  ASSERT_TRUE(rail.prepay(wish(2), kNow, random_));
  EXPECT_TRUE(rail.close("ORDER1002", kNow, random_)) << "204 without a body verifies too";
  EXPECT_EQ(refusal_of(rail.query("ORDER1009", kNow, random_).error()), Refusal::not_found);
  int read = 0;
  ASSERT_TRUE(sandbox_->deliver_due(kNow, [&](const sandbox::OutgoingNotice& n) {
    read += rail.read_notice(n.headers, n.body, kNow).has_value() ? 1 : 0;
    return 200;
  }));
  EXPECT_EQ(read, 1);
}

TEST_F(OverHttp, ManyThreadsSendSideBySideAndKeptConnectionsAreUsedAgain) {
  const auto rail = make_wechat_rail(settings_).value();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&, t] {
      SeededRandom own(static_cast<std::uint64_t>(t) + 1);
      for (int i = 0; i < 5; ++i) good += rail->prepay(wish(t * 10 + i), kNow, own) ? 1 : 0;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 60);
  const auto before = server_->stats().accepted;
  EXPECT_LE(before, 60);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(rail->query("ORDER1000", kNow, random_));
  EXPECT_EQ(server_->stats().accepted, before);
}

TEST_F(OverHttp, AHostThatIsGoneIsAnUnknownOutcome) {
  const auto rail = make_wechat_rail(settings_).value();
  ASSERT_TRUE(rail->prepay(wish(1), kNow, random_));
  server_->stop(0);
  const auto lost = rail->query("ORDER1001", kNow, random_);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::payment_unreachable) << lost.error().text();
}

TEST_F(OverHttp, EachSettingThatIsMissingOrWrongIsNamed) {
  EXPECT_EQ(where_refused(), "made");
  const Settings good = settings_;
  settings_.wechat_key_file = folder_.path() + "/none.pem";
  EXPECT_EQ(where_refused(), "wechat.key_file");
  settings_.wechat_key_file = good.wechat_public_key_file;
  EXPECT_EQ(where_refused(), "wechat.key_file") << "a public key is no private one";
  settings_ = good;
  settings_.wechat_apiv3_key_file = "";
  EXPECT_EQ(where_refused(), "wechat.apiv3_key_file");
  write("short.key", "testAPIv3Key0000");
  settings_.wechat_apiv3_key_file = folder_.path() + "/short.key";
  EXPECT_EQ(where_refused(), "wechat.apiv3_key_file");
  settings_ = good;
  settings_.wechat_public_key_id = "";
  EXPECT_EQ(where_refused(), "wechat.public_key_id");
  settings_ = good;
  settings_.wechat_mchid = "";
  EXPECT_EQ(where_refused(), "wechat.mchid");
}

}  // namespace
}  // namespace lianbo::pay
