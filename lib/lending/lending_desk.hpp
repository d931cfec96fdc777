#pragma once
// Plays ports::number_pool: asks the pool's store on threads of its own, writes the callback map, and answers from the
// worker's notes (pool/notebook.hpp) when the store is silent. Nothing here ever makes the loop wait.
//
// A store that failed is not asked for numbers again before a probe, and everything that was lent without it, has been
// written: what it would lend meanwhile might be lent already. Wishes are refused at once until then, and the notes
// serve them. A pool that is dry is helped out by the numbers that the worker keeps.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/alarm.hpp"
#include "base/instant.hpp"
#include "base/random.hpp"
#include "lending/crew.hpp"
#include "lending/notes_file.hpp"
#include "pool/notebook.hpp"
#include "pool/report.hpp"
#include "ports/callback_map.hpp"
#include "ports/ports.hpp"

namespace boost::asio {
class io_context;
}

namespace td::lending {

struct lending_options {
    std::string node;             ///< stands in the audit as serve-ari@node
    std::string run;              ///< names this run of the worker and no other
    pool::lease_rules rules;      ///< sos.window, sos.guard
    std::filesystem::path notes;  ///< the file; empty: nothing outlives a restart
    std::size_t reserve = 2;      ///< pool.reserve
    std::size_t threads = 3;      ///< connections to the store
    std::size_t waiting = 256;    ///< wishes that wait for one of them
    duration timeout = 1s;        ///< pool.timeout: of one wish
    duration cities_every = 1min;
    duration reserve_every = 10min;
    duration reserve_again = 5s;  ///< the least pause, where a city was served for the first time or lent what it kept
    duration reserve_for = 24h;
    duration count_every = 5min;  ///< how often the numbers are counted for the metrics and pool_low
    duration disk_patience = 5s;  ///< then the disk is said to hang
    duration backlog_old = 5min;  ///< then the backlog is an alarm
    std::size_t backlog_limit = 10'000;
    duration least_pause = 200ms;  ///< between two tries of what failed; it doubles
    duration longest_pause = 10s;
    pool::low_water low{5, true};
    std::function<result<std::unique_ptr<ports::number_store>>()> open;  ///< called on the threads
    std::function<void(duration)> took;  ///< how long the store took for an answer; may be empty
};

/// For the metrics tdctl_pool_*.
struct lending_counts {
    std::uint64_t lent = 0;  ///< by the store
    std::uint64_t lent_from_notes = 0;
    std::uint64_t refused = 0;  ///< wishes that got no number
    std::uint64_t store_failures = 0;
    std::uint64_t late_answers = 0;  ///< given back, because the call had left
    std::uint64_t taken = 0;         ///< lent from notes, while the store had lent it to somebody else
    std::uint64_t map_failures = 0;
    std::uint64_t struck = 0;  ///< errands that the store will never accept, or that found no room
    bool store_up = false;
    bool map_up = true;
    std::size_t hung_threads = 0;
    std::size_t backlog = 0;
    duration backlog_age{};
    std::size_t ready = 0;                  ///< numbers that could be lent without the store
    std::vector<pool::city_report> cities;  ///< by the last count
};

class lending_desk final : public ports::number_pool {
public:
    /// Reads the notes, so it waits for the disk. `now` is called on the loop. The sinks are called on the loop, from
    /// within an act or later, never after the destructor. `loop` must outlive it.
    lending_desk(boost::asio::io_context& loop, lending_options options, std::function<instant()> now,
                 ports::fact_sink facts, alarm_sink alarms);
    lending_desk(const lending_desk&) = delete;
    lending_desk& operator=(const lending_desk&) = delete;
    ~lending_desk() override;

    /// Starts. `map` must outlive it, and its sink must call `map_answered`; it raises its own alarm where it fails.
    /// nullptr: the map is the store itself.
    void begin(ports::callback_map* map);
    void map_answered(const ports::callback_answer& answer);
    /// Writes what it can within `limit`, without the loop, and the file, for which it waits half a second at least;
    /// the rest stays in the file. Nothing may be asked afterwards.
    void close(std::chrono::milliseconds limit);
    /// After `close`: a thread still waits for the store. It uses what the database's library keeps in static storage,
    /// so the program must end without destroying that (std::_Exit).
    [[nodiscard]] bool threads_left() const { return threads_left_; }

    void lend(const call::lend_number& wish) override;
    void lend_from_notes(const call::lend_from_notes& wish) override;
    void map(const call::map_number& wish) override;
    void give_back(const call::return_number& wish) override;
    void check(const call::check_number& question) override;

    [[nodiscard]] lending_counts counts() const;

private:
    struct on_loop;  ///< the timer and the mailbox's descriptor
    struct put_under_way {
        call_id call;
        number_id number;
        pool::lease_token token = 0;
        std::uint64_t errand = 0;
        bool asked = false;  ///< a call waits to hear of it
    };

    // lending_desk.cpp: the acts
    [[nodiscard]] pool::lease_wish wish_of(const call_id& call, const panel_id& panel, const call::site_record& site);
    void lease_answered(const pool::lease_wish& wish, const result<pool::lease_answer>& answer, arrival when);
    void tell_lent(const call_id& call, const pool::lent& number, const std::optional<pool::city>& where);
    void refuse(const call_id& call, call::number_refused::why reason, const std::optional<pool::city>& where,
                std::string text);
    void send_route(const pool::errand& what, bool asked);

    // lending_rounds.cpp: what goes on beside the calls
    void listen();
    void arm();
    void turn();
    void after_act();
    void ask_cities();
    void reserve_soon();
    void reserve_block();
    void count_numbers();
    void work_off();
    void errand_answered(const pool::errand& what, const result<done>& answer, arrival when);
    void send_routes();
    void save();
    void saved(std::uint64_t no, const result<done>& outcome);
    void look_at_disk(instant now);
    void look_at_backlog(instant now);
    void store_failed(const failure& why);
    void blame(const failure& why, arrival when);
    void store_answered();
    [[nodiscard]] duration pause_after(unsigned failures);
    void raise(const std::string& name, const std::string& text);
    void clear(const std::string& name, const std::string& text);

    lending_options options_;
    std::function<instant()> now_;
    ports::fact_sink facts_;
    alarm_sink alarms_;
    random_source random_;
    pool::notebook book_;
    std::shared_ptr<mailbox> letters_;
    std::unique_ptr<on_loop> loop_;
    std::unique_ptr<crew> crew_;
    std::unique_ptr<notes_lock> lock_;
    std::unique_ptr<notes_file> file_;
    ports::callback_map* map_ = nullptr;
    std::shared_ptr<bool> alive_;  // what the loop still holds of ours asks it

    /// Who waits for the store, and whether he still does: the threads look before they ask. Bounded by the calls that
    /// live.
    std::unordered_map<call_id, std::shared_ptr<std::atomic<bool>>> waiting_;
    std::deque<put_under_way> routes_under_way_;
    std::vector<std::string> raised_;
    lending_counts counts_;

    bool closing_ = false;
    bool threads_left_ = false;
    bool down_ = true;             ///< the store is not asked for numbers
    unsigned store_failures_ = 0;  ///< in a row
    bool errand_under_way_ = false;
    std::uint64_t suspect_ = 0;  ///< an errand that was refused: by a store that is as it should be?
    bool cities_under_way_ = false;
    std::size_t reserving_ = 0;
    bool counting_ = false;
    bool save_under_way_ = false;
    unsigned map_failures_ = 0;  ///< in a row
    instant probe_at_{};
    instant cities_at_{};
    instant reserve_at_{};
    instant count_at_{};
    instant save_at_{};
    instant save_since_{};
    instant routes_at_ = never;
    instant tidy_at_{};
    instant conflict_until_ = never;
};

}  // namespace td::lending
