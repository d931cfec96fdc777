#pragma once
// Which panel is in which call, and the Redis commands that tell everybody. Pure; redis_panel_line carries them to
// Redis.
//
//   td:panel:<panel>:call   the call, expires after 30 s, refreshed every 10 s while the call lives
//   td:panel:call           channel: {"panel":"5001","call":"…","state":"taken"} and "freed"
//
// Redis holds nothing that this book does not: after an outage everything is told again from here, so no command ever
// has to wait for Redis to come back, but the removals. Those are remembered up to a limit; beyond it the key expires
// by itself.

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bounded_queue.hpp"
#include "call/commands.hpp"

namespace td::panel {

/// The words of one Redis command.
using redis_command = std::vector<std::string>;

inline constexpr std::chrono::seconds call_expires{30};
inline constexpr std::chrono::seconds call_refreshed{10};

[[nodiscard]] std::string key_of(const panel_id& panel);

/// SET with the expiry: the newest call has the panel, whoever had it before.
[[nodiscard]] redis_command take_line(const panel_id& panel, const call_id& call);
/// Extends the key, or sets it again when it has expired; does nothing when it names another call.
[[nodiscard]] redis_command keep_line(const panel_id& panel, const call_id& call);
/// Deletes the key only if it still names this call.
[[nodiscard]] redis_command free_line(const panel_id& panel, const call_id& call);
enum class line_state : std::uint8_t { taken, freed };
[[nodiscard]] redis_command publish_line(const panel_id& panel, const call_id& call, line_state state);

class line_book {
public:
    /// `removals` is how many calls that ended while Redis was away are remembered.
    explicit line_book(std::size_t removals) : freed_away_(removals) {}

    /// What to tell Redis now. While Redis is away the caller drops it: `came_back` says it again.
    [[nodiscard]] std::vector<redis_command> taken(const call::panel_taken& news);
    [[nodiscard]] std::vector<redis_command> freed(const call::panel_freed& news);
    /// The same as `freed`, for a Redis that is away.
    void freed_while_away(const call::panel_freed& news);

    /// Every call_refreshed: keeps all lines.
    [[nodiscard]] std::vector<redis_command> refresh() const;
    /// After Redis came back: what ended meanwhile is removed, what lives is kept.
    [[nodiscard]] std::vector<redis_command> came_back();

    [[nodiscard]] std::size_t size() const { return calls_.size(); }

private:
    bool forget(const call::panel_freed& news);

    std::unordered_map<panel_id, call_id> calls_;  // bounded by the calls that live (door.max_calls)
    bounded_queue<call::panel_freed> freed_away_;
};

}  // namespace td::panel
