#include "lending/crew.hpp"

#include <algorithm>
#include <atomic>
#include <exception>

#include "base/patient_thread.hpp"

namespace td::lending {

struct crew::desk {
    inbox<crew::work> wishes{1};
    std::atomic<bool> stopping{false};
    std::function<result<std::unique_ptr<ports::number_store>>()> open;
};

struct crew::lane {
    std::uint64_t no = 0;
    std::shared_ptr<desk> theirs;
    std::unique_ptr<patient_thread> thread;
    std::optional<wish> at_work;  ///< without `work`, which the thread has
    bool hung = false;
};

crew::crew(crew_options options, std::shared_ptr<mailbox> letters)
    : options_(std::move(options)), letters_(std::move(letters)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.threads, 2); ++i) {
        start_lane();
    }
}

crew::~crew() {
    static_cast<void>(leave());
}

std::size_t crew::leave() {
    for (const auto& each : lanes_) {
        each->theirs->stopping = true;
        each->theirs->wishes.ring();
    }
    std::size_t left = 0;
    for (const auto& each : lanes_) {
        left += each->thread->over_within(std::chrono::milliseconds{each->at_work ? 0 : 200}) ? 0U : 1U;
    }
    lanes_.clear();
    return left;
}

void crew::start_lane() {
    auto made = std::make_unique<lane>();
    made->no = ++lanes_made_;
    made->theirs = std::make_shared<desk>();
    made->theirs->open = options_.open;
    // The letter is read by this crew's owner only, and not after its end: `this` lives.
    const auto tell = [this, letters = letters_](std::uint64_t which, tale what) {
        letters->post([this, which, what = std::move(what)] { came_back(which, what); });
    };
    made->thread =
        std::make_unique<patient_thread>([mine = made->theirs, which = made->no, tell] { serve(mine, which, tell); });
    lanes_.push_back(std::move(made));
}

void crew::serve(const std::shared_ptr<desk>& mine, std::uint64_t which,
                 const std::function<void(std::uint64_t, tale)>& tell) {
    std::unique_ptr<ports::number_store> store;
    const auto carry_out = [&](const work& what) -> tale {
        try {
            if (store == nullptr) {
                auto opened = mine->open();
                if (!opened) {
                    return what(opened.why());
                }
                store = std::move(opened).value();
            }
            return what(store.get());
        } catch (const std::exception& thrown) {
            store.reset();
            return what(failure{failure_kind::unreachable, std::string("the store failed: ") + thrown.what()});
        }
    };
    while (!mine->stopping) {
        mine->wishes.wait(std::chrono::hours{1});
        for (const work& each : mine->wishes.take_all()) {
            mine->wishes.settle(1);
            tell(which, carry_out(each));
        }
    }
}

void crew::add(wish what) {
    if (waiting_.size() >= options_.waiting) {
        what.give_up({failure_kind::full, "too many wishes wait for the pool's store"}, arrival::unasked);
        return;
    }
    what.since = options_.now();
    const auto first_of_less_haste = std::ranges::find_if(
        waiting_, [&](const wish& each) { return what.how == haste::call && each.how == haste::background; });
    waiting_.insert(first_of_less_haste, std::move(what));
    hand_out();
}

void crew::hand_out() {
    const auto in_background = [&] {
        return static_cast<std::size_t>(std::ranges::count_if(lanes_, [](const auto& each) {
            return !each->hung && each->at_work && each->at_work->how == haste::background;
        }));
    };
    while (!waiting_.empty()) {
        const auto idle = std::ranges::find_if(lanes_, [](const auto& each) { return !each->at_work; });
        const bool enough = waiting_.front().how == haste::background && in_background() + 1 >= in_service();
        if (idle == lanes_.end() || enough) {
            return;
        }
        lane& taker = **idle;
        taker.at_work = std::move(waiting_.front());
        waiting_.pop_front();
        taker.at_work->since = options_.now();
        static_cast<void>(taker.theirs->wishes.put(std::move(taker.at_work->work), 1));
    }
}

void crew::came_back(std::uint64_t which, const tale& what) {
    const auto found = std::ranges::find(lanes_, which, [](const auto& each) { return each->no; });
    if (found == lanes_.end()) {
        return;
    }
    lane& back = **found;
    const bool late = back.hung;
    if (!late && options_.took) {
        options_.took(options_.now() - back.at_work->since);
    }
    back.at_work.reset();
    back.hung = false;
    if (in_service() > std::max<std::size_t>(options_.threads, 2)) {
        back.theirs->stopping = true;  // its place was taken meanwhile
        back.theirs->wishes.ring();
        static_cast<void>(back.thread->over_within(std::chrono::milliseconds{0}));
        lanes_.erase(found);
    }
    hand_out();
    what(late ? arrival::late : arrival::in_time);
}

void crew::look() {
    const instant now = options_.now();
    const auto limit = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(options_.limit).count());
    const failure silent{failure_kind::unreachable, "the pool's store did not answer within " + limit + " ms"};
    const failure busy{failure_kind::full, "no thread was free for the pool's store within " + limit + " ms"};
    std::vector<std::pair<wish, arrival>> over;
    for (const auto& each : lanes_) {
        if (each->at_work && !each->hung && now - each->at_work->since >= options_.limit) {
            each->hung = true;
            over.emplace_back(std::move(*each->at_work), arrival::in_time);
        }
    }
    std::erase_if(waiting_, [&](wish& each) {
        const bool too_long = now - each.since >= options_.limit;
        if (too_long) {
            over.emplace_back(std::move(each), arrival::unasked);
        }
        return too_long;
    });
    for (const auto& [each, when] : over) {
        each.give_up(when == arrival::in_time ? silent : busy, when);
    }
    while (in_service() < std::max<std::size_t>(options_.threads, 2) && hung() < options_.most_hung) {
        start_lane();
    }
    hand_out();
}

instant crew::next_deadline() const {
    instant next = never;
    for (const auto& each : lanes_) {
        if (each->at_work && !each->hung) {
            next = std::min(next, each->at_work->since + options_.limit);
        }
    }
    for (const wish& each : waiting_) {
        next = std::min(next, each.since + options_.limit);
    }
    return next;
}

std::size_t crew::busy() const {
    const auto working = std::ranges::count_if(lanes_, [](const auto& each) { return each->at_work && !each->hung; });
    return waiting_.size() + static_cast<std::size_t>(working);
}

std::size_t crew::hung() const {
    return static_cast<std::size_t>(std::ranges::count_if(lanes_, [](const auto& each) { return each->hung; }));
}

std::size_t crew::in_service() const {
    return lanes_.size() - hung();
}

}  // namespace td::lending
