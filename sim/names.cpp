#include "sim/names.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/csv.hpp"

namespace lianbo::sim {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 40> kFamily = {"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周",
                                                      "徐", "孙", "马", "朱", "胡", "郭", "何", "高", "林", "罗",
                                                      "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹",
                                                      "彭", "曾", "肖", "田", "董", "袁", "潘", "蒋", "蔡", "余"};
constexpr std::array<std::string_view, 48> kGiven = {
    "芳",   "娜",   "敏",   "静",   "丽",   "艳",   "娟",   "霞",   "秀英", "桂兰", "玉梅", "晓燕",
    "雪",   "婷",   "慧",   "佳怡", "欣怡", "梓涵", "雨桐", "思琪", "梦洁", "可馨", "诗涵", "若曦",
    "伟",   "强",   "磊",   "军",   "勇",   "杰",   "涛",   "超",   "明",   "刚",   "浩",   "宇轩",
    "子墨", "俊杰", "志强", "建国", "海燕", "春梅", "红霞", "淑芬", "美玲", "云",   "小雨", "乐乐"};
constexpr std::array<std::string_view, 7> kRegions = {"华东", "华南", "华北", "华中", "西南", "东北", "西北"};
struct Place {
  std::string_view region, city;
};
constexpr std::array<Place, 12> kPlaces = {{{"浙江省", "浙江省杭州市"},
                                            {"江苏省", "江苏省苏州市"},
                                            {"广东省", "广东省佛山市"},
                                            {"山东省", "山东省临沂市"},
                                            {"河南省", "河南省洛阳市"},
                                            {"四川省", "四川省绵阳市"},
                                            {"湖南省", "湖南省株洲市"},
                                            {"湖北省", "湖北省宜昌市"},
                                            {"福建省", "福建省泉州市"},
                                            {"河北省", "河北省保定市"},
                                            {"安徽省", "安徽省芜湖市"},
                                            {"辽宁省", "辽宁省鞍山市"}}};
constexpr std::array<std::string_view, 8> kStreets = {"和平路", "人民路", "建设街", "解放路",
                                                      "文化路", "新华街", "朝阳路", "滨河路"};
constexpr std::array<std::string_view, 6> kTitles = {"{0}的直播间：{1}今天有福利", "{0}带你囤货，{1}开讲",
                                                     "自家人价格，{0}讲{1}",       "{0}：老朋友专场，{1}",
                                                     "{1}回购专场，{0}在线",       "{0}的好物分享，先看{1}"};
constexpr std::array<std::string_view, 6> kReasons = {"不想要了",   "尺寸不合适", "与描述不符",
                                                      "收到有破损", "拍多了",     "效果不满意"};
constexpr std::array<std::string_view, 3> kLevels = {"总代", "一级", "二级"};

std::string phone_number(Stream& stream) {
  return fmt::format("1{}{:09}", stream.between(3, 9), stream.below(1'000'000'000));
}

}  // namespace

std::string person_name(Stream& stream) {
  return std::string(stream.pick(Words(kFamily))) + std::string(stream.pick(Words(kGiven)));
}

std::string region_name(Stream& stream) { return std::string(stream.pick(Words(kRegions))); }

Address address_of(Stream& stream, const std::string& name) {
  const Place& place = kPlaces[stream.index(kPlaces.size())];
  return {name, phone_number(stream), std::string(place.region),
          fmt::format("{}{}{}号{}单元{}室", place.city, stream.pick(Words(kStreets)), stream.between(1, 300),
                      stream.between(1, 6), stream.between(101, 2606))};
}

std::string broadcast_title(Stream& stream, const std::string& host, const std::string& product) {
  return fmt::format(fmt::runtime(stream.pick(Words(kTitles))), host, product);
}

std::string refund_reason(Stream& stream) { return std::string(stream.pick(Words(kReasons))); }

std::vector<NewAgent> make_agents(int count, std::uint64_t seed) {
  Stream stream(seed, "agents");
  const int top = std::max(1, count / 20);
  std::vector<NewAgent> agents;
  std::vector<int> levels;
  for (int i = 0; i < count; ++i) {
    NewAgent agent{
        fmt::format("D{:05}", i + 1), person_name(stream), phone_number(stream), region_name(stream), {}, {}};
    int level = 0;
    if (i >= top) {
      const auto parent = stream.index(agents.size());
      agent.parent = agents[parent].code;
      agent.region = agents[parent].region;
      level = levels[parent] + 1;
    }
    agent.level = kLevels[static_cast<std::size_t>(std::min(level, 2))];
    agents.push_back(std::move(agent));
    levels.push_back(level);
  }
  return agents;
}

std::string agents_csv(const std::vector<NewAgent>& agents) {
  CsvWriter csv;
  csv.row({"code", "name", "phone", "region", "level", "parent", "state"});
  for (const auto& a : agents) csv.row({a.code, a.name, a.phone, a.region, a.level, a.parent, "active"});
  return csv.take();
}

}  // namespace lianbo::sim
