#pragma once
// Where two commands of one kind differ, field by field.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "replay/ignored_fields.hpp"

namespace td::replay {

/// Both values are JSON; an empty one stands for nothing: a list ends before it.
struct field_difference {
    std::string field;  ///< reason, legs[2].why
    std::string recorded;
    std::string today;
};

/// Compares lines of a journal. A field that only one of them has is no difference: the writer of the other was older
/// and had not got it, since every writer writes every field it knows. The moment is that of the fact, and not
/// compared.
class command_comparer {
public:
    explicit command_comparer(ignored_fields ignored);
    ~command_comparer();

    /// The first in the order in which today's writer writes; nothing when they are alike. Both are of that kind and
    /// can be read.
    [[nodiscard]] std::optional<field_difference> first_difference(std::string_view kind, std::string_view recorded,
                                                                   std::string_view today);
    [[nodiscard]] const ignored_fields& ignored() const;

private:
    struct insides;
    std::unique_ptr<insides> in_;
};

}  // namespace td::replay
