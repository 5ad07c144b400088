// The settings nginx is started with: RTMP in, HLS onto the disk, files out by HTTP. One process, no workers: what is
// killed is gone, and nothing is left behind. A pure function, so that its text can be read in a test.
#pragma once

#include <string>

namespace lianbo::media {

struct NginxPlan {
  std::string folder;  // absolute; streams/, clips/ and nginx/ lie in it
  std::string module;  // ngx_rtmp_module.so; "": built in
  std::string rtmp_address, http_address;
  int rtmp_port = 1935, http_port = 8490;
  std::string hooks_url;  // of this server, with its secret
  std::string control_secret;
  int segment_ms = 900;
  int connections = 8192;
};
std::string nginx_text(const NginxPlan& plan);

}  // namespace lianbo::media
