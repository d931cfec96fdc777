#include "ari/http_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace td::ari {
namespace {

constexpr std::size_t head_limit = 16 * 1024;
constexpr std::size_t line_limit = 1024;

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
        return lower(x) == lower(y);
    });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool read_number(std::string_view text, int base, std::size_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    return error == std::errc{} && end == text.data() + text.size();
}

/// The status of "HTTP/1.1 204 No Content"; 0 when the line is none.
int status_of(std::string_view line) {
    std::size_t status = 0;
    const bool http = line.size() >= 12 && line.substr(0, 7) == "HTTP/1." && line[8] == ' ';
    if (!http || !read_number(line.substr(9, 3), 10, status) || (line.size() > 12 && line[12] != ' ')) {
        return 0;
    }
    return status >= 100 ? static_cast<int>(status) : 0;
}

}  // namespace

bool http_reader::take(std::string_view bytes, std::vector<http_reply>& out) {
    buffer_.append(bytes);
    stuck_ = false;
    while (!stuck_) {
        if (!step(out)) {
            state_ = state::head;  // nothing of a broken reply is ever complete
            return false;
        }
    }
    buffer_.erase(0, at_);
    searched_ -= std::min(searched_, at_);
    at_ = 0;
    return true;
}

void http_reader::finish(std::vector<http_reply>& out) {
    if (state_ == state::until_close) {
        complete(out);
    }
}

bool http_reader::step(std::vector<http_reply>& out) {
    switch (state_) {
        case state::head: return read_head(out);
        case state::chunk_size: return read_chunk_size();
        case state::trailer: return read_trailer(out);
        case state::sized:
        case state::chunk:
        case state::until_close: return read_body(out);
        case state::chunk_end:
            if (buffer_.size() - at_ < 2) {
                stuck_ = true;
                return true;
            }
            if (buffer_.compare(at_, 2, "\r\n") != 0) {
                return false;
            }
            at_ += 2;
            state_ = state::chunk_size;
            return true;
    }
    return false;
}

bool http_reader::read_head(std::vector<http_reply>& out) {
    const std::size_t end = buffer_.find("\r\n\r\n", std::max(at_, searched_ < 3 ? 0 : searched_ - 3));
    if (end == std::string::npos) {
        searched_ = buffer_.size();
        stuck_ = true;
        return buffer_.size() - at_ <= head_limit + 3;  // the end may be half there
    }
    if (end - at_ > head_limit) {
        return false;
    }
    std::string_view head = std::string_view(buffer_).substr(at_, end - at_);
    at_ = end + 4;
    reply_ = {};
    chunked_ = sized_ = false;
    missing_ = 0;
    const std::size_t first = std::min(head.find("\r\n"), head.size());
    reply_.status = status_of(head.substr(0, first));
    for (head.remove_prefix(first); !head.empty();) {
        head.remove_prefix(2);
        const std::size_t length = std::min(head.find("\r\n"), head.size());
        if (!read_field(head.substr(0, length))) {
            return false;
        }
        head.remove_prefix(length);
    }
    if (reply_.status == 0 || missing_ > body_limit_) {
        return false;
    }
    if (reply_.status < 200) {
        // A 101 was never asked for here; 100 and 103 announce another head.
        return reply_.status != 101;
    }
    if (reply_.status == 204 || reply_.status == 304 || (sized_ && missing_ == 0 && !chunked_)) {
        complete(out);
        return true;
    }
    state_ = chunked_ ? state::chunk_size : sized_ ? state::sized : state::until_close;
    return true;
}

bool http_reader::read_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
        return false;
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_word(name, "Content-Length")) {
        const std::size_t before = missing_;
        if (!read_number(value, 10, missing_) || (sized_ && before != missing_)) {
            return false;
        }
        sized_ = true;
    } else if (same_word(name, "Transfer-Encoding")) {
        chunked_ = same_word(value, "chunked");
        return chunked_;
    } else if (same_word(name, "Connection")) {
        reply_.last = same_word(value, "close");
    }
    return true;
}

bool http_reader::read_chunk_size() {
    const std::size_t end = buffer_.find("\r\n", at_);
    if (end == std::string::npos) {
        stuck_ = true;
        return buffer_.size() - at_ <= line_limit + 1;
    }
    if (end - at_ > line_limit) {
        return false;
    }
    std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
    line = trimmed(line.substr(0, std::min(line.find(';'), line.size())));
    at_ = end + 2;
    if (!read_number(line, 16, missing_) || missing_ > body_limit_ - reply_.body.size()) {
        return false;
    }
    state_ = missing_ == 0 ? state::trailer : state::chunk;
    return true;
}

bool http_reader::read_trailer(std::vector<http_reply>& out) {
    const std::size_t end = buffer_.find("\r\n", at_);
    if (end == std::string::npos) {
        stuck_ = true;
        return buffer_.size() - at_ <= line_limit + 1;
    }
    if (end - at_ > line_limit) {
        return false;
    }
    const bool empty = end == at_;
    at_ = end + 2;
    if (empty) {
        complete(out);
    }
    return true;
}

bool http_reader::read_body(std::vector<http_reply>& out) {
    const std::size_t here = buffer_.size() - at_;
    const std::size_t wanted = state_ == state::until_close ? here : std::min(here, missing_);
    if (reply_.body.size() + wanted > body_limit_) {
        return false;
    }
    reply_.body.append(buffer_, at_, wanted);
    at_ += wanted;
    if (state_ == state::until_close) {
        stuck_ = true;
        return true;
    }
    missing_ -= wanted;
    if (missing_ > 0) {
        stuck_ = true;
    } else if (state_ == state::sized) {
        complete(out);
    } else {
        state_ = state::chunk_end;
    }
    return true;
}

void http_reader::complete(std::vector<http_reply>& out) {
    if (state_ == state::until_close) {
        reply_.last = true;
    }
    out.push_back(std::exchange(reply_, {}));
    state_ = state::head;
    searched_ = at_;
}

}  // namespace td::ari
