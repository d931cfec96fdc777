#pragma once
// The callback map: which panel a callback to a borrowed number leads to, for those who route callbacks (Kamailio). The
// pool stays the truth; the map is written from it and can be rebuilt from it.
//
// Every write carries the token of its lease. An older token changes nothing, whatever the order of arrival; an equal
// one may say something else (a longer or a shorter time). A removal is remembered until the entry would have expired,
// so that a write of the removed lease that comes late does not bring it back.

#include <functional>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "pool/callback.hpp"

namespace td::ports {

/// What came of one act of a callback_map.
struct callback_answer {
    call_id call;
    number_id number;
    pool::lease_token token = 0;
    pool::map_outcome outcome = pool::map_outcome::failed;
    /// Of `failed`: unreachable (no connection, no reply in time), full (too many unanswered), refused (it answered an
    /// error: a replica, out of memory, loading).
    failure why;
    duration took{};
};
using callback_sink = std::function<void(const callback_answer&)>;

/// For a worker, on its one loop. Every act is answered exactly once in the sink, later and on the loop, within the
/// map's own limit (one second); nobody has to wait for it. A number that is not digits, or a panel that no SIP header
/// could carry, fails as bad_input.
class callback_map {
public:
    virtual ~callback_map() = default;

    /// A callback to the number leads to the panel from now on, for `route.expires_in`. At the end of the call it is
    /// said once more with the callback window as the time: the whole route, so that a map that was emptied meanwhile
    /// is right again. When calls of one panel share a number, each says it with the newest token of that number, and
    /// the window is said when the last of them ends. A time of zero or less is a removal.
    virtual void put(const call_id& call, const pool::callback_route& route) = 0;
    /// The number leads to nobody from now on, unless a newer lease has it.
    virtual void remove(const call_id& call, const number_id& number, pool::lease_token token) = 0;

    /// Whether the last word of the map was a good one. A map that holds nothing of its own is always up.
    [[nodiscard]] virtual bool up() const = 0;
};

/// A removal as an operator's tool says it. Nothing is removed when a newer lease than `token` has the number.
struct callback_removal {
    enum class manner : std::uint8_t {
        fence,   ///< and nobody with this token or an older one writes the number again
        forget,  ///< wholly, so that any lease may: for what stands there by a token that this pool has never given
    };
    number_id number;
    pool::lease_token token = 0;
    manner how = manner::fence;
};

/// What a call to write came to; the numbers that a newer lease has are named, because that is worth a look.
struct callback_writing {
    std::size_t written = 0;
    std::vector<number_id> superseded;
};

/// For `sos-pool` (verify, rebuild, remove): blocks until everything is answered or the deadline given when it was
/// opened has passed. Failures: as in callback_answer; what was written before a failure stays written.
class callback_store {
public:
    virtual ~callback_store() = default;

    /// Everything that the map holds, sorted by number.
    virtual result<std::vector<pool::callback_entry>> read_all() = 0;
    virtual result<callback_writing> write_many(const std::vector<pool::callback_route>& routes) = 0;
    virtual result<callback_writing> remove(const std::vector<callback_removal>& removals) = 0;
};

}  // namespace td::ports
