#include "sim/files.hpp"

#include <lzma.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace lianbo::sim {

Result<std::string> read_file(const std::string& file, std::size_t limit_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!in) return fail(Code::io_failed, std::string("can't be opened: ") + std::strerror(errno), file);
  std::string out;
  char buffer[1 << 16];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, in.get())) > 0;) {
    if (out.size() + n > limit_bytes)
      return fail(Code::body_too_large, "more than " + std::to_string(limit_bytes) + " bytes", file);
    out.append(buffer, n);
  }
  if (std::ferror(in.get())) return fail(Code::io_failed, std::string("can't be read: ") + std::strerror(errno), file);
  return out;
}

bool is_xz(std::string_view bytes) {
  return bytes.starts_with(
      std::string_view("\xFD"
                       "7zXZ\0",
                       6));
}

Result<std::string> unxz(std::string_view bytes, std::size_t limit_bytes) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, 256u << 20, LZMA_CONCATENATED) != LZMA_OK)
    return fail(Code::internal, "the xz decoder can't start");
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> end(&stream, &lzma_end);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string out;
  std::string buffer(1 << 16, '\0');
  for (;;) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    stream.avail_out = buffer.size();
    const lzma_ret code = lzma_code(&stream, LZMA_FINISH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
    if (out.size() > limit_bytes)
      return fail(Code::body_too_large, "more than " + std::to_string(limit_bytes) + " bytes after inflation");
    if (code == LZMA_STREAM_END) return out;
    if (code != LZMA_OK) return fail(Code::csv_invalid, "not a whole xz file");
  }
}

}  // namespace lianbo::sim
