#include "archive/file_head.hpp"

#include <algorithm>
#include <variant>

namespace td::archive {
namespace {

/// How every file begins.
constexpr std::string_view beginning = R"({"journal":"tdctl",)";

/// Nothing where it does not begin as a line does.
std::string_view behind_moment(std::string_view line) {
    constexpr std::string_view start = R"({"at":")";
    constexpr std::size_t kind_at = start.size() + std::string_view("2026-11-23T02:34:52.076131Z").size();
    return line.starts_with(start) ? line.substr(std::min(line.size(), kind_at)) : std::string_view();
}

}  // namespace

bool looks_like_header(std::string_view line) {
    return line.starts_with(beginning);
}

bool torn_header(std::string_view text) {
    return text.starts_with(beginning) || beginning.starts_with(text);
}

file_head head_of(journal::reader& from, std::string_view first_line) {
    file_head head;
    auto read = from.read(first_line);
    if (!read) {
        const bool newer = read.why().kind == failure_kind::refused;
        head.what = newer                           ? file_head::kind::refused
                    : looks_like_header(first_line) ? file_head::kind::damaged
                                                    : file_head::kind::foreign;
        head.words = read.why().text;
        return head;
    }
    if (auto* first = std::get_if<journal::header>(&read->what)) {
        head.what = file_head::kind::header;
        head.opened = read->at;
        head.first = std::move(*first);
        return head;
    }
    head.what = file_head::kind::line;
    head.words = "line 1 is no header";
    return head;
}

bool tells_again(std::string_view line) {
    return behind_moment(line).starts_with(R"(","retold":true)");
}

std::uint64_t retold_lines(const journal::header& first) {
    return first.retold.value_or(0);  // older writers told nothing again
}

bool tells_news(std::string_view line) {
    line = behind_moment(line);
    return line.starts_with(R"(","fact":)") || line.starts_with(R"(","do":)") || line.starts_with(R"(","rules":)") ||
           line.starts_with(R"(","gap":)");
}

bool retold_head::takes(std::string_view line) {
    const bool in = left_ ? *left_ > 0 && !tells_news(line) : tells_again(line);
    if (!in) {
        left_ = 0;
    } else if (left_) {
        --*left_;
    }
    return in;
}

}  // namespace td::archive
