#include "cmd/replay_index.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "cmd/replay_calls.hpp"
#include "runtime/journal_text.hpp"

namespace td::cmd::replay_calls {
namespace {

namespace fs = std::filesystem;

/// The standard input as a file, since lines are looked up in it twice. It has no name any more once it is open, so it
/// goes with the process.
std::optional<std::string> kept_standard_input() {
    std::string name = (fs::temp_directory_path() / "tdctl-input-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    if (fd < 0) {
        return std::nullopt;
    }
    ::unlink(name.c_str());
    runtime::journal_text text = runtime::journal_text::of_standard_input("-");
    std::string piece;
    for (;;) {
        piece.clear();
        const auto count = text.read(piece);
        if (!count || *count == 0) {
            break;  // what was read of a damaged text is told
        }
        if (::write(fd, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) {
            return std::nullopt;
        }
    }
    return "/proc/self/fd/" + std::to_string(fd);
}

void tell(context& with, const archive::index_news& news) {
    tell_of({{}, news.left_out, news.remarks}, with);
    if (with.verbose() && (news.files > 0 || news.gone > 0)) {
        with.say("index: read " + std::to_string(news.files) + " files, " + std::to_string(news.bytes) + " bytes; " +
                 std::to_string(news.gone) + " files are gone");
    }
}

}  // namespace

void declare_indexed(CLI::App& app, journal_options& options) {
    app.add_option(
           "JOURNAL", options.paths,
           "A directory, whose index is kept in it; or files, or - for the standard input; journal.dir otherwise")
        ->type_name("");
    app.add_option("--index", options.index, "Where the index of the directory stands")->type_name("FILE");
}

std::optional<archive::index> open_index(context& with, const journal_options& options, exit_status& status) {
    archive::index_place where;
    std::vector<std::string> paths = options.paths;
    if (paths.empty()) {
        const config::settings* const settings = with.settings();
        if (settings == nullptr) {
            status = exit_status::usage;
            return std::nullopt;
        }
        paths.push_back(settings->journal.dir);
    }
    std::error_code ignored;  // what is not there is told when it is opened
    if (paths.size() == 1 && fs::is_directory(paths.front(), ignored)) {
        where.journal = paths.front();
        if (!options.index.empty()) {
            where.file = options.index;
        }
    } else {
        if (const auto input = std::ranges::find(paths, "-"); input != paths.end()) {
            auto kept = kept_standard_input();
            if (!kept) {
                status = with.complain({failure_kind::full, "the standard input cannot be kept for a second look"});
                return std::nullopt;
            }
            *input = std::move(*kept);
        }
        where.files = archive::find_sources(paths);
        tell_of(*where.files, with);
    }
    archive::index_news news;
    auto opened = archive::index::open(where, news);
    tell(with, news);
    if (!opened) {
        status = with.complain(opened.why());
        return std::nullopt;
    }
    if (opened->files().empty()) {
        if (!where.files && news.left_out.empty()) {
            with.complain("no journal in " + where.journal.string());
            status = exit_status::nothing;
            return std::nullopt;
        }
        status = status_of_nothing(where.files ? *where.files : archive::catalogue{{}, news.left_out, {}}, with);
        return std::nullopt;
    }
    return std::move(*opened);
}

}  // namespace td::cmd::replay_calls
