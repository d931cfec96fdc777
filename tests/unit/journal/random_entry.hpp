#pragma once
// Random values for every fact and command: an io of journal/part_shapes.hpp that fills instead of reading.

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/random.hpp"
#include "journal/command_shapes.hpp"
#include "journal/entry.hpp"
#include "journal/fact_shapes.hpp"
#include "journal/value_names.hpp"

namespace td::journal {

class random_filler {
public:
    explicit random_filler(random_source& random) : random_(random) {}

    template <class Value>
    void field(std::string_view, Value& value) {
        fill(value);
    }

    template <class Value>
    void later_field(std::string_view, Value& value) {
        fill(value);
    }

private:
    void fill(std::string& text) {
        text.clear();
        for (std::uint64_t left = random_.below(12); left > 0; --left) {
            // Every byte, and often those that JSON, UTF-8 and the kept bytes care about.
            constexpr std::string_view awkward("\0\n\"\\\x7f\x80\xc2\xed\xee\xbe\xbf\xf4\xff{}[],:", 20);
            text += random_.once_in(2) ? awkward[random_.below(awkward.size())] : static_cast<char>(random_.below(256));
        }
    }
    void fill(call_id& call) {
        call = call_id::of(random_.next() >> 16U, static_cast<std::uint16_t>(random_.next() & 0xFFFFU), random_.next());
    }
    template <class Tag>
    void fill(id<Tag>& name) {
        std::string text;
        fill(text);
        name = id<Tag>(text);
    }
    void fill(leg_no& leg) { leg.value = static_cast<std::uint8_t>(random_.below(leg_no::limit)); }
    void fill(bool& value) { value = random_.once_in(2); }
    template <std::integral Number>
    void fill(Number& number) {
        // All bits, or few: small numbers and both ends of the range.
        number = static_cast<Number>(random_.next() >> random_.below(64));
    }
    void fill(double& value) { value = static_cast<double>(static_cast<std::int64_t>(random_.next())) / 1e9; }
    template <class Part>
    void fill(std::optional<Part>& part) {
        part.reset();
        if (random_.once_in(2)) {
            fill(part.emplace());
        }
    }
    void fill(duration& length) { length = duration{static_cast<std::int64_t>(random_.next())}; }
    void fill(instant& at) {
        const auto shift = random_.below(64);
        at = instant{duration{static_cast<std::int64_t>(random_.next()) >> shift}};
    }
    template <class Value>
    requires std::is_enum_v<Value>
    void fill(Value& value) {
        std::uint8_t count = 0;
        while (name_of(static_cast<Value>(count)) != "?" && !name_of(static_cast<Value>(count)).empty()) {
            ++count;
        }
        value = static_cast<Value>(random_.below(count));
    }
    template <class Part>
    void fill(std::vector<Part>& parts) {
        parts.resize(random_.below(4));
        for (Part& each : parts) {
            fill(each);
        }
    }
    template <class Part>
    requires std::is_aggregate_v<Part>
    void fill(Part& part) { describe(*this, part); }

    random_source& random_;
};

/// One value of every alternative of Choice, in order.
template <class Choice>
std::vector<Choice> one_of_each(random_source& random) {
    std::vector<Choice> all;
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        const auto add = [&]<class Thing>(Thing thing) {
            random_filler filler(random);
            describe(filler, thing);
            all.emplace_back(std::move(thing));
        };
        (add(std::variant_alternative_t<Index, Choice>{}), ...);
    }
    (std::make_index_sequence<std::variant_size_v<Choice>>{});
    return all;
}

}  // namespace td::journal
