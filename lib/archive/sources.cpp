#include "archive/sources.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "archive/file_head.hpp"
#include "runtime/journal_files.hpp"
#include "runtime/journal_text.hpp"

namespace td::archive {
namespace {

namespace fs = std::filesystem;

/// Which run a source is of, in the order of runs. Two runs of a worker may have begun within one second.
std::tuple<std::string_view, std::string_view, instant> run_of(const source& each) {
    return {each.node, each.run, each.begun};
}

bool in_order(const source& a, const source& b) {
    return std::tuple_cat(run_of(a), std::tie(a.seq, a.name)) < std::tuple_cat(run_of(b), std::tie(b.seq, b.name));
}

class finder {
public:
    void look(const std::string& path) {
        std::error_code error;
        const fs::file_status seen = fs::status(path, error);
        if (path == "-") {
            standard_input_ = true;
        } else if (fs::is_directory(seen)) {
            look_into(path);
        } else {
            look_at(path);
        }
    }

    catalogue take() {
        adopt_headless();
        std::sort(found_.begin(), found_.end(), in_order);
        for (source& each : found_) {
            put(std::move(each));
        }
        if (standard_input_) {
            found_catalogue_.runs.push_back({{source{"-", {}, std::nullopt}}});
        }
        return std::move(found_catalogue_);
    }

private:
    void look_into(const fs::path& directory) {
        std::vector<fs::path> files;
        std::error_code error;
        fs::directory_iterator each(directory, error);
        for (; !error && each != fs::directory_iterator(); each.increment(error)) {
            if (has_journal_name(each->path())) {
                files.push_back(each->path());
            }
        }
        if (error) {
            const bool denied = error == std::errc::permission_denied;
            leave_out(denied ? failure_kind::not_allowed : failure_kind::broken_data, directory.string(),
                      error.message());
        }
        std::sort(files.begin(), files.end());
        for (const fs::path& file : files) {
            look_at(file);
        }
    }

    void look_at(const fs::path& file) {
        if (!seen_.insert(canonical(file)).second) {
            return;
        }
        auto text = first_piece(file);
        if (!text) {
            found_catalogue_.left_out.push_back(text.why());
            return;
        }
        const auto end = text->find('\n');
        if (end == std::string::npos) {
            without_line(file, *text);
        } else {
            begins_with(file, std::string_view(*text).substr(0, end));
        }
    }

    static fs::path canonical(const fs::path& file) {
        std::error_code error;
        fs::path name = fs::weakly_canonical(file, error);
        return error ? file : name;
    }

    /// The file whose compressed copy it may be.
    static fs::path plain_of(const fs::path& file) {
        return file.extension() == ".zst" ? canonical(fs::path(file).replace_extension()) : fs::path();
    }

    /// At least the first line, where that is one of a journal.
    static result<std::string> first_piece(const fs::path& file) {
        auto from = runtime::journal_text::open(file);
        if (!from) {
            return from.why();
        }
        std::string text;
        while (text.find('\n') == std::string::npos && text.size() < runtime::journal_text::piece_bytes) {
            const auto count = from->read(text);
            if (!count) {
                return count.why();
            }
            if (*count == 0) {
                break;
            }
        }
        return text;
    }

    /// A process that died within its first second, or a power cut, leaves such a file.
    void without_line(const fs::path& file, const std::string& text) {
        const bool never_synced = text.find_first_not_of('\0') == std::string::npos;
        if (never_synced || torn_header(text)) {
            found_catalogue_.remarks.push_back("journal " + file.string() + ": holds no whole line");
        } else {
            leave_out(failure_kind::broken_data, file.string(), "is no journal");
        }
    }

    void begins_with(const fs::path& file, std::string_view line) {
        file_head head = head_of(reader_, line);
        const auto name = runtime::journal_file_name::parse(file.filename().string());
        if (head.what == file_head::kind::refused) {
            leave_out(failure_kind::refused, file.string(), head.words);
        } else if (head.what == file_head::kind::foreign && !name) {
            leave_out(failure_kind::broken_data, file.string(), "is no journal: " + head.words);
        } else if (head.first) {
            const journal::header& first = *head.first;
            found_.push_back(
                {file.string(), file, head.first, first.node, runtime::run_text(first.run), first.seq, head.opened});
        } else {
            found_.push_back({file.string(), file, std::nullopt, name ? name->node : "", name ? name->run : "",
                              name ? name->seq : 0});
        }
    }

    /// A file whose header is damaged belongs to the run that its name says.
    void adopt_headless() {
        std::vector<source> others = found_;
        std::erase_if(others, [](const source& each) { return !each.first; });
        for (source& each : found_) {
            const auto run = std::ranges::find_if(
                others, [&](const source& other) { return other.node == each.node && other.run == each.run; });
            each.begun = each.first ? each.first->run : run == others.end() ? instant::min() : run->first->run;
        }
    }

    void put(source next) {
        auto& runs = found_catalogue_.runs;
        source* last = runs.empty() ? nullptr : &runs.back().files.back();
        if (last == nullptr || next.seq == 0 || run_of(*last) != run_of(next)) {
            runs.push_back({{std::move(next)}});
        } else if (last->seq != next.seq) {
            runs.back().files.push_back(std::move(next));
        } else if (!seen_.contains(plain_of(next.file))) {
            found_catalogue_.remarks.push_back("journal " + next.name + ": is the same part of the journal as " +
                                               last->name + ", and left out");
        }
    }

    void leave_out(failure_kind kind, const std::string& file, const std::string& words) {
        found_catalogue_.left_out.push_back({kind, "journal " + file + ": " + words});
    }

    journal::reader reader_;
    std::set<fs::path> seen_;
    std::vector<source> found_;
    bool standard_input_ = false;
    catalogue found_catalogue_;
};

}  // namespace

bool has_journal_name(const fs::path& file) {
    const std::string name = file.filename().string();
    return name.ends_with(".jsonl") || name.ends_with(".jsonl.zst");
}

catalogue find_sources(const std::vector<std::string>& paths) {
    finder all;
    for (const std::string& each : paths) {
        all.look(each);
    }
    return all.take();
}

}  // namespace td::archive
