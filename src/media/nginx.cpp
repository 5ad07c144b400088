#include "media/nginx.hpp"

#include <fmt/format.h>

#include "media/recording.hpp"

namespace lianbo::media {

std::string nginx_text(const NginxPlan& p) {
  const std::string load = p.module.empty() ? std::string() : fmt::format("load_module {};\n", p.module);
  // A fragment is cut at the first key frame after segment_ms; a publisher that fell silent makes room for the next.
  // HLS files lie under the stream's name before a notice could rename it: so the name is public and the key an
  // argument.
  return load + fmt::format(R"(daemon off;
master_process off;
pid {folder}/nginx/pid;
error_log {folder}/nginx/error.log warn;
events {{ worker_connections {connections}; }}
rtmp {{
  server {{
    listen {rtmp_address}:{rtmp_port};
    chunk_size 4096;
    max_message 8M;
    ping 3s;
    ping_timeout 5s;
    timeout 20s;
    notify_method post;
    application live {{
      live on;
      wait_key on;
      drop_idle_publisher 8s;
      allow play 127.0.0.1;
      deny play all;
      on_publish {hooks};
      on_publish_done {hooks};
      hls on;
      hls_path {folder}/streams;
      hls_nested on;
      hls_fragment {segment}ms;
      hls_max_fragment {longest}s;
      hls_playlist_length 60s;
      hls_fragment_naming system;
      hls_cleanup off;
    }}
  }}
}}
http {{
  access_log off;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path {folder}/nginx/body;
  proxy_temp_path {folder}/nginx/proxy;
  fastcgi_temp_path {folder}/nginx/fastcgi;
  uwsgi_temp_path {folder}/nginx/uwsgi;
  scgi_temp_path {folder}/nginx/scgi;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; video/mp4 mp4; image/jpeg jpg; application/json json; }}
  default_type application/octet-stream;
  gzip on;
  gzip_types application/vnd.apple.mpegurl;
  gzip_proxied any;
  server {{
    listen {http_address}:{http_port};
    root {folder};
    add_header Access-Control-Allow-Origin * always;
    add_header X-Content-Type-Options nosniff always;
    add_header Timing-Allow-Origin *;
    location = /control-{control}/drop/publisher {{
      allow 127.0.0.1;
      deny all;
      rtmp_control all;
    }}
    location ~ ^/streams/[0-9A-Za-z]+/(live|all)\.m3u8$ {{
      add_header Cache-Control no-cache;
      add_header Access-Control-Allow-Origin * always;
    }}
    location ~ ^/streams/[0-9A-Za-z]+/[0-9]+\.ts$ {{
      add_header Cache-Control "public, max-age=31536000, immutable";
      add_header Access-Control-Allow-Origin * always;
    }}
    location ~ ^/clips/[0-9A-Za-z]+/(clip\.mp4|poster\.jpg)$ {{
      add_header Cache-Control no-cache always;
      add_header Access-Control-Allow-Origin * always;
    }}
    location / {{ return 404; }}
  }}
}}
)",
                            fmt::arg("folder", p.folder), fmt::arg("connections", p.connections),
                            fmt::arg("rtmp_address", p.rtmp_address), fmt::arg("rtmp_port", p.rtmp_port),
                            fmt::arg("http_address", p.http_address), fmt::arg("http_port", p.http_port),
                            fmt::arg("hooks", p.hooks_url), fmt::arg("control", p.control_secret),
                            fmt::arg("segment", p.segment_ms), fmt::arg("longest", kLongestSegmentS));
}

}  // namespace lianbo::media
