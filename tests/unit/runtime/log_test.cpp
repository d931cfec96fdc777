#include "runtime/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>

#include "base/redacted.hpp"
#include "catch.hpp"

namespace td::runtime {
namespace {

const instant at = *parse_rfc3339("2026-11-23T02:34:52.076Z");
const call_id call = *call_id::parse("01jdhzz7mkr8m9v2x4t6w8y0z1");

std::string line(log_format format, std::string_view event, log_fields fields, const call_id* of = nullptr) {
    std::string out;
    append_log_line(out, format, at, log_level::info, of, event, fields);
    return out;
}
std::string text(std::string_view event, log_fields fields = {}) {
    return line(log_format::text, event, fields);
}
std::string json(std::string_view event, log_fields fields = {}) {
    return line(log_format::json, event, fields);
}

/// Both ends of a pipe in the place of stderr.
class pipe_ends {
public:
    pipe_ends() {
        if (::pipe2(fds_.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        ::close(fds_[0]);
        close_writing();
    }
    [[nodiscard]] int writing() const { return fds_[1]; }
    void close_writing() {
        if (fds_[1] >= 0) {
            ::close(fds_[1]);
            fds_[1] = -1;
        }
    }
    /// Until the writing end is closed.
    [[nodiscard]] std::string rest() const {
        std::string all;
        std::array<char, 4096> piece{};
        ssize_t count = 0;
        while ((count = ::read(fds_[0], piece.data(), piece.size())) > 0) {
            all.append(piece.data(), static_cast<std::size_t>(count));
        }
        return all;
    }

private:
    std::array<int, 2> fds_{};
};

log_options into(const pipe_ends& pipe) {
    log_options options;
    options.file_descriptor = pipe.writing();
    return options;
}

TEST_CASE("log: one fact is one line of key=value, the call first", "[runtime]") {
    CHECK(line(log_format::text, "leg refused", {{"leg", leg_no{2}}, {"status", 409}, {"panel", panel_id("5001")}},
               &call) ==
          "2026-11-23T02:34:52.076Z info call=01jdhzz7mkr8m9v2x4t6w8y0z1 event=\"leg refused\" leg=2 status=409 "
          "panel=5001\n");
    CHECK(text("started", {{"after", duration{1500ms}}, {"empty", ""}}) ==
          "2026-11-23T02:34:52.076Z info event=started after=1500ms empty=\"\"\n");
    CHECK(line(log_format::json, "leg refused", {{"leg", leg_no{2}}, {"panel", panel_id("5001")}}, &call) ==
          R"({"time":"2026-11-23T02:34:52.076Z","level":"info","call":"01jdhzz7mkr8m9v2x4t6w8y0z1",)"
          "\"event\":\"leg refused\",\"leg\":2,\"panel\":\"5001\"}\n");
}

TEST_CASE("log: nothing in a value can make a second line, a second field or a control sequence", "[runtime]") {
    const std::string hostile = "x\n2026-11-23T02:34:52.076Z error event=fake\r\x1b[2J\" level=error\xff\xc2\x9b";
    for (const std::string& each : {text("e", {{"v", hostile}}), text(hostile), json("e", {{"v", hostile}}),
                                    json(hostile), text("e", {{hostile, "v"}}), json("e", {{hostile, "v"}})}) {
        INFO(each);
        CHECK(each.find('\n') == each.size() - 1);
        CHECK(each.find('\x1b') == std::string::npos);
        CHECK(each.find('\r') == std::string::npos);
        CHECK(each.find('\xff') == std::string::npos);
        CHECK(each.find("\xc2\x9b") == std::string::npos);
    }
    CHECK(text("e", {{"v", "a b=c\"d"}}) == "2026-11-23T02:34:52.076Z info event=e v=\"a b=c\\\"d\"\n");
    CHECK(text("e", {{"a b=c", "v"}}) == "2026-11-23T02:34:52.076Z info event=e a_b_c=v\n");
    CHECK(text("e", {{"v", "a=b"}}) == "2026-11-23T02:34:52.076Z info event=e v=\"a=b\"\n");
}

TEST_CASE("log: an account is shown redacted", "[runtime]") {
    const account_id phone("79001112233");
    for (const std::string& each : {text("e", {{"account", phone}}), json("e", {{"account", phone}}),
                                    text("e", {{"number", redacted(phone.text())}})}) {
        CHECK(each.find("7900111") == std::string::npos);
        CHECK(each.find("*******2233") != std::string::npos);
    }
}

TEST_CASE("log: what is below the level is not said, and the level may change", "[runtime]") {
    pipe_ends pipe;
    {
        log to(into(pipe), [] { return at; });
        to.say(log_level::debug, "hidden");
        to.show_from(log_level::debug);
        to.say(log_level::debug, "shown");
        to.sink(log_level::warning, "ari")("socket cut\nfake");
        CHECK(to.close(60s));
    }
    pipe.close_writing();
    CHECK(pipe.rest() ==
          "2026-11-23T02:34:52.076Z debug event=shown\n"
          "2026-11-23T02:34:52.076Z warning event=\"socket cut\\nfake\" area=ari\n");
}

TEST_CASE("log: a reader that sleeps makes nobody wait; lines are dropped, counted, and it is said", "[runtime]") {
    pipe_ends pipe;
    auto options = into(pipe);
    options.buffer_limit = 10'000;
    log to(options, [] { return at; });
    const std::string long_value(1000, 'x');
    for (int i = 0; i < 1000; ++i) {
        to.say(log_level::info, "noise", {{"v", long_value}});
    }
    // The pipe holds 64 KiB and the list 10 KB: most of the megabyte found no room.
    CHECK(to.overruns() > 500);
    std::string all;
    std::thread reader([&] { all = pipe.rest(); });
    CHECK(to.close(60s));
    pipe.close_writing();
    reader.join();
    CHECK(all.find("warning event=\"log lines dropped\" lines=") != std::string::npos);
}

TEST_CASE("log: closing does not wait for a reader that never reads", "[runtime]") {
    pipe_ends pipe;
    REQUIRE(::fcntl(pipe.writing(), F_SETFL, O_NONBLOCK) == 0);
    log to(into(pipe), [] { return at; });
    const std::string long_value(1000, 'x');
    for (int i = 0; i < 100; ++i) {
        to.say(log_level::info, "noise", {{"v", long_value}});
    }
    CHECK(to.close(5s));  // it gives up on what nobody reads
}

TEST_CASE("log: the lines of several threads come whole", "[runtime]") {
    pipe_ends pipe;
    std::string all;
    {
        log to(into(pipe), [] { return at; });
        std::thread reader([&] { all = pipe.rest(); });
        std::array<std::thread, 3> speakers;
        for (std::thread& each : speakers) {
            each = std::thread([&to] {
                for (int i = 0; i < 200; ++i) {
                    to.say(log_level::info, "word", {{"n", i}});
                }
            });
        }
        for (std::thread& each : speakers) {
            each.join();
        }
        CHECK(to.close(60s));
        pipe.close_writing();
        reader.join();
    }
    CHECK(std::count(all.begin(), all.end(), '\n') == 600);
}

}  // namespace
}  // namespace td::runtime
