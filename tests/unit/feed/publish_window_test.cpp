#include "feed/publish_window.hpp"

#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "catch.hpp"

namespace td::feed {
namespace {

spooled record(std::uint64_t number, std::size_t bytes = 10) {
    spooled made;
    made.key = "door.finished";
    made.message_id = "r" + std::to_string(number);
    made.body = std::string(bytes, 'x');
    made.end = {1, number};
    return made;
}

/// A window and what it published, in words: "1 2 3".
struct script {
    explicit script(std::uint64_t records, publish_limits limits = {}) : window(limits) {
        for (std::uint64_t i = 1; i <= records; ++i) {
            window.add(record(i), instant{seconds(i)});
        }
    }
    static duration seconds(std::uint64_t count) { return std::chrono::seconds(count); }

    std::string publish() {
        std::string said;
        while (const spooled* next = window.next()) {
            said += (said.empty() ? "" : " ") + next->message_id.substr(1);
            window.published();
        }
        return said;
    }
    std::uint64_t safe() const { return window.safe() ? window.safe()->offset : 0; }

    publish_window window;
};

constexpr auto one = confirm_reach::one;
constexpr auto all = confirm_reach::all_before;

TEST_CASE("publish_window: a place is safe when everything before it is acknowledged, in any order", "[feed]") {
    script s(4);
    CHECK(s.publish() == "1 2 3 4");
    CHECK(s.window.acknowledged(2, one) == 1);
    CHECK(s.safe() == 0);
    CHECK(s.window.acknowledged(1, one) == 1);
    CHECK(s.safe() == 2);
    CHECK(s.window.acknowledged(4, one) == 1);
    CHECK(s.safe() == 2);
    CHECK(s.window.in_flight() == 1);
    CHECK(s.window.acknowledged(3, one) == 1);
    CHECK(s.safe() == 4);
    CHECK(s.window.empty());
}

TEST_CASE("publish_window: one word may acknowledge all before it, and 0 all there are", "[feed]") {
    script s(6);
    s.publish();
    CHECK(s.window.acknowledged(2, one) == 1);
    CHECK(s.window.acknowledged(4, all) == 3);
    CHECK(s.safe() == 4);
    CHECK(s.window.acknowledged(0, all) == 2);
    CHECK(s.safe() == 6);
}

TEST_CASE("publish_window: words about what is not in flight change nothing", "[feed]") {
    script s(2);
    CHECK(s.window.acknowledged(1, one) == 0);
    s.publish();
    CHECK(s.window.acknowledged(7, one) == 0);
    CHECK(s.window.acknowledged(0, one) == 0);
    s.window.acknowledged(1, one);
    CHECK(s.window.acknowledged(1, one) == 0);
    CHECK(s.window.refused(1, one) == 0);
    s.window.returned("nobody");
    CHECK(s.safe() == 1);
    CHECK(s.window.in_flight() == 1);
    CHECK_FALSE(s.window.stands());
}

TEST_CASE("publish_window: a refused record keeps its place, is tried alone, and then all others go", "[feed]") {
    script s(4);
    s.publish();
    CHECK(s.window.refused(2, one) == 1);
    CHECK(s.window.refused(3, one) == 1);
    CHECK(s.window.acknowledged(1, one) == 1);
    CHECK(s.window.acknowledged(4, one) == 1);
    s.window.add(record(5), {});
    CHECK(s.safe() == 1);
    CHECK(s.window.stands());
    CHECK(s.publish().empty());
    s.window.try_again();
    CHECK(s.publish() == "2");
    s.window.try_again();
    CHECK(s.publish().empty());
    CHECK(s.window.refused(5, one) == 1);
    CHECK(s.window.stands());
    s.window.try_again();
    CHECK(s.publish() == "2");
    CHECK(s.window.acknowledged(6, one) == 1);
    CHECK_FALSE(s.window.stands());
    CHECK(s.publish() == "3 5");
    CHECK(s.window.acknowledged(8, all) == 2);
    CHECK(s.safe() == 5);
}

TEST_CASE("publish_window: a returned record is acknowledged by the broker, and stays all the same", "[feed]") {
    script s(3);
    s.publish();
    s.window.returned("r2");
    CHECK(s.window.acknowledged(3, all) == 2);
    CHECK(s.safe() == 1);
    CHECK(s.window.stands());
    s.window.try_again();
    CHECK(s.publish() == "2");
    s.window.returned("r2");
    CHECK(s.window.acknowledged(4, one) == 0);
    CHECK(s.window.stands());
    s.window.try_again();
    CHECK(s.publish() == "2");
    CHECK(s.window.acknowledged(5, one) == 1);
    CHECK(s.safe() == 3);
    CHECK_FALSE(s.window.stands());
}

TEST_CASE("publish_window: between a return and its acknowledgement it is in trouble, whatever else is taken",
          "[feed]") {
    script s(3);
    s.publish();
    s.window.returned("r2");
    CHECK(s.window.in_trouble());
    CHECK_FALSE(s.window.stands());
    s.window.acknowledged(1, one);
    CHECK(s.window.in_trouble());
    s.window.acknowledged(3, all);
    CHECK(s.window.stands());
    s.window.try_again();
    CHECK(s.publish() == "2");
    CHECK(s.window.in_trouble());
    s.window.acknowledged(4, one);
    CHECK_FALSE(s.window.in_trouble());
    CHECK(s.safe() == 3);

    script lost(1);
    lost.publish();
    lost.window.returned("r1");
    lost.window.returned("r1");
    lost.window.line_lost();
    CHECK_FALSE(lost.window.in_trouble());
}

TEST_CASE("publish_window: after a lost line what was in flight goes again, what was acknowledged does not", "[feed]") {
    script s(5);
    s.publish();
    s.window.acknowledged(2, one);
    s.window.refused(4, one);
    s.window.returned("r5");
    s.window.line_lost();
    CHECK(s.window.in_flight() == 0);
    CHECK_FALSE(s.window.stands());
    CHECK(s.publish() == "1 3 4 5");
    CHECK(s.window.acknowledged(4, all) == 4);
    CHECK(s.safe() == 5);
}

TEST_CASE("publish_window: it is bounded in records and in bytes", "[feed]") {
    script s(0, {3, 100});
    s.window.add(record(1), {});
    s.window.add(record(2), {});
    CHECK(s.window.room() == 1);
    s.window.add(record(3), {});
    CHECK_FALSE(s.window.has_room());
    s.publish();
    s.window.acknowledged(3, all);
    s.window.add(record(4, 1000), {});
    CHECK_FALSE(s.window.has_room());
    s.publish();
    s.window.acknowledged(4, one);
    CHECK(s.window.has_room());
}

TEST_CASE("publish_window: the oldest record is the oldest that is not acknowledged", "[feed]") {
    script s(3);
    s.publish();
    s.window.acknowledged(2, one);
    CHECK(s.window.oldest() == instant{script::seconds(1)});
    s.window.acknowledged(1, one);
    CHECK(s.window.oldest() == instant{script::seconds(3)});
    s.window.acknowledged(3, one);
    CHECK_FALSE(s.window.oldest());
}

/// A broker that decides by seed, and knows what it has.
class moody_broker {
public:
    moody_broker(publish_window& window, random_source& random) : window_(window), random_(random) {}

    void publish() {
        while (const spooled* next = window_.next()) {
            flying_.emplace(++tag_, next->message_id);
            window_.published();
        }
    }
    void say() {
        if (flying_.empty()) {
            return;
        }
        const auto which = std::next(flying_.begin(), static_cast<std::ptrdiff_t>(random_.below(flying_.size())));
        const auto [tag, name] = *which;
        switch (random_.below(6)) {
            case 0:
                window_.refused(tag, confirm_reach::one);
                flying_.erase(which);
                break;
            case 1:
                window_.returned(name);
                returned_.insert(tag);
                [[fallthrough]];
            case 2:
            case 3:
                take(tag);
                window_.acknowledged(tag, confirm_reach::one);
                flying_.erase(which);
                break;
            case 4:
                while (!flying_.empty() && flying_.begin()->first <= tag) {
                    take(flying_.begin()->first);
                    flying_.erase(flying_.begin());
                }
                window_.acknowledged(tag, confirm_reach::all_before);
                break;
            default:
                if (random_.once_in(8)) {
                    window_.line_lost();
                    flying_.clear();
                    returned_.clear();
                    tag_ = 0;
                }
        }
    }
    const std::set<std::string>& has() const { return has_; }

private:
    void take(std::uint64_t tag) {
        if (returned_.count(tag) == 0) {
            has_.insert(flying_.at(tag));
        }
    }
    publish_window& window_;
    random_source& random_;
    std::map<std::uint64_t, std::string> flying_;
    std::set<std::uint64_t> returned_;
    std::uint64_t tag_ = 0;
    std::set<std::string> has_;
};

TEST_CASE("publish_window: whatever the broker says, no place is safe before the broker has all before it", "[feed]") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        random_source random(seed);
        publish_window window({20, 1 << 20U});
        moody_broker broker(window, random);
        constexpr std::uint64_t records = 200;
        std::uint64_t added = 0;
        std::uint64_t steps = 0;
        while (window.safe().value_or(spool_place{}).offset < records) {
            while (window.has_room() && added < records) {
                window.add(record(++added), {});
            }
            broker.publish();
            broker.say();
            window.try_again();
            const std::uint64_t safe = window.safe().value_or(spool_place{}).offset;
            for (std::uint64_t i = safe > 30 ? safe - 30 : 1; i <= safe; ++i) {
                if (broker.has().count("r" + std::to_string(i)) == 0) {
                    FAIL("seed " << seed << ": record " << i << " is let go and the broker does not have it");
                }
            }
            if (++steps > 100'000) {
                FAIL("seed " << seed << ": it stands still at " << safe);
            }
        }
        CHECK(broker.has().size() == records);
    }
}

}  // namespace
}  // namespace td::feed
