#pragma once
// What a well-kept system meets on an ordinary night comes back as a result; exceptions are for a broken deployment.

#include <string>
#include <utility>
#include <variant>

namespace td {

/// Sorts failures by what the caller can do about them; cmd turns them into the exit status.
enum class failure_kind {
    bad_input,    ///< the caller's words are wrong: say which, and how to say it right
    unreachable,  ///< something else is down or silent: try again
    refused,      ///< something else answered no
    not_found,    ///< it answered that there is no such thing
    not_allowed,  ///< rights are missing
    taken,        ///< somebody else holds it
    broken_data,  ///< what came back or stands on disk cannot be read
    full,         ///< a limit is reached
};

/// One sentence with the offending value and the remedy. It never holds a secret.
struct failure {
    failure_kind kind = failure_kind::bad_input;
    std::string text;
};

/// A value or the failure that took its place.
template <class T>
class [[nodiscard]] result {
public:
    result(T value) : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
    // Implicit both ways on purpose: `return value;` and `return failure{…};` read as what they mean.
    result(failure why) : held_(std::in_place_index<1>, std::move(why)) {}  // NOLINT(google-explicit-constructor)
    // Implicit for the same reason.

    [[nodiscard]] bool ok() const { return held_.index() == 0; }
    explicit operator bool() const { return ok(); }

    /// Undefined (it throws) when there is none: ask ok() first.
    [[nodiscard]] T& value() & { return std::get<0>(held_); }
    [[nodiscard]] const T& value() const& { return std::get<0>(held_); }
    [[nodiscard]] T&& value() && { return std::get<0>(std::move(held_)); }
    [[nodiscard]] T& operator*() & { return value(); }
    [[nodiscard]] const T& operator*() const& { return value(); }
    [[nodiscard]] T* operator->() { return &value(); }
    [[nodiscard]] const T* operator->() const { return &value(); }
    [[nodiscard]] const failure& why() const { return std::get<1>(held_); }

private:
    std::variant<T, failure> held_;
};

/// The result of an act that gives nothing back.
struct done {};

}  // namespace td
