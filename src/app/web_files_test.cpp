#include "app/web_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "net/router.hpp"
#include "net/target.hpp"

namespace lianbo::app {
namespace {

namespace fs = std::filesystem;
using net::Method;
using net::Reply;
using net::Request;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "lianbo-web-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void put_pages(const Folder& folder, const std::string& below) {
  folder.put(below + "shop/index.html", "<p>shop</p>");
  folder.put(below + "shop/index.html.br", "SHOP-BR");
  folder.put(below + "shop/index.html.gz", "SHOP-GZ");
  folder.put(below + "host/index.html", "<p>host</p>");
  folder.put(below + "brand/index.html", "<p>brand</p>");
  folder.put(below + "assets/app-1a2b.js", "let a");
  folder.put(below + "assets/app-1a2b.js.gz", "JS-GZ");
  folder.put(below + "icon.svg", "<svg/>");
  folder.put(below + "manifest.json", "{}");
}

class WebFilesTest : public ::testing::Test {
 protected:
  WebFilesTest() {
    put_pages(folder_, "");
    Settings settings;
    settings.web_dir = folder_.path().string();
    files_ = std::make_shared<const WebFiles>(*load_web_files(settings, ""));
    routes_ = web_routes(files_);
    net::Route api;
    api.path = "/api/v1/orders/{order_id}";
    api.id = "getOrder";
    routes_.push_back(api);
    api.path = "/s/{token}";
    api.id = "openShare";
    routes_.push_back(api);
    router_ = std::make_unique<net::Router>(routes_);
  }

  Result<Reply> get(const std::string& path, std::vector<std::pair<std::string, std::string>> headers = {}) const {
    const auto match = router_->find(Method::get, path);
    if (match.route == nullptr) return fail(Code::not_found, "no route");
    if (!match.route->plain_handler) return fail(Code::conflict, "the API's");
    Request request;
    request.path = path;
    request.headers = std::move(headers);
    request.params = match.params;
    return match.route->plain_handler(Call{}, request);
  }
  static std::string header(const Reply& reply, std::string_view name) {
    const auto it =
        std::find_if(reply.headers.begin(), reply.headers.end(), [&](const auto& h) { return h.first == name; });
    return it == reply.headers.end() ? "" : it->second;
  }

  Folder folder_;
  std::shared_ptr<const WebFiles> files_;
  net::Routes routes_;
  std::unique_ptr<net::Router> router_;
};

TEST_F(WebFilesTest, EveryAddressOfAPageIsAnsweredByItsEntrySoThatAReloadWorks) {
  for (const char* path : {"/", "/room/0ag7qgr00007g", "/product/x", "/store/x", "/clip/x", "/join/x", "/cart",
                           "/orders", "/orders/0ag7qgr00007g", "/pay/x", "/shares", "/checkout", "/me"})
    EXPECT_EQ(get(path)->body, "<p>shop</p>") << path;
  EXPECT_EQ(get("/host")->body, "<p>host</p>");
  EXPECT_EQ(get("/host/on-air/1")->body, "<p>host</p>");
  EXPECT_EQ(get("/brand/money/ledger")->body, "<p>brand</p>");
}

// A small API for the page to ask: what it is asked is told in `asked`.
struct FirstPageTest : ::testing::Test {
  std::vector<std::string> asked;
  std::string product =
      R"({"id":"p1","brand_id":"b1","title":"<b>\"茶\"</b>","image_url":"https://x/a.png?a=1&b=2",)"
      R"("skus":[{"price_fen":800,"sold_out":true},{"price_fen":125000,"store_price_fen":99000},{"price_fen":500}]})";
  FirstPage ask(const std::string& target) {
    Request request;
    request.target = target;
    EXPECT_TRUE(net::parse_target(request)) << target;
    return first_page(
        [this](const Call&, const Request&, const std::string& at) -> Result<Reply> {
          asked.push_back(at);
          if (at.starts_with("/api/v1/site"))
            return Reply::json(R"({"brands":[{"id":"b0","currency":"EUR"},{"id":"b1","currency":"USD"}]})");
          if (at == "/api/v1/broadcasts/r1")
            return Reply::json(R"({"id":"r1","store_id":"s1","host_name":"小满","title":"早场"})");
          if (at == "/api/v1/me") return Reply::json("{}");
          if (at.starts_with("/api/v1/products/p1")) return Reply::json(product);
          return fail(Code::not_found);
        },
        Call{}, request);
  }
};

TEST_F(FirstPageTest, ARoomOpenedForAProductCarriesItsCardAndTheFirstAnswers) {
  const FirstPage page = ask("/room/r1?product=p1&share=T0ken");
  EXPECT_EQ(asked, (std::vector<std::string>{"/api/v1/site?share=T0ken", "/api/v1/broadcasts/r1", "/api/v1/me",
                                             "/api/v1/products/p1?store_id=s1"}));
  EXPECT_NE(page.body.find("<h2>&lt;b&gt;&quot;茶&quot;&lt;/b&gt;</h2>"), std::string::npos) << page.body;
  EXPECT_NE(page.body.find("<p>$990.00</p>"), std::string::npos)
      << "of the first that can be had, what it costs in this store, in the brand's currency: " << page.body;
  EXPECT_NE(page.body.find("src=\"https://x/a.png?a=1&amp;b=2\""), std::string::npos) << page.body;
  EXPECT_NE(page.head.find("content=\"&lt;b&gt;&quot;茶&quot;&lt;/b&gt; · 早场\""), std::string::npos) << page.head;
}

TEST_F(FirstPageTest, NothingThatIsCarriedCanEndTheScriptItStandsIn) {
  product = R"({"id":"p1","title":"</script><script>alert(1)</script>","skus":[]})";
  const FirstPage page = ask("/product/p1?store=s1");
  const std::size_t json = page.body.find("{\"/api/v1/site\"");
  ASSERT_NE(json, std::string::npos) << page.body;
  EXPECT_EQ(page.body.find('<', json), page.body.find("</script>", json)) << "no < before the end: " << page.body;
  EXPECT_EQ(page.body.find("</script>", json) + std::string_view("</script>").size(), page.body.size());
}

TEST_F(FirstPageTest, WhatIsNotFoundOrOddlyNamedIsLeftToThePage) {
  EXPECT_EQ(ask("/room/r2?product=p1").body, "");
  EXPECT_EQ(ask("/store/s1").body, "");
  EXPECT_EQ(ask("/room/r%221?product=p1").body, "");
  asked.clear();
  EXPECT_EQ(ask("/room/r1?product=p9").body.find("<section"), std::string::npos) << "no card of a product that is gone";
  asked.clear();
  ask("/product/p1?store=a%2Fb&share=%22x");
  EXPECT_EQ(asked, std::vector<std::string>{"/api/v1/me"});
}

TEST_F(WebFilesTest, WhatAPageCarriesStandsInItsMarksAndIsKeptByNobody) {
  folder_.put("shop/index.html", "<head><!--first-head--></head><!--first-body-->");
  Settings settings;
  settings.web_dir = folder_.path().string();
  const Reply reply = load_web_files(settings, "")->page("shop", Request{}, nullptr, {"HEAD", "BODY"});
  EXPECT_EQ(reply.body, "<head>HEAD</head>BODY");
  EXPECT_EQ(header(reply, "Cache-Control"), "no-store");
  EXPECT_EQ(header(reply, "ETag"), "");
}

TEST_F(WebFilesTest, TheApiIsNeverShadowed) {
  for (const char* path : {"/api/v1/orders/1", "/s/abc"}) EXPECT_EQ(get(path).error().code, Code::conflict) << path;
  for (const char* path : {"/api", "/api/v1/nothing", "/healthz", "/nothing", "/hosts", "/manifest.json"})
    EXPECT_EQ(get(path).error().code, Code::not_found) << path;
}

TEST_F(WebFilesTest, AssetsAreCachedForEverAndPagesAreAskedForAgain) {
  EXPECT_EQ(header(*get("/assets/app-1a2b.js"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(get("/assets/app-1a2b.js")->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(header(*get("/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(header(*get("/icon.svg"), "Cache-Control"), "no-cache");
}

TEST_F(WebFilesTest, TheSmallestAcceptedCodingIsChosen) {
  EXPECT_EQ(get("/", {{"accept-encoding", "gzip, deflate, br"}})->body, "SHOP-BR");
  EXPECT_EQ(header(*get("/", {{"accept-encoding", "gzip, br;q=0.5"}}), "Content-Encoding"), "br");
  EXPECT_EQ(get("/", {{"accept-encoding", "GZIP"}})->body, "SHOP-GZ");
  EXPECT_EQ(get("/", {{"accept-encoding", "br;q=0, gzip"}})->body, "SHOP-GZ");
  EXPECT_EQ(get("/", {{"accept-encoding", "brotli"}})->body, "<p>shop</p>");
  EXPECT_EQ(get("/")->body, "<p>shop</p>");
  EXPECT_EQ(header(*get("/"), "Vary"), "Accept-Encoding");
  EXPECT_EQ(get("/assets/app-1a2b.js", {{"accept-encoding", "br, gzip"}})->body, "JS-GZ");
  EXPECT_EQ(header(*get("/icon.svg"), "Vary"), "");
}

TEST_F(WebFilesTest, WhoHasThePageAlreadyIsToldSo) {
  const std::string tag = header(*get("/"), "ETag");
  const Reply same = *get("/", {{"if-none-match", "\"other\", W/" + tag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_NE(header(same, "Content-Security-Policy"), "");
  EXPECT_EQ(get("/", {{"if-none-match", tag}, {"accept-encoding", "br"}})->status, 200);
}

TEST_F(WebFilesTest, PagesForbidScriptsThatAreNotOurFiles) {
  for (const char* path : {"/", "/host", "/brand"}) {
    const std::string policy = header(*get(path), "Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'self'; script-src 'self'; "), std::string::npos) << path;
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << path;
  }
  EXPECT_EQ(header(*get("/"), "Content-Security-Policy").find("unsafe"), std::string::npos);
  EXPECT_EQ(header(*get("/host"), "Content-Security-Policy").find("unsafe"), std::string::npos);
}

TEST_F(WebFilesTest, NoPathLeadsOutOfTheFolder) {
  folder_.put("../lianbo-outside.txt", "secret");
  for (const char* path : {"/assets/../manifest.json", "/assets/..", "/assets/", "/assets//etc/passwd",
                           "/assets/../../lianbo-outside.txt", "/assets/app-1a2b.js/", "/assets/app-1a2b.js.gz"})
    EXPECT_EQ(get(path).error().code, Code::not_found) << path;
  fs::remove(folder_.path() / ".." / "lianbo-outside.txt");
}

TEST_F(WebFilesTest, ALinkOutOfTheFolderIsNotFollowed) {
  fs::create_symlink("/etc/hostname", folder_.path() / "assets" / "link.txt");
  Settings settings;
  settings.web_dir = folder_.path().string();
  EXPECT_FALSE(load_web_files(settings, "")->files.contains("assets/link.txt"));
}

TEST(WebFolderTest, PagesAreFoundBesideTheProgramOrInTheSourceTree) {
  Folder tree;
  put_pages(tree, "web/dist/");
  fs::create_directories(tree.path() / "build" / "release");
  const std::string program = (tree.path() / "build" / "release").string();
  EXPECT_TRUE(load_web_files(Settings{}, program)->present());
  EXPECT_EQ(load_web_files(Settings{}, program)->folder, (tree.path() / "web" / "dist").string());
  put_pages(tree, "build/release/web/");
  EXPECT_EQ(load_web_files(Settings{}, program)->folder, program + "/web");
}

TEST(WebFolderTest, ANamedFolderMustHoldPages) {
  const Folder empty;
  Settings settings;
  settings.web_dir = empty.path().string();
  const auto files = load_web_files(settings, "");
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().where, "web.dir");
}

TEST(WebFolderTest, WithoutPagesTheirAddressesSaySoInBothLanguages) {
  const Folder empty;
  const auto files = load_web_files(Settings{}, empty.path().string());
  ASSERT_TRUE(files);
  EXPECT_FALSE(files->present());
  const Reply page = files->page("shop", Request{});
  EXPECT_EQ(page.status, 503);
  EXPECT_NE(page.body.find("网页尚未构建"), std::string::npos);
  EXPECT_NE(page.body.find("web pages are not there"), std::string::npos);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
}

}  // namespace
}  // namespace lianbo::app
