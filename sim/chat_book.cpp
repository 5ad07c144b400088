#include "sim/chat_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "sim/files.hpp"

namespace lianbo::sim {
namespace {

constexpr std::size_t kMaxFileBytes = 256u << 20;
constexpr double kRepeats = 0.46;  // of real lines, said before in the same words

constexpr std::array<std::string_view, 28> kSentences = {
    "多少钱",     "怎么买",   "有优惠吗",     "已拍",       "拍了两份",       "主播好",           "来了来了",
    "666",        "好用吗",   "敏感肌能用吗", "{}还有货吗", "{}回购好几次了", "{}什么时候发货",   "包邮吗",
    "给我留一单", "链接在哪", "1号链接",      "想要",       "太划算了",       "上次买的{}很不错", "孕妇能用吗",
    "能便宜点吗", "支持一下", "晚上好",       "老粉来了",   "{}送人合适吗",   "哈哈哈",           "讲一下{}"};
constexpr std::array<std::string_view, 8> kTails = {"", "", "", "~", "！", "？", "哦", "呀"};

}  // namespace

bool fit_to_say(std::string_view line) {
  if (line.empty() || !valid_utf8(line) || utf8_length(line) > 200) return false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    if (c < 0x20 || c == 0x7f) return false;
    if (c == 0xc2 && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) < 0xa0) return false;  // U+0080…9F
    if (line.substr(i).starts_with("\u2028") || line.substr(i).starts_with("\u2029")) return false;
  }
  return true;
}

Result<ChatBook> ChatBook::parse(std::string_view bytes) {
  std::string inflated;
  if (is_xz(bytes)) {
    TRY(inflated, unxz(bytes, kMaxFileBytes));
    bytes = inflated;
  } else if (is_gzip(bytes)) {
    TRY(inflated, gunzip(bytes, kMaxFileBytes));
    bytes = inflated;
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  std::map<std::string, Talk, std::less<>> talks;
  ChatBook book;
  bool first = true;
  for (std::string_view rest = bytes; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const auto tab = line.find('\t');
    const auto second = tab == std::string_view::npos ? tab : line.find('\t', tab + 1);
    if (std::exchange(first, false) && line.starts_with("room\t")) continue;
    const std::string_view text =
        second == std::string_view::npos ? std::string_view() : csv_trim(line.substr(second + 1));
    if (!fit_to_say(text)) {
      ++book.dropped_;
      continue;
    }
    const std::string_view room = line.substr(0, tab);
    auto at = talks.find(room);
    if (at == talks.end()) at = talks.emplace(room, Talk{}).first;
    at->second.lines.emplace_back(text);
    ++book.lines_;
  }
  if (book.lines_ == 0)
    return fail(Code::csv_invalid, "no line of chat found; a line is room, minute and text, separated by TAB");
  for (auto& [room, talk] : talks) book.talks_.push_back(std::move(talk));
  std::stable_sort(book.talks_.begin(), book.talks_.end(),
                   [](const Talk& a, const Talk& b) { return a.lines.size() > b.lines.size(); });
  return book;
}

Result<ChatBook> ChatBook::load(const std::string& file) {
  TRY(const std::string bytes, read_file(file, kMaxFileBytes));
  auto book = parse(bytes);
  if (!book) book.error().where = file;
  return book;
}

std::string ChatBook::next_line(int room, std::string_view product_title, Stream& stream) {
  const auto i = static_cast<std::size_t>(room);
  if (ears_.size() <= i) ears_.resize(i + 1);
  Ear& ear = ears_[i];
  if (!talks_.empty()) {
    const Talk& talk = talks_[i % std::min<std::size_t>(talks_.size(), 40)];
    if (!std::exchange(ear.begun, true)) ear.at = stream.index(talk.lines.size());
    return talk.lines[ear.at++ % talk.lines.size()];
  }
  if (!ear.heard.empty() && stream.chance(kRepeats)) return ear.heard[stream.index(ear.heard.size())];
  const auto sentence = stream.pick(std::span<const std::string_view>(kSentences));
  std::string line = fmt::format(fmt::runtime(sentence), product_title.empty() ? "这个" : product_title);
  line += stream.pick(std::span<const std::string_view>(kTails));
  if (ear.heard.size() < 12)
    ear.heard.push_back(line);
  else
    ear.heard[stream.index(ear.heard.size())] = line;
  return line;
}

}  // namespace lianbo::sim
