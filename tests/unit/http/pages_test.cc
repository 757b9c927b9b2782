#include "http/pages/pages.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "http/route.h"

namespace twofold::http::pages {
namespace {

TEST(EmbeddedPages, AreEmbeddedWithTheirTypesAndEachWithAnETagOfItsOwn) {
  const auto files = embedded_files();
  ASSERT_FALSE(files.empty());
  std::set<std::string_view> etags;
  for (const EmbeddedFile& file : files) {
    EXPECT_FALSE(file.bytes.empty()) << file.path;
    EXPECT_TRUE(file.content_type.find('/') != std::string_view::npos) << file.path;
    EXPECT_EQ(file.etag.front(), '"') << file.path;
    EXPECT_EQ(file.etag.back(), '"') << file.path;
    EXPECT_NE(file.etag, file.etag_gzip) << "two variants are two representations";
    EXPECT_LT(file.gzip.size(), file.bytes.size()) << file.path;
    etags.insert(file.etag);
  }
  EXPECT_TRUE(std::is_sorted(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return a.path < b.path;
  })) << "they are looked up by path";
  const auto first = std::find_if(files.begin(), files.end(), [](const EmbeddedFile& file) {
    return file.path == "index.html";
  });
  ASSERT_NE(first, files.end());
  EXPECT_EQ(first->content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(first->bytes.starts_with("<!doctype html>"));
  EXPECT_TRUE(first->gzip.starts_with("\x1f\x8b"));
}

TEST(EmbeddedPages, AreLight) {
  constexpr std::size_t kBytesMax = 120'000;  // the first page must stand within a blink
  std::size_t sent = 0;
  for (const EmbeddedFile& file : embedded_files()) sent += file.gzip.size();
  EXPECT_LE(sent, kBytesMax);
  RecordProperty("bytes", std::to_string(sent));
}

TEST(EmbeddedPages, WhatOnlyPeopleReadIsLeftOutOfOurOwnAndOthersAreAsTheyWere) {
  for (const EmbeddedFile& file : embedded_files()) {
    std::ifstream as_written(std::string(TWOFOLD_SOURCE_DIR "/web/").append(file.path));
    const std::string text(std::istreambuf_iterator<char>(as_written), {});
    if (file.path.starts_with("vendor/")) {
      EXPECT_EQ(file.bytes, text) << file.path;
    } else if (file.path.ends_with(".js")) {
      EXPECT_FALSE(file.bytes.starts_with("//")) << file.path;
    }
  }
}

TEST(EmbeddedPages, PagesAboutTheFolderAreNotServed) {
  for (const EmbeddedFile& file : embedded_files()) EXPECT_FALSE(file.path.ends_with(".md"));
}

TEST(EmbeddedPages, AnETagIsFoundInAListWeakOrNot) {
  EXPECT_TRUE(names_etag("\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag("*", "\"a\""));
  EXPECT_FALSE(names_etag("", "\"a\""));
  EXPECT_FALSE(names_etag("\"b\"", "\"a\""));
  EXPECT_FALSE(names_etag("a", "\"a\"")) << "an ETag is quoted";
}

TEST(EmbeddedPages, GzipIsTakenWhereItIsNamedAndNotForbidden) {
  EXPECT_TRUE(takes_gzip("gzip"));
  EXPECT_TRUE(takes_gzip("deflate, gzip;q=0.5"));
  EXPECT_FALSE(takes_gzip(""));
  EXPECT_FALSE(takes_gzip("br, deflate"));
  EXPECT_FALSE(takes_gzip("gzip;q=0"));
  EXPECT_FALSE(takes_gzip("gzip;q=0.000"));
  EXPECT_FALSE(takes_gzip("gzip;Q=0"));
  EXPECT_FALSE(takes_gzip("gzip; Q=0.0"));
  EXPECT_TRUE(takes_gzip("GZIP;Q=0.1"));
}

TEST(EmbeddedPages, AreCountedUnderTheirOwnName) {
  for (const Route& route : routes()) {
    const OperationName name = operation_name(route_index(route));
    EXPECT_EQ(name.api, "ui");
    EXPECT_EQ(name.name, route.operation);
    EXPECT_LT(route_index(route), operation_count());
  }
}

}  // namespace
}  // namespace twofold::http::pages
