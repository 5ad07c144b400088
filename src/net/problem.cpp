#include "net/problem.hpp"

#include "net/target.hpp"

namespace lianbo::net {

std::string problem_json(const Error& error, bool chinese, std::string_view request_id) {
  const ErrorInfo& about = info(error.code);
  JsonWriter w;
  w.begin()
      .field("type", "/errors/" + std::string(about.name))
      .field("title", chinese ? about.title_zh : about.title_en)
      .field("status", about.http_status)
      .field("code", about.number)
      .field("name", about.name);
  if (!error.detail.empty()) w.field("detail", error.detail);
  if (!error.where.empty()) w.field("where", error.where);
  if (!error.more.empty()) {
    w.key("more").begin_list();
    for (const std::string& line : error.more) w.value(line);
    w.end_list();
  }
  if (!request_id.empty()) w.field("request_id", request_id);
  w.end();
  return w.take();
}

Reply problem_reply(const Error& error, bool chinese, std::string_view request_id) {
  Reply reply;
  reply.status = info(error.code).http_status;
  reply.content_type = "application/problem+json";
  reply.body = problem_json(error, chinese, request_id);
  if (!request_id.empty()) reply.headers.emplace_back("X-Request-Id", request_id);
  if (reply.status == 503 || reply.status == 429) reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

bool prefers_chinese(std::string_view accept_language) {
  int chinese = -1;  // quality in thousandths
  int english = -1;
  while (!accept_language.empty()) {
    const std::size_t comma = accept_language.find(',');
    std::string_view item = accept_language.substr(0, comma);
    accept_language = comma == std::string_view::npos ? std::string_view{} : accept_language.substr(comma + 1);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    int quality = 1000;
    if (const std::size_t q = item.find("q="); q != std::string_view::npos) {
      const std::string_view number = item.substr(q + 2);
      quality = !number.empty() && number[0] == '1' ? 1000 : 0;
      if (quality == 0 && number.size() > 2 && number[1] == '.') {
        int scale = 100;
        for (const char c : number.substr(2)) {
          if (c < '0' || c > '9' || scale == 0) break;
          quality += (c - '0') * scale;
          scale /= 10;
        }
      }
    }
    const std::string language = lower(item.substr(0, 2));
    if (language == "zh") chinese = std::max(chinese, quality);
    if (language == "en") english = std::max(english, quality);
  }
  return chinese > 0 && chinese > english;
}

}  // namespace lianbo::net
