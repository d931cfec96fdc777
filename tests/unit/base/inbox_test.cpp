#include "base/inbox.hpp"

#include <array>
#include <thread>

#include "base/instant.hpp"
#include "catch.hpp"

namespace td {
namespace {

TEST_CASE("inbox: items come in the order in which they were put", "[base]") {
    inbox<int> box(100);
    for (int i = 0; i < 5; ++i) {
        CHECK(box.put(i, 1));
    }
    CHECK(box.take_all() == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(box.take_all().empty());
}

TEST_CASE("inbox: what is taken weighs until it is settled", "[base]") {
    inbox<int> box(10);
    CHECK(box.put(1, 6));
    CHECK_FALSE(box.put(2, 5));
    CHECK(box.take_all() == std::vector<int>{1});
    CHECK_FALSE(box.put(2, 5));
    box.settle(6);
    CHECK(box.weight() == 0);
    CHECK(box.put(2, 10));
}

TEST_CASE("inbox: items that nobody took go with the box", "[base]") {
    const auto item = std::make_shared<int>(7);
    {
        inbox<std::shared_ptr<int>> box(10);
        CHECK(box.put(item, 1));
    }
    CHECK(item.use_count() == 1);
}

TEST_CASE("inbox: many threads put, one takes, nothing is lost and each thread's order is kept", "[base]") {
    inbox<std::pair<int, int>> box(1'000'000);
    constexpr int count = 2000;
    std::array<std::thread, 3> putting;
    for (int who = 0; who < 3; ++who) {
        putting[static_cast<std::size_t>(who)] = std::thread([&box, who] {
            for (int i = 0; i < count; ++i) {
                while (!box.put({who, i}, 1)) {
                }
            }
        });
    }
    std::array<int, 3> next{};
    int taken = 0;
    bool in_order = true;
    while (taken < 3 * count) {
        box.wait(10s);
        for (const auto& [who, number] : box.take_all()) {
            in_order = in_order && next[static_cast<std::size_t>(who)]++ == number;
            ++taken;
        }
    }
    for (std::thread& each : putting) {
        each.join();
    }
    CHECK(in_order);
}

}  // namespace
}  // namespace td
