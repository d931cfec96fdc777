#pragma once
// What a worker remembers of the pool, so that an emergency call gets the best number still obtainable when the store
// fails: the panel's own number while its call or window is open, then a number that the store keeps for this worker
// (its block), then nothing but the city's routes. Also all that must still be written when the store is back. Pure:
// lib/lending asks the store, carries out the errands and keeps the file.
//
// No number of the block is ever lent twice within its window, whatever crashes. A number may be lent from the moment
// at which no later run could take it for unused:
//   * A run that finds no file, a torn one, or one of a run that did not end in order takes a new holder's name. What
//     the old name kept and may have been lent is left alone; the store frees it in the end, long after its window.
//     Hence numbers that the store gives this run are in hand at once, and no lending waits for the disk.
//   * A file that ended in order hands its name and its block on. They count for nothing until a file that says "not in
//     order" is on the disk; where that takes too long, `disown` gives them up for a new name.
//   * What exceeds `in_hand` is written down as untouched, and outlives a crash. It moves up into the hand when a
//     number was lent, and may be lent when a file that says so is on the disk.
// So a crash costs the numbers in hand of each city for a day, and nothing when the run ends in order.
//
// A number lent from notes may, in another worker's eyes, have been free: the store says `taken` then, and the loan is
// `lost`: it leads to nobody from here on.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pool/notes.hpp"

namespace td::pool {

struct notebook_rules {
    lease_rules leases;
    std::size_t reserve = 2;                        ///< pool.reserve: numbers kept ahead a city
    std::size_t in_hand = 2;                        ///< of them, those that may be lent at once
    std::size_t most_cities = 32;                   ///< with a block, those served last
    duration lately = std::chrono::hours{30 * 24};  ///< a city not served for so long has no block
    std::size_t most_panels = 20'000;               ///< whose city is remembered
    std::size_t most_loans = 20'000;
    std::size_t most_errands = 10'000;  ///< beyond them the oldest route is forgotten, then the oldest end, …
    bool writes_routes = true;          ///< false: the callback map is the store itself
};

class notebook {
public:
    /// `holder` names this run and no other.
    notebook(notebook_rules rules, std::string holder);
    /// What a former run has left, before anything else happens.
    void adopt(notes former, instant now);
    /// False: the callback map is the store itself, and needs no errands.
    void writes_routes(bool them) { rules_.writes_routes = them; }
    /// Gives up the name and the block that were adopted and are not on the disk yet.
    void disown();

    // ---- what the store says
    void know(const std::vector<city>& cities);
    /// The store lent a number to the call.
    void took(const lease_wish& wish, const lent& number);
    /// It did, but the wish has been answered already: goes back at once.
    void took_late(const lease_wish& wish, const lent& number, instant now);
    /// All that it keeps for `holder()` in the city.
    void reserved(const city_id& where, const std::vector<lent>& kept, instant now);
    /// How many numbers to reserve where.
    struct reservation {
        city_id city;
        std::size_t count = 0;
    };
    [[nodiscard]] std::vector<reservation> wanted(instant now) const;
    /// Empty while an adopted name is not certain yet.
    [[nodiscard]] const std::string& holder() const;

    // ---- calls
    /// Without `number` there is none; `where` is the city as far as it is known. The same call gets the same answer.
    [[nodiscard]] lease_answer lend(const lease_wish& wish);
    /// A callback to the number shall lead to the panel: the errand that says so, to be carried out at once.
    const errand& map(const call_id& call, lease_token token, const number_id& number, const panel_id& panel,
                      std::string site, instant now);
    void ended(const call_id& call, lease_token token, const number_id& number, const panel_id& panel, instant at);
    /// The panel that the number leads to by these notes; nothing when they say nothing.
    [[nodiscard]] std::optional<panel_id> leads_to(const number_id& number, instant now) const;

    // ---- errands
    [[nodiscard]] const std::deque<errand>& backlog() const { return what_.backlog; }
    /// The first for the store; nullptr: there is none.
    [[nodiscard]] const errand* first_for_store() const;
    /// Some number was lent from notes and the store does not know it.
    [[nodiscard]] bool unsettled() const;
    /// The store must hear of something before it is asked for a number for the panel: that the panel has one already,
    /// or that some panel keeps its number longer than the store believes. Numbers of the block it keeps aside anyway.
    [[nodiscard]] bool unsettled(const panel_id& panel) const;
    /// The errand is done, or nobody can ever do it.
    void strike(std::uint64_t no);
    /// The store says of a settlement that the number is another's: the errand as it was, where it was ours.
    std::optional<errand> strike_taken(std::uint64_t no, instant now);
    [[nodiscard]] std::size_t forgotten_errands() const { return forgotten_; }

    // ---- the file
    struct save {
        std::uint64_t no = 0;
        std::string text;
    };
    /// Whether there is anything that the last save did not hold.
    [[nodiscard]] bool changed() const { return changed_; }
    /// The last save is not on the disk: there is.
    void touch() { changed_ = true; }
    [[nodiscard]] save to_save(bool closed);
    /// The save and all before it are on the disk.
    void saved(std::uint64_t no);
    /// Lets go of what is over.
    void tidy(instant now);

    [[nodiscard]] const notes& all() const { return what_; }
    /// Numbers of the city that could be lent at once.
    [[nodiscard]] std::size_t ready(const city_id& where, instant now) const;

private:
    [[nodiscard]] instant led_until(const loan& which) const;
    [[nodiscard]] bool open(const loan& which, instant now) const;
    [[nodiscard]] const loan* own_loan(const panel_id& panel, instant now) const;
    [[nodiscard]] loan* loan_of(const call_id& call);
    [[nodiscard]] std::vector<city_id> chain_of(const city_id& first) const;
    [[nodiscard]] bool usable(const kept_number& which, instant now) const;
    [[nodiscard]] lease_token newest_token(const number_id& number, const panel_id& panel, lease_token at_least) const;
    lease_answer lend_row(const lease_wish& wish, lease_answer answer, const lent& what);
    void seen(const panel_id& panel, const city_id& city);
    void serve(const city_id& city, instant now);
    void move_up(const city_id& city);
    void add_loan(loan what);
    errand& add_errand(errand::kind what, instant at, instant until, lease_row row);
    void make_room();

    notebook_rules rules_;
    std::string fresh_holder_;
    notes what_;
    std::map<city_id, std::size_t> stuck_;  ///< lent reservations that the store still calls kept
    std::uint64_t looks_ = 0;
    std::uint64_t save_no_ = 0;
    std::uint64_t saved_no_ = 0;
    bool adopted_ = false;  ///< the holder's name is a former run's, and no file of this run is on the disk
    bool changed_ = true;
    std::size_t forgotten_ = 0;
};

}  // namespace td::pool
