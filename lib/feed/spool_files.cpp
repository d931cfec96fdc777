#include "feed/spool_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>

namespace td::feed {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view front = "segment-";
constexpr std::string_view end = ".jsonl";
constexpr const char* confirmed_file = "confirmed";

/// The beginning when there is no such file; nothing when it says no place.
std::optional<spool_place> read_confirmed(const fs::path& dir) {
    std::error_code error;
    if (!fs::exists(dir / confirmed_file, error) && !error) {
        return spool_place{};
    }
    std::ifstream file(dir / confirmed_file);
    spool_place place;
    if (!(file >> place.segment >> place.offset) || place.segment > highest_segment) {
        return std::nullopt;
    }
    return place;
}

}  // namespace

std::string segment_name(std::uint64_t number) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%010llu", static_cast<unsigned long long>(number));
    return std::string(front).append(digits.data()).append(end);
}

std::optional<std::uint64_t> segment_number(std::string_view name) {
    if (!name.starts_with(front) || !name.ends_with(end) || name.size() < front.size() + 10 + end.size()) {
        return std::nullopt;
    }
    name.remove_prefix(front.size());
    name.remove_suffix(end.size());
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || stop != name.data() + name.size() || number > highest_segment) {
        return std::nullopt;
    }
    return number;
}

std::vector<segment> segments_in(const fs::path& dir) {
    std::vector<segment> all;
    std::error_code error;
    fs::directory_iterator each(dir, error);
    for (; !error && each != fs::directory_iterator(); each.increment(error)) {
        const auto number = segment_number(each->path().filename().string());
        struct stat seen {};
        if (number && ::stat(each->path().c_str(), &seen) == 0 && S_ISREG(seen.st_mode)) {
            all.push_back({*number, each->path(), static_cast<std::uint64_t>(seen.st_size),
                           instant{std::chrono::seconds{seen.st_mtim.tv_sec}}});
        }
    }
    std::sort(all.begin(), all.end(), [](const segment& a, const segment& b) { return a.number < b.number; });
    return all;
}

spool_place confirmed_place(const fs::path& dir) {
    return read_confirmed(dir).value_or(spool_place{});
}

std::optional<spool_place> believed_place(const fs::path& dir) {
    const auto place = read_confirmed(dir);
    const auto segments = segments_in(dir);
    if (!place || segments.empty()) {
        return place;
    }
    const auto own = std::find_if(segments.begin(), segments.end(),
                                  [&](const segment& each) { return each.number == place->segment; });
    const bool stands = own != segments.end() ? place->offset <= own->bytes : place->segment < segments.front().number;
    return stands ? place : std::nullopt;
}

bool keep_confirmed_place(const fs::path& dir, spool_place place) {
    const fs::path part = dir / "confirmed.part";
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0) {
        return false;
    }
    const std::string text = std::to_string(place.segment) + ' ' + std::to_string(place.offset) + '\n';
    errno = ENOSPC;  // what a short write, which sets nothing, means
    const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fdatasync(file) == 0;  // else a power cut may leave the new name with nothing in it
    const int error = errno;
    ::close(file);
    errno = error;
    return written && ::rename(part.c_str(), (dir / confirmed_file).c_str()) == 0;
}

}  // namespace td::feed
