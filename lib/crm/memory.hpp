#pragma once
// What the CRM said, and when: kept so that an answer need not be asked for twice, and so that a call finds its flat
// while the CRM is down. Bounded; the one used longest ago goes first.

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "call/words.hpp"
#include "crm/panel_record.hpp"

namespace td::crm {

/// Who lives in this flat; with an empty flat: what is this panel.
struct question {
    panel_id panel;
    flat_id flat;
    friend bool operator==(const question&, const question&) = default;
};

/// "There is no such thing" is an answer too.
struct nobody {
    friend bool operator==(nobody, nobody) = default;
};
using knowledge = std::variant<nobody, call::flat_record, panel_record>;

struct remembered {
    knowledge what;
    instant at{};  ///< when the CRM said so
    friend bool operator==(const remembered&, const remembered&) = default;
};

struct question_hash {
    std::size_t operator()(const question& asked) const noexcept {
        const std::size_t panel = std::hash<panel_id>{}(asked.panel);
        // The shifts of boost::hash_combine, so that (a, b) and (b, a) fall apart.
        return panel ^ (std::hash<flat_id>{}(asked.flat) + 0x9e3779b9U + (panel << 6U) + (panel >> 2U));
    }
};

class memory {
public:
    explicit memory(std::size_t limit) : limit_(limit) {}

    /// Nothing when it was never told or is forgotten. Looking counts as use. The pointer holds until the next `put`.
    const remembered* find(const question& asked) {
        const auto found = places_.find(asked);
        if (found == places_.end()) {
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->second;
    }

    /// The newer answer takes the place of the older one, whatever it says.
    void put(const question& asked, remembered answer) {
        if (limit_ == 0) {
            return;
        }
        if (const auto found = places_.find(asked); found != places_.end()) {
            found->second->second = std::move(answer);
            entries_.splice(entries_.begin(), entries_, found->second);
            return;
        }
        if (entries_.size() >= limit_) {
            places_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(asked, std::move(answer));
        places_.emplace(asked, entries_.begin());
    }

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    using list = std::list<std::pair<question, remembered>>;
    std::size_t limit_;
    list entries_;  // the one used last stands first
    std::unordered_map<question, list::iterator, question_hash> places_;
};

}  // namespace td::crm
