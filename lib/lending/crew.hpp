#pragma once
// A few threads that ask the blocking store. What the store does not answer in time is answered for it, and the thread
// is left alone until it comes back; another takes its place. So a store that hangs costs every wish its own limit and
// no more.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "lending/mailbox.hpp"
#include "ports/number_store.hpp"

namespace td::lending {

/// Whether anybody still waits for an answer; `unasked` is none of the store's: no thread was free to ask it.
enum class arrival : std::uint8_t { in_time, late, unasked };
/// Calls go first, and there is always a thread for them.
enum class haste : std::uint8_t { call, background };

struct crew_options {
    std::function<result<std::unique_ptr<ports::number_store>>()> open;  ///< called on the threads, one store each
    std::size_t threads = 3;
    std::size_t most_hung = 8;  ///< threads given up and not back yet; with so many, no more are started
    std::size_t waiting = 256;  ///< wishes that wait for a thread
    duration limit = 1s;        ///< of a wish, first while it waits for a thread, then while the store works for it
    std::function<instant()> now;
    std::function<void(duration)> took;  ///< how long an answer in time took; may be empty
};

class crew {
public:
    crew(crew_options options, std::shared_ptr<mailbox> letters);
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;
    /// Leaves threads alone that are busy.
    ~crew();
    /// The same, before the end: how many threads are left alone. Nothing may be asked afterwards.
    std::size_t leave();

    /// `act` runs on a thread and owns everything it touches. `then` is called on the loop, exactly once in time, with
    /// `unreachable` where the store did not answer; and once more, late, if it answers after all. With `full`,
    /// unasked, where no thread came free; within `ask` where too many wait already.
    template <class T>
    void ask(haste how, std::function<result<T>(ports::number_store&)> act,
             std::function<void(result<T>, arrival)> then) {
        const auto shared = std::make_shared<std::function<void(result<T>, arrival)>>(std::move(then));
        wish made;
        made.how = how;
        made.work = [act = std::move(act), shared](result<ports::number_store*> store) -> tale {
            auto answer = std::make_shared<result<T>>(store ? act(**store) : result<T>(store.why()));
            return [shared, answer](arrival when) { (*shared)(std::move(*answer), when); };
        };
        made.give_up = [shared](const failure& why, arrival when) { (*shared)(result<T>(why), when); };
        add(std::move(made));
    }

    /// Gives up what has waited too long.
    void look();
    [[nodiscard]] instant next_deadline() const;
    /// Wishes that are not answered yet.
    [[nodiscard]] std::size_t busy() const;
    [[nodiscard]] std::size_t hung() const;

private:
    using tale = std::function<void(arrival)>;
    using work = std::function<tale(result<ports::number_store*>)>;
    struct wish {
        haste how = haste::call;
        instant since{};  ///< when it began to wait, or to be worked for
        crew::work work;
        std::function<void(const failure&, arrival)> give_up;
    };
    struct desk;  ///< what a thread owns
    struct lane;

    void add(wish what);
    void hand_out();
    void start_lane();
    void came_back(std::uint64_t which, const tale& what);
    [[nodiscard]] std::size_t in_service() const;
    static void serve(const std::shared_ptr<desk>& mine, std::uint64_t which,
                      const std::function<void(std::uint64_t, tale)>& tell);

    crew_options options_;
    std::shared_ptr<mailbox> letters_;
    std::uint64_t lanes_made_ = 0;
    std::vector<std::unique_ptr<lane>> lanes_;
    std::deque<wish> waiting_;
};

}  // namespace td::lending
