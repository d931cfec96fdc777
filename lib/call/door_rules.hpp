#pragma once
// The part of the configuration that a door call decides by. The defaults are those of tdctl.toml(5).

#include <cstddef>
#include <string>

#include "base/instant.hpp"
#include "call/words.hpp"

namespace td::call {

struct door_rules {
    duration ring_limit = 45s;   ///< door.ring_limit: from the first dial to "missed"
    duration talk_limit = 120s;  ///< door.talk_limit: from the bridge to the end
    decline_rule on_decline = decline_rule::drop_leg;
    early_sound early = early_sound::ringing;
    duration late_dial = 1s;        ///< door.late_dial: how often a phone that was unreachable is dialled again
    std::string open_dtmf = "1";    ///< door.open_dtmf: the key, or keys, that open the door
    std::size_t max_calls = 5000;   ///< door.max_calls: beyond it a panel hears busy
    std::size_t max_accounts = 40;  ///< accounts rung of one flat; further ones only get the push
    bool push_wanted = true;        ///< false for push.url = "none"
    duration push_repeat = 5s;      ///< push.repeat
    duration title_wait = 150ms;    ///< how long the first push waits for the panel's name
    duration lookup_limit = 2s;     ///< crm.timeout and a margin: the CRM adapter answers earlier
    duration join_limit = 5s;       ///< from an answer to the bridge
    duration drop_again = 2s;       ///< a hang-up that had no effect is repeated after this
    duration end_limit = 20s;       ///< from the end to the record, also when Asterisk is silent
    duration join_again = 200ms;    ///< a refused answer or join that may succeed yet is tried once more after this
    duration keys_play = 1s;        ///< auto_open: from the last key to the hang-up, so that the panel has heard it
    duration keys_limit = 3s;       ///< auto_open: for answer and request; beyond it and the keys the panel is hung up
};

// How keys are sent to a panel. Asterisk plays them one after another when the request is long answered, and stops in
// the middle where the panel is hung up.
inline constexpr duration before_keys = 250ms;  ///< the panel's media has to find its way first, or a key is lost
inline constexpr duration key_sounds = 100ms;   ///< Asterisk's own default, as the next one
inline constexpr duration between_keys = 100ms;
/// How long Asterisk plays so many keys.
[[nodiscard]] constexpr duration length_of_keys(std::size_t count) {
    return before_keys + static_cast<duration::rep>(count) * (key_sounds + between_keys);
}

}  // namespace td::call
