#include "app/web_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "live/stream_service.hpp"

namespace lianbo::app {
namespace {

namespace fs = std::filesystem;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr std::size_t kMaxFiles = 5000;
constexpr std::uintmax_t kMaxBytes = 128U << 20;
constexpr std::string_view kAssets = "assets/";

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
}};

// Addresses of pages, beside "/": the first segment, whose rest the pages themselves read. Kept like the pages' own
// routes (web/shop/router.ts; web/tests/pages.test.ts compares).
constexpr std::array<std::string_view, 13> kShopPages{"search", "boards", "room", "product",  "store",
                                                      "clip",   "join",   "cart", "checkout", "orders",
                                                      "pay",    "shares", "me"};
constexpr std::array<std::string_view, 2> kDesks{"host", "brand"};

constexpr std::string_view kNoPages =
    "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>联播 Lianbo</title></head>"
    "<body><h1>网页尚未构建</h1><p>服务已在运行，但没有找到网页文件。请执行 <code>./dev web</code>，"
    "或用 web.dir 指明它们的位置，然后重新启动。</p>"
    "<p lang=\"en\">The server runs, but its web pages are not there. Build them with <code>./dev web</code>, or say "
    "where "
    "they are with web.dir, and start it again.</p></body></html>";

std::string_view type_of(std::string_view path) {
  for (const auto& [end, type] : kTypes)
    if (path.ends_with(end)) return type;
  return "application/octet-stream";
}

// Where pictures come from, if not from here: the origin of their addresses, or this host's other port.
std::string media_origin(const Settings* settings, const Request& request) {
  if (settings == nullptr) return {};
  std::string out;
  const live::PictureAddresses at = live::picture_addresses(*settings);
  for (const std::string& address : {at.live, at.clips}) {
    std::string origin;
    if (address.starts_with(':')) {
      const std::string_view host = request.header("host");
      const auto colon = host.rfind(':');
      if (host.empty() || host.find_first_of("; ,\"'") != std::string_view::npos) continue;
      const bool has_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
      origin = " http://" + std::string(has_port ? host.substr(0, colon) : host) + address.substr(0, address.find('/'));
    } else if (const auto scheme = address.find("://"); scheme != std::string::npos) {
      origin = " " + address.substr(0, address.find('/', scheme + 3));
    }
    if (out.find(origin) == std::string::npos) out += origin;
  }
  return out;
}

std::string policy(std::string_view entry, const std::string& media) {
  std::string out =
      "default-src 'self'; script-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob: https:" + media +
      "; media-src 'self' blob:" + media + "; font-src 'self' data:; connect-src 'self'" + media +
      "; object-src 'none'; base-uri 'none'; form-action 'self'; "
      "frame-ancestors 'none'; style-src 'self'";
  if (entry == "brand") out += " 'unsafe-inline'";
  return out;
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Is this coding accepted? By name with q > 0; "*" is not taken as a wish for one.
bool accepts(std::string_view header, std::string_view coding) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view one = trimmed(header.substr(0, comma));
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    const std::size_t semicolon = one.find(';');
    if (!same_word(trimmed(one.substr(0, semicolon)), coding)) continue;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view q = trimmed(one.substr(semicolon + 1));
    const bool zero = q.starts_with("q=") && q.find_first_not_of("0.", 2) == std::string_view::npos;
    return !zero;
  }
  return false;
}

bool has_tag(std::string_view header, std::string_view tag) {
  if (trimmed(header) == "*") return true;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view one = trimmed(header.substr(0, comma));
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

Reply answer(const WebFile& file, const Request& request, std::string_view cache) {
  const std::string_view accepted = request.header("accept-encoding");
  const std::string* body = &file.plain;
  std::string coding;
  if (!file.br.empty() && accepts(accepted, "br")) {
    body = &file.br;
    coding = "br";
  } else if (!file.gz.empty() && accepts(accepted, "gzip")) {
    body = &file.gz;
    coding = "gzip";
  }
  const std::string tag = "\"" + file.tag + (coding.empty() ? "" : "-" + coding) + "\"";
  const bool same = has_tag(request.header("if-none-match"), tag);
  Reply reply = same ? Reply{304, {}, {}, {}} : Reply{200, *body, file.type, {}};
  reply.headers = {{"Cache-Control", std::string(cache)}, {"ETag", tag}};
  if (!file.br.empty() || !file.gz.empty()) reply.headers.emplace_back("Vary", "Accept-Encoding");
  if (!coding.empty() && !same) reply.headers.emplace_back("Content-Encoding", coding);
  return reply;
}

std::string with_first(std::string page, const FirstPage& first) {
  for (const auto& [mark, part] : {std::pair(kHeadMark, &first.head), std::pair(kBodyMark, &first.body)})
    if (const std::size_t at = page.find(mark); at != std::string::npos) page.replace(at, mark.size(), *part);
  return page;
}

Result<std::string> read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  if (in && fs::file_size(path) > 0) out << in.rdbuf();
  if (!in) return fail(Code::io_failed, "can't be read", path.string());
  return std::move(out).str();
}

Result<WebFiles> read_folder(const fs::path& folder) {
  WebFiles out;
  out.folder = folder.string();
  std::map<std::string, std::string> bytes;
  std::uintmax_t sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_symlink() || !it->is_regular_file()) continue;
    TRY(std::string content, read_bytes(it->path()));
    sum += content.size();
    if (bytes.size() >= kMaxFiles || sum > kMaxBytes)
      return fail(Code::invalid_field, "more than 5,000 files or 128 MiB: these are not the built pages",
                  folder.string());
    bytes.emplace(fs::relative(it->path(), folder).generic_string(), std::move(content));
  }
  if (error) return fail(Code::io_failed, error.message(), folder.string());
  for (auto& [path, content] : bytes) {
    if (path.ends_with(".br") || path.ends_with(".gz")) continue;
    WebFile file;
    file.type = type_of(path);
    file.tag = to_hex(sha256(content)).substr(0, 16);
    if (const auto it = bytes.find(path + ".br"); it != bytes.end()) file.br = std::move(it->second);
    if (const auto it = bytes.find(path + ".gz"); it != bytes.end()) file.gz = std::move(it->second);
    file.plain = std::move(content);
    out.files.emplace(path, std::move(file));
  }
  return out;
}

}  // namespace

Reply WebFiles::page(std::string_view entry, const Request& request, const Settings* settings,
                     const FirstPage& first) const {
  const auto it = files.find(std::string(entry) + "/index.html");
  Reply reply;
  if (it == files.end())
    reply = {503, std::string(kNoPages), "text/html; charset=utf-8", {{"Cache-Control", "no-store"}}};
  else if (first.body.empty())
    reply = answer(it->second, request, "no-cache");
  else
    reply = {200, with_first(it->second.plain, first), it->second.type, {{"Cache-Control", "no-store"}}};
  return std::move(reply)
      .with("Content-Security-Policy", policy(entry, media_origin(settings, request)))
      .with("Referrer-Policy", "same-origin")
      .with("X-Frame-Options", "DENY")
      .with("Cross-Origin-Opener-Policy", "same-origin");
}

Result<Reply> WebFiles::file(std::string_view path, const Request& request) const {
  const auto it = files.find(path);
  if (it == files.end()) return fail(Code::not_found, "there is no such file");
  return answer(it->second, request, path.starts_with(kAssets) ? "public, max-age=31536000, immutable" : "no-cache");
}

Result<WebFiles> load_web_files(const Settings& settings, const std::string& beside) {
  std::error_code error;
  if (!settings.web_dir.empty()) {
    if (!fs::is_regular_file(fs::path(settings.web_dir) / "shop" / "index.html", error))
      return fail(Code::invalid_field,
                  "\"" + settings.web_dir + "\" holds no built pages (shop/index.html is not in it); build: ./dev web",
                  "web.dir");
    return read_folder(settings.web_dir);
  }
  if (beside.empty()) return WebFiles{};
  for (const fs::path& place : {fs::path(beside) / "web", fs::path(beside) / ".." / ".." / "web" / "dist"})
    if (fs::is_regular_file(place / "shop" / "index.html", error)) return read_folder(place.lexically_normal());
  return WebFiles{};
}

std::string program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string() : program.parent_path().string();
}

net::Routes web_routes(std::shared_ptr<const WebFiles> files, Ask ask) {
  net::Routes routes;
  const auto add = [&](std::string path, std::string id, net::PlainHandler handler, Access access = Access::open) {
    net::Route route =
        net::plain_route(Method::get, std::move(path), std::move(id), "A web page", access, std::move(handler));
    route.internal = true;
    routes.push_back(std::move(route));
  };
  const auto add_page = [&](const std::string& path, const std::string& id, std::string entry) {
    add(path, id, [files, entry = std::move(entry)](const Call& call, const Request& request) -> Result<Reply> {
      return files->page(entry, request, call.settings);
    });
  };
  add_page("/", "pageHall", "shop");
  const auto add_tree = [&](std::string_view name, std::string_view entry) {
    const std::string path = "/" + std::string(name), id = "page_" + std::string(name);
    add_page(path, id, std::string(entry));
    add_page(path + "/{rest*}", id + "_", std::string(entry));
  };
  for (const std::string_view name : kShopPages) {
    if (name != "room" && name != "product") {
      add_tree(name, "shop");
      continue;
    }
    // What it carries is answered to somebody: who has no identity yet gets it with the page.
    const std::string path = "/" + std::string(name), id = "page_" + std::string(name);
    add_page(path, id, "shop");
    add(
        path + "/{rest*}", id + "_",
        [files, ask](const Call& call, const Request& request) -> Result<Reply> {
          return files->page("shop", request, call.settings,
                             files->present() ? first_page(ask, call, request) : FirstPage{});
        },
        Access::guest);
  }
  for (const std::string_view name : kDesks) add_tree(name, name);
  add("/assets/{path*}", "webAsset", [files](const Call&, const Request& request) {
    return files->file(std::string(kAssets) + std::string(request.param("path")), request);
  });
  // What lies at the top of the folder (icon, robots.txt) is served from there; the list of the build is not.
  for (const auto& [path, file] : files->files)
    if (path.find('/') == std::string::npos && path != "manifest.json")
      add("/" + path, "web_" + path,
          [files, path = path](const Call&, const Request& request) { return files->file(path, request); });
  return routes;
}

}  // namespace lianbo::app
