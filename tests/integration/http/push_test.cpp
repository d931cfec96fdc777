#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "push/http_push.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scripted_server.hpp"

using namespace td;
using test::exchange;
using test::loop_until;
using test::scripted_server;

namespace {

const instant noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

call::push push_for(unsigned number, call::push_kind kind = call::push_kind::ring) {
    call::push wish;
    wish.call = call_id::of(number, 0, 0);
    wish.kind = kind;
    wish.end = kind == call::push_kind::ended ? call::push_end::missed : call::push_end::none;
    wish.panel = panel_id{"5001"};
    wish.flat = flat_id{std::to_string(number)};
    wish.deadline = noon + 45s;
    wish.targets = {{account_id{"79001112233"}, device_id{"d1"}, "ios"}};
    return wish;
}

struct desk {
    explicit desk(const std::string& url, duration timeout = 30s, std::size_t in_flight = 512) {
        push::http_push_options options;
        options.url = url;
        options.timeout = timeout;
        options.in_flight = in_flight;
        role = std::make_unique<push::http_push>(
            loop, std::move(options), [this] { return now; },
            [this](const call::fact& what) {
                facts.push_back(told(what));
                asked.push_back(asked_in(what));
            });
    }
    static std::vector<device_id> asked_in(const call::fact& what) {
        const auto* answered = std::get_if<call::push_answered>(&what);
        return answered != nullptr ? answered->asked : std::get<call::push_failed>(what).asked;
    }
    static std::string told(const call::fact& what) {
        if (const auto* answered = std::get_if<call::push_answered>(&what)) {
            std::string text = std::to_string(answered->call.made_at_milliseconds()) + " answered";
            for (const auto& each : answered->rejected) {
                text += " " + each.device.text() + ":" + each.reason;
            }
            return text;
        }
        const auto& failed = std::get<call::push_failed>(what);
        return std::to_string(failed.call.made_at_milliseconds()) + " failed " + failed.reason;
    }
    bool wait_for(std::size_t count) {
        return loop_until(
            loop, [&] { return facts.size() == count; }, std::chrono::seconds{60});
    }

    boost::asio::io_context loop;
    instant now = noon;
    std::vector<std::string> facts;
    std::vector<std::vector<device_id>> asked;
    std::unique_ptr<push::http_push> role;
};

}  // namespace

TEST_CASE("push: what is sent and what is answered", "[push]") {
    scripted_server server(
        [](exchange& e) { e.reply(202, R"({"accepted":0,"rejected":[{"device":"d1","reason":"broken_token"}]})"); });
    desk d(server.url());
    d.role->send(push_for(1));
    CHECK(d.facts.empty());
    REQUIRE(d.wait_for(1));
    CHECK(d.facts.at(0) == "1 answered d1:broken_token");
    CHECK(d.asked.at(0) == std::vector{device_id{"d1"}});
    CHECK(server.seen().at(0).line == "POST /push HTTP/1.1");
    CHECK(server.seen().at(0).body.find(R"("ttl_ms":45000)") != std::string::npos);
}

TEST_CASE("push: a push that hangs changes no other push's time", "[push]") {
    // The hanging one would end by its own timeout after 100 s; everything sent after it is answered while it still
    // hangs.
    scripted_server server([](exchange& e) {
        if (e.request.body.find(R"("flat":"1",)") != std::string::npos) {
            e.hang();
        } else {
            e.reply(202, R"({"accepted":1,"rejected":[]})");
        }
    });
    desk d(server.url(), 100s);
    d.role->send(push_for(1));
    REQUIRE(loop_until(d.loop, [&] { return server.seen().size() == 1; }));
    for (unsigned i = 2; i <= 101; ++i) {
        d.role->send(push_for(i));
    }
    REQUIRE(d.wait_for(100));
    for (const std::string& each : d.facts) {
        CHECK(each.ends_with(" answered"));
        CHECK_FALSE(each.starts_with("1 "));
    }
    CHECK(d.role->counters().answered == 100);
}

TEST_CASE("push: a server that is gone fails a ring at once and once", "[push]") {
    desk d("http://127.0.0.1:1");
    d.role->send(push_for(1));
    REQUIRE(d.wait_for(1));
    CHECK(d.facts.at(0) == "1 failed refused");
    CHECK(d.asked.at(0) == std::vector{device_id{"d1"}});
    CHECK(d.role->counters().sent == 1);
}

TEST_CASE("push: beyond its connections a push fails at once instead of piling up", "[push]") {
    scripted_server server([](exchange& e) { e.hang(); });
    desk d(server.url(), 300ms, 2);
    for (unsigned i = 1; i <= 5; ++i) {
        d.role->send(push_for(i));
    }
    REQUIRE(d.wait_for(5));
    std::sort(d.facts.begin() + 3, d.facts.end());  // both are due at the same moment
    CHECK(d.facts == std::vector<std::string>{"3 failed full", "4 failed full", "5 failed full", "1 failed timeout",
                                              "2 failed timeout"});
}

TEST_CASE("push: an end is tried again until the server takes it, a ring is not", "[push]") {
    std::atomic<int> tries{0};
    scripted_server server([&](exchange& e) { e.reply(++tries < 3 ? 503 : 202, "{}"); });
    desk d(server.url());
    d.role->send(push_for(1, call::push_kind::ended));
    REQUIRE(d.wait_for(1));
    CHECK(d.facts.at(0) == "1 answered");
    CHECK(d.role->counters().sent == 3);
    CHECK(d.role->counters().repeated == 2);
}

TEST_CASE("push: an end waits for the ring of its own call and for no other's", "[push]") {
    scripted_server server([](exchange& e) {
        if (e.request.body.find(R"("kind":"ring")") != std::string::npos) {
            e.hang();
        } else {
            e.reply(202, R"({"accepted":1,"rejected":[]})");
        }
    });
    desk d(server.url(), 3s);
    d.role->send(push_for(1));
    d.role->send(push_for(1, call::push_kind::ended));
    d.role->send(push_for(2, call::push_kind::ended));
    REQUIRE(d.wait_for(3));
    CHECK(d.facts == std::vector<std::string>{"2 answered", "1 failed timeout", "1 answered"});
}

TEST_CASE("push: an end is given up when its patience is over, and at once when the server says no", "[push]") {
    scripted_server server(
        [](exchange& e) { e.reply(e.request.body.find(R"("flat":"2",)") != std::string::npos ? 400 : 503, ""); });
    desk d(server.url());
    d.role->send(push_for(1, call::push_kind::ended));
    REQUIRE(loop_until(d.loop, [&] { return d.role->counters().repeated == 1; }));
    d.now += 10s;
    REQUIRE(d.wait_for(1));
    CHECK(d.facts.at(0) == "1 failed status_503");
    d.role->send(push_for(2, call::push_kind::ended));
    REQUIRE(d.wait_for(2));
    CHECK(d.facts.at(1) == "2 failed status_400");
    CHECK(d.role->counters().failed == 2);
}

TEST_CASE("push: a ring whose deadline has passed is not sent", "[push]") {
    scripted_server server([](exchange& e) { e.reply(202, "{}"); });
    desk d(server.url());
    d.now = noon + 45s;
    d.role->send(push_for(1));
    REQUIRE(d.wait_for(1));
    CHECK(d.facts.at(0) == "1 failed late");
    CHECK(server.seen().empty());
}

TEST_CASE("push: destroyed with pushes and retries under way it tells nobody", "[push]") {
    scripted_server server([](exchange& e) {
        if (e.request.body.find(R"("flat":"1",)") != std::string::npos) {
            e.hang();
        } else {
            e.reply(503, "");
        }
    });
    desk d(server.url());
    d.role->send(push_for(1));
    d.role->send(push_for(2, call::push_kind::ended));
    REQUIRE(loop_until(d.loop, [&] { return d.role->counters().repeated >= 1; }));
    d.role.reset();
    d.loop.restart();
    d.loop.run();
    CHECK(d.facts.empty());
}
