#include "feed/pinyin.hpp"

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <array>
#include <memory>
#include <mutex>

namespace lianbo::feed {
namespace {

constexpr char16_t kDiaeresis = 0x308;
constexpr char32_t kFirstHan = 0x4e00, kLastHan = 0x9fff;

std::unique_ptr<icu::Transliterator> transliterator(const char* id) {
  UErrorCode code = U_ZERO_ERROR;
  std::unique_ptr<icu::Transliterator> out(icu::Transliterator::createInstance(id, UTRANS_FORWARD, code));
  return U_SUCCESS(code) ? std::move(out) : nullptr;
}
// Filled as it is asked for. Short strings: no syllable has more than six letters.
class Sounds {
 public:
  std::string_view of(char32_t c) {
    std::lock_guard lock(mutex_);
    std::string& sound = sounds_[c - kFirstHan];
    if (sound.empty()) {
      if (rules_) {
        icu::UnicodeString spelt(static_cast<UChar32>(c));
        rules_->transliterate(spelt);
        for (std::int32_t i = 0; i < spelt.length(); ++i) {
          const char16_t letter = spelt.charAt(i);
          if (letter >= 'a' && letter <= 'z') sound += static_cast<char>(letter);
          if (letter == kDiaeresis && !sound.empty() && sound.back() == 'u') sound.back() = 'v';
        }
      }
      if (sound.empty()) sound = "-";  // it has none, and need not be asked again
    }
    return sound == "-" ? std::string_view() : std::string_view(sound);
  }

 private:
  std::mutex mutex_;
  const std::unique_ptr<icu::Transliterator> rules_ = transliterator("Han-Latin; NFD; Lower");
  std::array<std::string, kLastHan - kFirstHan + 1> sounds_;
};

}  // namespace

bool is_han(char32_t c) { return c >= kFirstHan && c <= kLastHan; }

std::string_view pinyin_of(char32_t c) {
  static Sounds sounds;
  return is_han(c) ? sounds.of(c) : std::string_view();
}

std::vector<char32_t> folded(std::string_view text) {
  static std::mutex mutex;
  static const auto rules = transliterator("NFKC; Latin-ASCII; Lower");
  std::vector<char32_t> out;
  bool plain = true;
  for (const char c : text) plain = plain && static_cast<unsigned char>(c) < 0x80;
  if (plain) {
    for (const char c : text) out.push_back(static_cast<char32_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    return out;
  }
  auto all = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  if (rules) {
    std::lock_guard lock(mutex);
    rules->transliterate(all);
  }
  for (std::int32_t i = 0; i < all.length(); i = all.moveIndex32(i, 1))
    out.push_back(static_cast<char32_t>(all.char32At(i)));
  return out;
}

}  // namespace lianbo::feed
