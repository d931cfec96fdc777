#include "feed/spool_memory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "feed/spool_files.hpp"
#include "feed/spool_reader.hpp"

namespace td::feed {
namespace {

namespace fs = std::filesystem;

constexpr const char* names_file = "finished";
constexpr const char* names_before = "finished.before";
constexpr std::size_t line_length = call_id::length + 3;  // the call, a space, the kind, '\n'
constexpr std::string_view covered = "= ";                // and the number of a segment
constexpr std::string_view kinds = "fal";                 // in the order of record_kind
constexpr std::uint64_t usual_record = 2048;              // bytes, rather more than less

std::optional<record_name> read_name(std::string_view line) {
    const auto call = call_id::parse(line.substr(0, call_id::length));
    const std::size_t kind = line.size() == line_length - 1 ? kinds.find(line.back()) : std::string_view::npos;
    if (!call || kind == std::string_view::npos || line[call_id::length] != ' ') {
        return std::nullopt;
    }
    return record_name{*call, static_cast<record_kind>(kind)};
}

/// Adds the names of one file; the highest segment whose records are all in it, or before it.
std::uint64_t read_names(const fs::path& file, std::vector<record_name>& to) {
    std::ifstream from(file, std::ios::binary);
    std::uint64_t highest = 0;
    for (std::string line; std::getline(from, line);) {
        std::uint64_t number = 0;
        if (line.starts_with(covered)) {
            std::from_chars(line.data() + covered.size(), line.data() + line.size(), number);
            highest = std::max(highest, number);
        } else if (const auto name = read_name(line)) {
            to.push_back(*name);
        }
    }
    return highest;
}

/// The first segment behind `known` to be read, so that about `limit` records are.
std::optional<std::uint64_t> first_unknown(const fs::path& dir, std::uint64_t known, std::size_t limit) {
    const auto present = segments_in(dir);
    std::optional<std::uint64_t> first;
    std::uint64_t bytes = 0;
    for (auto each = present.rbegin(); each != present.rend() && each->number > known; ++each) {
        if (first && bytes > limit * usual_record) {
            break;
        }
        first = each->number;
        bytes += each->bytes;
    }
    return first;
}

void read_segments(const fs::path& dir, std::uint64_t from, std::vector<record_name>& to) {
    auto reader = spool_reader::open_at(dir, {from, 0});
    while (reader) {
        const auto batch = (*reader)->next(1000);
        if (!batch || batch->empty()) {
            return;  // what cannot be read is not remembered; the publisher is the one who names it
        }
        for (const spooled& each : batch->messages) {
            if (const auto name = name_of_message(each.message_id)) {
                to.push_back(*name);
            }
        }
    }
}

std::string text_of(const std::vector<record_name>& names, std::uint64_t segment) {
    std::string text = "\n";  // ends a line that a crash tore
    text.reserve(names.size() * line_length + 32);
    for (const record_name& each : names) {
        text.append(each.call.text()).append(1, ' ').append(1, kinds[static_cast<std::size_t>(each.kind)]).append("\n");
    }
    return text.append(covered).append(std::to_string(segment)).append("\n");
}

}  // namespace

spool_remembered remember(const fs::path& dir, std::size_t limit) {
    spool_remembered found;
    const std::uint64_t before = read_names(dir / names_before, found.names);
    const std::uint64_t known = std::max(before, read_names(dir / names_file, found.names));
    if (const auto first = first_unknown(dir, known, limit)) {
        read_segments(dir, *first, found.unkept);
    }
    found.names.insert(found.names.end(), found.unkept.begin(), found.unkept.end());
    return found;
}

bool keep_names(const fs::path& dir, const std::vector<record_name>& names, std::uint64_t segment, std::size_t limit) {
    const fs::path path = dir / names_file;
    struct stat seen {};
    if (::stat(path.c_str(), &seen) == 0 && static_cast<std::uint64_t>(seen.st_size) > limit * line_length &&
        ::rename(path.c_str(), (dir / names_before).c_str()) != 0) {
        return false;
    }
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file < 0 || ::fstat(file, &seen) != 0) {
        return false;
    }
    const std::string text = text_of(names, segment);
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t count = ::write(file, text.data() + written, text.size() - written);
        if (count > 0) {
            written += static_cast<std::size_t>(count);
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    const bool kept = written == text.size() && ::fdatasync(file) == 0;
    const int error = errno;
    // Where even the undoing fails the names stand there twice after the next attempt, which costs room only.
    const bool undone = kept || ::ftruncate(file, seen.st_size) == 0;
    static_cast<void>(undone);
    ::close(file);
    errno = error;
    return kept;
}

}  // namespace td::feed
