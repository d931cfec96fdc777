#include "ari/lanes.hpp"

#include <map>

#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

const std::string done = "HTTP/1.1 204 No Content\r\n\r\n";

/// Lanes between a scripted Asterisk and a scripted desk. Requests are called by their target; every act answers with
/// what the lanes did: "open:0 write:0/a,b close:0 reply:a/204 lost:b/unheard ws:c".
class script final : public wires, public correspondent {
public:
    explicit script(limits limit = {}, transport way = transport::http) : lanes_(limit, way, "", "", *this, *this) {}

    std::string ask(std::int16_t key, const std::string& target, duration within = 3s) {
        put(key, target, within);
        return flush();
    }
    /// Without the flush that ends a turn.
    void put(std::int16_t key, const std::string& target, duration within = 3s, errand what = errand::probe) {
        exchange request;
        request.what = what;
        request.number = ++number_;
        request.key = {call_id(), key};
        request.verb = method::get;
        request.target = target;
        request.deadline = now + within;
        lanes_.submit(std::move(request), now);
    }
    std::string flush() {
        lanes_.flush();
        return std::exchange(told_, {});
    }
    std::string opened(std::size_t lane) {
        lanes_.opened(lane, now);
        return flush();
    }
    std::string got(std::size_t lane, const std::string& bytes) {
        lanes_.received(lane, bytes, now);
        return flush();
    }
    std::string closed(std::size_t lane) {
        lanes_.closed(lane, now);
        return flush();
    }
    std::string wait(duration length) {
        now += length;
        lanes_.advance(now);
        return flush();
    }
    std::string socket_opened() {
        lanes_.socket_opened(now);
        return flush();
    }
    std::string socket_closed() {
        lanes_.socket_closed(now);
        return flush();
    }
    bool take_probe() { return lanes_.take_probe(now); }
    std::string socket_replied(std::uint64_t number) {
        lanes_.socket_replied(number, 204, "", now);
        return flush();
    }

    void open(std::size_t lane) override { say("open:" + std::to_string(lane)); }
    void close(std::size_t lane) override { say("close:" + std::to_string(lane)); }
    void send(std::size_t lane, std::string& bytes) override {
        std::string targets;
        for (std::size_t at = bytes.find("/ari/"); at != std::string::npos; at = bytes.find("/ari/", at + 1)) {
            targets += (targets.empty() ? "" : ",") + bytes.substr(at + 5, bytes.find(' ', at) - at - 5);
        }
        say("write:" + std::to_string(lane) + "/" + targets);
    }
    void send_message(std::string_view text) override {
        const std::size_t at = text.find("\"uri\":\"") + 7;
        say("ws:" + std::string(text.substr(at, text.find('"', at) - at)));
    }
    void replied(exchange request, int status, std::string_view body, instant /*now*/) override {
        say("reply:" + request.target + "/" + std::to_string(status) + std::string(body));
    }
    void lost(exchange request, loss why, instant at) override {
        say("lost:" + request.target +
            (why == loss::unsent    ? "/unsent"
             : why == loss::overdue ? "/overdue"
                                    : "/unheard"));
        if (repeats) {
            lanes_.submit(std::move(request), at);
        }
    }

    instant now{};
    bool repeats = false;
    [[nodiscard]] const lanes& the_lanes() const { return lanes_; }

private:
    void say(const std::string& what) { told_ += (told_.empty() ? "" : " ") + what; }

    lanes lanes_;
    std::string told_;
    std::uint64_t number_ = 0;
};

limits at_most(std::size_t connections) {
    limits limit;
    limit.connections = connections;
    return limit;
}

}  // namespace

TEST_CASE("lanes: one key stays on one connection, in order, in one write", "[ari]") {
    script s;
    s.put(1, "a");
    s.put(1, "b");
    CHECK(s.flush() == "open:0");
    CHECK(s.opened(0) == "write:0/a,b");
    CHECK(s.ask(1, "c") == "write:0/c");
    CHECK(s.got(0, done + done) == "reply:a/204 reply:b/204");
    CHECK(s.got(0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n!!") == "reply:c/200!!");
    CHECK(s.the_lanes().outstanding() == 0);
}

TEST_CASE("lanes: different keys go different ways while there are ways, then to the least busy", "[ari]") {
    script s(at_most(2));
    CHECK(s.ask(1, "a") == "open:0");
    CHECK(s.ask(2, "b") == "open:1");
    s.put(1, "c");
    CHECK(s.flush().empty());
    CHECK(s.opened(0) == "write:0/a,c");
    CHECK(s.opened(1) == "write:1/b");
    CHECK(s.ask(3, "d") == "write:1/d");
    CHECK(s.got(1, done + done) == "reply:b/204 reply:d/204");
    CHECK(s.ask(4, "e") == "write:1/e");
    CHECK(s.the_lanes().connections() == 2);
}

TEST_CASE("lanes: an idle connection is used again, and closed after ten seconds", "[ari]") {
    script s;
    s.ask(1, "a");
    s.opened(0);
    s.got(0, done);
    CHECK(s.wait(9s).empty());
    CHECK(s.ask(2, "b") == "write:0/b");
    s.got(0, done);
    CHECK(s.wait(9999ms).empty());
    CHECK(s.wait(1ms) == "close:0");
    CHECK(s.ask(2, "c") == "open:0");
}

TEST_CASE("lanes: a connection that cannot be made loses nothing and is tried again after a rest", "[ari]") {
    script s;
    s.put(1, "a");
    s.put(1, "b");
    CHECK(s.flush() == "open:0");
    CHECK(s.closed(0) == "close:0");
    CHECK(s.ask(2, "c").empty());
    CHECK(s.wait(24ms).empty());
    CHECK(s.wait(1ms) == "open:0 open:1");
    CHECK(s.opened(0) == "write:0/a,b");
}

TEST_CASE("lanes: a connect that hangs is given up after a second", "[ari]") {
    script s;
    s.ask(1, "a");
    CHECK(s.wait(999ms).empty());
    CHECK(s.wait(1ms) == "close:0");
    CHECK(s.wait(25ms) == "open:0");
}

TEST_CASE("lanes: what could never be sent in its time is told so", "[ari]") {
    script s;
    s.ask(1, "a");
    s.closed(0);
    CHECK(s.wait(3s) == "lost:a/unsent");
    CHECK(s.the_lanes().outstanding() == 0);
}

TEST_CASE("lanes: a cut connection gives back what it carried, in order, and repeats keep the order", "[ari]") {
    script s(at_most(4));
    s.repeats = true;
    s.put(1, "a");
    s.put(1, "b");
    s.put(1, "c");
    s.flush();
    s.opened(0);
    CHECK(s.got(0, done + "HTTP/1.1 20") == "reply:a/204");
    CHECK(s.closed(0) == "close:0 lost:b/unheard open:0 lost:c/unheard");
    CHECK(s.ask(1, "d").empty());
    CHECK(s.opened(0) == "write:0/b,c,d");
}

TEST_CASE("lanes: Asterisk's session limit: no more connections than those that work", "[ari]") {
    script s(at_most(4));
    s.repeats = true;
    s.ask(1, "a");
    s.opened(0);
    s.got(0, done);
    s.ask(1, "b");
    CHECK(s.ask(2, "c") == "open:1");
    CHECK(s.opened(1) == "write:1/c");
    CHECK(s.closed(1) == "close:1 lost:c/unheard write:0/c");
    CHECK(s.ask(3, "d") == "write:0/d");
    CHECK(s.the_lanes().connections() == 1);
    s.got(0, done + done + done);
    s.now += 5s;
    s.ask(1, "e");
    CHECK(s.ask(2, "f") == "open:1");
}

TEST_CASE("lanes: a session limit without any connection is waited for, not stormed", "[ari]") {
    script s;
    s.repeats = true;
    s.ask(1, "a");
    s.opened(0);
    CHECK(s.closed(0) == "close:0 lost:a/unheard");
    CHECK(s.wait(24ms).empty());
    CHECK(s.wait(1ms) == "open:0");
}

TEST_CASE("lanes: a hanging request takes its connection with it", "[ari]") {
    script s;
    s.ask(1, "a");
    s.opened(0);
    s.now += 1s;
    s.ask(1, "b");
    CHECK(s.wait(1999ms).empty());
    CHECK(s.wait(1ms) == "close:0 lost:a/overdue lost:b/unheard");
}

TEST_CASE("lanes: a slow drip does not outlive the deadline", "[ari]") {
    script s;
    s.ask(1, "a");
    s.opened(0);
    for (const char byte : std::string("HTTP/1.1 204 No Content\r\nX: y")) {
        s.got(0, std::string(1, byte));
        s.now += 90ms;
    }
    CHECK(s.wait(900ms) == "close:0 lost:a/overdue");
}

TEST_CASE("lanes: garbage, an unasked reply and Connection: close end a connection", "[ari]") {
    script s;
    s.ask(1, "a");
    s.opened(0);
    CHECK(s.got(0, "SSH-2.0\r\n\r\n") == "close:0 lost:a/unheard");
    s.now += 1s;
    s.ask(1, "b");
    s.opened(0);
    CHECK(s.got(0, done + done) == "reply:b/204 close:0");
    s.ask(1, "c");
    s.put(1, "d");
    s.opened(0);
    CHECK(s.got(0, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") == "reply:c/204 close:0 lost:d/unheard");
}

TEST_CASE("lanes: the WebSocket takes requests up to its depth, the rest go over HTTP", "[ari]") {
    limits limit;
    limit.socket_depth = 2;
    script s(limit, transport::automatic);
    CHECK(s.socket_opened().empty());
    CHECK(s.ask(1, "a") == "ws:a");
    CHECK(s.ask(1, "b") == "ws:b");
    CHECK(s.ask(2, "c") == "open:0");
    CHECK(s.ask(1, "d") == "ws:d");  // its key is bound
    CHECK(s.socket_replied(1) == "reply:a/204");
    CHECK(s.socket_replied(1).empty());
    CHECK(s.socket_replied(77).empty());
}

TEST_CASE("lanes: a lost WebSocket's requests go over HTTP", "[ari]") {
    script s({}, transport::websocket);
    s.repeats = true;
    s.socket_opened();
    s.put(1, "a");
    s.put(1, "b");
    CHECK(s.flush() == "ws:a ws:b");
    CHECK(s.socket_closed() == "lost:a/unheard open:0 lost:b/unheard");
    CHECK(s.opened(0) == "write:0/a,b");
}

TEST_CASE("lanes: a WebSocket that does not answer is left until it answers a probe", "[ari]") {
    script s({}, transport::websocket);
    s.socket_opened();
    CHECK_FALSE(s.take_probe());
    s.ask(1, "a");
    CHECK(s.wait(3s) == "lost:a/overdue");
    CHECK(s.the_lanes().next_deadline(s.now) == s.now + 10s);
    CHECK(s.ask(2, "b") == "open:0");
    s.wait(9999ms);
    CHECK_FALSE(s.take_probe());
    s.wait(1ms);
    CHECK(s.take_probe());
    CHECK_FALSE(s.take_probe());
    s.wait(10s);
    CHECK(s.take_probe());  // the first one was not answered either
    s.socket_opened();
    CHECK(s.ask(3, "c") == "ws:c");
    s.wait(2s);
    CHECK_FALSE(s.take_probe());
}

TEST_CASE("lanes: a line that was lost is not probed, the new one is", "[ari]") {
    script s({}, transport::websocket);
    s.socket_opened();
    s.ask(1, "a");
    s.wait(3s);
    s.socket_closed();
    s.wait(20s);
    CHECK_FALSE(s.take_probe());
}

TEST_CASE("lanes: a word that is to prove the WebSocket goes another way", "[ari]") {
    script s({}, transport::websocket);
    s.socket_opened();
    s.put(104, "word", 3s, errand::speak);
    CHECK(s.flush() == "open:0");
    CHECK(s.ask(1, "a") == "ws:a");
    SECTION("and is not waited for where there is none") {
        CHECK(s.closed(0) == "close:0 lost:word/unsent");
        s.put(104, "next", 3s, errand::speak);
        CHECK(s.flush() == "lost:next/unsent");  // the pause after a connection that failed
        CHECK(s.ask(2, "b") == "ws:b");
    }
    SECTION("and leaves what it shared the connection with in line") {
        s.socket_closed();
        s.ask(2, "b");
        const std::string told = s.closed(0);
        CHECK(told.find("lost:word/unsent") != std::string::npos);
        CHECK(told.find("lost:b") == std::string::npos);
    }
}

TEST_CASE("lanes: over HTTP only, the WebSocket carries nothing", "[ari]") {
    script s({}, transport::http);
    s.socket_opened();
    CHECK(s.ask(1, "a") == "open:0");
}
