#pragma once
// Decides what the CRM is asked and what a call is answered: from memory, from the CRM, or from memory because the CRM
// failed. Pure: http_crm carries out what it says.

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/commands.hpp"
#include "call/facts.hpp"
#include "crm/memory.hpp"

namespace td::crm {

struct directory_rules {
    duration fresh = 10min;                 ///< crm.fresh: an answer younger than this is not asked for again
    duration stale = std::chrono::days{7};  ///< crm.stale: one younger than this stands in when the CRM fails
    duration nobody_for = 30s;      ///< "no such flat" is believed this long: somebody may be adding it just now
    std::size_t entries = 200'000;  ///< flats and panels remembered together
};

struct directory_counters {
    std::uint64_t asked = 0;     ///< requests to the CRM
    std::uint64_t answered = 0;  ///< of them, good answers and "no such thing"
    std::uint64_t failed = 0;
    std::uint64_t fresh = 0;   ///< flats answered from memory without asking
    std::uint64_t stale = 0;   ///< flats answered from memory because the CRM failed
    std::uint64_t shared = 0;  ///< flats and panels that another call was asking for already
    std::uint64_t dropped_names = 0;
};

class directory {
public:
    explicit directory(directory_rules rules) : rules_(rules), memory_(rules.entries) {}

    struct turn {
        std::vector<call::fact> facts;  ///< for the calls
        std::vector<question> ask;      ///< for the CRM; each must come back as one `answered`
    };

    /// A call wants its flat and the panel's title.
    [[nodiscard]] turn find(const call::find_accounts& wanted, instant now);
    /// An emergency call wants to know where its panel stands: at once what is remembered, however old, and then, where
    /// that is not fresh, what the CRM says.
    [[nodiscard]] turn find_site(const call::find_site& wanted, instant now);
    /// What came of a question: what the CRM knows, or a failure whose text is the short reason.
    [[nodiscard]] turn answered(const question& asked, result<knowledge> answer, instant now);

    /// What a former run was told; nothing is asked or answered.
    void remember(const question& asked, remembered answer) { memory_.put(asked, std::move(answer)); }
    /// The panel as it is remembered, up to `stale` old: for the site data of an emergency call.
    [[nodiscard]] std::optional<panel_record> panel(const panel_id& name, instant now);

    void count_dropped_names(std::uint64_t more) { counters_.dropped_names += more; }
    [[nodiscard]] const directory_counters& counters() const { return counters_; }
    [[nodiscard]] std::size_t remembered_count() const { return memory_.size(); }

private:
    struct waiter {
        call_id call;
        instant since{};
        bool site = false;  ///< of a panel: where it stands is asked, not its title
    };

    void ask(const question& asked, const waiter& who, turn& turned);
    void look_up(const question& asked, const waiter& who, instant now, turn& turned);
    [[nodiscard]] bool believed(const remembered& known, instant now) const;
    [[nodiscard]] const remembered* good_and_younger(const question& asked, duration limit, instant now);
    void tell(const question& asked, const waiter& who, const knowledge& known, call::crm_source source, instant now,
              turn& turned) const;
    void tell_failure(const question& asked, const waiter& who, const failure& why, instant now, turn& turned);

    directory_rules rules_;
    memory memory_;
    // Bounded by the calls that live (door.max_calls): each waits for at most two questions.
    std::unordered_map<question, std::vector<waiter>, question_hash> waiting_;
    directory_counters counters_;
};

}  // namespace td::crm
