#include "journal/moment_reader.hpp"

namespace td::journal {
namespace {

/// The number that these digits are, or -1.
int digits_of(std::string_view text) {
    int number = 0;
    for (const char each : text) {
        if (each < '0' || each > '9') {
            return -1;
        }
        number = number * 10 + (each - '0');
    }
    return number;
}

}  // namespace

bool moment_reader::read(std::string_view text, instant& at) {
    // 2026-11-23T02:34:52.076123Z
    if (text.size() != 27 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' ||
        text[26] != 'Z') {
        const auto slow = parse_rfc3339(text);
        if (slow) {
            at = *slow;
        }
        return slow.has_value();
    }
    if (text.substr(0, 10) != day_text_) {
        const auto day = parse_rfc3339(std::string(text.substr(0, 10)) + "T00:00:00Z");
        if (!day) {
            return false;
        }
        day_text_ = text.substr(0, 10);
        day_ = *day;
    }
    const int hour = digits_of(text.substr(11, 2));
    const int minute = digits_of(text.substr(14, 2));
    const int second = digits_of(text.substr(17, 2));
    const int fraction = digits_of(text.substr(20, 6));
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 || fraction < 0) {
        return false;
    }
    at = day_ + duration{((hour * 60LL + minute) * 60 + second) * 1'000'000 + fraction};
    return true;
}

}  // namespace td::journal
