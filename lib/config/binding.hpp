#pragma once
// How a key is bound to a member of settings: one maker for each kind of value. The limits are part of the binding, so
// that what a value may be, what is refused and what the message says cannot drift apart.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.hpp"
#include "config/keys.hpp"
#include "config/words.hpp"

namespace td::config {

/// A member of a section of settings.
template <class Section, class Value>
struct place {
    Section settings::*section;
    Value Section::*value;
    [[nodiscard]] Value& in(settings& of) const { return of.*section.*value; }
    [[nodiscard]] const Value& in(const settings& of) const { return of.*section.*value; }
};

/// The words of a choice, and what each means.
template <class Value>
using choices = std::vector<std::pair<std::string_view, Value>>;

/// What a text may be, in words and as a test that gives back "" or why not.
struct text_rule {
    std::string_view wants;
    std::string (*why_not)(std::string_view);
};
/// The same for an address.
struct address_rule {
    std::string_view wants;
    std::string (*why_not)(const address&);
};

struct range {
    std::int64_t least;
    std::int64_t most;
};
struct duration_range {
    duration least;
    duration most;
};

[[nodiscard]] std::string why_not_number(const std::string& text, range within, std::size_t& taken);
[[nodiscard]] std::string why_not_duration(const std::string& text, duration_range within, duration& taken);
[[nodiscard]] std::string why_not_choice(const std::string& text, std::span<const std::string_view> known);

[[nodiscard]] std::string wants_number(range within);
[[nodiscard]] std::string wants_duration(duration_range within);
[[nodiscard]] std::string wants_choice(std::span<const std::string_view> known);

struct heading {
    std::string_view section;
    std::string_view name;
    std::string_view meaning;
};

template <class Section>
key text_key(heading h, place<Section, std::string> at, text_rule rule) {
    return {h.section,
            h.name,
            key_kind::text,
            std::string(rule.wants),
            h.meaning,
            [at, rule](settings& into, const std::string& text) {
                std::string why = rule.why_not(text);
                if (why.empty()) {
                    at.in(into) = text;
                }
                return why;
            },
            [at](const settings& from) { return at.in(from); }};
}

template <class Section>
key number_key(heading h, place<Section, std::size_t> at, range within) {
    return {h.section,
            h.name,
            key_kind::number,
            wants_number(within),
            h.meaning,
            [at, within](settings& into, const std::string& text) { return why_not_number(text, within, at.in(into)); },
            [at](const settings& from) { return std::to_string(at.in(from)); }};
}

template <class Section>
key duration_key(heading h, place<Section, duration> at, duration_range within) {
    return {
        h.section,
        h.name,
        key_kind::text,
        wants_duration(within),
        h.meaning,
        [at, within](settings& into, const std::string& text) { return why_not_duration(text, within, at.in(into)); },
        [at](const settings& from) { return duration_text(at.in(from)); }};
}

template <class Section, class Value>
key choice_key(heading h, place<Section, Value> at, choices<Value> offered) {
    std::vector<std::string_view> known;
    for (const auto& [word, value] : offered) {
        known.push_back(word);
    }
    const auto take = [at, offered, known](settings& into, const std::string& text) {
        for (const auto& [word, value] : offered) {
            if (word == text) {
                at.in(into) = value;
                return std::string();
            }
        }
        return why_not_choice(text, known);
    };
    const auto show = [at, offered](const settings& from) {
        for (const auto& [word, value] : offered) {
            if (value == at.in(from)) {
                return std::string(word);
            }
        }
        return std::string();
    };
    return {h.section, h.name, key_kind::text, wants_choice(known), h.meaning, take, show};
}

template <class Section>
key address_key(heading h, place<Section, address> at, address_rule rule) {
    return {h.section,
            h.name,
            key_kind::address,
            std::string(rule.wants),
            h.meaning,
            [at, rule](settings& into, const std::string& text) {
                result<address> read = parse_address(text);
                std::string why = read ? rule.why_not(*read) : read.why().text;
                if (why.empty()) {
                    at.in(into) = std::move(read).value();
                }
                return why;
            },
            [at](const settings& from) { return at.in(from).text; }};
}

template <class Section>
key secret_key(heading h, place<Section, secret_ref> at) {
    return {h.section,
            h.name,
            key_kind::secret,
            "env:NAME, file:/PATH, credential:NAME or nothing",
            h.meaning,
            [at](settings& into, const std::string& text) {
                result<secret_ref> read = parse_secret_ref(text);
                if (!read) {
                    return read.why().text;
                }
                at.in(into) = std::move(read).value();
                return std::string();
            },
            [at](const settings& from) { return text_of(at.in(from)); }};
}

}  // namespace td::config
