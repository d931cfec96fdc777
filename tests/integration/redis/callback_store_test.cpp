// The callback map as an operator's verb uses it, on a real Redis.

#include <memory>
#include <string>
#include <vector>

#include "callback/redis_callback_store.hpp"
#include "catch.hpp"
#include "tests/support/redis_server.hpp"

using namespace td;
using test::ask;
using test::free_port;
using redis_server = test::redis_server;

namespace {

callback::redis_callback_store_options options_for(std::uint16_t port, duration limit = 10s) {
    callback::redis_callback_store_options options;
    options.place.host = "127.0.0.1";
    options.place.port = port;
    options.limit = limit;
    return options;
}

std::unique_ptr<callback::redis_callback_store> store_at(std::uint16_t port, duration limit = 10s) {
    auto opened = callback::redis_callback_store::open(options_for(port, limit));
    REQUIRE(opened);
    return std::move(*opened);
}

number_id number_of(std::size_t i) {
    return number_id{std::to_string(73512000000 + i)};
}

std::vector<pool::callback_route> many(std::size_t count) {
    std::vector<pool::callback_route> routes;
    for (std::size_t i = 0; i < count; ++i) {
        routes.push_back({number_of(i), panel_id{std::to_string(5000 + i)}, i + 1, "{\"panel\":\"x\"}", 180min});
    }
    return routes;
}

}  // namespace

TEST_CASE("callback store: what is written is read, sorted, with its time", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    const auto store = store_at(port);
    CHECK(store->read_all()->empty());
    const auto wrote = store->write_many(many(3000));
    REQUIRE(wrote);
    CHECK(wrote->written == 3000);
    CHECK(wrote->superseded.empty());
    ask(port, "SET td:sos:route: nobody");
    ask(port, "SET td:panel:5001:call other");
    const auto entries = store->read_all();
    REQUIRE(entries);
    REQUIRE(entries->size() == 3000);
    for (std::size_t i = 0; i < 3000; ++i) {
        const pool::callback_entry& each = (*entries)[i];
        REQUIRE(each.number == number_of(i));
        REQUIRE(each.panel == panel_id{std::to_string(5000 + i)});
        REQUIRE(each.token == i + 1);
        REQUIRE(each.site == "{\"panel\":\"x\"}");
        REQUIRE(each.expires_in > duration{175min});
        REQUIRE(each.expires_in <= duration{180min});
        REQUIRE(each.expires_last == each.expires_in);
    }
}

TEST_CASE("callback store: a rebuild changes nothing that a newer lease has, and names it", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    const auto store = store_at(port);
    REQUIRE(store->write_many({{number_of(1), panel_id{"6001"}, 900, "{}", 1min}}));
    auto routes = many(4);
    routes[2].expires_in = 0s;  // over meanwhile: it must not stand there
    REQUIRE(store->write_many({{number_of(2), panel_id{"old"}, 1, "{}", 1min}}));
    const auto wrote = store->write_many(routes);
    REQUIRE(wrote);
    CHECK(wrote->written == 3);
    CHECK(wrote->superseded == std::vector{number_of(1)});
    CHECK(ask(port, "GET td:sos:route:73512000001") == "$4\r\n6001\r\n");
    CHECK(ask(port, "GET td:sos:route:73512000002") == "$-1\r\n");
    CHECK(ask(port, "GET td:sos:route:73512000003") == "$4\r\n5003\r\n");
}

TEST_CASE("callback store: a removal fences, or forgets; a half entry is seen as it stands", "[redis]") {
    using manner = ports::callback_removal::manner;
    const std::uint16_t port = free_port();
    const redis_server server(port);
    const auto store = store_at(port);
    REQUIRE(store->write_many(many(4)));
    ask(port, "DEL td:sos:route:73512000003");
    ask(port, "PERSIST td:sos:site:73512000003");
    const auto removed = store->remove(
        {{number_of(0), 1, manner::fence}, {number_of(1), 9, manner::forget}, {number_of(2), 1, manner::forget}});
    REQUIRE(removed);
    CHECK(removed->written == 2);
    CHECK(removed->superseded == std::vector{number_of(2)});
    const auto entries = store->read_all();
    REQUIRE(entries);
    REQUIRE(entries->size() == 3);
    CHECK((*entries)[0].token == 2);  // who may write next
    CHECK_FALSE((*entries)[0].panel);
    CHECK((*entries)[1].panel == panel_id{"5002"});
    CHECK_FALSE((*entries)[2].panel);
    CHECK((*entries)[2].token == 4);
    CHECK((*entries)[2].expires_in);
    CHECK_FALSE((*entries)[2].expires_last);
    const auto again = store->write_many(many(2));
    REQUIRE(again);
    CHECK(again->superseded == std::vector{number_of(0)});
    CHECK(ask(port, "GET td:sos:route:73512000001") == "$4\r\n5001\r\n");
}

TEST_CASE("callback store: a bad route is named, and nothing is written", "[redis]") {
    const std::uint16_t port = free_port();
    const redis_server server(port);
    const auto store = store_at(port);
    auto routes = many(3);
    routes[2].panel = panel_id{"a\nb"};
    const auto wrote = store->write_many(routes);
    REQUIRE_FALSE(wrote);
    CHECK(wrote.why().kind == failure_kind::bad_input);
    CHECK(wrote.why().text.starts_with("73512000002: "));
    CHECK(ask(port, "DBSIZE") == ":0\r\n");
}

TEST_CASE("callback store: nobody there, a hang, a wrong password and a replica end in a sentence", "[redis]") {
    const std::uint16_t port = free_port();
    const auto nobody = callback::redis_callback_store::open(options_for(port));
    REQUIRE_FALSE(nobody);
    CHECK(nobody.why().kind == failure_kind::unreachable);
    CHECK(nobody.why().text.find("Connection refused") != std::string::npos);
    const redis_server server(port);
    const auto store = store_at(port, 3s);
    server.freeze();
    const auto hung = store->write_many(many(3));
    REQUIRE_FALSE(hung);
    CHECK(hung.why().kind == failure_kind::unreachable);
    server.thaw();
    CHECK(store->write_many(many(3)));
    ask(port, "REPLICAOF 127.0.0.1 1");
    const auto refused = store->write_many(many(3));
    REQUIRE_FALSE(refused);
    CHECK(refused.why().kind == failure_kind::refused);
    CHECK(refused.why().text.find("READONLY") != std::string::npos);
    CHECK(store->read_all()->size() == 3);  // a replica can be read
    ask(port, "CONFIG SET requirepass s3cret");
    const auto guess = callback::redis_callback_store::open(options_for(port));
    REQUIRE_FALSE(guess);
    CHECK(guess.why().kind == failure_kind::not_allowed);
}
