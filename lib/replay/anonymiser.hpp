#pragma once
// A journal in which every personal datum has a stand-in: accounts, devices, panels, flats, channels, numbers, sites,
// titles, and every text from outside. Names of calls, moments, lengths, causes and our own words stay, so the machines
// serve the calls alike.

#include <set>
#include <string>
#include <string_view>

#include "journal/codec.hpp"
#include "replay/stand_in.hpp"

namespace td::replay {

class anonymiser {
public:
    explicit anonymiser(stand_in_maker::key with) : names_(with) {}

    [[nodiscard]] std::string header(instant at, journal::header first) const;
    /// The line as it may be shown, with its '\n'. A line that cannot be read is not.
    [[nodiscard]] result<std::string> line(std::string_view original);

private:
    stand_in_maker names_;
    journal::reader reader_;
    std::set<std::string> foreign_;  ///< texts from outside that a note may hold; few are different
};

}  // namespace td::replay
