#include "catalog/catalog.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/json.hpp"

namespace lianbo::catalog {
namespace {

TEST(CanonicalText, is_one_line_without_runs_of_blanks_or_control_characters) {
  EXPECT_EQ(canonical_line("  a \t b\r\nc  "), "a b c");
  EXPECT_EQ(canonical_line("\xc2\xa0红茶\xe3\x80\x80礼盒\x07"), "红茶 礼盒");
  EXPECT_EQ(canonical_line(" \n\t"), "");
}

TEST(CanonicalText, keeps_lines_and_at_most_one_empty_one_between) {
  EXPECT_EQ(canonical_text("\n\n a \r\n\r\n\r\n b\rc \n"), "a\n\nb\nc");
}

TEST(PlainText, drops_what_is_not_text) {
  EXPECT_EQ(plain_text("<p>100%棉，<b>洗后</b>不变形。</p><p>two</p>"), "100%棉，洗后不变形。\n\ntwo");
  EXPECT_EQ(plain_text("a<br/>b<BR>c"), "a\nb\nc");
  EXPECT_EQ(plain_text("<ul><li>one</li><li>two</li></ul>"), "one\n\ntwo");
  EXPECT_EQ(plain_text("<script>alert('</p>')</script>x<style>p{}</style>y<!-- <b> -->z"), "xyz");
  EXPECT_EQ(plain_text("<img alt=\"a > b\" src=x onerror=alert(1)>safe"), "safe");
  EXPECT_EQ(plain_text("<p>never closed"), "never closed");
  EXPECT_EQ(plain_text("x<script>never closed"), "x");
  EXPECT_EQ(plain_text("<p>one\ntwo</p>"), "one two");
}

TEST(PlainText, keeps_lines_of_text_without_tags_and_decodes_entities) {
  EXPECT_EQ(plain_text("one\ntwo"), "one\ntwo");
  EXPECT_EQ(plain_text("5 &lt; 6 &amp;&amp; &#20013;&#x6587; &eacute;t&eacute; &unknown; &"),
            "5 < 6 && 中文 été &unknown; &");
  EXPECT_EQ(plain_text("1 < 2 > 0"), "1 < 2 > 0");
  EXPECT_EQ(plain_text("&#0;a&#xD800;&#99999999;"), "a&#xD800;&#99999999;");
}

TEST(PlainText, comes_back_from_html_as_it_was) {
  EXPECT_TRUE(rc::check("plain_text(html_text(t)) == t for canonical t", [] {
    const auto parts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", " ", "\n", "\n\n", "<", ">", "&", "&lt;", "<b>", "</", "\\n", "\"", "'",
                                      "红", "é", "<br>", ";", "#", "&#60;"));
    std::string text;
    for (const auto& p : parts) text += p;
    text = canonical_text(text);
    RC_ASSERT(plain_text(html_text(text)) == text);
  }));
}

TEST(PlainText, gives_canonical_text_whatever_the_bytes_are) {
  EXPECT_TRUE(rc::check("canonical and valid", [](const std::string& bytes) {
    if (!valid_utf8(bytes)) return;
    const std::string text = plain_text(bytes);
    RC_ASSERT(valid_utf8(text));
    RC_ASSERT(canonical_text(text) == text);
  }));
}

TEST(ImageUrl, is_a_web_address) {
  for (std::string right : {"", "https://a.example/b.jpg?c=1,2", "http://a/b"}) {
    const std::string before = right;
    EXPECT_TRUE(usable_image_url(right)) << before;
    EXPECT_EQ(right, before);
  }
  std::string relative = "//cdn.example/a.png";
  EXPECT_TRUE(usable_image_url(relative));
  EXPECT_EQ(relative, "https://cdn.example/a.png");
  for (std::string wrong : {"javascript:alert(1)", "a.jpg", "https://", "https:///x", "file:///etc/passwd",
                            "https://a b", "https://a\"b", "data:image/png;base64,AA"})
    EXPECT_FALSE(usable_image_url(wrong)) << wrong;
}

}  // namespace
}  // namespace lianbo::catalog
