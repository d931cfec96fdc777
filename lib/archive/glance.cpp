#include "archive/glance.hpp"

#include <array>

#include "base/id.hpp"

namespace td::archive {
namespace {

constexpr std::string_view start = R"({"at":")";
constexpr std::size_t moment_length = 27;  // 2026-11-23T02:34:52.076123Z

/// Takes `expected` off the front.
bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) {
        return false;
    }
    text.remove_prefix(expected.size());
    return true;
}

/// Up to the next quotation mark, which goes too; what holds a backslash is left to the whole reader.
bool take_text(std::string_view& text, std::string_view& into) {
    const auto end = text.find_first_of("\"\\");
    if (end == std::string_view::npos || text[end] == '\\') {
        return false;
    }
    into = text.substr(0, end);
    text.remove_prefix(end + 1);
    return true;
}

glance::kind kind_of_fact(std::string_view name) {
    using kind = glance::kind;
    switch (name.size()) {
        case 10: return name == "panel_left" ? kind::panel_left : name == "drain_over" ? kind::general : kind::of_call;
        case 8: return name == "pbx_seen" ? kind::general : kind::of_call;
        case 11:
            return name == "sos_arrived"   ? kind::arrival
                   : name == "drain_begun" ? kind::general
                   : name == "time_passed" ? kind::nobody
                                           : kind::of_call;
        case 13:
            return name == "panel_arrived" ? kind::arrival : name == "pbx_line_lost" ? kind::general : kind::of_call;
        case 14: return name == "accounts_found" ? kind::accounts : kind::of_call;
        case 15: return name == "memory_recalled" ? kind::recalled : kind::of_call;
        case 16: return name == "callback_arrived" ? kind::arrival : kind::of_call;
        case 18: return name == "account_registered" ? kind::registered : kind::of_call;
        default: return kind::of_call;
    }
}

glance::kind kind_of_command(std::string_view name) {
    if (name == "finish" || name == "finish_sos" || name == "finish_callback") {
        return glance::kind::record;
    }
    return name == "drop_stray" || name == "remove_stray_bridge" || name == "panel_taken" || name == "panel_freed"
               ? glance::kind::nobody
               : glance::kind::of_call;
}

}  // namespace

glance look_at(std::string_view line) {
    glance seen;
    if (line.starts_with(R"({"journal":)")) {
        seen.what = glance::kind::header;
        return seen;
    }
    if (!take(line, start) || line.size() < moment_length + 3 || line[moment_length] != '"') {
        return seen;
    }
    seen.moment = line.substr(0, moment_length);
    line.remove_prefix(moment_length + 1);
    seen.retold = take(line, R"(,"retold":true)");
    std::string_view name;
    glance::kind what = glance::kind::unknown;
    if (take(line, R"(,"fact":")") && take_text(line, name)) {
        what = kind_of_fact(name);
    } else if (take(line, R"(,"do":")") && take_text(line, name)) {
        what = kind_of_command(name);
    } else if (line.starts_with(R"(,"rules":)")) {
        what = glance::kind::rules;
    } else if (line.starts_with(R"(,"gap":)")) {
        what = glance::kind::gap;
    }
    switch (what) {
        case glance::kind::of_call:
        case glance::kind::arrival:
        case glance::kind::accounts:
        case glance::kind::record:
            if (!take(line, R"(,"call":")") || !take_text(line, seen.call) || seen.call.size() != call_id::length) {
                return seen;
            }
            break;
        case glance::kind::panel_left:
            if (!take(line, R"(,"channel":")") || !take_text(line, seen.key)) {
                return seen;
            }
            break;
        case glance::kind::registered:
            if (!take(line, R"(,"account":")") || !take_text(line, seen.key)) {
                return seen;
            }
            break;
        case glance::kind::unknown:
        case glance::kind::header:
        case glance::kind::rules:
        case glance::kind::gap:
        case glance::kind::recalled:
        case glance::kind::general:
        case glance::kind::nobody: break;
    }
    seen.what = what;
    return seen;
}

}  // namespace td::archive
