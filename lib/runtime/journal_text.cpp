#include "runtime/journal_text.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "runtime/open_file.hpp"

namespace td::runtime {
namespace {

constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";

struct free_context {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

struct journal_text::insides {
    std::string name;
    open_file file;
    int fd = STDIN_FILENO;
    bool begun = false;
    std::unique_ptr<ZSTD_DCtx, free_context> context{};  ///< where it is compressed
    std::string packed{};
    std::size_t taken = 0;     ///< of packed
    std::size_t expected = 1;  ///< what zstd still wants: 0 at the end of a frame
    bool holds_more = false;   ///< zstd, than the last piece had room for
    std::string wrong{};       ///< what stands behind the text that was given

    failure broken(std::string_view why) const {
        return {failure_kind::broken_data, "journal " + name + ": " + std::string(why)};
    }

    /// Reads what is there, up to a piece, behind `into`; 0 at the end.
    result<std::size_t> read_some(std::string& into) const {
        const std::size_t before = into.size();
        into.resize(before + piece_bytes);
        ssize_t count = 0;
        do {
            count = ::read(fd, into.data() + before, piece_bytes);
        } while (count < 0 && errno == EINTR);
        const int error = errno;
        into.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
        if (count < 0) {
            errno = error;
            return broken(errno_text());
        }
        return static_cast<std::size_t>(count);
    }

    /// The first bytes say whether it is compressed, unless the name has said it.
    result<done> begin() {
        begun = true;
        while (packed.size() < zstd_magic.size()) {
            const auto count = read_some(packed);
            if (!count) {
                return count.why();
            }
            if (*count == 0) {
                break;
            }
        }
        if (!context && packed.starts_with(zstd_magic)) {
            context.reset(ZSTD_createDCtx());
        }
        return done{};
    }

    result<std::size_t> read_plain(std::string& into) {
        if (!packed.empty()) {  // what was looked at in the beginning
            into += packed;
            return std::exchange(packed, {}).size();
        }
        return read_some(into);
    }

    result<std::size_t> read_packed(std::string& into) {
        const std::size_t before = into.size();
        into.resize(before + piece_bytes);
        ZSTD_outBuffer out{into.data() + before, piece_bytes, 0};
        while (out.pos < out.size && wrong.empty() && (holds_more || taken < packed.size() || refill())) {
            ZSTD_inBuffer in{packed.data(), packed.size(), taken};
            expected = ZSTD_decompressStream(context.get(), &out, &in);
            taken = in.pos;
            holds_more = out.pos == out.size && expected != 0;
            if (ZSTD_isError(expected) != 0) {
                wrong = broken(std::string("damaged: ") + ZSTD_getErrorName(expected)).text;
            }
        }
        into.resize(before + out.pos);
        if (!wrong.empty() && out.pos == 0) {
            return failure{failure_kind::broken_data, wrong};
        }
        return out.pos;
    }

    /// False at the end, and where nothing more can be read.
    bool refill() {
        packed.clear();
        taken = 0;
        const auto count = read_some(packed);
        if (!count) {
            wrong = count.why().text;
        } else if (*count == 0 && expected != 0) {
            wrong = broken("its end is missing").text;
        }
        return count && *count > 0;
    }
};

journal_text::journal_text(std::unique_ptr<insides> in) : in_(std::move(in)) {}
journal_text::journal_text(journal_text&&) noexcept = default;
journal_text& journal_text::operator=(journal_text&&) noexcept = default;
journal_text::~journal_text() = default;

result<journal_text> journal_text::open(const std::filesystem::path& file) {
    auto in = std::make_unique<insides>();
    in->name = file.string();
    in->file = open_file(file, O_RDONLY);
    if (!in->file.is_open()) {
        const failure_kind kind = errno == ENOENT   ? failure_kind::not_found
                                  : errno == EACCES ? failure_kind::not_allowed
                                                    : failure_kind::broken_data;
        return failure{kind, "journal " + in->name + ": " + errno_text()};
    }
    in->fd = in->file.fd();
    if (file.extension() == ".zst") {
        in->context.reset(ZSTD_createDCtx());
    }
    return journal_text(std::move(in));
}

journal_text journal_text::of_standard_input(std::string name) {
    auto in = std::make_unique<insides>();
    in->name = std::move(name);
    return journal_text(std::move(in));
}

result<std::size_t> journal_text::read(std::string& into) {
    if (!in_->begun) {
        if (auto begun = in_->begin(); !begun) {
            return begun.why();
        }
    }
    return in_->context ? in_->read_packed(into) : in_->read_plain(into);
}

}  // namespace td::runtime
