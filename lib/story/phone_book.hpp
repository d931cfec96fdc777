#pragma once
// The phones of a door call: whose leg is whose, which device was pushed, and at the end why a phone did not ring.

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "call/commands.hpp"
#include "call/facts.hpp"
#include "story/story.hpp"

namespace td::story {

class phone_book {
public:
    void found(const call::flat_record& flat);
    /// The phone that is dialled.
    phone_story& dialled(instant at, const call::dial& wish);
    void pushed(instant at, const call::push& wish);
    void answered(instant at, const call::push_answered& news);
    void failed(instant at, const call::push_failed& news);
    /// The phone of an account; nullptr when it has none here.
    [[nodiscard]] phone_story* of(const account_id& account);

    /// The latest attempt of a leg's number, and its phone. A leg that no line dialled belongs to nobody known.
    struct place {
        phone_story* phone = nullptr;
        attempt* leg = nullptr;
    };
    [[nodiscard]] place at(instant now, leg_no leg);

    /// What the record says where the lines do not.
    void fill_in(const call::door_record& record);
    [[nodiscard]] std::vector<phone_story>& all() { return phones_; }

private:
    struct slot {
        std::size_t phone = 0;
        std::size_t attempt = 0;
    };
    phone_story& new_phone(const account_id& account);
    [[nodiscard]] device_story* device(const device_id& name);

    std::vector<phone_story> phones_;
    std::array<std::optional<slot>, leg_no::limit> legs_{};
};

/// How the whole call went, for the judgement on a phone.
struct call_course {
    instant over_at = never;
    bool answered = false;
    bool finished = false;
    std::optional<call::outcome> how;
    bool push_wanted = true;
    std::size_t max_accounts = 0;  ///< 0: not known
};

/// Why the phone did not ring, and what became of it where no record says it.
void judge(phone_story& phone, const call_course& course);

}  // namespace td::story
