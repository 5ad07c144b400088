// What is found by which words; slips against a distance computed the slow way.
#include "feed/text_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "feed/pinyin.hpp"

namespace lianbo::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Texts : public ::testing::Test {
 protected:
  void SetUp() override {
    index_.put(1, {"茶树洗发水 500ml", "SH-01", "洗护"});
    index_.put(2, {"Lavender Shampoo", "SH-02", "Hair"});
    index_.put(3, {"绿茶", "TEA-1", "茶叶"});
    index_.put(4, {"Crème brûlée candle", "C-9", "Home"});
    index_.put(5, {"重庆火锅底料", "HG-1", "食品"});
    index_.put(6, {"Ｓｏａｐ　手工皂", "SP-1", "洗护"});
  }
  std::vector<std::int64_t> find(std::string_view query) const {
    std::vector<std::int64_t> out;
    for (const auto& hit : index_.find(query, 10)) out.push_back(hit.id);
    return out;
  }
  TextIndex index_;
};

TEST_F(Texts, AreFoundByAnyPartOfThem) {
  EXPECT_THAT(find("洗发水"), ElementsAre(1));
  EXPECT_THAT(find("发水"), ElementsAre(1));
  EXPECT_THAT(find("茶"), UnorderedElementsAre(1, 3));
  EXPECT_THAT(find("SHAMPOO"), ElementsAre(2));
  EXPECT_THAT(find("lav"), ElementsAre(2));
  EXPECT_THAT(find("creme brulee"), ElementsAre(4)) << "without its accents";
  EXPECT_THAT(find("soap"), ElementsAre(6)) << "full-width letters are letters";
  EXPECT_THAT(find("SH-02"), ElementsAre(2)) << "by its code";
  EXPECT_THAT(find("手工 soap"), ElementsAre(6)) << "in any order";
  EXPECT_THAT(find("茶树500"), ElementsAre(1)) << "Chinese and Latin part by themselves";
  EXPECT_THAT(find("茶 shampoo"), IsEmpty()) << "all words, or nothing";
  EXPECT_THAT(find("!?"), IsEmpty());
  EXPECT_THAT(find(""), IsEmpty());
}

TEST_F(Texts, AreFoundByFirstLettersAndSoundsOfChineseCharacters) {
  EXPECT_THAT(find("xfs"), ElementsAre(1)) << "洗发水";
  EXPECT_THAT(find("csxfs"), ElementsAre(1));
  EXPECT_THAT(find("lvcha"), ElementsAre(3)) << pinyin_of(U'绿');
  EXPECT_THAT(find("huoguo"), ElementsAre(5));
  EXPECT_THAT(find("sgz"), ElementsAre(6)) << "手工皂";
}

TEST_F(Texts, ForgiveASlipInALatinWord) {
  EXPECT_THAT(find("shampo"), ElementsAre(2));
  EXPECT_THAT(find("shanpoo"), ElementsAre(2)) << "wrong";
  EXPECT_THAT(find("shmpoo"), ElementsAre(2)) << "missing";
  EXPECT_THAT(find("shamppoo"), ElementsAre(2)) << "too many";
  EXPECT_THAT(find("shapmoo"), ElementsAre(2)) << "exchanged";
  EXPECT_THAT(find("lavnedre"), ElementsAre(2)) << "two, in a word of eight";
  EXPECT_THAT(find("shxxpoo"), IsEmpty()) << "two, in a short one";
  EXPECT_THAT(find("soqp"), ElementsAre(6));
  EXPECT_THAT(find("hau"), IsEmpty()) << "too short to guess at";
}

TEST_F(Texts, TheWholeNameComesBeforeItsBeginningAndThatBeforeItsInside) {
  TextIndex index;
  index.put(1, {"a hot soap"});
  index.put(2, {"soap dish"});
  index.put(3, {"soap"});
  index.put(4, {"thesoap"});
  std::vector<std::int64_t> got;
  for (const auto& hit : index.find("soap", 10)) got.push_back(hit.id);
  EXPECT_THAT(got, ElementsAre(3, 2, 1, 4));
}

TEST_F(Texts, AreReplacedAndRemoved) {
  index_.put(2, {"Rose Shampoo", "SH-02", "Hair"});
  EXPECT_THAT(find("lavender"), IsEmpty());
  EXPECT_THAT(find("rose"), ElementsAre(2));
  index_.remove(2);
  EXPECT_THAT(find("rose"), IsEmpty());
  EXPECT_EQ(index_.size(), 5U);
  for (int i = 0; i < 500; ++i) index_.put(3, {"tea " + std::to_string(i)});
  EXPECT_THAT(find("tea"), ElementsAre(3));
  EXPECT_THAT(find("火锅"), ElementsAre(5)) << "what was left behind by replacing is gone, the rest is there";
}

// Whatever was put, replaced and removed: what contains a part is found by it, and nothing else is.
TEST(TextsOfManyWords, TheWholeNameComesFirstHoweverManyNewerOnesHaveAllItsWords) {
  TextIndex index;
  for (int i = 1; i <= 300; ++i) index.put(i, {"主播" + std::to_string(i), "主播" + std::to_string(i) + "的小店"});
  EXPECT_THAT(index.find("主播1", 1), ElementsAre(::testing::Field(&TextIndex::Hit::id, 1)));
  EXPECT_THAT(index.find(" 主播2的小店 ", 1), ElementsAre(::testing::Field(&TextIndex::Hit::id, 2)));
  index.put(1001, {"Vitamin C Serum"});
  index.put(1002, {"Serum with Vitamin C"});
  EXPECT_THAT(index.find("VITAMIN C serum", 1), ElementsAre(::testing::Field(&TextIndex::Hit::id, 1001)));
}

TEST(TextsOfManyWords, LettersAndDigitsWrittenTogetherOrApart) {
  TextIndex index;
  index.put(1, {"iPhone 15 手机壳"});
  index.put(2, {"主播7"});
  index.put(3, {"iphone14"});
  const auto ids = [&](std::string_view query) {
    std::vector<std::int64_t> out;
    for (const auto& hit : index.find(query, 10)) out.push_back(hit.id);
    return out;
  };
  EXPECT_THAT(ids("iphone15"), ElementsAre(1));
  EXPECT_THAT(ids("zb7"), ElementsAre(2));
  EXPECT_THAT(ids("iphone14"), ElementsAre(3));
  EXPECT_THAT(ids("zb8"), IsEmpty());
  EXPECT_THAT(ids("iphone16"), IsEmpty());
}

TEST(TextsProperty, FindWhatAModelFinds) {
  rc::check([] {
    TextIndex index;
    std::map<std::int64_t, std::string> model;
    const auto text = [] {
      std::string out;
      const int n = *rc::gen::inRange(1, 6);
      for (int i = 0; i < n; ++i) out += *rc::gen::element<std::string>("茶", "水", "1", "2", "12", "é");
      return out;
    };
    const int steps = *rc::gen::inRange(1, 150);
    for (int i = 0; i < steps; ++i) {
      const auto id = *rc::gen::inRange<std::int64_t>(1, 20);
      if (*rc::gen::inRange(0, 4) == 0) {
        index.remove(id);
        model.erase(id);
      } else {
        model[id] = text();
        index.put(id, {model[id]});
      }
    }
    for (const std::string part : {"茶", "水茶", "12", "21"}) {
      std::vector<std::int64_t> wanted, got;
      for (const auto& [id, t] : model)
        if (t.find(part) != std::string::npos) wanted.push_back(id);
      for (const auto& hit : index.find(part, 100)) got.push_back(hit.id);
      std::sort(got.begin(), got.end());
      RC_ASSERT(got == wanted);
    }
  });
}

// However many texts a word is in, the whole name is found, and of equals the newest.
TEST_F(Texts, TheBestIsFoundAmongVeryMany) {
  TextIndex index;
  constexpr std::int64_t kMany = 5'000;
  for (std::int64_t id = 1; id <= kMany; ++id) index.put(id, {"手工皂 soap " + std::to_string(id)});
  index.put(kMany + 1, {"soap"});
  index.put(kMany + 2, {"薰衣草 soap x"});
  std::vector<std::int64_t> got;
  for (const auto& hit : index.find("soap", 3)) got.push_back(hit.id);
  EXPECT_THAT(got, ElementsAre(kMany + 1, kMany + 2, kMany));
  got.clear();
  for (const auto& hit : index.find("sgz 4999", 3)) got.push_back(hit.id);
  EXPECT_THAT(got, ElementsAre(4'999));
}

int slow_slips(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(a.size() + b.size());
  int best = std::min({slow_slips(a.substr(1), b) + 1, slow_slips(a, b.substr(1)) + 1,
                       slow_slips(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1)});
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0])
    best = std::min(best, slow_slips(a.substr(2), b.substr(2)) + 1);
  return best;
}

TEST(TextsProperty, SlipsAreTheEditsOfAdjacentLetters) {
  rc::check([] {
    const auto word = [] { return *rc::gen::resize(5, rc::gen::container<std::string>(rc::gen::inRange('a', 'd'))); };
    const std::string a = word(), b = word();
    const int wanted = slow_slips(a, b);
    const int got = TextIndex::slips(a, b, 2);
    RC_ASSERT(std::min(got, 3) == std::min(wanted, 3));
  });
}

}  // namespace
}  // namespace lianbo::feed
