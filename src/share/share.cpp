#include "share/share.hpp"

#include <array>
#include <utility>

namespace lianbo::share {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 7> kKinds{{{Kind::moment, "moment"},
                                                                   {Kind::broadcast, "broadcast"},
                                                                   {Kind::clip, "clip"},
                                                                   {Kind::product, "product"},
                                                                   {Kind::store, "store"},
                                                                   {Kind::recruit, "recruit"},
                                                                   {Kind::receipt, "receipt"}}};
constexpr std::array<std::pair<Channel, std::string_view>, 6> kChannels{{{Channel::dm, "dm"},
                                                                         {Channel::group, "group"},
                                                                         {Channel::moments, "moments"},
                                                                         {Channel::article, "article"},
                                                                         {Channel::poster, "poster"},
                                                                         {Channel::other, "other"}}};

template <class T, std::size_t N>
std::string_view text_of(const std::array<std::pair<T, std::string_view>, N>& names, T value) {
  for (const auto& [candidate, text] : names)
    if (candidate == value) return text;
  return {};
}
template <class T, std::size_t N>
std::optional<T> value_of(const std::array<std::pair<T, std::string_view>, N>& names, std::string_view text) {
  for (const auto& [value, name] : names)
    if (name == text) return value;
  return std::nullopt;
}

}  // namespace

std::string_view kind_text(Kind kind) { return text_of(kKinds, kind); }
std::string_view channel_text(Channel channel) { return text_of(kChannels, channel); }
std::optional<Kind> parse_kind(std::string_view text) { return value_of(kKinds, text); }
std::optional<Channel> parse_channel(std::string_view text) { return value_of(kChannels, text); }

}  // namespace lianbo::share
