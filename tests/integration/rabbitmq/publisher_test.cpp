#include "feed/publisher.hpp"

#include <csignal>
#include <set>

#include "catch.hpp"
#include "feed/record_codec.hpp"
#include "feed/spool.hpp"
#include "feed/spool_files.hpp"
#include "tests/integration/rabbitmq/broker.hpp"
#include "tests/support/alarm_book.hpp"
#include "tests/support/numbered_record.hpp"

namespace td::feed {
namespace {

using test::broker;
using test::in_time;

/// As large as that of a flat with some phones.
call::door_record record_of(std::uint64_t number) {
    return test::numbered_record(number, std::string(600, 'n'));
}

/// A worker's feed: the spool it writes, and what publishes it to an exchange of the test's own.
class feeder {
public:
    explicit feeder(const std::string& exchange) {
        options.spool = dir_.path() / "spool";
        options.broker = {"127.0.0.1", broker().port(), "lab", "/", exchange};
        options.password = secret("lab");
        options.limits.connect = 2s;
        options.limits.log_in = 2s;
        options.limits.answer = 2s;
        options.limits.heartbeat = std::chrono::seconds(5);
        options.first_pause = 50ms;
        options.longest_pause = 500ms;
        options.slow_pause = 200ms;
        options.settled = 1s;
        options.trial_pause = 100ms;
        options.look = 20ms;
        spool_options to;
        to.dir = options.spool;
        to.segment_limit = 64 << 10U;
        to.gather = 1ms;
        auto opened = spool::open(to, {});
        REQUIRE(opened.ok());
        spool_ = std::move(*opened);
    }

    void begin() {
        auto opened = publisher::open(options, alarms.sink());
        REQUIRE(opened.ok());
        publishes = std::move(*opened);
    }
    void take(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            spool_->take(record_of(++taken_));
        }
        REQUIRE(in_time([&] { return spool_->counts().taken == taken_; }));
    }
    bool all_confirmed() const { return publishes->counts().confirmed == taken_; }

    /// What arrived: everything that was taken, in order, each at least once; how many came twice.
    std::size_t doubles_in(const std::vector<test::amqp_outsider::message>& arrived) const {
        std::set<std::string> seen;
        std::uint64_t expected = 0;
        for (const auto& each : arrived) {
            if (seen.insert(each.message_id).second) {
                CHECK(each.message_id == message_id(record_of(++expected)));
            }
        }
        CHECK(seen.size() == taken_);
        return arrived.size() - seen.size();
    }

    publisher_options options;
    test::alarm_book alarms;
    std::unique_ptr<publisher> publishes;

private:
    scratch_dir dir_;
    std::unique_ptr<spool> spool_;
    std::uint64_t taken_ = 0;
};

TEST_CASE("rabbitmq: the example's user publishes to the example's queue: in order, persistent, named", "[rabbitmq]") {
    static_cast<void>(broker().outsider().take_all("td.calls"));
    feeder feed("td.calls");
    feed.options.broker.user = "tdctl";
    feed.options.password = secret("secret");
    feed.begin();
    feed.take(2000);
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    feed.publishes->close(2s);
    const auto counts = feed.publishes->counts();
    CHECK(counts.published == 2000);
    CHECK(counts.waits == duration::zero());
    const auto arrived = broker().outsider().take_all("td.calls");
    CHECK(feed.doubles_in(arrived) == 0);
    for (const auto& each : arrived) {
        CHECK(each.key == "door.finished");
        CHECK(each.delivery_mode == 2);
        CHECK(each.content_type == "application/json");
        CHECK(each.app_id == "tdctl");
        CHECK(each.timestamp > 1'700'000'000);
    }
    std::string body;
    append_door_finished(body, record_of(1));
    CHECK(arrived.front().body == body);
    CHECK(segments_in(feed.options.spool).size() == 1);
    CHECK_FALSE(feed.alarms.has("+"));
}

TEST_CASE("rabbitmq: a user who may configure nothing writes to an exchange that is there", "[rabbitmq]") {
    static_cast<void>(broker().outsider().take_all("td.calls"));
    feeder feed("td.calls");
    feed.options.broker.user = "writer";
    feed.begin();
    feed.take(10);
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    CHECK(feed.doubles_in(broker().outsider().take_all("td.calls")) == 0);
}

TEST_CASE("rabbitmq: kill -9 of the broker in the middle, and its restart, lose nothing", "[rabbitmq]") {
    broker().outsider().declare_exchange("killed", "topic");
    broker().outsider().bind_queue("killed", "killed", "#");
    feeder feed("killed");
    feed.begin();
    feed.take(3000);
    REQUIRE(in_time([&] { return feed.publishes->counts().confirmed >= 500; }));
    broker().crash();
    feed.take(500);
    REQUIRE(in_time([&] { return feed.alarms.has("feed+"); }));
    CHECK_FALSE(feed.publishes->counts().connected);
    broker().start();
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    CHECK(feed.alarms.has("feed-"));
    CHECK(feed.publishes->counts().reconnects >= 1);
    feed.doubles_in(broker().outsider().take_all("killed"));
}

TEST_CASE("rabbitmq: a broker that hangs is left, told of, and served when it goes on", "[rabbitmq]") {
    broker().outsider().declare_exchange("frozen", "topic");
    broker().outsider().bind_queue("frozen", "frozen", "#");
    feeder feed("frozen");
    feed.options.limits.heartbeat = std::chrono::seconds(1);
    feed.begin();
    feed.take(100);
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    const auto frost = broker().freeze();
    feed.take(5000);
    REQUIRE(in_time([&] { return feed.alarms.has("feed+"); }));
    frost.thaw();
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    CHECK(feed.alarms.has("feed-"));
    feed.doubles_in(broker().outsider().take_all("frozen"));
}

TEST_CASE("rabbitmq: a refused login is named, and tried again until the password is right", "[rabbitmq]") {
    // A queue of its own: what a queue gave away just before a kill -9 is in it again afterwards.
    broker().outsider().declare_exchange("late", "topic");
    broker().outsider().bind_queue("late", "late", "#");
    broker().control({"add_user", "late", "secret"});
    broker().control({"set_permissions", "late", "^late$", "^late$", "^$"});
    feeder feed("late");
    feed.options.broker.user = "late";
    feed.options.password = secret("an old secret");
    feed.begin();
    feed.take(5);
    REQUIRE(in_time([&] { return feed.alarms.has("feed+"); }));
    CHECK(feed.alarms.last().find("ACCESS_REFUSED") != std::string::npos);
    CHECK(feed.alarms.last().find("feed.password") != std::string::npos);
    CHECK(feed.alarms.last().find("an old secret") == std::string::npos);
    broker().control({"change_password", "late", "an old secret"});
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    REQUIRE(in_time([&] { return feed.alarms.has("feed-"); }));
    CHECK(feed.doubles_in(broker().outsider().take_all("late")) == 0);
}

TEST_CASE("rabbitmq: a missing vhost, and an exchange that the user may not write to, are named", "[rabbitmq]") {
    feeder nowhere("td.calls");
    nowhere.options.broker.vhost = "nowhere";
    nowhere.begin();
    REQUIRE(in_time([&] { return nowhere.alarms.has("feed+"); }));
    CHECK(nowhere.alarms.last().find("is there such a vhost") != std::string::npos);

    broker().outsider().declare_exchange("others", "topic");
    feeder forbidden("others");
    forbidden.options.broker.user = "writer";
    forbidden.begin();
    forbidden.take(1);
    REQUIRE(in_time([&] { return forbidden.alarms.has("feed+"); }));
    CHECK(forbidden.alarms.last().find("may the user write to feed.exchange") != std::string::npos);
    CHECK(forbidden.publishes->counts().confirmed == 0);
}

TEST_CASE("rabbitmq: an exchange of another type is named; without a queue the records wait; then all go",
          "[rabbitmq]") {
    broker().outsider().declare_exchange("wrong", "direct");
    feeder feed("wrong");
    feed.begin();
    feed.take(50);
    REQUIRE(in_time([&] { return feed.alarms.has("feed+"); }));
    CHECK(feed.alarms.last().find("must be a durable topic exchange") != std::string::npos);
    broker().outsider().delete_exchange("wrong");
    REQUIRE(in_time([&] { return feed.alarms.has("feed_unroutable+"); }));
    REQUIRE(in_time([&] { return feed.publishes->counts().returned >= 3; }));
    CHECK(feed.publishes->counts().confirmed == 0);
    broker().outsider().bind_queue("wrong", "wrong", "door.*");
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    CHECK(feed.alarms.has("feed_unroutable-"));
    CHECK(feed.doubles_in(broker().outsider().take_all("wrong")) == 0);
}

TEST_CASE("rabbitmq: an exchange that is deleted under way is declared again", "[rabbitmq]") {
    broker().outsider().declare_exchange("deleted", "topic");
    broker().outsider().bind_queue("deleted", "deleted", "#");
    feeder feed("deleted");
    feed.begin();
    feed.take(20);
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    broker().outsider().delete_exchange("deleted");
    feed.take(20);
    REQUIRE(in_time([&] { return feed.alarms.has("feed_unroutable+"); }));
    broker().outsider().bind_queue("deleted", "deleted", "#");
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    CHECK(feed.doubles_in(broker().outsider().take_all("deleted")) == 0);
}

TEST_CASE("rabbitmq: a full queue that refuses records holds them back until it has room", "[rabbitmq]") {
    broker().outsider().declare_exchange("full", "topic");
    broker().outsider().bind_queue("full", "full", "#", 30);
    feeder feed("full");
    feed.begin();
    feed.take(100);
    auto outsider = broker().outsider();
    REQUIRE(in_time([&] { return feed.alarms.has("feed_refused+"); }));
    std::vector<test::amqp_outsider::message> arrived;
    REQUIRE(in_time([&] {
        const auto more = outsider.take_all("full");
        arrived.insert(arrived.end(), more.begin(), more.end());
        return feed.all_confirmed();
    }));
    for (const auto& each : outsider.take_all("full")) {
        arrived.push_back(each);
    }
    CHECK(feed.publishes->counts().refused > 0);
    std::set<std::string> seen;
    for (const auto& each : arrived) {
        seen.insert(each.message_id);
    }
    CHECK(seen.size() == 100);
    CHECK(arrived.size() == 100);
}

TEST_CASE("rabbitmq: a broker short of memory is not pressed, and goes on where it stopped", "[rabbitmq]") {
    broker().outsider().declare_exchange("blocked", "topic");
    broker().outsider().bind_queue("blocked", "blocked", "#");
    feeder feed("blocked");
    feed.begin();
    feed.take(10);
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    auto shortage = broker().run_short();
    feed.take(2000);
    REQUIRE(in_time([&] { return feed.alarms.has("feed_blocked+"); }));
    CHECK(feed.alarms.last().find("memory") != std::string::npos);
    CHECK(feed.publishes->counts().blocked);
    CHECK(feed.publishes->counts().in_flight <= feed.options.window.records);
    shortage.end();
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    CHECK(feed.alarms.has("feed_blocked-"));
    CHECK_FALSE(feed.alarms.has("feed+"));
    CHECK(feed.doubles_in(broker().outsider().take_all("blocked")) == 0);
}

TEST_CASE("rabbitmq: a backlog that meets a broker short of memory waits here, but for one record", "[rabbitmq]") {
    broker().outsider().declare_exchange("short", "topic");
    broker().outsider().bind_queue("short", "short", "#");
    auto shortage = broker().run_short();
    feeder feed("short");
    feed.take(2000);
    feed.begin();
    REQUIRE(in_time([&] { return feed.alarms.has("feed_blocked+"); }));
    CHECK(feed.publishes->counts().published == 1);
    CHECK(feed.publishes->counts().in_flight == 1);
    shortage.end();
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    CHECK(feed.publishes->counts().reconnects == 0);
    CHECK(feed.doubles_in(broker().outsider().take_all("short")) == 0);
}

TEST_CASE("rabbitmq: kill -9 of the publisher, ten times, and again from the spool: every record arrives",
          "[rabbitmq]") {
    broker().outsider().declare_exchange("again", "topic");
    broker().outsider().bind_queue("again", "again", "#");
    feeder feed("again");
    feed.take(6000);
    std::uint64_t last = 0;
    for (int run = 0; run < 10; ++run) {
        const spool_place before = confirmed_place(feed.options.spool);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto opened = publisher::open(feed.options, {});
            for (;;) {
                ::pause();  // until it is killed
            }
        }
        // Each run gets somewhere, and is killed while it is under way.
        CHECK(in_time([&] { return confirmed_place(feed.options.spool).segment > before.segment; }));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        last = confirmed_place(feed.options.spool).segment;
        if (last >= segments_in(feed.options.spool).back().number) {
            break;
        }
    }
    CHECK(last > 1);
    feed.begin();
    REQUIRE(in_time([&] {
        const auto counts = feed.publishes->counts();
        return counts.connected && counts.in_flight == 0 && counts.waits == duration::zero();
    }));
    feed.publishes->close(10s);
    feed.doubles_in(broker().outsider().take_all("again"));
}

TEST_CASE("rabbitmq: the end waits for the confirms of what was taken, and no longer than it is told", "[rabbitmq]") {
    broker().outsider().declare_exchange("end", "topic");
    broker().outsider().bind_queue("end", "end", "#");
    feeder feed("end");
    feed.begin();
    feed.take(1);
    REQUIRE(in_time([&] { return feed.all_confirmed(); }));
    feed.take(1500);
    feed.publishes->close(60s);
    CHECK_FALSE(feed.publishes->thread_left());
    CHECK(feed.all_confirmed());
    CHECK(feed.doubles_in(broker().outsider().take_all("end")) == 0);
}

}  // namespace
}  // namespace td::feed
