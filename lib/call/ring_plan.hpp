#pragma once
// Who of a flat is to be rung, by which leg, and when again. A seat is one account of the flat as this call meets it; a
// leg is one attempt to reach it. The plan decides nothing about the call: it answers what is due and what became of a
// leg.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "call/commands.hpp"
#include "call/door_rules.hpp"
#include "call/record.hpp"
#include "call/words.hpp"

namespace td::call {

/// What the end of a leg means, from Q.850 cause and SIP status (0 where unknown) and whether a phone rang before.
/// Sources: RFC 3261 section 21; Asterisk's table from SIP status to cause, where 480 and a time-out share cause 19.
[[nodiscard]] leg_why why_of_end(int cause, int sip, instant ringing_since);

class ring_plan {
public:
    /// An account that is to be dialled now; `instead_of` is an older leg that has to be dropped first.
    struct attempt {
        leg_no leg;
        account_id account;
        std::optional<leg_no> instead_of;
    };

    /// Every account is due at once; those over `rules.max_accounts` only get the push.
    void begin(instant now, flat_record flat, const door_rules& rules);

    /// The next account that is due, now marked as dialled; nothing when none is. Call it until it says nothing.
    [[nodiscard]] std::optional<attempt> take_due(instant now);
    [[nodiscard]] instant next_due() const;

    /// What became of a leg. Facts of legs that do not live are late and change nothing.
    void rang(instant now, leg_no leg);
    /// Asterisk would not make the leg: `status` is that of HTTP, 0 for no reply. True when it may exist all the same:
    /// then it has to be hung up, and counts as told to.
    [[nodiscard]] bool refused(instant now, leg_no leg, int status);
    /// `leg_why::none` when the leg did not live or had been dropped by us before.
    leg_why ended(instant now, leg_no leg, int cause, int sip);
    /// The same for a leg whose end nobody told: it was gone when the line to Asterisk came back.
    leg_why lost(instant now, leg_no leg);
    /// One of the account's phones registered: an account that was unreachable is due at once; one whose leg has not
    /// rung yet gets `late_dial` of grace, because a proxy that holds calls (TSILO) rings the phone on the old leg.
    void registered(instant now, const account_id& account);

    /// Marks a living leg as told to hang up; false when there is nothing to tell.
    bool drop(instant now, leg_no leg, leg_why why);
    /// A leg that had been given up lives after all; it counts as told to hang up.
    void found_again(instant now, leg_no leg);
    /// A leg that nobody of this plan was dialled with, and that was there at `since`: whose it is is not known.
    void take_in(instant since, leg_no leg);
    /// The winner: its leg stays, it counts as answered.
    void won(instant now, leg_no leg);
    /// No account is dialled any more.
    void close(instant now, leg_why of_ringing, leg_why of_silent);

    [[nodiscard]] bool lives(leg_no leg) const;
    [[nodiscard]] bool dropped(leg_no leg) const;
    /// Legs that Asterisk still has, those told to hang up included.
    [[nodiscard]] std::vector<leg_no> living() const;
    [[nodiscard]] std::size_t living_count() const { return living_.size(); }
    [[nodiscard]] instant dialled_at(leg_no leg) const;
    [[nodiscard]] const account_id& account_of(leg_no leg) const;

    /// True when nobody is rung, nobody is due, and nobody can become due but by registering after a final no.
    [[nodiscard]] bool exhausted() const;
    [[nodiscard]] bool anybody(leg_why why) const;
    [[nodiscard]] bool everybody(leg_why why) const;

    /// The devices to push: all of them, or only those of accounts that neither ring nor registered nor said no.
    [[nodiscard]] std::vector<push::target> targets_of_all() const;
    [[nodiscard]] std::vector<push::target> targets_still_asleep() const;
    /// The devices to tell that the ring is over: those pushed and not rejected, but for the winner's only phone.
    [[nodiscard]] std::vector<push::target> targets_to_end(const account_id& winner) const;
    void reject(const device_id& device);

    [[nodiscard]] std::vector<leg_record> records(instant call_started) const;
    [[nodiscard]] const std::vector<account>& accounts() const { return accounts_; }

private:
    enum class condition : std::uint8_t { due, dialled, ringing, answered, over };
    struct seat {
        condition now = condition::due;
        bool phone_registered = false;
        instant due_at = never;  ///< when it is dialled (again); `never` when only a registration can bring that
        instant dialled_at = never;
        instant ringing_at = never;
        instant ended_at = never;
        leg_no leg;
        leg_why why = leg_why::none;
        int sip = 0;
        int cause = 0;
        unsigned attempts = 0;
    };
    struct living_leg {
        leg_no leg;
        std::uint16_t seat = 0;
        bool told = false;  ///< told to hang up
        instant dialled_at{};
    };

    [[nodiscard]] const living_leg* find(leg_no leg) const;
    [[nodiscard]] living_leg* find(leg_no leg);
    leg_why ended(instant now, leg_no leg, int cause, int sip, std::optional<leg_why> known);
    void take_out(leg_no leg);
    void give_up_for_now(instant now, seat& s, leg_why why);
    [[nodiscard]] leg_no unused_leg();
    [[nodiscard]] bool is_rejected(const device_id& device) const;
    void add_targets(const account& a, std::vector<push::target>& out) const;

    std::vector<account> accounts_;
    std::vector<seat> seats_;  ///< of the first max_accounts accounts, in the same order
    std::vector<living_leg> living_;
    std::vector<device_id> rejected_;
    duration late_dial_{1s};
    std::uint8_t next_leg_ = 0;
    bool open_ = false;
};

}  // namespace td::call
