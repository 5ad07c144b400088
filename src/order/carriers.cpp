#include "order/carriers.hpp"

#include <algorithm>
#include <string>

namespace lianbo::order {
namespace {

constexpr Carrier kCarriers[] = {
    {"SF", "顺丰速运", "SF Express", "顺丰"},
    {"ZTO", "中通快递", "ZTO Express", "中通"},
    {"YTO", "圆通速递", "YTO Express", "圆通"},
    {"STO", "申通快递", "STO Express", "申通"},
    {"YD", "韵达快递", "Yunda Express", "韵达"},
    {"JTSD", "极兔速递", "J&T Express", "极兔"},
    {"JD", "京东物流", "JD Logistics", "京东"},
    {"EMS", "邮政特快专递", "EMS", "邮政EMS"},
    {"YZPY", "邮政快递包裹", "China Post", "邮政"},
    {"DBL", "德邦快递", "Deppon", "德邦"},
    {"HTKY", "百世快递", "Best Express", "百世"},
    {"ZJS", "宅急送", "ZJS Express", "宅急送快递"},
    {"UC", "优速快递", "UC Express", "优速"},
    {"DNWL", "丹鸟物流", "Danniao", "丹鸟"},
    {"CNSD", "菜鸟速递", "Cainiao", "菜鸟"},
    {"FWX", "丰网速运", "Fengwang", "丰网"},
    {"KYSY", "跨越速运", "KYE Express", "跨越"},
    {"ANE", "安能物流", "ANE Logistics", "安能"},
    {"SXJD", "顺心捷达", "SX Jieda", "顺心"},
    {"YMDD", "壹米滴答", "Yimi Dida", "壹米"},
    {"DHL", "DHL 国际快递", "DHL", "敦豪"},
    {"UPS", "UPS 国际快递", "UPS", "联合包裹"},
    {"FEDEX", "联邦快递", "FedEx", "联邦"},
    {"SELF", "自提或自送", "Picked up or brought by hand", "自提"},
    {"OTHER", "其他", "Other", "其它"},
};

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return x == y || (x < 0x80 && y < 0x80 && std::tolower(x) == std::tolower(y));
  });
}

}  // namespace

std::span<const Carrier> carriers() { return kCarriers; }

Result<Carrier> find_carrier(std::string_view wanted) {
  for (const auto& c : kCarriers)
    if (same(c.code, wanted) || same(c.name_zh, wanted) || same(c.name_en, wanted) || same(c.also, wanted)) return c;
  return fail(Code::invalid_field,
              "is no carrier of the list (GET /carriers): a code like SF or ZTO, or OTHER, is expected", "/carrier");
}

std::string_view carrier_name(std::string_view code, bool chinese) {
  for (const auto& c : kCarriers)
    if (c.code == code) return chinese ? c.name_zh : c.name_en;
  return code;
}

Status check_tracking_number(std::string_view number) {
  const bool right = !number.empty() && number.size() <= 40 && std::all_of(number.begin(), number.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  });
  if (right) return {};
  return fail(Code::invalid_field, "a tracking number has 1 to 40 letters, digits and hyphens", "/tracking_number");
}

}  // namespace lianbo::order
