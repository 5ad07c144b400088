#include "share/poster.hpp"

#include <cairo.h>
#include <gtest/gtest.h>
#include <qrencode.h>

#include <cstdint>
#include <memory>
#include <string>

namespace lianbo::share {
namespace {

const PosterText kText{"云南高山古树普洱茶饼 2019 年春茶 七子饼 357 克 一件七片 老班章产区 限量发售 赠茶针与收纳盒",
                       "¥ 128.00 起", "张三丰的茶铺", "https://shop.example/s/0123456789abcdEF"};

// The poster's pixels, read back from the PNG.
struct Picture {
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface{nullptr, cairo_surface_destroy};
  explicit Picture(const std::string& png) {
    struct Source {
      const std::string& bytes;
      std::size_t at;
    } source{png, 0};
    const auto read = [](void* closure, unsigned char* out, unsigned int length) {
      auto& s = *static_cast<Source*>(closure);
      if (s.bytes.size() - s.at < length) return CAIRO_STATUS_READ_ERROR;
      s.bytes.copy(reinterpret_cast<char*>(out), length, s.at);
      s.at += length;
      return CAIRO_STATUS_SUCCESS;
    };
    surface.reset(cairo_image_surface_create_from_png_stream(read, &source));
  }
  bool ok() const { return cairo_surface_status(surface.get()) == CAIRO_STATUS_SUCCESS; }
  int width() const { return cairo_image_surface_get_width(surface.get()); }
  int height() const { return cairo_image_surface_get_height(surface.get()); }
  std::uint32_t at(int x, int y) const {
    const unsigned char* row = cairo_image_surface_get_data(surface.get()) +
                               static_cast<std::ptrdiff_t>(y) * cairo_image_surface_get_stride(surface.get());
    return reinterpret_cast<const std::uint32_t*>(row)[x] & 0xffffffu;
  }
};

TEST(Poster, IsAPngOf750By1334) {
  const Result<std::string> png = draw_poster(kText);
  ASSERT_TRUE(png) << png.error().text();
  ASSERT_GT(png->size(), 24u);
  EXPECT_EQ(png->substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png->substr(12, 12), std::string("IHDR\0\0\x02\xee\0\0\x05\x36", 12));
  const Picture picture(*png);
  ASSERT_TRUE(picture.ok());
  EXPECT_EQ(picture.width(), kPosterWidth);
  EXPECT_EQ(picture.height(), kPosterHeight);
}

TEST(Poster, ShowsTheQrCodeOfItsAddressModuleByModuleInAQuietZone) {
  const Result<std::string> png = draw_poster(kText);
  ASSERT_TRUE(png);
  const Picture picture(*png);
  ASSERT_TRUE(picture.ok());
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(kText.url.c_str(), 0, QR_ECLEVEL_M), QRcode_free);
  ASSERT_TRUE(code);
  const QrPlace place = qr_place(code->width);
  EXPECT_GE(place.module_px, 8) << "large enough for a phone";
  int dark = 0;
  for (int y = -4; y < code->width + 4; ++y) {
    for (int x = -4; x < code->width + 4; ++x) {
      const bool inside = x >= 0 && y >= 0 && x < code->width && y < code->width;
      const bool expected = inside && (code->data[y * code->width + x] & 1) != 0;
      dark += expected;
      // Every pixel of the module, corners included.
      for (const int dx : {0, place.module_px / 2, place.module_px - 1})
        for (const int dy : {0, place.module_px / 2, place.module_px - 1})
          ASSERT_EQ(picture.at(place.x + x * place.module_px + dx, place.y + y * place.module_px + dy),
                    expected ? 0x000000u : 0xffffffu)
              << "module " << x << ", " << y;
    }
  }
  EXPECT_GT(dark, 100);
}

TEST(Poster, WrapsALongChineseTitleAndKeepsItWithinThePaper) {
  PosterText one_line = kText;
  one_line.title = "普洱茶";
  const Picture wrapped(*draw_poster(kText)), single(*draw_poster(one_line));
  const auto ink_rows = [](const Picture& p) {
    int rows = 0;
    for (int y = 160; y < 600; ++y) {
      bool ink = false;
      for (int x = 60; x < 690; ++x) ink = ink || (p.at(x, y) & 0xc0c0c0u) == 0;
      rows += ink;
    }
    return rows;
  };
  EXPECT_GT(ink_rows(wrapped), ink_rows(single) + 80) << "two more lines";
  for (int y = 160; y < kPosterHeight; ++y) {
    EXPECT_EQ(wrapped.at(20, y), 0xffffffu) << y;
    EXPECT_EQ(wrapped.at(730, y), 0xffffffu) << y;
  }
}

TEST(Poster, HasNoHoleWhereAPictureWouldBe) {
  PosterText text = kText;
  text.title = "春梅的好物铺";
  text.price = "";
  const Picture poster(*draw_poster(text)), again(*draw_poster(text)), full(*draw_poster(kText));
  int blank = 0;
  for (int y = 330; y < 640; ++y) {
    bool ink = false;
    for (int x = 60; x < 690; ++x) ink = ink || poster.at(x, y) != 0xffffffu;
    blank += !ink;
    EXPECT_EQ(poster.at(90, y), again.at(90, y)) << "the same for the same title";
  }
  EXPECT_EQ(blank, 0);
  EXPECT_EQ(full.at(90, 630), 0xffffffu) << "three lines and a price leave no room for it";
}

TEST(Poster, SaysWhenTheAddressIsTooLong) {
  PosterText text = kText;
  text.url.assign(4'000, 'x');
  const Result<std::string> png = draw_poster(text);
  ASSERT_FALSE(png);
  EXPECT_NE(png.error().detail.find("too long"), std::string::npos) << png.error().text();
}

}  // namespace
}  // namespace lianbo::share
