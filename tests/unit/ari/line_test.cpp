#include "ari/line.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

constexpr std::string_view not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}";

/// A line to a scripted Asterisk; every act answers with what the line did.
class script final : public line_ends {
public:
    script() : line_({}, {"DELETE /nobody", "/ari/events?app=td", "Host: h\r\n"}, *this, 7) {}

    std::string start() {
        line_.start(now);
        return told();
    }
    std::string opened() {
        line_.opened(now);
        return told();
    }
    std::string got(std::string_view bytes) {
        line_.received(bytes, now);
        return told();
    }
    /// Asterisk does not know the channel, and this user may act.
    std::string allow() { return got(not_found); }
    std::string accept() {
        return got("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
                   expected_accept(nonce_) + "\r\n\r\n");
    }
    std::string closed() {
        line_.closed("cut", now);
        return told();
    }
    /// Time goes on in steps of 100 ms, as a timer would have it.
    std::string wait(duration length) {
        for (const instant end = now + length; now < end;) {
            now += std::min<duration>(100ms, end - now);
            line_.advance(now);
        }
        return told();
    }
    void up() {
        start();
        opened();
        allow();
        REQUIRE(accept() == "up");
    }
    std::string jump(duration length) {
        now += length;
        line_.advance(now);
        return told();
    }
    std::string cut() {
        line_.cut("deaf", now);
        return told();
    }
    std::string stop() {
        line_.stop();
        return told();
    }

    void open_line() override { say("open"); }
    void close_line() override { say("close"); }
    void send_line(std::string_view bytes) override {
        if (const std::size_t at = bytes.find("Sec-WebSocket-Key: "); at != std::string_view::npos) {
            nonce_ = bytes.substr(at + 19, 24);
            say("handshake");
        } else if (bytes == "DELETE /nobody") {
            say("question");
        } else {
            say("frame:" + std::to_string(static_cast<unsigned char>(bytes[0]) & 15U));
        }
    }
    void line_allowed() override {
        say("allowed");
        if (stops_when_allowed) {
            line_.stop();
        }
    }
    void line_up() override { say("up"); }
    void line_lost(std::string_view why) override { say("lost(" + std::string(why) + ")"); }
    void line_heard(std::string_view message) override { say("heard:" + std::string(message)); }
    void line_failed(std::string_view why) override { say("failed(" + std::string(why) + ")"); }
    void line_refused(failure why) override { say("refused:" + std::to_string(static_cast<int>(why.kind))); }

    instant now{};
    bool stops_when_allowed = false;
    [[nodiscard]] const line& the_line() const { return line_; }

private:
    void say(const std::string& what) { told_ += (told_.empty() ? "" : " ") + what; }
    std::string told() { return std::exchange(told_, {}); }

    line line_;
    std::string nonce_;
    std::string told_;
};

}  // namespace

TEST_CASE("line: from the connect to the first event, which may come with the handshake", "[ari]") {
    script s;
    CHECK(s.start() == "open");
    CHECK(s.opened() == "question");
    CHECK(s.allow() == "allowed handshake");
    CHECK(s.accept() == "up");
    CHECK(s.got("\x81\x02{}\x89\x01x") == "heard:{} frame:10");
}

TEST_CASE("line: who may only read, or has a wrong password, takes nothing and hears it once", "[ari]") {
    script s;
    s.start();
    s.opened();
    const std::string refused = "close refused:" + std::to_string(static_cast<int>(failure_kind::not_allowed));
    SECTION("403") {
        CHECK(s.got("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}") == refused);
    }
    SECTION("401 in pieces") {
        CHECK(s.got("HTTP/1.1 401 Unauthorized\r\nContent-").empty());
        CHECK(s.got("Length: 3\r\n\r\nno!") == refused);
    }
    SECTION("403 whose end is that of the connection") {
        CHECK(s.got("HTTP/1.1 403 Forbidden\r\n\r\nno").empty());
        CHECK(s.closed() == refused);
    }
    CHECK(s.wait(10s).empty());
}

TEST_CASE("line: asks until it was up once, and then never again", "[ari]") {
    script s;
    s.start();
    s.opened();
    CHECK(s.allow() == "allowed handshake");
    CHECK(s.got("HTTP/1.1 404 Not Found\r\n\r\n") == "close failed(the handshake's status is 404)");
    s.wait(100ms);
    CHECK(s.opened() == "question");
    s.allow();
    CHECK(s.accept() == "up");
    s.closed();
    s.wait(200ms);  // the second attempt that came to nothing
    CHECK(s.opened() == "handshake");
}

TEST_CASE("line: where Asterisk keeps no connection alive the handshake has one of its own", "[ari]") {
    script s;
    s.start();
    s.opened();
    CHECK(s.got("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}") == "allowed close open");
    CHECK(s.opened() == "handshake");
    CHECK(s.closed() == "close failed(cut)");
    s.wait(100ms);
    CHECK(s.opened() == "question");
}

TEST_CASE("line: an answer that never comes, is none, or is no answer yet is asked for again", "[ari]") {
    script s;
    s.start();
    s.opened();
    CHECK(s.wait(3s).starts_with("close failed(no answer in time)"));
    s.wait(100ms);
    CHECK(s.opened() == "question");
    CHECK(s.got("\x16\x03\x01 this is not HTTP\r\n\r\n") == "close failed(what came back is not HTTP)");
    s.wait(200ms);
    CHECK(s.opened() == "question");
    CHECK(s.got("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n") ==
          "close failed(the answer's status is 503)");
    s.wait(400ms);
    CHECK(s.opened() == "question");
    CHECK(s.closed() == "close failed(cut)");
}

TEST_CASE("line: who only wants to know stops at the answer", "[ari]") {
    script s;
    s.stops_when_allowed = true;
    s.start();
    s.opened();
    CHECK(s.allow() == "allowed close");
    CHECK(s.wait(10s).empty());
}

TEST_CASE("line: pings every second, and dies within three when nothing comes back", "[ari]") {
    script s;
    s.up();
    CHECK(s.wait(1s) == "frame:9");
    s.got(std::string("\x8a\0", 2));
    CHECK(s.wait(1s) == "frame:9");
    CHECK(s.wait(1400ms) == "frame:9");
    CHECK(s.wait(100ms) == "close lost(nothing heard, no pong)");
    CHECK(s.wait(100ms) == "open");
}

TEST_CASE("line: one that is of no use any more is made anew, and no other", "[ari]") {
    script s;
    CHECK(s.cut().empty());
    s.up();
    CHECK(s.cut() == "close lost(deaf)");
    CHECK(s.cut().empty());
    CHECK(s.wait(100ms) == "open");
}

TEST_CASE("line: our own standstill is not Asterisk's silence", "[ari]") {
    script s;
    s.up();
    CHECK(s.jump(60s) == "frame:9");
    CHECK(s.wait(2400ms) == "frame:9 frame:9");
    CHECK(s.wait(100ms) == "close lost(nothing heard, no pong)");
}

TEST_CASE("line: it is made again for ever, with pauses that grow to two seconds", "[ari]") {
    script s;
    s.start();
    duration longest{};
    for (int i = 0; i < 12; ++i) {
        CHECK(s.closed() == "close failed(cut)");
        const duration pause = s.the_line().next_deadline() - s.now;
        CHECK(pause >= 50ms);
        CHECK(pause <= 2s);
        longest = std::max(longest, pause);
        CHECK(s.wait(pause) == "open");
    }
    CHECK(longest > 1s);
}

TEST_CASE("line: a connect and a handshake that hang are given up", "[ari]") {
    script s;
    s.start();
    CHECK(s.wait(1s) == "close failed(no connection in time)");
    s.wait(100ms);
    s.opened();
    s.allow();
    s.got("HTTP/1.1 101");
    CHECK(s.wait(3s).starts_with("close failed(no handshake in time)"));
}

TEST_CASE("line: a handshake that is refused for ever ends it", "[ari]") {
    script s;
    s.start();
    s.opened();
    s.allow();
    CHECK(s.got("HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno!") ==
          "close refused:" + std::to_string(static_cast<int>(failure_kind::not_allowed)));
    CHECK(s.wait(10s).empty());
}

TEST_CASE("line: one that Asterisk lets in and drops at once is tried with pauses that grow too", "[ari]") {
    script s;
    s.up();
    duration longest{};
    for (int i = 0; i < 8; ++i) {
        CHECK(s.got("\x88\x02\x03\xe8").ends_with("lost(closed by Asterisk)"));
        const duration pause = s.the_line().next_deadline() - s.now;
        longest = std::max(longest, pause);
        CHECK(s.wait(pause) == "open");
        s.opened();
        CHECK(s.accept() == "up");
    }
    CHECK(longest > 1s);
    // A line that lived is made again at once.
    for (int i = 0; i < 3; ++i) {
        s.wait(1s);
        s.got(std::string("\x8a\0", 2));
    }
    CHECK(s.closed() == "close lost(cut)");
    CHECK(s.the_line().next_deadline() - s.now <= 100ms);
}

TEST_CASE("line: a password that was right before is tried again for ever", "[ari]") {
    script s;
    s.up();
    CHECK(s.closed() == "close lost(cut)");
    for (int i = 0; i < 20; ++i) {
        s.wait(2s);
        s.opened();
        CHECK(s.got("HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno!")
                  .starts_with("close failed(Asterisk refuses"));
    }
    s.wait(2s);
    s.opened();
    CHECK(s.accept() == "up");
}

TEST_CASE("line: an Asterisk that is still starting is waited for", "[ari]") {
    script s;
    s.start();
    s.opened();
    s.allow();
    CHECK(s.got("HTTP/1.1 404 Not Found\r\n\r\n") == "close failed(the handshake's status is 404)");
    s.wait(100ms);
    s.opened();
    s.allow();
    CHECK(s.got("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: forged\r\n\r\n") ==
          "close failed(the handshake's status is 0)");
    s.wait(200ms);
    s.opened();
    s.allow();
    CHECK(s.got(std::string(17'000, 'x')).starts_with("close failed("));
}

TEST_CASE("line: a close frame is answered, a broken protocol is not", "[ari]") {
    script s;
    s.up();
    CHECK(s.got("\x88\x02\x03\xe8") == "frame:8 close lost(closed by Asterisk)");
    s.wait(100ms);
    s.opened();
    s.accept();
    CHECK(s.got("\x83\x01x").starts_with("close lost(a message that breaks"));
}

TEST_CASE("line: stopped it says goodbye and nothing more", "[ari]") {
    script s;
    s.up();
    CHECK(s.stop() == "frame:8 close");
    CHECK(s.wait(10s).empty());
    CHECK(s.closed().empty());
    CHECK(s.got("\x81\x02{}").empty());
}
