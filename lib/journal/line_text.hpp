#pragma once
// The end of a text that grows by many small pieces, as lines of a journal do: they are gathered in a buffer of fixed
// size, and appended together. A string would look at its room for every comma.

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "base/json_text.hpp"

namespace td::journal {

class line_text {
public:
    explicit line_text(std::string& out) : out_(out) {}
    ~line_text() { flush(); }
    line_text(const line_text&) = delete;
    line_text& operator=(const line_text&) = delete;

    /// In line, where the size of nearly every piece is known: then it is a few moves.
    [[gnu::always_inline]] inline void put(std::string_view piece) {
        if (piece.size() > left()) {
            flush();
            out_.append(piece);
            return;
        }
        std::memcpy(end(), piece.data(), piece.size());
        used_ += piece.size();
    }

    /// As a JSON string.
    void put_json(std::string_view text) {
        if (stands_for_itself(text)) {
            put("\"");
            put(text);
            put("\"");
        } else {
            flush();
            append_json_text(out_, text, broken_utf8::kept);
        }
    }

    template <class Number>
    void put_number(Number number) {
        constexpr std::size_t longest = 32;  // a double has 24
        if (left() < longest) {
            flush();
        }
        const auto written = std::to_chars(end(), end() + longest, number);
        used_ += static_cast<std::size_t>(written.ptr - end());
    }

private:
    [[nodiscard]] std::size_t left() const { return room_.size() - used_; }
    [[nodiscard]] char* end() { return room_.data() + used_; }
    void flush() {
        out_.append(room_.data(), used_);
        used_ = 0;
    }

    std::string& out_;
    std::size_t used_ = 0;
    std::array<char, 1024> room_;  // not filled: that would cost as much as the line
};

}  // namespace td::journal
