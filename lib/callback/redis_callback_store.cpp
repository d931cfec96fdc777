#include "callback/redis_callback_store.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "callback/route_line.hpp"

namespace td::callback {
namespace {

using clock = std::chrono::steady_clock;

// "localhost" has two addresses as a rule, and Redis listens on one of them; a third try is for a restart.
constexpr unsigned tries = 3;

redis::link_options link_options(const redis_callback_store_options& from) {
    redis::link_options wanted;
    wanted.where = from.place;
    wanted.password = from.password;
    wanted.reply_limit = from.limit;
    return wanted;
}

/// One act's own connection: what is still under way when the act ends badly ends with it.
class session {
public:
    explicit session(const redis_callback_store_options& told)
        : options_(told),
          line_(loop_, link_options(told), {},
                {[this] { ready_ = true; }, {}, [this](const failure& why) { lose(why); }}) {}

    result<done> connect() {
        return run_until([this] { return ready_; }, "a connection");
    }

    result<redis::reply> ask(const redis::command& words) {
        std::optional<result<redis::reply>> heard;
        if (!line_.send(words, [&heard](const result<redis::reply>& said) { heard = said; })) {
            return lost_meanwhile();
        }
        const auto came = run_until([&heard] { return heard.has_value(); }, words.front());
        return came ? *heard : result<redis::reply>(came.why());
    }

    /// Runs `count` scripts, `under_way` at a time; `hear` is told every answer with its place.
    result<done> run_all(script which, std::size_t count, const std::function<script_words(std::size_t)>& words,
                         const std::function<void(std::size_t, const redis::reply&)>& hear) {
        std::size_t next = 0;
        std::size_t answered = 0;
        std::optional<failure> refusal;
        const auto feed = [&] {
            while (!refusal && next < count && next - answered < options_.under_way) {
                const std::size_t place = next++;
                const bool sent = line_.run(which, words(place), [&, place](const result<redis::reply>& said) {
                    ++answered;
                    if (said) {
                        hear(place, *said);
                    } else if (!refusal) {
                        refusal = said.why();
                    }
                });
                if (!sent) {
                    refusal = lost_meanwhile();
                }
            }
            return refusal || answered == count;
        };
        const auto ran = run_until(feed, "all answers");
        if (ran && !refusal) {
            return done{};
        }
        failure why = ran ? *refusal : ran.why();
        why.text += " (" + std::to_string(answered) + " of " + std::to_string(count) + " scripts were answered)";
        return why;
    }

private:
    /// Only trouble that is not likely to pass at once, or has not passed after a few tries, is the last word.
    void lose(const failure& why) {
        ++losses_;
        if (ready_ || losses_ >= tries || why.kind != failure_kind::unreachable) {
            trouble_ = why;
        }
    }

    [[nodiscard]] failure lost_meanwhile() const {
        return {failure_kind::unreachable, redis::text_of_place(options_.place) + ": the connection was lost"};
    }

    result<done> run_until(const std::function<bool()>& met, const std::string& what) {
        while (!met()) {
            if (trouble_) {
                return *trouble_;
            }
            if (clock::now() >= end_) {
                return failure{failure_kind::unreachable, redis::text_of_place(options_.place) + " did not give us " +
                                                              what + " within " + duration_text(options_.limit)};
            }
            loop_.restart();
            loop_.run_one_until(end_);
        }
        return done{};
    }

    const redis_callback_store_options& options_;
    clock::time_point end_ = clock::now() + options_.limit;
    boost::asio::io_context loop_;
    bool ready_ = false;
    unsigned losses_ = 0;
    std::optional<failure> trouble_;
    route_line line_;
};

/// A list cut into parts of at most `most`.
struct parts {
    std::size_t size;
    std::size_t most;
    [[nodiscard]] std::size_t count() const { return (size + most - 1) / most; }
    template <class Item>
    [[nodiscard]] std::span<const Item> of(const std::vector<Item>& all, std::size_t part) const {
        return std::span(all).subspan(part * most, std::min(most, size - part * most));
    }
};

/// Sorts what two kinds of scripts answered; `number` says whose answer it is.
class tally {
public:
    void add(const number_id& number, const redis::reply& said, std::size_t place = 0) {
        switch (outcome_of(said, place)) {
            case pool::map_outcome::written: ++sum_.written; break;
            case pool::map_outcome::superseded: sum_.superseded.push_back(number); break;
            case pool::map_outcome::failed: strange_ = true; break;
        }
    }
    [[nodiscard]] result<ports::callback_writing> sum() const {
        if (strange_) {
            return failure{failure_kind::broken_data, "Redis answered a script of ours with something else"};
        }
        return sum_;
    }

private:
    ports::callback_writing sum_;
    bool strange_ = false;
};

}  // namespace

redis_callback_store::redis_callback_store(redis_callback_store_options options) : options_(std::move(options)) {}

result<std::unique_ptr<redis_callback_store>> redis_callback_store::open(redis_callback_store_options options) {
    session trial(options);
    if (const auto connected = trial.connect(); !connected) {
        return connected.why();
    }
    return std::unique_ptr<redis_callback_store>(new redis_callback_store(std::move(options)));
}

result<std::vector<pool::callback_entry>> redis_callback_store::read_all() {
    session with(options_);
    if (const auto connected = with.connect(); !connected) {
        return connected.why();
    }
    std::set<number_id> numbers;  // SCAN may name a key twice
    std::string cursor = "0";
    do {
        const auto page = with.ask(scan_of(cursor));
        if (!page) {
            return page.why();
        }
        if (page->list.size() != 2) {
            return failure{failure_kind::broken_data, "Redis answered SCAN with something else"};
        }
        for (const redis::reply& key : page->list[1].list) {
            if (number_id number = number_in(key.text); !number.empty()) {
                numbers.insert(std::move(number));
            }
        }
        cursor = page->list[0].text;
    } while (cursor != "0");

    const std::vector<number_id> in_order(numbers.begin(), numbers.end());
    std::vector<pool::callback_entry> entries;
    entries.reserve(in_order.size());
    const parts cut{in_order.size(), options_.together};
    const auto read = with.run_all(
        script::read, cut.count(), [&](std::size_t part) { return reading_of(cut.of(in_order, part)); },
        [&](std::size_t part, const redis::reply& said) {
            // Answers come in the order of the questions.
            const auto asked = cut.of(in_order, part);
            for (std::size_t i = 0; i < asked.size(); ++i) {
                entries.push_back(entry_of(asked[i], said, i));
            }
        });
    if (!read) {
        return read.why();
    }
    // What expired between SCAN and now.
    std::erase_if(entries, [](const pool::callback_entry& each) { return !each.panel && !each.token && !each.site; });
    return entries;
}

result<ports::callback_writing> redis_callback_store::write_many(const std::vector<pool::callback_route>& routes) {
    std::vector<pool::callback_route> lasting;
    std::vector<ports::callback_removal> over;
    for (const pool::callback_route& each : routes) {
        if (auto good = usable(each); !good) {
            return failure{good.why().kind, each.number.text() + ": " + good.why().text};
        }
        if (each.expires_in > duration{0}) {
            lasting.push_back(each);
        } else {
            over.push_back({each.number, each.token, ports::callback_removal::manner::fence});
        }
    }
    session with(options_);
    if (const auto connected = with.connect(); !connected) {
        return connected.why();
    }
    tally sum;
    const parts cut{lasting.size(), options_.together};
    const auto wrote = with.run_all(
        script::write, cut.count(), [&](std::size_t part) { return writing_of(cut.of(lasting, part)); },
        [&](std::size_t part, const redis::reply& said) {
            const auto written = cut.of(lasting, part);
            for (std::size_t i = 0; i < written.size(); ++i) {
                sum.add(written[i].number, said, i);
            }
        });
    if (!wrote) {
        return wrote.why();
    }
    const auto removed = with.run_all(
        script::remove, over.size(), [&](std::size_t i) { return removal_of(over[i]); },
        [&](std::size_t i, const redis::reply& said) { sum.add(over[i].number, said); });
    return removed ? sum.sum() : removed.why();
}

result<ports::callback_writing> redis_callback_store::remove(const std::vector<ports::callback_removal>& removals) {
    session with(options_);
    if (const auto connected = with.connect(); !connected) {
        return connected.why();
    }
    tally sum;
    const auto removed = with.run_all(
        script::remove, removals.size(), [&](std::size_t i) { return removal_of(removals[i]); },
        [&](std::size_t i, const redis::reply& said) { sum.add(removals[i].number, said); });
    return removed ? sum.sum() : removed.why();
}

}  // namespace td::callback
