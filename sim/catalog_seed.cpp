#include "sim/catalog_seed.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/csv.hpp"
#include "sim/random_streams.hpp"

namespace lianbo::sim {
namespace {

struct Item {
  std::string_view title, category;
  int yuan;
  std::string_view options;  // "a|b|c", "" for one SKU
};

// "*" before a title: hot, with little stock.
constexpr std::array<Item, 60> kItems = {{
    {"*沁颜 玻色因紧致面霜", "美妆护肤", 139, "50g"},
    {"沁颜 氨基酸洁面乳", "美妆护肤", 49, "100g|150g"},
    {"沁颜 玻尿酸补水面膜", "美妆护肤", 59, "10片|20片"},
    {"沁颜 烟酰胺精华液", "美妆护肤", 89, "30ml|50ml"},
    {"沁颜 防晒乳 SPF50", "美妆护肤", 69, "50ml|80ml"},
    {"沁颜 眼霜 淡纹紧致", "美妆护肤", 99, "20g"},
    {"沁颜 舒缓爽肤水", "美妆护肤", 65, "150ml|300ml"},
    {"*花间集 丝绒唇釉", "美妆护肤", 59, "豆沙|枫叶红|奶茶|正红"},
    {"花间集 轻薄气垫", "美妆护肤", 109, "象牙白|自然色"},
    {"花间集 四色眼影盘", "美妆护肤", 79, "大地色|蜜桃色"},
    {"花间集 极细眉笔", "美妆护肤", 29, "深棕|灰棕"},
    {"花间集 卸妆膏", "美妆护肤", 69, "100g"},
    {"素养 山茶花护发精油", "个人护理", 55, "60ml"},
    {"素养 控油洗发水", "个人护理", 59, "500ml|1L"},
    {"素养 香氛沐浴露", "个人护理", 49, "白茶|桂花|雪松"},
    {"素养 护手霜三支装", "个人护理", 39, ""},
    {"素养 电动牙刷", "个人护理", 129, "白|绿|粉"},
    {"素养 益生菌牙膏", "个人护理", 29, "2支|4支"},
    {"素养 艾草泡脚包", "个人护理", 35, "30包|60包"},
    {"素养 蒸汽眼罩", "个人护理", 39, "10片|20片"},
    {"*禾小满 现摘蓝莓", "生鲜食品", 69, "6盒装"},
    {"禾小满 五常大米", "食品饮料", 75, "5kg|10kg"},
    {"禾小满 手工鲜花饼", "食品饮料", 39, "8枚|16枚"},
    {"禾小满 每日坚果", "食品饮料", 79, "15包|30包"},
    {"禾小满 红枣枸杞茶", "食品饮料", 45, "20袋|40袋"},
    {"禾小满 土蜂蜜", "食品饮料", 68, "500g|1kg"},
    {"禾小满 即食燕窝", "食品饮料", 168, "6瓶"},
    {"禾小满 黑芝麻丸", "食品饮料", 49, "27丸|54丸"},
    {"禾小满 低温酸奶", "生鲜食品", 59, "12杯|24杯"},
    {"禾小满 原切牛排", "生鲜食品", 129, "5片|10片"},
    {"禾小满 高邮咸鸭蛋", "食品饮料", 42, "12枚|20枚"},
    {"禾小满 藕粉羹", "食品饮料", 46, "原味|桂花味"},
    {"禾小满 冻干咖啡", "食品饮料", 89, "18颗|36颗"},
    {"禾小满 牛肉干", "食品饮料", 66, "香辣|五香|沙嗲"},
    {"禾小满 云南普洱熟茶", "食品饮料", 119, "357g"},
    {"禾小满 赣南脐橙", "生鲜食品", 49, "2.5kg|5kg"},
    {"*暖屋 羽绒夹克被", "家居日用", 199, "1.5m|1.8m"},
    {"暖屋 纯棉四件套", "家居日用", 159, "灰|豆绿|雾蓝"},
    {"暖屋 乳胶枕", "家居日用", 99, "低枕|高枕"},
    {"暖屋 珊瑚绒毛毯", "家居日用", 69, "驼色|米白"},
    {"暖屋 懒人抹布", "家居日用", 19, "3卷|6卷"},
    {"暖屋 竹浆抽纸", "家居日用", 39, "18包|27包"},
    {"暖屋 洗衣凝珠", "家居日用", 45, "52颗|104颗"},
    {"暖屋 除螨喷雾", "家居日用", 39, "300ml"},
    {"暖屋 收纳箱三件套", "家居日用", 89, ""},
    {"暖屋 硅胶折叠盆", "家居日用", 25, "小|中|大"},
    {"暖屋 香薰蜡烛", "家居日用", 49, "无花果|檀香"},
    {"暖屋 保温杯 316", "家居日用", 79, "350ml|500ml"},
    {"暖屋 不粘炒锅", "厨房用品", 149, "28cm|32cm"},
    {"暖屋 陶瓷刀具", "厨房用品", 89, ""},
    {"暖屋 玻璃保鲜盒", "厨房用品", 59, "4件|8件"},
    {"暖屋 破壁料理杯", "厨房用品", 169, "白|粉"},
    {"小树苗 儿童面霜", "母婴", 59, "50g"},
    {"小树苗 婴儿湿巾", "母婴", 39, "5包|10包"},
    {"小树苗 纯棉连体衣", "母婴", 69, "66|73|80|90"},
    {"小树苗 儿童绘本", "母婴", 88, ""},
    {"*小树苗 辅食料理机", "母婴", 189, ""},
    {"小树苗 隔尿垫", "母婴", 45, "M|L"},
    {"小树苗 儿童保温杯", "母婴", 79, "蓝|粉"},
    {"小树苗 磁力片", "母婴", 109, "60片|100片"},
}};

std::vector<std::string> split(std::string_view options) {
  std::vector<std::string> out;
  while (!options.empty()) {
    const auto bar = options.find('|');
    out.emplace_back(options.substr(0, bar));
    options.remove_prefix(bar == std::string_view::npos ? options.size() : bar + 1);
  }
  if (out.empty()) out.emplace_back();
  return out;
}

}  // namespace

std::vector<NewProduct> make_catalog(std::uint64_t seed) {
  Stream stream(seed, "catalog");
  std::vector<NewProduct> products;
  for (const Item& item : kItems) {
    NewProduct product;
    product.hot = item.title.starts_with('*');
    product.title = item.title.substr(product.hot ? 1 : 0);
    product.category = item.category;
    product.code = fmt::format("P{:03}", products.size() + 1);
    product.description = fmt::format("{}，{}，自家仓发货，七天无理由。", product.title, product.category);
    const auto options = split(item.options);
    for (std::size_t i = 0; i < options.size(); ++i) {
      // A size up costs more, a colour does not; the list puts sizes with digits first.
      const bool size = !options[i].empty() && options[i][0] >= '0' && options[i][0] <= '9';
      const Fen list_fen = static_cast<Fen>(item.yuan) * 100;
      const Fen price_fen = size && i > 0 ? list_fen * 3 / 2 / 100 * 100 - 10 : list_fen - 10;
      product.skus.push_back({fmt::format("{}-{}", product.code, i + 1), options[i], price_fen,
                              product.hot ? stream.between(8, 20) : stream.between(150, 1200)});
    }
    products.push_back(std::move(product));
  }
  return products;
}

std::string catalog_csv(const std::vector<NewProduct>& products) {
  CsvWriter csv;
  csv.row({"product_code", "title", "category", "description", "sku_code", "sku_title", "price", "stock"});
  for (const auto& p : products)
    for (const auto& s : p.skus)
      csv.row({p.code, p.title, p.category, p.description, s.code, s.title, format_fen(s.price_fen),
               std::to_string(s.stock)});
  return csv.take();
}

}  // namespace lianbo::sim
