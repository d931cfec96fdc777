#pragma once
// Which panel is in which call, and the Redis commands that tell everybody. Pure; redis_panel_line carries them to
// Redis.
//
//   td:panel:<panel>:call   the call, expires after 30 s, refreshed every 10 s while the call lives
//   td:panel:call           channel: {"panel":"5001","call":"…","state":"taken"} and "freed"
//
// Redis holds nothing that this book does not: after an outage everything is told again from here, so no command ever
// has to wait for Redis to come back, but the removals. Those are remembered up to a limit, and told with their "freed"
// when it is back; beyond the limit the key expires by itself.

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bounded_queue.hpp"
#include "call/commands.hpp"
#include "redis/link.hpp"

namespace td::panel {

using redis_command = redis::command;

inline constexpr std::chrono::seconds call_expires{30};
inline constexpr std::chrono::seconds call_refreshed{10};

[[nodiscard]] std::string key_of(const panel_id& panel);

/// SET with the expiry: the newest call has the panel, whoever had it before.
[[nodiscard]] redis_command take_line(const panel_id& panel, const call_id& call);
/// Extends the key, or sets it again when it has expired; does nothing when it names another call.
[[nodiscard]] redis_command keep_line(const panel_id& panel, const call_id& call);
/// Deletes the key only if it still names this call.
[[nodiscard]] redis_command free_line(const panel_id& panel, const call_id& call);
/// Tells whether Redis would take a write, and changes nothing: no panel has an empty name, and XX sets only what is
/// there.
[[nodiscard]] redis_command ask_whether_writable();
enum class line_state : std::uint8_t { taken, freed };
[[nodiscard]] redis_command publish_line(const panel_id& panel, const call_id& call, line_state state);

class line_book {
public:
    /// `removals` is how many ended calls that Redis was not told of are remembered.
    explicit line_book(std::size_t removals) : not_told_(removals) {}

    /// What to tell Redis now. While Redis is away the caller drops what `taken` gave: `came_back` says it again.
    [[nodiscard]] std::vector<redis_command> taken(const call::panel_taken& news);
    [[nodiscard]] std::vector<redis_command> freed(const call::panel_freed& news);
    /// What `freed` gave did not reach Redis, or not surely: it is kept for `left_over`.
    void not_told(const call::panel_freed& news);

    /// Every call_refreshed: keeps all lines.
    [[nodiscard]] std::vector<redis_command> refresh() const;
    /// At most `most` of those that were not told, oldest first. Redis is to be told `removal` of each.
    [[nodiscard]] std::vector<call::panel_freed> left_over(std::size_t most);
    /// Removed, and published unless a newer call has the panel by now.
    [[nodiscard]] std::vector<redis_command> removal(const call::panel_freed& news) const;
    /// After Redis came back: what lives is kept, and published once more, as nobody heard what was taken meanwhile.
    [[nodiscard]] std::vector<redis_command> came_back() const;

    [[nodiscard]] std::size_t size() const { return calls_.size(); }

private:
    bool forget(const call::panel_freed& news);

    std::unordered_map<panel_id, call_id> calls_;  // bounded by the calls that live (door.max_calls)
    bounded_queue<call::panel_freed> not_told_;
};

}  // namespace td::panel
