#pragma once
// One order of the events of a door call, as far as it has gone: the real machine, what the phones, the panel and
// Asterisk do then, and two watchers, the promises of lib/sim and the verdict that a person would give.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "call/door_call.hpp"
#include "sim/promises.hpp"

namespace td::test {

inline constexpr std::size_t most_phones = 4;

/// What is free to come at any moment, besides what people do.
struct freedom {
    std::size_t phones = 1;
    bool rings = true;    ///< each phone's 180; else all ring before anybody does anything
    bool replies = true;  ///< each reply of Asterisk; else only the two that make a pair, together
    call::decline_rule on_decline = call::decline_rule::drop_leg;
};

enum class deed : std::uint8_t { rings, answers, declines, times_out, leg_ends, panel_leaves, ring_limit, reply };
struct move {
    deed what = deed::reply;
    std::size_t phone = 0;
};

class order {
public:
    /// The plan outlives the order.
    order(const sim::world_plan& plan, const freedom& free);

    /// What may come next. Phones are alike until something happens to them: of those that nothing has happened to,
    /// only the first moves, so that each order stands for phones! orders.
    [[nodiscard]] std::vector<move> moves() const;
    void make(const move& next);

    /// Empty while every promise is kept.
    [[nodiscard]] std::string complaint() const;
    /// To be asked when there is no move left.
    [[nodiscard]] std::string complaint_at_the_end() const;
    [[nodiscard]] const std::string& told() const { return told_; }
    [[nodiscard]] call::outcome outcome() const { return record_->how; }

    [[nodiscard]] static sim::world_plan plan_of(const freedom& free);

private:
    enum class phone_now : std::uint8_t { dialled, ringing, up, over };
    struct phone_side {
        phone_now now = phone_now::dialled;
        bool touched = false;
        bool told = false;
    };
    enum class phase : std::uint8_t { ringing, joining, talking, over };
    /// What the record must say, from the order of events alone.
    struct verdict {
        phase now = phase::ringing;
        std::optional<std::size_t> winner;
        bool declined = false;
        call::outcome how = call::outcome::failed;
    };

    template <class News>
    void tell(const News& news);
    void carry_out(const call::commands& wishes);
    void carry_out(const call::command& wish);
    void reply();
    void reply_where_not_free();
    void judge(const move& next);
    void judge_end(call::outcome how);
    void judge_end_of_leg(std::size_t phone);
    void news(sim::sip_news::kind what, const std::string& channel, std::string other = {});
    void blame(const std::string& words);
    [[nodiscard]] leg_ref leg(std::size_t phone) const;
    [[nodiscard]] bool pair_is_there() const;
    [[nodiscard]] bool may_move(std::size_t phone) const;
    void add_moves_of(std::size_t phone, std::vector<move>& out) const;
    [[nodiscard]] bool everybody_is_over() const;

    freedom free_;
    instant now_;
    call::door_call machine_;
    sim::promises promises_;
    std::array<phone_side, most_phones> phones_{};
    std::deque<call::act> replies_;  ///< of the call's trunk, in their order
    bool panel_here_ = true;
    bool panel_told_ = false;
    bool limit_passed_ = false;
    verdict verdict_;
    std::optional<std::size_t> joined_;
    std::optional<call::door_record> record_;
    std::string blamed_;
    std::string told_;
};

}  // namespace td::test
