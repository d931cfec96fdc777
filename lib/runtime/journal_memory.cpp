#include "runtime/journal_memory.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "journal/codec.hpp"
#include "journal/moment_order.hpp"
#include "runtime/journal_page.hpp"

namespace td::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view recalled = R"(Z","fact":"memory_recalled")";  // not one that is told again

/// How every file begins.
constexpr std::string_view beginning = R"({"journal":"tdctl",)";

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
    std::vector<journal_page> take() {
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
            if (too_much && only_words_) {
                complete_ = true;
                return;
            }
            complain(text.why().text +
                     (too_much ? ": older calls are not remembered" : ": it is not remembered, and no older run is"));
            complete_ = too_much;
            if (!too_much) {
                lose(file);
            }
            return;
        }
        if (text->find('\n') == std::string::npos) {
            without_line(file, *text);
        } else {
            look_into(file, std::move(*text));
        }
    }

    /// What such a process wrote within its first second at most is lost, so the run before it is the memory still.
    void without_line(const fs::path& file, const std::string& text) {
        const bool cut_short = text.starts_with(beginning) || beginning.starts_with(text);
        const bool never_synced = text.find_first_not_of('\0') == std::string::npos;
        if (cut_short) {
            return;
        }
        complain("journal " + file.string() +
                 (never_synced ? ": holds NUL bytes only, as a power cut leaves them: it is not remembered"
                               : ": holds no line at all: it is not remembered, and no older run is"));
        if (!never_synced) {
            lose(file);
        }
    }

    void look_into(const fs::path& file, std::string text) {
        const std::size_t bytes = text.size();
        auto first = journal::reader().read(std::string_view(text).substr(0, text.find('\n')));
        auto* head = first ? std::get_if<journal::header>(&first->what) : nullptr;
        if (!first && first.why().kind == failure_kind::refused) {
            complain("journal " + file.string() + ": " + first.why().text +
                     ": neither it nor an older file is remembered");
            complete_ = true;  // an older run would bring back calls that ended in this one
        } else if (head == nullptr) {
            complain("journal " + file.string() + ": " + (first ? "line 1 is no header" : first.why().text) +
                     ": its header is lost, and only the lines behind it are remembered");
            add({file, std::move(text), *name_of(file), {}, std::nullopt, bytes});
        } else if (head->node != node_) {
            complain("journal " + file.string() + ": written by node " + head->node + ": it is not remembered");
        } else {
            add({file, std::move(text), *name_of(file), first->at, std::move(*head), bytes});
        }
    }

    /// Nobody knows what its run took over, and what ended in it: an older run would bring back calls that are over.
    void lose(const fs::path& file) {
        if (enter({name_of(file)->run, std::nullopt})) {
            told_ = true;
        }
    }

    /// False when no file of this run is wanted.
    bool enter(const run_mark& run) {
        if (run_ && !run_->same_as(run)) {
            if (told_ || older_writer()) {
                complete_ = true;
                return false;
            }
            forget_pages();  // it died before it had remembered, so what it should have stands in the run before
        }
        run_ = run_ && run_->exact ? run_ : run;
        return true;
    }

    void add(journal_page next) {
        if (!enter(next.run())) {
            return;
        }
        told_ = told_ || tells_of_memory(next);
        memory_.bytes += next.bytes;
        ++memory_.files;
        // Two lines say it; the later one is the safe one, where one of them is damaged.
        const auto behind = begins_at(next);
        const auto begin = behind ? std::optional(std::max(*behind, next.opened)) : std::nullopt;
        const bool has_head = next.first && next.first->retold;
        const bool whole_head = has_head && has_whole_head(next);
        if (only_words_) {
            leave_last_words(next);
        }
        look_at_lines(next);
        words_ += next.last_words;
        if (const auto end = words_from_ == never ? ends_at(next) : std::nullopt) {
            words_from_ = *end - journal::recollector::limits{}.last_words;
        }
        if (!only_words_ && memory_.bytes > limit_.at_once) {
            next.text = std::string();
        }
        pages_.push_back(std::move(next));
        const auto* told = newest_header();
        // Of a head that is not whole, nothing is taken for the time of its lines.
        const bool reaches_back =
            has_head ? whole_head : told != nullptr && told->oldest && begin && *begin <= *told->oldest;
        // Where the header is damaged, the file before tells the rules.
        only_words_ = only_words_ || (told_ && reaches_back && pages_.back().first);
        const bool enough_words = pages_.back().name.seq == 1 ||
                                  (words_from_ != never && begin && *begin <= words_from_) ||
                                  words_ >= journal::recollector::limits{}.most_words;
        complete_ = only_words_ && enough_words;
    }

    /// A file's oldest call is no younger than that of the file behind it, so any header will do.
    [[nodiscard]] const journal::header* newest_header() const {
        const auto found =
            std::ranges::find_if(pages_, [](const journal_page& each) { return each.first.has_value(); });
        return found == pages_.end() ? nullptr : &*found->first;
    }

    /// Older writers do not say whether a file before it did; of theirs a second file is taken for a sign, and so it is
    /// where the header is damaged: a run has written down what it remembers long before its first file is full.
    [[nodiscard]] bool tells_of_memory(const journal_page& next) const {
        const bool behind_another = next.first ? next.first->recalled.value_or(!pages_.empty()) : next.name.seq > 1;
        return behind_another || next.text.find(recalled) != std::string::npos;
    }

    void forget_pages() {
        for (const journal_page& each : pages_) {
            memory_.bytes -= each.bytes;
            --memory_.files;
        }
        pages_.clear();
        run_.reset();
        told_ = false;
        only_words_ = false;
        words_ = 0;
        words_from_ = never;
    }

    /// Which did not say where to begin, and wrote down no memory.
    [[nodiscard]] bool older_writer() const {
        const auto* told = newest_header();
        return told != nullptr && !told->oldest;
    }

    [[nodiscard]] static std::optional<journal_file_name> name_of(const fs::path& file) {
        return journal_file_name::parse(file.filename().string());
    }

    const std::string& node_;
    journal_memory& memory_;
    memory_limits limit_;
    std::vector<journal_page> pages_;  // newest first, of one run
    std::optional<run_mark> run_;
    bool told_ = false;        // they hold the end of that run's memory
    bool only_words_ = false;  // they hold all that living calls need
    std::size_t words_ = 0;
    instant words_from_ = never;
    bool complete_ = false;
};

void read_page(journal_page from, journal::recollector& into, page_finder& finder) {
    const std::string where = "journal " + from.file.string() + ": ";
    if (from.text.empty()) {
        auto again = read_journal_file(from.file, from.bytes);
        if (!again) {
            finder.complain(again.why().text + ": it is not remembered");
            return;
        }
        from.text = std::move(*again);
    }
    journal::reader lines;
    lines.take(std::move(from.text));
    while (auto line = lines.next()) {
        const std::size_t number = lines.line_number();
        if (!*line) {
            if (from.first || number > 1) {  // else it is the header, which was named already
                finder.complain(where + line->why().text + ": the line is left out");
            }
            continue;
        }
        journal::entry& told = **line;
        if (const instant at = from.moments[number - 1]; at != journal::unknown_moment && at != told.at) {
            finder.complain(where + "line " + std::to_string(number) + " says " + rfc3339(told.at) +
                            ", which cannot be: it is taken as of " + rfc3339(at));
            told.at = at;
        }
        told.retold = told.retold && from.use != page_use::beginning;
        into.take(std::move(told));
    }
    if (lines.torn() > 0) {
        finder.complain(where + "the last " + std::to_string(lines.torn()) + " bytes are a torn line");
    }
}

/// The rules where the pages begin: as the first of them says, else any behind it, else those of today.
const call::rules& rules_of(const std::vector<journal_page>& pages, const call::rules& today) {
    const auto found = std::ranges::find_if(pages, [](const journal_page& each) { return each.first.has_value(); });
    return found == pages.end() ? today : found->first->rules;
}

/// The moments of the pages' lines as they are to be taken.
void put_in_order(std::span<journal_page> pages, instant latest) {
    std::vector<instant> moments;
    for (journal_page& each : pages) {
        for (const std::uint32_t place : each.use == page_use::news ? each.retold : std::vector<std::uint32_t>()) {
            each.moments[place] = journal::unknown_moment;
        }
        moments.insert(moments.end(), each.moments.begin(), each.moments.end());
    }
    moments = journal::put_in_order(std::move(moments), latest);
    std::span<const instant> rest = moments;
    for (journal_page& each : pages) {
        std::ranges::copy(rest.first(each.moments.size()), each.moments.begin());
        rest = rest.subspan(each.moments.size());
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

journal_memory read_memory(const fs::path& dir, const std::string& node, const reading_run& here,
                           const memory_limits& limit) {
    journal_memory memory;
    page_finder finder(node, memory, limit);
    finder.find(without_copies(journal_files(dir, node)));
    journal::recollector recollector;
    std::vector<journal_page> pages = finder.take();
    recollector.take({instant{}, journal::rules_changed{rules_of(pages, here.rules)}});
    for (const journal_page& each : pages) {
        memory.clock = each.first ? each.first->clock : memory.clock;
    }
    const instant latest = journal::on_clock(memory.clock, here.clock, here.now).value_or(never);
    const auto is_news = [](const journal_page& each) { return each.use == page_use::news; };
    const auto living = std::ranges::find_if(pages, is_news);
    if (living != pages.end()) {
        living->use = page_use::beginning;
    }
    // What is told again is older than the last words of files before.
    put_in_order({pages.begin(), living}, latest);
    put_in_order({living, pages.end()}, latest);
    for (journal_page& each : pages) {
        read_page(std::move(each), recollector, finder);
    }
    memory.what = recollector.finish();
    return memory;
}

}  // namespace td::runtime
