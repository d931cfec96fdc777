#pragma once
// Another name for a datum: the same one for the same datum and key, and nobody finds the datum from it without the
// key (SipHash-2-4).

#include <cstdint>
#include <string>
#include <string_view>

namespace td::replay {

class stand_in_maker {
public:
    struct key {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };
    /// Of any secret bytes.
    static key key_of(std::string_view secret);

    explicit stand_in_maker(key wanted) : key_(wanted) {}

    /// Digits for digits, with a leading plus kept, and letters for all else; empty for empty.
    [[nodiscard]] std::string text(std::string_view original) const;
    /// Between -80 and 80.
    [[nodiscard]] double number(double original) const;

private:
    key key_;
};

}  // namespace td::replay
