// The built web pages (web/dist), read once at start and answered from memory.
//
// - Where they are: settings web.dir; if that is empty, `web` beside the program, else ../../web/dist seen from it (a
//   program in build/release of a source tree). A folder that was named must hold pages; without a named one the server
//   runs without pages, and their addresses answer a small page that says so, in Chinese and English.
// - The files are listed at start: what is asked for is looked up by its name and never opened, so no path leads out.
//   Symbolic links are passed over. After a new build the server is started again.
// - /assets/… have their content's hash in their names: cached for ever. Everything else is asked for again each time
//   and answered 304 when nothing changed. NAME.br and NAME.gz beside NAME are that file, made smaller at build time,
//   and are chosen by Accept-Encoding.
// - Pages carry a strict Content-Security-Policy. Only pictures may come from elsewhere (https): a product's stands
//   where the brand's own catalogue says. The desk's widgets write style elements, so /brand allows those.
// - A room's page and a product's carry what they show first (app/first_page.hpp); they are made for who asks and kept
//   by nobody.
// - web_routes names every address of a page, one prefix each; nothing else is taken, so the API is never shadowed.
// Threads: const after load_web_files; any.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "app/first_page.hpp"
#include "base/settings.hpp"
#include "net/route.hpp"

namespace lianbo::app {

struct WebFile {
  std::string plain, br, gz;  // br and gz are "" when there is none
  std::string type;
  std::string tag;  // of the content, for ETag
};

struct WebFiles {
  std::map<std::string, WebFile, std::less<>> files;  // by path below the folder: "shop/index.html", "assets/x-1a2b.js"
  std::string folder;                                 // "": there are no pages

  bool present() const { return !files.empty(); }
  // The entry's page ("shop", "host", "brand"), or the page that says there is none.
  net::Reply page(std::string_view entry, const net::Request& request, const Settings* settings = nullptr,
                  const FirstPage& first = {}) const;
  // A file by its path; not_found for anything that is not one.
  Result<net::Reply> file(std::string_view path, const net::Request& request) const;
};

// program_folder: where the running program stands ("" to look at nothing but web.dir).
Result<WebFiles> load_web_files(const Settings& settings, const std::string& program_folder);
std::string program_folder();

net::Routes web_routes(std::shared_ptr<const WebFiles> files, Ask ask = {});

}  // namespace lianbo::app
