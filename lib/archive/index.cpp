#include "archive/index.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "archive/file_head.hpp"
#include "archive/glance.hpp"
#include "archive/index_listing.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_text.hpp"
#include "runtime/open_file.hpp"

namespace td::archive {
namespace {

namespace fs = std::filesystem;

/// Reads the text of a file from a place on, line by line.
class line_source {
public:
    static result<line_source> open(const listed_file& file, std::uint64_t from) {
        auto text = runtime::journal_text::open(file.path());
        if (!text) {
            return text.why();
        }
        line_source lines(std::move(*text), from);
        return lines;
    }

    /// Nothing at the end, or where the rest is damaged: then `wrong` says why.
    std::optional<std::string_view> next() {
        for (;;) {
            const auto* end = static_cast<const char*>(std::memchr(text_.data() + place_, '\n', text_.size() - place_));
            if (end != nullptr) {
                const std::string_view line(text_.data() + place_,
                                            static_cast<std::size_t>(end - text_.data()) - place_);
                place_ += line.size() + 1;
                return line;
            }
            text_.erase(0, place_);
            place_ = 0;
            const auto count = from_.read(text_);
            if (!count || *count == 0) {
                wrong_ = count ? "" : count.why().text;
                return std::nullopt;
            }
            skip();
        }
    }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }

private:
    line_source(runtime::journal_text from, std::uint64_t skipped) : from_(std::move(from)), left_(skipped) {}
    void skip() {
        const auto gone = static_cast<std::size_t>(std::min<std::uint64_t>(left_, text_.size()));
        text_.erase(0, gone);
        left_ -= gone;
    }

    runtime::journal_text from_;
    std::uint64_t left_;  ///< bytes that are known already
    std::string text_;
    std::size_t place_ = 0;
    std::string wrong_;
};

bool changes_rules(std::string_view line) {
    return look_at(line).what == glance::kind::rules;
}

/// Where it stands when the journal's directory cannot be written: one place a user and a journal.
fs::path temporary_place(const fs::path& journal) {
    std::error_code error;
    const fs::path directory = fs::temp_directory_path(error) / ("tdctl-index-" + std::to_string(::getuid()));
    fs::create_directory(directory, error);
    fs::permissions(directory, fs::perms::owner_all, error);
    return directory /
           (std::to_string(std::hash<std::string>{}(fs::weakly_canonical(journal, error).string())) + ".db");
}

}  // namespace

struct index::insides {
    index_place where;
    index_file rows;
    std::vector<indexed_file> files{};

    result<done> update(index_news& news);
    result<done> drop_gone(const std::vector<listed_file>& listed, index_news& news);
    result<done> read_node(const std::vector<listed_file>& listed, const std::string& node, index_news& news);
    [[nodiscard]] call_tracker::beginning beginning_of(const file_head& head, const indexed_file& file) const;
    void read_text(line_source& lines, indexed_file& known, call_tracker& calls);
    result<done> read_on(const listed_file& file, indexed_file& known, call_tracker& calls, index_news& news);
    [[nodiscard]] bool out_of_order(const std::vector<listed_file>& listed) const;
};

// ---- bringing it up to date

/// A file that comes between known ones tells what calls did that are told already.
bool index::insides::out_of_order(const std::vector<listed_file>& listed) const {
    std::unordered_set<std::string_view> known;
    for (const indexed_file& each : files) {
        known.insert(each.name);
    }
    std::map<std::string, bool> fresh;  // by node, whether one was met
    for (const listed_file& each : listed) {
        const bool is_known = known.contains(each.name);
        if (is_known && fresh[each.node]) {
            return true;
        }
        fresh[each.node] = fresh[each.node] || !is_known;
    }
    return false;
}

result<done> index::insides::drop_gone(const std::vector<listed_file>& listed, index_news& news) {
    const bool anew = out_of_order(listed);
    if (anew) {
        news.remarks.emplace_back("a journal file has come between those that were known: the index is made anew");
    }
    std::unordered_set<std::string_view> there;
    for (const listed_file& each : listed) {
        there.insert(each.name);
    }
    for (const indexed_file& each : files) {
        if (anew || !there.contains(each.name)) {
            if (auto removed = rows.remove(each); !removed) {
                return removed;
            }
            if (anew) {
                if (auto forgotten = rows.put_living(each.node, {}); !forgotten) {
                    return forgotten;
                }
            }
            ++news.gone;
        }
    }
    std::erase_if(files, [&](const indexed_file& each) { return anew || !there.contains(each.name); });
    return done{};
}

result<done> index::insides::update(index_news& news) {
    if (auto begun = rows.begin(); !begun) {
        return begun;
    }
    auto known = rows.files();
    if (!known) {
        return known.why();
    }
    files = std::move(*known);
    catalogue odd;
    const auto listed =
        where.files ? result<std::vector<listed_file>>(files_of(*where.files)) : files_in(where.journal, files, odd);
    if (!listed) {
        return listed.why();
    }
    std::ranges::move(odd.remarks, std::back_inserter(news.remarks));
    std::ranges::move(odd.left_out, std::back_inserter(news.left_out));
    if (auto dropped = drop_gone(*listed, news); !dropped) {
        return dropped;
    }
    for (auto first = listed->begin(); first != listed->end();) {
        const std::string node = first->node;
        if (auto read = read_node(*listed, node, news); !read) {
            return read;
        }
        first = std::find_if(first, listed->end(), [&](const listed_file& each) { return each.node != node; });
    }
    return rows.commit();
}

result<done> index::insides::read_node(const std::vector<listed_file>& listed, const std::string& node,
                                       index_news& news) {
    std::optional<call_tracker> calls;
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t at = 0; at < files.size(); ++at) {
        places.emplace(files[at].name, at);
    }
    for (const listed_file& each : listed) {
        if (each.node != node) {
            continue;
        }
        const auto place = places.find(each.name);
        if (place != places.end() && files[place->second].stamp == each.stamp &&
            files[place->second].compressed == each.compressed) {
            continue;
        }
        if (place == places.end()) {
            indexed_file made;
            std::tie(made.name, made.node, made.run, made.begun, made.seq) =
                std::tie(each.name, each.node, each.run, each.begun, each.seq);
            made.went_on = file_before(made, files) != nullptr;
            made.table.texts = {0};
            if (auto put = rows.put(made); !put) {
                return put;
            }
            files.push_back(std::move(made));
        }
        indexed_file& known = place == places.end() ? files.back() : files[place->second];
        if (!calls) {
            auto living = rows.living(node);
            if (!living) {
                return living.why();
            }
            calls.emplace(call_tracker::outlets{[this](const call_id& call) { return rows.knows(call); },
                                                [this](const index_row& row) { static_cast<void>(rows.put(row)); }},
                          std::move(*living));
        }
        if (auto read = read_on(each, known, *calls, news); !read) {
            return read;
        }
        // A long journal is kept file by file, so that a run that is cut short need not begin anew.
        if (auto put = rows.put_living(node, calls->living()); !put) {
            return put;
        }
        if (auto kept = rows.commit(); !kept) {
            return kept;
        }
        if (auto begun = rows.begin(); !begun) {
            return begun;
        }
    }
    return done{};
}

/// What a file's first line makes of the lines behind it.
call_tracker::beginning index::insides::beginning_of(const file_head& head, const indexed_file& file) const {
    call_tracker::beginning how;
    how.goes_on = file.went_on;
    const bool first_of_run = file.seq == 1;
    const bool remembers = head.first ? !head.first->recalled.value_or(!first_of_run) : first_of_run;
    how.memory_until = remembers ? file.begun : instant::min();
    how.head = retold_head(head.first ? std::optional(retold_lines(*head.first)) : std::nullopt);
    how.says_all = !how.goes_on && !remembers && head.first && head.first->retold;
    return how;
}

/// From the place to which it was read.
void index::insides::read_text(line_source& lines, indexed_file& known, call_tracker& calls) {
    runtime::block_table& table = known.table;
    std::uint64_t at = table.text_bytes();
    table.texts.pop_back();
    std::uint64_t block = table.texts.empty() ? 0 : table.texts.back();
    const auto begin_block = [&] {
        block = at;
        table.texts.push_back(at);
    };
    if (table.texts.empty()) {
        begin_block();
    }
    calls.read_on(known.still);
    journal::reader reader;
    while (const auto line = lines.next()) {
        if (at - block >= runtime::block_cutter::block_bytes) {
            begin_block();
        }
        const bool first = at == 0;
        const std::uint64_t number = table.texts.size() - 1;
        at += line->size() + 1;
        if (first) {
            const file_head head = head_of(reader, *line);
            calls.begin_file(beginning_of(head, known));
            known.head_until = head.what == file_head::kind::line ? 0 : at;
            if (head.what != file_head::kind::line) {
                continue;
            }
        }
        calls.take(*line, {known.no, static_cast<std::uint32_t>(number)});
        if (calls.in_head()) {
            known.head_until = at;
        } else if (calls.retelling()) {
            known.memory_until = at;
        } else if (changes_rules(*line) && (known.rules.empty() || known.rules.back() != number)) {
            known.rules.push_back(number);
        }
    }
    table.texts.push_back(at);
    known.still = calls.still_to_come();
    known.whole = lines.wrong().empty();
}

result<done> index::insides::read_on(const listed_file& from, indexed_file& known, call_tracker& calls,
                                     index_news& news) {
    std::optional<runtime::block_table> frames;
    if (from.compressed) {
        auto table = runtime::frames_of(from.path());
        if (table && table->count() > 0) {
            frames = std::move(*table);
        }
    }
    runtime::block_table& table = known.table;
    const std::uint64_t before = table.text_bytes();
    if (!frames || frames->text_bytes() != before) {
        auto lines = line_source::open(from, before);
        if (!lines) {
            news.remarks.push_back(lines.why().text);
            known.whole = false;
            return rows.put(known);
        }
        read_text(*lines, known, calls);
        ++news.files;
        news.bytes += table.text_bytes() - before;
        if (!known.whole) {
            news.remarks.push_back(lines->wrong() + "; what stands behind is not indexed");
        }
    }
    table.packed.clear();
    if (frames && frames->count() >= table.count() &&
        std::equal(table.texts.begin(), table.texts.end() - 1, frames->texts.begin())) {
        table.packed = frames->packed;
    }
    known.compressed = from.compressed;
    known.stamp = from.stamp;
    known.last = std::max(known.last, calls.last());
    known.unreadable = calls.unreadable();
    return rows.put(known);
}

// ---- opening

index::index(std::unique_ptr<insides> in) : in_(std::move(in)) {}
index::index(index&&) noexcept = default;
index& index::operator=(index&&) noexcept = default;
index::~index() = default;

result<index> index::open(const index_place& where, index_news& news) {
    std::string anew;
    const bool own = !where.file && !where.files;
    const fs::path beside = where.file ? *where.file : own ? where.journal / std::string(file_name) : ":memory:";
    auto rows = index_file::open(beside, anew);
    if (!rows && own && rows.why().kind == failure_kind::not_allowed) {
        const fs::path other = temporary_place(where.journal);
        news.remarks.push_back("the index cannot stand in " + where.journal.string() + ", and stands in " +
                               other.string());
        rows = index_file::open(other, anew);
    }
    if (!rows) {
        return rows.why();
    }
    if (!anew.empty()) {
        news.remarks.push_back("the index is made anew: " + anew);
    }
    auto in = std::make_unique<insides>(insides{where, std::move(*rows)});
    if (auto updated = in->update(news); !updated) {
        in->rows.roll_back();
        return updated.why();
    }
    return index(std::move(in));
}

index_file& index::rows() {
    return in_->rows;
}

const std::vector<indexed_file>& index::files() const {
    return in_->files;
}

std::filesystem::path index::path_of(const indexed_file& file) const {
    return in_->where.files ? fs::path(file.name) : in_->where.journal / file.name;
}

}  // namespace td::archive
