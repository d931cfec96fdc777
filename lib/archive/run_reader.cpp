#include "archive/run_reader.hpp"

#include <simdjson.h>

#include <cstring>
#include <utility>

#include "archive/file_head.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/journal_text.hpp"

namespace td::archive {

struct run_reader::insides {
    explicit insides(const journal_run& of) : run(of) {}

    const told* next();
    const told* open_next();
    const told* read_on();
    const told* end_file();
    const told* tell(std::string_view line);
    const told* tell_head(std::string_view line);
    const told* tell_trouble(std::string words);
    void begin_after(const file_head& head);
    [[nodiscard]] std::optional<journal::header> guessed_header() const;
    [[nodiscard]] joint joint_of(const journal::header& first) const;
    [[nodiscard]] std::string where() const {
        return "journal " + from->name + (line == 0 ? "" : ": line " + std::to_string(line)) + ": ";
    }

    const journal_run& run;
    std::size_t next_file = 0;
    const source* from = nullptr;
    std::optional<runtime::journal_text> file{};
    std::string text{};         ///< a piece of the file, with room for simdjson's padding behind it
    std::size_t place = 0;      ///< how much of it was told
    std::size_t searched = 0;   ///< how much of it has no line end behind `place`
    std::uint64_t text_at = 0;  ///< where it stands in the file
    std::size_t line = 0;
    bool at_end = false;       ///< nothing of the file follows the text
    std::string broken{};      ///< why not
    bool within_long = false;  ///< the text begins within a line that is too long
    bool deaf = false;         ///< until the next header: what stands here is no journal of ours
    bool head_told = false;    ///< of a file that begins with no header
    journal::reader headers{};
    std::uint64_t bytes = 0;

    std::optional<journal::header> before{};  ///< of the file that was read last
    bool whole = false;                       ///< it was read to its end
    retold_head retold{};
    bool pass_over_retold = false;
    told now{};
};

const told* run_reader::insides::next() {
    for (;;) {
        const told* news = nullptr;
        if (!file) {
            if (next_file == run.files.size()) {
                return nullptr;
            }
            news = open_next();
        } else if (const auto* end =
                       static_cast<const char*>(std::memchr(text.data() + searched, '\n', text.size() - searched))) {
            const std::string_view one(text.data() + place, static_cast<std::size_t>(end - text.data()) - place);
            now.offset = text_at + place;
            place += one.size() + 1;
            searched = place;
            ++line;
            const bool skipped = std::exchange(within_long, false);
            news = skipped || one.empty() ? nullptr : tell(one);
        } else {
            searched = text.size();
            news = at_end ? end_file() : read_on();
        }
        if (news != nullptr) {
            return news;
        }
    }
}

const told* run_reader::insides::open_next() {
    from = &run.files[next_file++];
    line = 0;
    text.clear();
    place = searched = 0;
    text_at = 0;
    at_end = within_long = deaf = head_told = false;
    broken.clear();
    if (from->is_standard_input()) {
        file = runtime::journal_text::of_standard_input(from->name);
        return nullptr;
    }
    auto opened = runtime::journal_text::open(from->file);
    if (!opened) {
        whole = false;
        return tell_trouble(opened.why().text);
    }
    file = std::move(*opened);
    return nullptr;
}

/// The line that the text ends with is kept, all before it has been told.
const told* run_reader::insides::read_on() {
    text_at += place;
    text.erase(0, place);
    searched -= place;
    place = 0;
    if (text.size() > journal::reader::longest_line) {
        text_at += text.size();
        text.clear();
        searched = 0;
        if (!std::exchange(within_long, true)) {
            ++line;
            const told* news =
                tell_trouble(where() + "is longer than " + std::to_string(journal::reader::longest_line) + " bytes");
            --line;  // its end counts it
            return news;
        }
    }
    text.reserve(text.size() + runtime::journal_text::piece_bytes + simdjson::SIMDJSON_PADDING);
    const auto count = file->read(text);
    at_end = !count || *count == 0;
    broken = count ? "" : count.why().text;
    bytes += count ? *count : 0;
    return nullptr;
}

const told* run_reader::insides::end_file() {
    if (place < text.size() && !within_long) {
        now.what = told::kind::torn;
        now.text = std::string_view(text).substr(place);
        now.offset = text_at + place;
        now.line = line + 1;
        now.from = from;
        place = searched = text.size();
        if (!deaf && (line > 0 || torn_header(now.text))) {
            return &now;
        }
        if (!deaf) {
            broken = "journal " + from->name + ": is no journal";
        }
    }
    file.reset();
    if (!broken.empty()) {
        whole = false;
        return tell_trouble(std::move(broken));
    }
    return nullptr;
}

const told* run_reader::insides::tell(std::string_view one) {
    if ((line == 1 && !head_told) || looks_like_header(one)) {
        return tell_head(one);
    }
    if (deaf) {
        return nullptr;
    }
    now.retold = retold.takes(one);
    if (now.retold && pass_over_retold) {
        return nullptr;
    }
    now.what = told::kind::line;
    now.from = from;
    now.line = line;
    now.text = one;
    return &now;
}

const told* run_reader::insides::tell_head(std::string_view one) {
    file_head head = head_of(headers, one);
    const bool foreign = head.what == file_head::kind::foreign && from->is_standard_input();
    deaf = foreign || head.what == file_head::kind::refused;
    if (deaf) {
        whole = false;
        return tell_trouble(where() + (foreign ? "is no line of a journal: " : "") + head.words);
    }
    now.words.clear();
    if (!head.first) {
        now.words = "journal " + from->name + ": " + head.words + ": its header is lost";
        head.first = guessed_header();
        head.opened = {};
    }
    if (head.what == file_head::kind::line) {  // it is told as a line, too
        place = searched = static_cast<std::size_t>(one.data() - text.data());
        line = 0;
        head_told = true;
    }
    begin_after(head);
    now.what = told::kind::head;
    now.from = from;
    now.line = 1;
    now.text = one;
    now.retold = false;
    now.opened = head.opened;
    now.first = std::move(head.first);
    return &now;
}

void run_reader::insides::begin_after(const file_head& head) {
    now.how = head.first ? joint_of(*head.first) : joint::hole;
    before = head.first;
    whole = true;
    const bool counted = head.what == file_head::kind::header;
    retold = retold_head(counted ? std::optional(retold_lines(*head.first)) : std::nullopt);
    pass_over_retold = now.how == joint::goes_on || !counted;
}

joint run_reader::insides::joint_of(const journal::header& first) const {
    const bool same_run = before && before->node == first.node && before->run == first.run;
    if (same_run && whole && first.seq == before->seq + 1) {
        return joint::goes_on;
    }
    return !same_run && first.seq == 1 ? joint::run_begins : joint::hole;
}

/// The file's name says its place in the run, and the file before it the rest, or else one behind it.
std::optional<journal::header> run_reader::insides::guessed_header() const {
    auto like = before;
    for (auto each = run.files.begin(); !like && each != run.files.end(); ++each) {
        like = each->first;
    }
    if (like && from->seq != 0 && from->node == like->node && from->run == runtime::run_text(like->run)) {
        like->seq = from->seq;
        like->retold.reset();  // how much its own head tells again is lost
        return like;
    }
    return std::nullopt;
}

const told* run_reader::insides::tell_trouble(std::string words) {
    now.what = told::kind::trouble;
    now.from = from;
    now.line = line;
    now.text = {};
    now.retold = false;
    now.words = std::move(words);
    return &now;
}

run_reader::run_reader(const journal_run& of) : in_(std::make_unique<insides>(of)) {}
run_reader::~run_reader() = default;

const told* run_reader::next() {
    return in_->next();
}

std::uint64_t run_reader::bytes() const {
    return in_->bytes;
}

}  // namespace td::archive
