#include "sim/evening.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "net/client.hpp"
#include "sim/random_streams.hpp"

namespace lianbo::sim {
namespace {

constexpr std::size_t kBuyers = 12, kShelf = 6, kViewersARoom = 9;
constexpr DurationMs kPinMs = 25 * kSecondMs, kOrderMs = 4 * kSecondMs, kChatMs = 1500, kLikeMs = 2500;
constexpr DurationMs kShowMs = 4 * kMinuteMs, kShowApartMs = 40 * kSecondMs;

constexpr std::array kTitles{"今晚的好物，慢慢讲", "老客回来坐坐", "新到的都在这里", "只讲三样，讲透",
                             "边吃边聊",           "把家收拾暖和", "试过才推荐",     "问什么答什么"};
constexpr std::array kNames{"小满", "阿宁", "林悦", "周宁", "何川", "春生",
                            "思远", "Mia",  "雨桐", "大海", "Leo",  "静姝"};
constexpr std::array kLines{"主播晚上好",     "这个适合敏感肌吗？",        "上次买的用完了，来回购",
                            "今天有什么新的", "Does it ship to Shanghai?", "已经下单啦",
                            "讲得真清楚",     "还有大包装的吗？",          "朋友推荐来的",
                            "价格很实在",     "能再讲一遍怎么用吗",        "晚上好，刚进来"};

}  // namespace

struct Evening::Impl {
  struct Sku {
    std::string id;
  };
  struct Product {
    std::string id, title;
    std::vector<Sku> skus;
  };
  struct Room {
    std::string token, store, broadcast, host;
    std::size_t number = 0, titles = 0;
    std::string stream, key, title;  // of a picture
    Instant over_at = 0;             // 0: goes on till the end
    std::vector<std::size_t> shelf;  // of products
    std::size_t pinned = 0;
    Instant pinned_at = 0;
    std::vector<net::WsClientId> viewers;
  };

  explicit Impl(EveningOptions given)
      : options(std::move(given)), client({.url = options.base_url}), stream(options.seed, "evening") {
    const std::size_t colon = options.base_url.rfind(':');
    net::WsClientOptions sockets;
    sockets.port = std::atoi(options.base_url.c_str() + colon + 1);
    sockets.count_only = true;
    pool = std::make_unique<net::WsClientPool>(sockets);
  }

  // The answer's value, or nothing.
  std::optional<json::value> ask(const std::string& token, const char* method, std::string target,
                                 std::string body = {}, const std::string& key = {}) {
    net::HttpRequest request;
    request.method = method;
    request.target = "/api/v1" + std::move(target);
    request.body = std::move(body);
    request.retry_safe = request.method == "GET" || !key.empty();
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
    const auto answer = client.send(request);
    if (!answer || answer->status >= 300) return std::nullopt;
    auto value = parse_json(answer->body.empty() ? "{}" : answer->body);
    if (!value) return std::nullopt;
    return std::move(*value);
  }

  void open(Instant now) {
    for (const char* name : kNames) {
      if (buyers.size() >= kBuyers) break;
      JsonWriter w;
      w.begin().field("login", fmt::format("evening-{}-{}", options.seed, buyers.size()));
      w.field("password", options.password).field("name", name).end();
      const auto in = ask({}, "POST", "/persons", w.take());
      if (in) buyers.push_back(get_text(*in, "token"));
    }
    if (buyers.empty()) return;
    if (const auto list = ask(buyers.front(), "GET", "/brands/" + options.brand_id + "/products?limit=100"))
      for (const auto& item : get_list(*list, "items")) {
        Product product{get_text(item, "id"), get_text(item, "title"), {}};
        for (const auto& sku : get_list(item, "skus"))
          if (!get_bool(sku, "sold_out")) product.skus.push_back({get_text(sku, "id")});
        if (get_bool(item, "on_sale") && !product.skus.empty()) products.push_back(std::move(product));
      }
    if (products.empty()) return;
    for (const std::string& login : options.host_logins) open_room(login, now);
  }

  void open_room(const std::string& login, Instant now) {
    JsonWriter w;
    w.begin().field("login", login).field("password", options.password).end();
    const auto in = ask({}, "POST", "/sessions", w.take());
    if (!in) return;
    Room room;
    room.token = get_text(*in, "token");
    for (const auto& agent : get_list(*in, "agents")) room.store = get_text(agent, "store_id");
    for (std::size_t i = 0; i < kShelf; ++i) {
      const std::size_t product = (rooms.size() * 3 + i) % products.size();
      if (room.shelf.size() < products.size()) room.shelf.push_back(product);
    }
    room.number = room.titles = rooms.size();
    if (const auto store = ask(room.token, "GET", "/stores/" + room.store)) room.host = get_text(*store, "host_name");
    if (!begin(room, now)) return;
    schedule(room, kTitles[(rooms.size() + 3) % kTitles.size()], now + kDayMs - kHourMs);
    rooms.push_back(std::move(room));
  }

  bool has_picture(const Room& room) const { return room.number < static_cast<std::size_t>(options.pictures); }
  bool carries(const Room& room) const {
    return options.pictures > 0 && room.number == static_cast<std::size_t>(options.pictures);
  }

  bool begin(Room& room, Instant now) {
    room.title = kTitles[room.titles++ % kTitles.size()];
    const auto made = schedule(room, room.title.c_str(), now);
    if (!made) return false;
    room.broadcast = get_text(*made, "id");
    if (has_picture(room)) {
      room.key = get_text(*made, "stream_key");
      if (const auto* picture = made->as_object().if_contains("picture")) room.stream = get_text(*picture, "stream");
      room.over_at = now + kShowMs + static_cast<DurationMs>(room.number) * kShowApartMs;
    } else if (carries(room) && !rooms.empty()) {
      JsonWriter w;
      w.begin().field("of", rooms.front().broadcast).end();
      ask(room.token, "PUT", "/broadcasts/" + room.broadcast + "/picture", w.take());
    }
    if (!ask(room.token, "POST", "/broadcasts/" + room.broadcast + "/start")) return false;
    pin(room, now);
    for (const net::WsClientId viewer : room.viewers) pool->close(viewer);
    room.viewers.clear();
    for (std::size_t i = 0; i < kViewersARoom - room.number % 5; ++i)
      room.viewers.push_back(pool->open("/api/v1/rooms/" + room.broadcast + "/ws",
                                        {{"Authorization", "Bearer " + buyers[i % buyers.size()]}}, deaf));
    return true;
  }

  // Ends what is on air and begins the next; who carries its picture begins anew with it.
  void renew(Room& room, Instant now) {
    if (!ask(room.token, "POST", "/broadcasts/" + room.broadcast + "/end")) return;
    room.stream.clear();
    if (!begin(room, now)) room.over_at = now + kMinuteMs;
    if (&room == &rooms.front())
      for (Room& other : rooms)
        if (carries(other)) renew(other, now);
  }

  std::optional<json::value> schedule(const Room& room, const char* title, Instant at) {
    JsonWriter w;
    w.begin().field("title", title).field_at("scheduled_at", at).key("product_ids").begin_list();
    for (const std::size_t product : room.shelf) w.value(products[product].id);
    w.end_list().end();
    return ask(room.token, "POST", "/stores/" + room.store + "/broadcasts", w.take());
  }

  void pin(Room& room, Instant now) {
    room.pinned_at = now;
    room.pinned = (room.pinned + 1) % room.shelf.size();
    JsonWriter w;
    w.begin().field("product_id", products[room.shelf[room.pinned]].id).end();
    ask(room.token, "POST", "/broadcasts/" + room.broadcast + "/pins", w.take());
  }

  void order(const Room& room) {
    const std::string& buyer = buyers[stream.index(buyers.size())];
    const Product& product = products[room.shelf[room.pinned]];
    JsonWriter w;
    w.begin().field("store_id", room.store).key("lines").begin_list().begin();
    w.field("sku_id", product.skus[stream.index(product.skus.size())].id).field("qty", 1 + stream.index(2)).end();
    w.end_list().field("broadcast_id", room.broadcast).key("share_id").null().key("address").begin();
    w.field("name", "林小满").field("phone", "13900001111").field("region", "浙江省杭州市");
    w.field("detail", "文三路 1 号").end().end();
    const auto made = ask(buyer, "POST", "/orders", w.take(), stream.base62(20));
    if (!made) return;
    const auto prepaid = ask(buyer, "POST", "/orders/" + get_text(*made, "id") + "/pay", "{}");
    if (!prepaid) return;
    JsonWriter pay;
    pay.begin().field("prepay_id", get_text(*prepaid, "prepay_id")).end();
    ask(buyer, "POST", "/sandbox/pay", pay.take());
  }

  void step(Instant now) {
    if (!opened) {
      opened = true;
      open(now);
    }
    if (rooms.empty()) return;
    for (Room& room : rooms)
      if (room.over_at != 0 && now >= room.over_at) renew(room, now);
    for (Room& room : rooms)
      if (now - room.pinned_at > kPinMs + static_cast<DurationMs>(stream.below(10 * kSecondMs))) pin(room, now);
    const auto due = [&](Instant& at, DurationMs every) {
      if (now < at) return false;
      at = now + every / 2 + static_cast<DurationMs>(stream.below(static_cast<std::uint64_t>(every)));
      return true;
    };
    const Room& room = rooms[stream.index(rooms.size())];
    const net::WsClientId viewer = room.viewers[stream.index(room.viewers.size())];
    if (due(order_at, kOrderMs)) order(room);
    if (due(chat_at, kChatMs)) {
      JsonWriter w;
      w.begin().field("t", "chat").field("text", kLines[stream.index(kLines.size())]).end();
      pool->send_text(viewer, w.take());
    }
    if (due(like_at, kLikeMs)) pool->send_text(viewer, fmt::format(R"({{"t":"like","n":{}}})", 1 + stream.below(6)));
  }

  EveningOptions options;
  net::HttpClient client;
  Stream stream;
  std::unique_ptr<net::WsClientPool> pool;
  const std::shared_ptr<net::WsListener> deaf = std::make_shared<net::WsListener>();
  std::vector<std::string> buyers;  // tokens
  std::vector<Product> products;
  std::vector<Room> rooms;
  bool opened = false;
  Instant order_at = 0, chat_at = 0, like_at = 0;
};

Evening::Evening(EveningOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Evening::~Evening() = default;
void Evening::step(Instant now) { impl_->step(now); }
std::vector<Show> Evening::shows() const {
  std::vector<Show> out;
  for (const auto& room : impl_->rooms)
    if (!room.stream.empty())
      out.push_back({room.stream, room.key, room.host, room.title, impl_->products[room.shelf[room.pinned]].title});
  return out;
}
int Evening::rooms() const { return static_cast<int>(impl_->rooms.size()); }

}  // namespace lianbo::sim
