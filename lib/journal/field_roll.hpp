#pragma once
// Which field of a line is missing: an io of part_shapes.hpp that only counts.

#include <cstdint>
#include <string_view>

namespace td::journal {

/// Finds the first field that the text did not have.
class field_roll {
public:
    explicit field_roll(std::uint64_t seen) : seen_(seen) {}

    template <class Value>
    void field(std::string_view name, const Value&) {
        if (missing_.empty() && ((seen_ >> count_) & 1U) == 0) {
            missing_ = name;
        }
        ++count_;
    }
    template <class Value>
    void later_field(std::string_view, const Value&) {
        ++count_;
    }
    [[nodiscard]] std::string_view missing() const { return missing_; }

private:
    std::uint64_t seen_;
    unsigned count_ = 0;
    std::string_view missing_;
};

}  // namespace td::journal
