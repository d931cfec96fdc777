#include "runtime/journal_memory.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "journal/codec.hpp"
#include "runtime/journal_files.hpp"

namespace td::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view recalled = R"("fact":"memory_recalled")";

/// A file of the run that is remembered.
struct page {
    fs::path file;
    std::string text;
    journal::header first;
};

std::optional<instant> moment_of(std::string_view text) {
    const auto line = journal::reader().read(text);
    return line ? std::optional(line->at) : std::nullopt;
}

/// The moment of the first line behind the header; nothing when there is none.
std::optional<instant> begins_at(std::string_view text) {
    const auto head_end = text.find('\n');
    const auto line_end = text.find('\n', head_end + 1);
    if (line_end == std::string_view::npos) {
        return std::nullopt;
    }
    return moment_of(text.substr(head_end + 1, line_end - head_end - 1));
}

/// The moment of the last whole line behind the header; nothing when there is none, or it cannot be read.
std::optional<instant> ends_at(std::string_view text) {
    const auto line_end = text.rfind('\n');
    const auto before =
        line_end == 0 || line_end == std::string_view::npos ? std::string_view::npos : text.rfind('\n', line_end - 1);
    if (before == std::string_view::npos) {
        return std::nullopt;
    }
    return moment_of(text.substr(before + 1, line_end - before - 1));
}

/// Finds the files to read, newest first.
class page_finder {
public:
    page_finder(const std::string& node, journal_memory& memory, const memory_limits& limit)
        : node_(node), memory_(memory), limit_(limit) {}

    void find(const std::vector<fs::path>& files) {
        for (auto file = files.rbegin(); file != files.rend() && !complete_; ++file) {
            look_at(*file);
        }
    }

    /// In the order of their lines.
    std::vector<page> take() {
        std::reverse(pages_.begin(), pages_.end());
        return std::move(pages_);
    }

    void complain(std::string words) {
        if (memory_.complaints.size() < limit_.complaints) {
            memory_.complaints.push_back(std::move(words));
        } else if (memory_.complaints.size() == limit_.complaints) {
            memory_.complaints.emplace_back("journal: there is more that cannot be read");
        }
    }

private:
    void look_at(const fs::path& file) {
        auto text = read_journal_file(file, limit_.bytes - memory_.bytes);
        if (!text) {
            const bool too_much = text.why().kind == failure_kind::full;
            if (too_much && reaches_back_) {
                complete_ = true;  // only for last words was more wanted
                return;
            }
            complain(text.why().text + (too_much ? ": older calls are not remembered" : ": it is not remembered"));
            complete_ = too_much;
            return;
        }
        const auto head_end = text->find('\n');
        if (head_end == std::string::npos) {
            return;  // its process died before the first line was whole
        }
        auto first = journal::reader().read(std::string_view(*text).substr(0, head_end));
        auto* head = first ? std::get_if<journal::header>(&first->what) : nullptr;
        if (head == nullptr) {
            complain("journal " + file.string() + ": " + (first ? "line 1 is no header" : first.why().text) +
                     ": neither it nor an older file is remembered");
            complete_ = true;  // an older run would bring back calls that ended in this one
        } else if (head->node != node_) {
            complain("journal " + file.string() + ": written by node " + head->node + ": it is not remembered");
        } else {
            add({file, std::move(*text), std::move(*head)});
        }
    }

    void add(page next) {
        if (!pages_.empty() && next.first.run != pages_.back().first.run) {
            if (told_ || older_writer()) {
                complete_ = true;
                return;
            }
            forget_pages();  // it died before it had remembered, so what it should have stands in the run before
        }
        told_ = told_ || tells_of_memory(next);
        memory_.bytes += next.text.size();
        ++memory_.files;
        if (const auto end = pages_.empty() ? ends_at(next.text) : std::nullopt) {
            words_from_ = *end - journal::recollector::limits{}.last_words;
        }
        const auto begin = begins_at(next.text);
        pages_.push_back(std::move(next));
        const auto& oldest = pages_.front().first.oldest;
        reaches_back_ = oldest && begin && *begin <= *oldest;
        const bool first_of_run = pages_.back().first.seq == 1;
        complete_ = told_ && reaches_back_ && (first_of_run || *begin <= words_from_);
    }

    /// Older writers do not say whether a file before it did; of theirs a second file is taken for a sign.
    [[nodiscard]] bool tells_of_memory(const page& next) const {
        return next.first.recalled.value_or(!pages_.empty()) || next.text.find(recalled) != std::string::npos;
    }

    void forget_pages() {
        for (const page& each : pages_) {
            memory_.bytes -= each.text.size();
            --memory_.files;
        }
        pages_.clear();
        reaches_back_ = false;
        words_from_ = never;
    }

    /// Which did not say where to begin, and wrote down no memory.
    [[nodiscard]] bool older_writer() const { return !pages_.front().first.oldest; }

    const std::string& node_;
    journal_memory& memory_;
    memory_limits limit_;
    std::vector<page> pages_;    // newest first, of one run
    bool told_ = false;          // they hold the end of that run's memory
    bool reaches_back_ = false;  // to the arrival of the oldest living call
    instant words_from_ = never;
    bool complete_ = false;
};

void read_page(page from, journal::recollector& into, page_finder& finder) {
    journal::reader lines;
    lines.take(std::move(from.text));
    while (auto line = lines.next()) {
        if (*line) {
            into.take(std::move(**line));
        } else {
            finder.complain("journal " + from.file.string() + ": " + line->why().text + ": the line is left out");
        }
    }
    if (lines.torn() > 0) {
        finder.complain("journal " + from.file.string() + ": the last " + std::to_string(lines.torn()) +
                        " bytes are a torn line");
    }
}

/// A file and its compressed copy stand side by side when a process died between the two: one of them is enough.
std::vector<fs::path> without_copies(std::vector<fs::path> files) {
    std::vector<fs::path> kept;
    for (fs::path& file : files) {
        if (kept.empty() || kept.back().string() + ".zst" != file.string()) {
            kept.push_back(std::move(file));
        }
    }
    return kept;
}

}  // namespace

journal_memory read_memory(const fs::path& dir, const std::string& node, const memory_limits& limit) {
    journal_memory memory;
    page_finder finder(node, memory, limit);
    finder.find(without_copies(journal_files(dir, node)));
    journal::recollector recollector;
    for (page& each : finder.take()) {
        memory.clock = each.first.clock;
        read_page(std::move(each), recollector, finder);
    }
    memory.what = recollector.finish();
    return memory;
}

}  // namespace td::runtime
