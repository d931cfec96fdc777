#pragma once
// The records between the spool and the broker: which one is published next, and which word of the broker lets which
// place of the spool go. Pure: no socket, no clock.
//
// A record is let go when the broker has acknowledged it and everything before it. One that the broker refuses (nack),
// or cannot route to any queue (basic.return), keeps its place: nothing new is published until the broker takes it,
// because going on would lose it, its order, or in the end the room of the spool without anybody noticing. It is tried
// again alone; as soon as it is taken, all others are published.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "feed/spool_reader.hpp"

namespace td::feed {

struct publish_limits {
    std::size_t records = 500;
    std::size_t bytes = std::size_t{1} << 20U;  ///< of bodies; one record that is larger goes alone
};

/// How far a word of the broker reaches: basic.ack and basic.nack have a bit for it.
enum class confirm_reach : std::uint8_t { one, all_before };

class publish_window {
public:
    explicit publish_window(publish_limits limits) : limits_(limits) {}

    [[nodiscard]] bool has_room() const { return room() > 0; }
    /// How many more records it takes: its bytes are looked at between two reads of the spool, not within one.
    [[nodiscard]] std::size_t room() const {
        return bytes_ < limits_.bytes ? limits_.records - std::min(limits_.records, waits_.size()) : 0;
    }
    [[nodiscard]] bool empty() const { return waits_.empty(); }
    /// `now` is when the record was read from the spool.
    void add(spooled message, instant now);

    /// The record to publish now; nullptr when there is none, or a refused one stands in the way.
    [[nodiscard]] const spooled* next() const;
    /// It was published; the broker counts from 1 on every new channel, and so does the window.
    void published();

    /// The broker's words. A tag that is not in flight changes nothing; 0 with all_before is all of them. How many
    /// records the broker has by that: not those that it returned.
    std::size_t acknowledged(std::uint64_t tag, confirm_reach reach);
    /// How many records it refused.
    std::size_t refused(std::uint64_t tag, confirm_reach reach);
    /// It comes before the acknowledgement of the same record, which then does not count as one.
    void returned(std::string_view message_id);
    /// What is in flight may have arrived or not: it is published again, with the same message_id.
    void line_lost();

    /// True while a refused or returned record keeps the others back.
    [[nodiscard]] bool stands() const { return refusals_ > 0; }
    /// True also between a return and the acknowledgement that follows it.
    [[nodiscard]] bool in_trouble() const { return stands() || returns_ > 0; }
    /// Lets the first refused record be published once more. Nothing when none is, or one is already under way.
    void try_again();

    /// Up to here everything is acknowledged; nothing before the first one was.
    [[nodiscard]] std::optional<spool_place> safe() const { return safe_; }
    [[nodiscard]] std::size_t in_flight() const { return tags_.size(); }
    /// When the oldest record that is not acknowledged was read.
    [[nodiscard]] std::optional<instant> oldest() const;

private:
    enum class state : std::uint8_t { waiting, in_flight, refused, acknowledged };
    struct wait {
        spooled message;
        instant since{};
        state now = state::waiting;
        bool unroutable = false;  ///< returned; the acknowledgement is still to come
        bool trial = false;       ///< published once more to see whether the broker takes it now
    };

    wait& at(std::uint64_t number) { return waits_[static_cast<std::size_t>(number - first_)]; }
    enum class word : std::uint8_t { taken, refused };
    std::vector<std::uint64_t> landed(std::uint64_t tag, confirm_reach reach);
    bool settle(std::uint64_t number, word said);
    void release_refused();
    void let_go();

    publish_limits limits_;
    std::deque<wait> waits_;   ///< in the order of the spool
    std::uint64_t first_ = 0;  ///< the number of its front, counted from the start
    std::size_t bytes_ = 0;
    std::map<std::uint64_t, std::uint64_t> tags_;  ///< tag of what is in flight to its number
    std::uint64_t last_tag_ = 0;
    std::size_t refusals_ = 0;  ///< records that are refused, or on trial after that
    std::size_t returns_ = 0;   ///< records that are returned, and not yet acknowledged
    std::optional<spool_place> safe_;
};

}  // namespace td::feed
