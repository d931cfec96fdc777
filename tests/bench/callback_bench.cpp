// How long the callback map takes: a rebuild of many routes on a real Redis, and reading them back, beside a yardstick
// of plain pipelined SETs over the same connection.
//
//     callback_bench [ROUTES] [redis://host:port/db]     a Redis of its own is started without the URL

#include <hiredis/hiredis.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "callback/redis_callback_store.hpp"
#include "tests/support/redis_server.hpp"

namespace {

using namespace td;
using clock_type = std::chrono::steady_clock;

std::vector<pool::callback_route> routes_for(std::size_t count) {
    std::vector<pool::callback_route> routes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string panel = std::to_string(100000 + i);
        routes.push_back({number_id{std::to_string(73512000000 + i)}, panel_id{panel}, i + 1,
                          R"({"panel":")" + panel +
                              R"(","address":"Chelyabinsk, Lenina 1","entrance":"2","lat":55.16,"lon":61.4,)"
                              R"("fias":"a376e68d-724a-4472-be7c-891bdb09ae32","call":"01kc2v9x5m4t8q7w3e6r1y0abc",)"
                              R"("leased_at":"2026-11-23T02:34:52.076Z"})",
                          std::chrono::hours{3}});
    }
    return routes;
}

double seconds_since(clock_type::time_point began) {
    return std::chrono::duration<double>(clock_type::now() - began).count();
}

/// Three SETs a route, as fast as this Redis takes them.
double yardstick(const redis::place& where, const std::vector<pool::callback_route>& routes) {
    redisContext* plain = redisConnect(where.host.c_str(), where.port);
    if (plain == nullptr || plain->err != 0) {
        std::exit(1);
    }
    const auto began = clock_type::now();
    for (const auto& each : routes) {
        for (const char* kind : {"a", "b", "c"}) {
            redisAppendCommand(plain, "SET yardstick:%s:%b %b PX 60000", kind, each.number.text().data(),
                               each.number.text().size(), each.site.data(), each.site.size());
        }
    }
    for (std::size_t i = 0; i < routes.size() * 3; ++i) {
        void* reply = nullptr;
        redisGetReply(plain, &reply);
        freeReplyObject(reply);
    }
    const double took = seconds_since(began);
    redisFree(plain);
    return took;
}

}  // namespace

int main(int count, char** words) {
    const std::size_t routes = count > 1 ? std::strtoul(words[1], nullptr, 10) : 22'000;
    callback::redis_callback_store_options options;
    std::unique_ptr<test::redis_server> own;
    if (count > 2) {
        auto place = redis::read_url(words[2]);
        if (!place) {
            std::fprintf(stderr, "%s\n", place.why().text.c_str());
            return 2;
        }
        options.place = *place;
    } else {
        options.place.host = "127.0.0.1";
        options.place.port = test::free_port();
        own = std::make_unique<test::redis_server>(options.place.port);
    }
    const auto store = callback::redis_callback_store::open(options);
    if (!store) {
        std::fprintf(stderr, "%s\n", store.why().text.c_str());
        return 1;
    }
    const auto all = routes_for(routes);
    auto began = clock_type::now();
    const auto wrote = (*store)->write_many(all);
    const double rebuild = seconds_since(began);
    began = clock_type::now();
    const auto read = (*store)->read_all();
    const double reading = seconds_since(began);
    if (!wrote || !read || wrote->written != routes || read->size() < routes) {
        std::fprintf(stderr, "%s\n", wrote ? "not everything was read" : wrote.why().text.c_str());
        return 1;
    }
    std::printf("bench=callback routes=%zu rebuild_s=%.3f read_all_s=%.3f yardstick_s=%.3f\n", routes, rebuild, reading,
                yardstick(options.place, all));
    return 0;
}
