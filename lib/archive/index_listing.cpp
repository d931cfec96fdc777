#include "archive/index_listing.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace td::archive {
namespace {

namespace fs = std::filesystem;

/// Size and time in one number: another one says that something was written.
std::optional<std::int64_t> stamp_of(const fs::path& file) {
    struct stat seen {};
    if (::stat(file.c_str(), &seen) != 0) {
        return std::nullopt;
    }
    const auto nanoseconds = std::int64_t{seen.st_mtim.tv_sec} * 1'000'000'000 + seen.st_mtim.tv_nsec;
    return nanoseconds ^ (std::int64_t{seen.st_size} << 20);
}

/// Those that may be of a journal, a plain file before its compressed copy.
result<std::vector<fs::path>> names_in(const fs::path& directory) {
    std::vector<fs::path> names;
    std::error_code error;
    fs::directory_iterator each(directory, error);
    for (; !error && each != fs::directory_iterator(); each.increment(error)) {
        if (has_journal_name(each->path())) {
            names.push_back(each->path());
        }
    }
    if (error) {
        const bool denied = error == std::errc::permission_denied;
        return failure{denied ? failure_kind::not_allowed : failure_kind::not_found,
                       "journal " + directory.string() + ": " + error.message()};
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<listed_file> file_at(const fs::path& path) {
    listed_file file;
    file.compressed = path.extension() == ".zst";
    file.plain = file.compressed ? fs::path(path).replace_extension() : path;
    file.name = file.plain.string();
    const auto stamp = stamp_of(path);
    file.stamp = stamp.value_or(0);
    return stamp ? std::optional(std::move(file)) : std::nullopt;  // it was deleted or compressed just now
}

template <class From>
void place_as(listed_file& file, const From& from) {
    file.node = from.node;
    file.run = from.run;
    file.begun = from.begun;
    file.seq = from.seq;
}

bool same_part(const listed_file& a, const listed_file& b) {
    return a.seq != 0 && std::tie(a.node, a.run, a.begun, a.seq) == std::tie(b.node, b.run, b.begun, b.seq);
}

}  // namespace

std::vector<listed_file> files_of(const catalogue& found) {
    std::vector<listed_file> all;
    for (const journal_run& run : found.runs) {
        for (const source& each : run.files) {
            if (auto file = each.is_standard_input() ? std::nullopt : file_at(each.file)) {
                place_as(*file, each);
                all.push_back(std::move(*file));
            }
        }
    }
    return all;
}

result<std::vector<listed_file>> files_in(const fs::path& directory, const std::vector<indexed_file>& known,
                                          catalogue& odd) {
    const auto names = names_in(directory);
    if (!names) {
        return names.why();
    }
    std::vector<listed_file> all;
    std::vector<std::string> fresh;
    std::string before;
    for (const fs::path& each : *names) {
        auto file = file_at(each);
        if (!file || std::exchange(before, file->name) == file->name) {
            continue;  // or the copy that is being made
        }
        file->name = file->plain.filename().string();
        const auto found = std::ranges::find(known, file->name, &indexed_file::name);
        if (found == known.end()) {
            fresh.push_back(each.string());
        } else {
            place_as(*file, *found);
            all.push_back(std::move(*file));
        }
    }
    odd = find_sources(fresh);
    for (listed_file& each : files_of(odd)) {
        each.name = each.plain.filename().string();
        if (each.begun == instant::min()) {  // its header is damaged
            const auto like = std::ranges::find_if(
                all, [&](const listed_file& other) { return other.node == each.node && other.run == each.run; });
            each.begun = like == all.end() ? each.begun : like->begun;
        }
        const auto same = std::ranges::find_if(all, [&](const listed_file& other) { return same_part(each, other); });
        if (same == all.end()) {
            all.push_back(std::move(each));
        } else {
            odd.remarks.push_back("journal " + each.path().string() + ": is the same part of the journal as " +
                                  same->path().string() + ", and left out");
        }
    }
    std::sort(all.begin(), all.end(), [](const listed_file& a, const listed_file& b) {
        return std::tie(a.node, a.run, a.begun, a.seq, a.name) < std::tie(b.node, b.run, b.begun, b.seq, b.name);
    });
    return all;
}

}  // namespace td::archive
