#pragma once
// What may be shown of a phone number, a token or a secret in a log.

#include <string>
#include <string_view>

namespace td {

/// A phone number or account for a log line: all but the last four characters become '*' (79001112233 -> *******2233);
/// of a text of up to four characters nothing is shown.
[[nodiscard]] inline std::string redacted(std::string_view text) {
    constexpr std::size_t shown = 4;
    if (text.size() <= shown) {
        return std::string(text.size(), '*');
    }
    return std::string(text.size() - shown, '*').append(text.substr(text.size() - shown));
}

/// A secret that cannot be printed by accident: it has no operator<< and no formatter; `reveal` is easy to grep for.
class secret {
public:
    secret() = default;
    explicit secret(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const std::string& reveal() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    friend bool operator==(const secret&, const secret&) = default;

private:
    std::string text_;
};

}  // namespace td
