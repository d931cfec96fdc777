#pragma once
// Names of things. A strong type per kind of name, so that a flat can never be passed where a panel is meant.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace td {

/// A name given by somebody else (a panel, a flat, an account, an Asterisk channel): any bytes, compared as bytes.
template <class Tag>
class id {
public:
    id() = default;
    explicit id(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }

    friend bool operator==(const id&, const id&) = default;
    friend auto operator<=>(const id&, const id&) = default;

private:
    std::string text_;
};

using panel_id = id<struct panel_tag>;
using flat_id = id<struct flat_tag>;
using account_id = id<struct account_tag>;
using device_id = id<struct device_tag>;
/// Asterisk's name of a channel. Our own legs are called td.<call>.<leg>; a panel's leg has Asterisk's name.
using channel_id = id<struct channel_tag>;

/// A call: 26 characters of Crockford's base 32 in lower case, 48 bits of milliseconds and then 80 random bits, so that
/// names sort by time and two workers never choose the same one. One case and one width, because Asterisk refuses a
/// channel id that is a prefix of a living one and does not see case.
class call_id {
public:
    static constexpr std::size_t length = 26;

    call_id() { text_.fill('0'); }
    /// The name made of `milliseconds` since the Unix epoch (48 bits are used) and 80 random bits in two parts.
    static call_id of(std::uint64_t milliseconds, std::uint16_t random_high, std::uint64_t random_low);
    /// Nothing when the text is not 26 characters of the alphabet.
    static std::optional<call_id> parse(std::string_view text);

    [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }
    /// Milliseconds since the Unix epoch at which the name was made.
    [[nodiscard]] std::uint64_t made_at_milliseconds() const;

    friend bool operator==(const call_id&, const call_id&) = default;
    friend auto operator<=>(const call_id&, const call_id&) = default;

private:
    std::array<char, length> text_{};
};

/// The number of one of our legs within its call: 0 to 99, because its name has two digits.
struct leg_no {
    std::uint8_t value = 0;
    static constexpr std::uint8_t limit = 100;
    friend bool operator==(leg_no, leg_no) = default;
    friend auto operator<=>(leg_no, leg_no) = default;
};

/// One of our legs: which call, which number.
struct leg_ref {
    call_id call;
    leg_no leg;
    friend bool operator==(const leg_ref&, const leg_ref&) = default;
};

/// td.<call>.<leg>, the channel id of one of our legs.
std::string channel_name(const leg_ref& leg);
/// td.<call>, the id of the bridge of a call.
std::string bridge_name(const call_id& call);
/// The leg that a channel id names; nothing when the channel is not one of ours.
std::optional<leg_ref> leg_of_channel(std::string_view channel);
/// The call that a bridge id names; nothing when the bridge is not one of ours.
std::optional<call_id> call_of_bridge(std::string_view bridge);

}  // namespace td

template <class Tag>
struct std::hash<td::id<Tag>> {
    std::size_t operator()(const td::id<Tag>& name) const noexcept { return std::hash<std::string>{}(name.text()); }
};

template <>
struct std::hash<td::call_id> {
    std::size_t operator()(const td::call_id& call) const noexcept {
        return std::hash<std::string_view>{}(call.text());
    }
};
