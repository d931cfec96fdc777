#include "feed/spool_reader.hpp"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace td::feed {
namespace {

namespace fs = std::filesystem;
namespace json = simdjson::ondemand;

constexpr std::size_t chunk_bytes = std::size_t{256} << 10U;
constexpr std::size_t longest_name = 255;  // AMQP 0-9-1 section 4.2.5.3: of a routing key and a message_id

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name;
}

/// Reads key, message_id and the raw body; false when the line is no message.
bool read_message(json::parser& parser, const std::string& line, spooled& to, std::string& wrong) {
    const simdjson::padded_string padded(line);
    json::document document;
    json::object object;
    std::string_view key;
    std::string_view message_id;
    std::string_view body;
    simdjson::error_code error = parser.iterate(padded).get(document);
    const auto attempt = [&error](auto&& from, auto& value) {
        if (error == simdjson::SUCCESS) {
            error = from().get(value);
        }
    };
    attempt([&] { return document.get_object(); }, object);
    attempt([&] { return object["key"].get_string(); }, key);
    attempt([&] { return object["message_id"].get_string(); }, message_id);
    json::object inner;
    attempt([&] { return object["body"].get_object(); }, inner);
    attempt([&] { return inner.raw_json(); }, body);
    if (error != simdjson::SUCCESS) {
        wrong = simdjson::error_message(error);
        return false;
    }
    // The body is the last member, so that nothing but the brace may follow it.
    const char* rest = body.data() + body.size();
    if (std::string_view(rest, static_cast<std::size_t>(padded.data() + padded.size() - rest)) != "}") {
        wrong = "goes on after its body";
        return false;
    }
    // A record that no broker can be given would hold up all others for ever.
    if (!is_name(key) || !is_name(message_id)) {
        wrong = "its key or message_id is empty, or longer than 255 bytes";
        return false;
    }
    to.key = key;
    to.message_id = message_id;
    to.body = body;
    return true;
}

}  // namespace

struct spool_reader::insides {
    fs::path dir;
    spool_reading reading = spool_reading::look;
    spool_place place;  ///< the next byte to read
    spool_place confirmed;
    json::parser parser;
    std::string ahead;     ///< bytes of the segment, some of which are done with
    std::size_t used = 0;  ///< how many: `place` is the place of the next one

    std::string_view left() const { return std::string_view(ahead).substr(used); }

    std::string name_of(spool_place at) const {
        return segment_name(at.segment) + ", byte " + std::to_string(at.offset);
    }

    /// Reads further bytes of the segment behind those at hand: how many came, -1 for a failure, which errno names.
    std::ptrdiff_t read_ahead(const fs::path& path) {
        ahead.erase(0, std::exchange(used, 0));
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            return -1;
        }
        const std::size_t before = ahead.size();
        ahead.resize(before + chunk_bytes);
        const ssize_t count =
            ::pread(file, ahead.data() + before, chunk_bytes, static_cast<off_t>(place.offset + before));
        const int error = errno;
        ::close(file);
        ahead.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        errno = error;
        return count;
    }

    static failure unreadable(const segment& each) {
        return {failure_kind::broken_data, "spool: " + each.path.string() + " cannot be read: " +
                                               std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
        // glibc's strerror keeps its buffer per thread since 2.32.
    }

    /// What the disk lost must not hold up the other segments. Anything but EIO may pass: too many open files, rights.
    result<done> give_up(const segment& each, spool_batch& batch) {
        const bool lost = errno == EIO;
        failure why = unreadable(each);
        const fs::path aside = dir / ("unreadable-" + each.path.filename().string());
        if (!lost || reading != spool_reading::consume || ::rename(each.path.c_str(), aside.c_str()) != 0) {
            return why;
        }
        batch.damages.push_back({name_of(place), why.text + "; it is now " + aside.string()});
        ahead.clear();
        used = 0;
        place = {each.number + 1, 0};
        return done{};
    }

    void unlink_segments_before(spool_place at) const {
        for (const segment& each : segments_in(dir)) {
            if (each.number < at.segment) {
                ::unlink(each.path.c_str());
            }
        }
    }

    void put_aside(const std::string& bytes, std::string what, spool_batch& batch) {
        batch.damages.push_back({name_of(place), std::move(what)});
        if (reading == spool_reading::consume) {
            // Kept for whoever wants to see it; where the disk is full the damage is at least named.
            std::ofstream aside(dir / "damaged.jsonl", std::ios::app | std::ios::binary);
            aside << bytes << '\n';
        }
    }

    void take_line(std::size_t length, spool_batch& batch) {
        const std::string line(left().substr(0, length));
        spooled message;
        std::string wrong;
        if (read_message(parser, line, message, wrong)) {
            message.end = {place.segment, place.offset + length + 1};
            batch.messages.push_back(std::move(message));
        } else {
            put_aside(line, std::move(wrong), batch);
        }
        move_on(length + 1);
    }

    void move_on(std::size_t bytes) {
        place.offset += bytes;
        used += bytes;
    }

    /// Reads lines of one segment until the batch is full, true, or the segment has no more, false.
    result<bool> read_segment(const segment& each, bool may_grow, std::size_t limit, spool_batch& batch) {
        std::size_t looked_at = 0;  // no line end before this
        while (batch.messages.size() + batch.damages.size() < limit) {
            const std::size_t end = left().find('\n', looked_at);
            if (end != std::string_view::npos) {
                take_line(end, batch);
                looked_at = 0;
                continue;
            }
            looked_at = left().size();
            const std::ptrdiff_t count = looked_at > longest_line ? 0 : read_ahead(each.path);
            if (count < 0) {
                auto given_up = may_grow ? result<done>(unreadable(each)) : give_up(each, batch);
                return given_up ? result<bool>(false) : given_up.why();
            }
            if (looked_at > longest_line || (count == 0 && !may_grow && looked_at > 0)) {
                put_aside(std::string(left()),
                          looked_at > longest_line ? "the line has no end" : "torn: the line has no end", batch);
                move_on(looked_at);
                looked_at = 0;
            } else if (count == 0) {
                return false;
            }
        }
        return true;
    }
};

result<std::unique_ptr<spool_reader>> spool_reader::open(fs::path dir, spool_reading reading) {
    std::error_code error;
    if (!fs::is_directory(dir, error)) {
        return failure{failure_kind::not_found, "spool " + dir.string() + ": no such directory; is it feed.spool?"};
    }
    auto in = std::make_unique<insides>();
    in->reading = reading;
    if (reading == spool_reading::consume) {
        in->confirmed = confirmed_place(dir);
        in->place = in->confirmed;
    }
    in->dir = std::move(dir);
    return std::unique_ptr<spool_reader>(new spool_reader(std::move(in)));
}

result<std::unique_ptr<spool_reader>> spool_reader::open_at(fs::path dir, spool_place first) {
    auto opened = open(std::move(dir), spool_reading::look);
    if (opened) {
        (*opened)->in_->place = first;
    }
    return opened;
}

spool_reader::spool_reader(std::unique_ptr<insides> in) : in_(std::move(in)) {}
spool_reader::~spool_reader() = default;

result<spool_batch> spool_reader::next(std::size_t limit) {
    insides& in = *in_;
    spool_batch batch;
    const auto present = segments_in(in.dir);
    for (std::size_t i = 0; i < present.size(); ++i) {
        const segment& each = present[i];
        if (each.number < in.place.segment) {
            continue;
        }
        if (each.number > in.place.segment) {
            in.place = {each.number, 0};
            in.ahead.clear();
            in.used = 0;
        }
        auto full = in.read_segment(each, i + 1 == present.size(), limit, batch);
        if (!full.ok()) {
            if (batch.empty()) {
                return full.why();
            }
            break;  // what was read before it goes out; the next call meets the same trouble and says so
        }
        if (*full) {
            break;
        }
    }
    batch.end = in.place;
    return batch;
}

result<done> spool_reader::confirm(spool_place place) {
    insides& in = *in_;
    if (in.reading == spool_reading::look || place <= in.confirmed) {
        return done{};
    }
    bool kept = keep_confirmed_place(in.dir, place);
    if (!kept && (errno == ENOSPC || errno == EDQUOT)) {
        // They hold the room that is missing. Where it does not suffice, a start from the old place begins with the
        // first segment there is.
        in.unlink_segments_before(place);
        kept = keep_confirmed_place(in.dir, place);
    }
    if (!kept) {
        return failure{failure_kind::full, "spool " + in.dir.string() + ": cannot remember what was confirmed: " +
                                               std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
        // glibc's strerror keeps its buffer per thread since 2.32.
    }
    in.confirmed = place;
    in.unlink_segments_before(place);
    return done{};
}

}  // namespace td::feed
