#include "http/router.h"

#include <gtest/gtest.h>

#include <set>

#include "http/nearest.h"
#include "http/pages/pages.h"

namespace twofold::http {
namespace {

Match match(const Router& router, std::string_view method, std::string_view path, Target& target) {
  EXPECT_TRUE(target.parse(path));
  return router.match(method, target.segments());
}

TEST(Router, EveryRouteOfTheTableLeadsToItself) {
  const Router router(route_table());
  for (const Route& route : route_table()) {
    Target target;
    const Match found = match(router, route.method, route.path, target);
    ASSERT_TRUE(found.route) << route.path;
    EXPECT_EQ(found.route->operation, route.operation);
  }
}

TEST(Router, OperationsAreNamedOnceAndHavePermissions) {
  std::set<std::string_view> names;
  for (const Route& route : route_table()) {
    EXPECT_TRUE(names.insert(route.operation).second) << route.operation;
    EXPECT_FALSE(route.summary.empty());
    // What changes or shows data needs a permission; what needs none is served before recovery, too.
    if (route.operation == "stream") continue;   // each frame says what it needs
    if (route.scope == Scope::caller) continue;  // about the caller's own key
    EXPECT_TRUE(route.permission != Permission::nothing || route.served == Served::always)
        << route.operation;
  }
}

TEST(Router, WhatIsForOperatorsIsNotThereForClients) {
  const Router full(route_table());
  const Router clients(route_table(), Listener::clients);
  std::set<std::string_view> kept;
  for (const Route& route : route_table()) {
    Target target;
    EXPECT_TRUE(match(full, route.method, route.path, target).route) << route.path;
    const Match found = match(clients, route.method, route.path, target);
    EXPECT_EQ(found.path_exists, route.audience == Audience::clients) << route.path;
    if (found.path_exists) continue;
    kept.insert(route.operation);
    EXPECT_EQ(clients.allow(target.segments()), "OPTIONS");
  }
  EXPECT_EQ(kept, (std::set<std::string_view>{"inspect", "stats", "stats_rates", "list_connections",
                                              "close_connection", "show_config", "show_log", "storage_damage",
                                              "list_namespaces", "put_namespace", "list_keys", "create_key", "revoke_key", "metrics"}));
  for (const Route& page : pages::routes()) EXPECT_FALSE(clients.serves(page));
}

TEST(Router, FillsInTheArguments) {
  const Router router(route_table());
  Target target;
  const Match found = match(router, "GET", "/v1/topics/orders/records/2/41", target);
  ASSERT_TRUE(found.route);
  EXPECT_EQ(found.route->operation, "get_record");
  EXPECT_EQ(found.args[0], "orders");
  EXPECT_EQ(found.args[1], "2");
  EXPECT_EQ(found.args[2], "41");
}

TEST(Router, HeadIsAnsweredByGet) {
  const Router router(route_table());
  Target target;
  EXPECT_EQ(match(router, "HEAD", "/v1/topics", target).route->operation, "list_topics");
}

TEST(Router, TellsAMissingPathFromAMissingMethod) {
  const Router router(route_table());
  Target target;
  Match found = match(router, "GET", "/v1/nothing", target);
  EXPECT_FALSE(found.path_exists);
  found = match(router, "DELETE", "/v1/topics", target);
  EXPECT_TRUE(found.path_exists);
  EXPECT_FALSE(found.route);
  EXPECT_EQ(router.allow(target.segments()), "GET, HEAD, OPTIONS");
  match(router, "GET", "/v1/topics/x", target);
  EXPECT_EQ(router.allow(target.segments()), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
}

TEST(Router, EmptySegmentsAreNoArguments) {
  const Router router(route_table());
  Target target;
  EXPECT_FALSE(match(router, "GET", "/v1/topics/", target).path_exists);
  EXPECT_FALSE(match(router, "GET", "/v1//topics", target).path_exists);
}

TEST(Router, AnUnknownParameterIsNamedWithItsNeighbour) {
  const Router router(route_table());
  Target target;
  const Match found = match(router, "GET", "/v1/topics/orders/records?form=earliest", target);
  auto checked = Router::check_query(*found.route, target);
  ASSERT_FALSE(checked);
  const Problem problem = std::move(checked).problem();
  EXPECT_EQ(problem.param, "form");
  EXPECT_EQ(problem.hint, "Did you mean from?");
}

TEST(Nearest, IsCloseOrNothing) {
  const std::vector<std::string> names{"orders", "invoices", "billing"};
  EXPECT_EQ(nearest("order", names), "orders");
  EXPECT_EQ(nearest("odrers", names), "orders");
  EXPECT_EQ(nearest("biling", names), "billing");
  EXPECT_FALSE(nearest("zebra", names));
  EXPECT_FALSE(nearest("", names));
  EXPECT_EQ(did_you_mean("ordes", names), "Did you mean orders?");
  EXPECT_EQ(did_you_mean("q", {}), "");
}

}  // namespace
}  // namespace twofold::http
