"""nginx from Debian as limit and, with nchan, as peer: one worker on the server's core, loopback, nothing logged."""
from frame import free_port, get, wait_for_port

NCHAN = "/usr/lib/nginx/modules/ngx_nchan_module.so"


def start(context, locations, nchan=False, connections=15000):
    """nginx with these locations; a Process with .port. Its CPU and memory are those of the worker and its master."""
    context.package("nginx", *(["libnginx-mod-nchan"] if nchan else []))
    port = free_port()
    folder = context.folder / f"nginx-{port}"
    folder.mkdir()
    (folder / "nginx.conf").write_text(f"""
{f'load_module {NCHAN};' if nchan else ''}
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections {connections}; multi_accept on; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
{locations}
  }}
}}
""")
    server = context.process(["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"], core=context.SERVER)
    server.port = port
    wait_for_port(port)
    get(port, "/")  # answered by the worker: it is there, and family() has it
    return server
